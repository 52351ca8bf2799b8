"""The log of who looked at whose data: written before or with what is shown, never changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t

access_log = t.AccessLog.__table__  # type: ignore[attr-defined]

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
