"""An agent's desk: what they take, how many at once, whether they are there, and whom they look at again later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.agents import scope_of
from bot.store.cases import case_file, customer, outbox
from bot.store.scope import Scope
from bot.store.session import touch

agent, inbound = t.Agent.__table__, t.Inbound.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Desk:
    """`skills` are queues, none means all; `has` is how many customers they have now, `most` how many they may."""

    agent_id: int
    login: str
    name: str
    role: str
    skills: tuple[str, ...]
    most: int
    has: int
    away_since: datetime | None
    team: str = ""

    @property
    def is_full(self) -> bool:
        """Whether one more customer would be too many."""
        return self.has >= self.most

    @property
    def scope(self) -> Scope:
        """Whose customers they may have."""
        return scope_of(self.role, self.team)


async def desks(connection: AsyncConnection, scope: Scope) -> list[Desk]:
    """Everyone who may have customers of this scope, by name; whoever may not log in has none."""
    query = _desks().where(scope.lets(agent.c.team) | (agent.c.role == "supervisor")).order_by(agent.c.name, agent.c.id)
    return [_desk(row) for row in await connection.execute(query)]


async def colleagues(connection: AsyncConnection, scope: Scope, customer_id: int) -> list[Desk]:
    """Everyone who may have this customer; nobody, where the customer is not in scope."""
    query = select(customer.c.team).where(customer.c.id == customer_id, scope.lets(customer.c.team))
    teams = (await connection.execute(query)).scalars()
    return await desks(connection, Scope(frozenset(teams)))


async def lock(connection: AsyncConnection, agent_id: int) -> None:
    """Let nobody else give this person a customer until the transaction is over: then the count of theirs holds."""
    one = select(agent.c.id).where(agent.c.id == agent_id)
    await connection.execute(one.with_for_update(key_share=True))


async def desk_of(connection: AsyncConnection, agent_id: int) -> Desk | None:
    """One person's desk; None where they may not have customers."""
    row = (await connection.execute(_desks().where(agent.c.id == agent_id))).first()
    return _desk(row) if row is not None else None


def _desks() -> Select[Any]:
    held = (
        select(func.count())
        .select_from(case_file)
        .where(case_file.c.agent_id == agent.c.id, case_file.c.owner == "agent")
        .scalar_subquery()
    )
    return select(agent, held.label("has")).where(agent.c.active, agent.c.role.in_(("agent", "supervisor")))


async def arrange(connection: AsyncConnection, agent_id: int, skills: tuple[str, ...], most: int) -> None:
    """Say what a person takes and how many at once."""
    row = {"skills": ",".join(skills), "most": most}
    await connection.execute(update(agent).where(agent.c.id == agent_id).values(row))


async def be_away(connection: AsyncConnection, agent_id: int, since: datetime | None) -> None:
    """Say since when a person is away; None where they are back."""
    await connection.execute(update(agent).where(agent.c.id == agent_id).values(away_since_at=since))


async def follow_up(connection: AsyncConnection, customer_id: int, at: datetime | None) -> None:
    """Look at this customer again then; None where that is done."""
    await connection.execute(update(case_file).where(case_file.c.customer_id == customer_id).values(follow_up_at=at))
    touch(connection, [customer_id])


async def follow_up_of(connection: AsyncConnection, scope: Scope, customer_id: int) -> datetime | None:
    """When this customer is to be looked at again."""
    here = (case_file.c.customer_id == customer_id) & scope.lets_id(case_file.c.customer_id)
    query = select(case_file.c.follow_up_at).where(here)
    found: datetime | None = (await connection.execute(query)).scalar()
    return found


async def held(connection: AsyncConnection, scope: Scope, agent_id: int) -> list[int]:
    """The customers whom this person has."""
    theirs = (case_file.c.agent_id == agent_id) & (case_file.c.owner == "agent")
    query = select(case_file.c.customer_id).where(theirs, scope.lets_id(case_file.c.customer_id))
    return [int(row.customer_id) for row in await connection.execute(query.order_by(case_file.c.customer_id))]


async def unanswered(connection: AsyncConnection, scope: Scope, agent_id: int) -> list[int]:
    """The customers of this person who wrote last: they wait for an answer."""
    heard = _last(inbound)
    said = _last(outbox)
    query = (
        select(case_file.c.customer_id)
        .where(case_file.c.agent_id == agent_id, case_file.c.owner == "agent", scope.lets_id(case_file.c.customer_id))
        .where(func.coalesce(heard, 0) > func.coalesce(said, 0))
        .order_by(case_file.c.customer_id)
    )
    return [int(row.customer_id) for row in await connection.execute(query)]


def _last(table: Any) -> Any:
    return select(func.max(table.c.seq)).where(table.c.customer_id == case_file.c.customer_id).scalar_subquery()


def _desk(row: Any) -> Desk:
    skills = tuple(one for one in row.skills.split(",") if one)
    return Desk(row.id, row.login, row.name, row.role, skills, row.most, int(row.has), row.away_since_at, row.team)
