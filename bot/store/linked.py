"""Numbers that merges tie together: what stops one of them stops the others."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t

merge, phone = t.Merge.__table__, t.Phone.__table__  # type: ignore[attr-defined]


async def linked_numbers(connection: AsyncConnection, ids: Collection[int]) -> list[str]:
    """The hashes of the current numbers of whoever is merged with one of these customers, either way round."""
    others = union(
        select(merge.c.customer_id).where(merge.c.stranger_id.in_(ids)),
        select(merge.c.stranger_id).where(merge.c.customer_id.in_(ids)),
    )
    query = select(phone.c.number_hash).where(phone.c.customer_id.in_(others), phone.c.current)
    return list((await connection.execute(query)).scalars())
