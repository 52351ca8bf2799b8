"""The wall: how many wait in each queue, since when, and how that stands against the queue's deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.cases import case_file, customer, handoff
from bot.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Waiting:
    """One queue: how many nobody has taken, how many of them are late, who waits longest, and what is due first."""

    queue: str
    count: int = 0
    late: int = 0
    oldest_at: datetime | None = None
    due_at: datetime | None = None


async def queues(connection: AsyncConnection, scope: Scope, names: list[str], now: datetime) -> list[Waiting]:
    """Every queue of these names, and any other in which somebody waits; what is due first in front, then by name."""
    h = handoff.c
    late = func.sum(case((h.due_at < now, 1), else_=0))
    query = (
        select(h.queue, func.count(), late, func.min(h.opened_at), func.min(h.due_at))
        .join(case_file, case_file.c.customer_id == h.customer_id)
        .join(customer, customer.c.id == h.customer_id)
        .where(h.closed_at.is_(None), case_file.c.owner == "bot", scope.lets(customer.c.team))
        .group_by(h.queue)
    )
    found = {row[0]: Waiting(*row) for row in await connection.execute(query)}
    all_ = [found.get(name, Waiting(name)) for name in sorted({*names, *found})]
    return sorted(all_, key=lambda one: (one.due_at is None, one.due_at or now, one.queue))
