"""A customer's texts in both directions, in order: all of them, or only the newest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.cases import outbox
from bot.store.fileview import Text

inbound = t.Inbound.__table__  # type: ignore[attr-defined]


async def heard(connection: AsyncConnection, customer_id: int) -> int:
    """How many texts the customer has sent: it only grows, whatever order they were stored in."""
    return await _count(connection, inbound, customer_id)


async def said(connection: AsyncConnection, customer_id: int) -> int:
    """How many texts of ours there are, whether they left or not."""
    return await _count(connection, outbox, customer_id)


async def texts_of(
    connection: AsyncConnection, customer_id: int, names: Mapping[str, str], newest: int | None = None
) -> list[Text]:
    """Texts by `seq`; a reply that has none yet (or never will) stands where its time puts it.

    `names` are people's, by their log-ins. `newest`: only so many, the last of them.
    """
    numbered = inbound.c.seq.is_not(None)
    came = [_came(row) for row in await connection.execute(_newest(inbound, customer_id, newest).where(numbered))]
    waiting = [_came(row) for row in await connection.execute(_newest(inbound, customer_id, newest).where(~numbered))]
    went = [_went(row, names) for row in await connection.execute(_newest(outbox, customer_id, newest))]
    ordered = sorted((*came, *went), key=lambda text: text.seq or 0)
    for text in sorted(waiting, key=lambda text: (text.at, text.id)):
        before = [place for place, other in enumerate(ordered) if other.at <= text.at]
        ordered.insert(before[-1] + 1 if before else 0, text)
    return ordered[-newest:] if newest else ordered


async def reply_of(connection: AsyncConnection, customer_id: int, id: int) -> Text | None:
    """One text that this customer sent; None where it is not theirs."""
    query = select(inbound).where(inbound.c.id == id, inbound.c.customer_id == customer_id)
    row = (await connection.execute(query)).first()
    return None if row is None else _came(row)


def _newest(table: Any, customer_id: int, newest: int | None) -> Select[Any]:
    query = select(table).where(table.c.customer_id == customer_id)
    return query.order_by(table.c.seq.desc(), table.c.id.desc()).limit(newest) if newest else query


async def _count(connection: AsyncConnection, table: Any, customer_id: int) -> int:
    query = select(func.count()).select_from(table).where(table.c.customer_id == customer_id)
    return int((await connection.execute(query)).scalar_one())


def _came(row: Any) -> Text:
    return Text(
        "in", row.id, row.seq, row.received_at, row.text, "customer", row.state, row.channel,
        intents=row.intents or "", missing=row.missing or "", entry=row.entry,
    )  # fmt: skip


def _went(row: Any, names: Mapping[str, str]) -> Text:
    return Text(
        "out", row.id, row.seq, row.queued_at, row.text, row.author, row.state, row.channel,
        author_name=names.get(row.author, ""), purpose=row.purpose, response=row.response, delivery=row.delivery,
        reason=row.reason, due_at=row.due_at, sent_at=row.sent_at, delivered_at=row.delivered_at,
        segments=row.segments, entry=row.entry, template=row.template or "",
    )  # fmt: skip
