"""Who has a customer's page open: a row for each open page, which runs out where nobody renews it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.session import touch

presence, agent = t.Presence.__table__, t.Agent.__table__  # type: ignore[attr-defined]
LASTS = timedelta(seconds=40)  # of a page whose process was killed nothing is left after so long


async def arrive(connection: AsyncConnection, page: str, customer_id: int, agent_id: int, now: datetime) -> None:
    """A person opened a customer's page. Whoever else has it open hears that something changed; nobody else does."""
    await connection.execute(delete(presence).where(presence.c.until_at <= now))
    row = {"page": page, "customer_id": customer_id, "agent_id": agent_id, "until_at": now + LASTS}
    await connection.execute(insert(presence).values(row))
    await _tell_others(connection, customer_id, agent_id, now)


async def stay(connection: AsyncConnection, page: str, now: datetime) -> None:
    """It is still open."""
    await connection.execute(update(presence).where(presence.c.page == page).values(until_at=now + LASTS))


async def leave(connection: AsyncConnection, page: str, customer_id: int, agent_id: int, now: datetime) -> None:
    """It was closed, or hidden."""
    await connection.execute(delete(presence).where(presence.c.page == page))
    await _tell_others(connection, customer_id, agent_id, now)


async def others(connection: AsyncConnection, customer_id: int, agent_id: int, now: datetime) -> list[str]:
    """The names of the other people who have this customer's page open, each once."""
    query = select(agent.c.name).join(presence, presence.c.agent_id == agent.c.id)
    found = await connection.execute(query.where(_others(customer_id, agent_id, now)).distinct())
    return sorted(found.scalars())


async def _tell_others(connection: AsyncConnection, customer_id: int, agent_id: int, now: datetime) -> None:
    query = select(presence.c.page).where(_others(customer_id, agent_id, now)).limit(1)
    if (await connection.execute(query)).first() is not None:
        touch(connection, [customer_id])


def _others(customer_id: int, agent_id: int, now: datetime) -> ColumnElement[bool]:
    return and_(presence.c.customer_id == customer_id, presence.c.until_at > now, presence.c.agent_id != agent_id)
