"""Merges: an agent says that an unknown number is a customer's. The two files stay apart and are linked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.cases import File, phone
from bot.store.journal import append_journal
from bot.store.session import upsert

merge_table = t.Merge.__table__  # type: ignore[attr-defined]
UNKNOWN = "unknown-"  # how the reference of a file begins that was opened for a number nobody has


@dataclass(frozen=True, slots=True)
class Merge:
    """The file of an unknown number and the customer whose it is said to be."""

    stranger_id: int
    customer_id: int
    number: str
    by: str
    at: datetime


async def link(connection: AsyncConnection, stranger: File, known: File, by: str, reason: str, now: datetime) -> None:
    """Write down that this number is this customer's, in both journals. Both are locked.

    The number joins the customer's as one that no text goes to: merged by an agent, unverified.
    """
    ids = {"stranger_id": stranger.case.customer_id, "customer_id": known.case.customer_id}
    await connection.execute(insert(merge_table).values(**ids, by=by, at=now))
    row = {
        "customer_id": known.case.customer_id, "number": stranger.number, "number_hash": stranger.number_hash,
        "source": "merged", "verified_on": None, "current": False,
    }  # fmt: skip
    await connection.execute(upsert(connection, phone).values(row).on_conflict_do_nothing())
    said = {"agent": by, "text": reason, **ids}
    await append_journal(connection, [(stranger, "merged_into", said), (known, "merged_from", said)], now)


async def unlink(connection: AsyncConnection, stranger: File, known: File, by: str, reason: str, now: datetime) -> None:
    """End the link, in both journals; both are locked. The merge stays in the journals, suppression where it is."""
    ids = {"stranger_id": stranger.case.customer_id, "customer_id": known.case.customer_id}
    await connection.execute(delete(merge_table).where(merge_table.c.stranger_id == ids["stranger_id"]))
    await connection.execute(
        delete(phone).where(
            phone.c.customer_id == ids["customer_id"],
            phone.c.number_hash == stranger.number_hash,
            phone.c.source == "merged",
            ~phone.c.current,
        )
    )
    said = {"agent": by, "text": reason, **ids}
    await append_journal(connection, [(stranger, "unmerged", said), (known, "unmerged", said)], now)


async def merged_into(connection: AsyncConnection, stranger_id: int) -> Merge | None:
    """Whose customer's number this unknown sender's is; None where nobody said so."""
    found = await _merges(connection, merge_table.c.stranger_id == stranger_id)
    return found[0] if found else None


async def merged_from(connection: AsyncConnection, customer_id: int) -> list[Merge]:
    """The unknown numbers that are said to be this customer's, oldest first."""
    return await _merges(connection, merge_table.c.customer_id == customer_id)


async def _merges(connection: AsyncConnection, condition: ColumnElement[bool]) -> list[Merge]:
    query = (
        select(merge_table, phone.c.number)
        .join(phone, (phone.c.customer_id == merge_table.c.stranger_id) & phone.c.current)
        .where(condition)
        .order_by(merge_table.c.at, merge_table.c.stranger_id)
    )
    return [
        Merge(row.stranger_id, row.customer_id, row.number, row.by, row.at) for row in await connection.execute(query)
    ]
