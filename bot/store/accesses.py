"""The log of who looked at whose data: written before or with what is shown, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t

access_log, customer = t.AccessLog.__table__, t.Customer.__table__  # type: ignore[attr-defined]

SAME_READING = timedelta(minutes=5)  # a page that refreshes itself is one reading for so long


async def log_access(
    connection: AsyncConnection, who: str, customer_id: int | None, what: str, now: datetime, again: bool = False
) -> None:
    """Note that a person read personal data. `again`: a page refreshed itself, which for a while is no new reading."""
    if again:
        same = (access_log.c.who == who) & (access_log.c.what == what) & (access_log.c.at > now - SAME_READING)
        mine = access_log.c.customer_id.is_(None) if customer_id is None else access_log.c.customer_id == customer_id
        query = select(func.count()).select_from(access_log).where(same, mine)
        if (await connection.execute(query)).scalar_one():
            return
    row = {"who": who, "customer_id": customer_id, "what": what[:80], "at": now}
    await connection.execute(insert(access_log).values(row))


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are asked for: of one person, of one customer, of a time (its end does not belong to it)."""

    who: str = ""
    customer_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody looked at something; `reference` is the customer's, where it was one customer's."""

    id: int
    at: datetime
    who: str
    what: str
    reference: str | None


async def listed(connection: AsyncConnection, asked: Filter, before: int | None, limit: int) -> list[Access]:
    """Entries of the log, newest first; `before` is the id of the last one of the page before."""
    columns = (access_log.c.id, access_log.c.at, access_log.c.who, access_log.c.what, customer.c.reference)
    query = select(*columns).outerjoin(customer, customer.c.id == access_log.c.customer_id)
    if asked.who:
        query = query.where(access_log.c.who == asked.who)
    if asked.customer_id is not None:
        query = query.where(access_log.c.customer_id == asked.customer_id)
    if asked.since is not None and asked.until is not None:
        query = query.where(access_log.c.at >= asked.since, access_log.c.at < asked.until)
    if before is not None:
        query = query.where(access_log.c.id < before)
    rows = await connection.execute(query.order_by(access_log.c.id.desc()).limit(limit))
    return [Access(row.id, row.at, row.who, row.what, row.reference) for row in rows]
