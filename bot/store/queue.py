"""The agents' queue: who waits for a person, in the order in which an answer is due, and who has whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.calendar import local_day
from bot.store import tables as t
from bot.store.cases import account, case_file, customer, handoff, hold
from bot.store.columns import UtcMoment
from bot.store.fileview import mask_name
from bot.store.paging import Order
from bot.store.scope import Scope

inbound, agent = t.Inbound.__table__, t.Agent.__table__  # type: ignore[attr-defined]
HELD = case_file.c.owner == literal_column("'agent'")  # written out, so that the index of those who are held is used


class Folder(StrEnum):
    """A part of the queue."""

    NEXT = "next"
    MINE = "mine"
    FOLLOW_UP = "follow_up"
    TAKEN = "taken"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One customer who waits, as a list shows them: the name is masked. `due_at` is None where nobody was called."""

    customer_id: int
    name: str
    language: str
    zone: str
    state: str
    queue: str | None
    reason: str
    priority: int | None
    due_at: datetime | None
    agent: str | None
    said: str
    said_at: datetime | None
    amount_due: Decimal
    currency: str
    days_past_due: int
    holds: tuple[str, ...]
    closed_at: datetime | None = None
    outcome: str = ""
    opened_at: datetime | None = None
    pinned_why: str = ""
    follow_up_at: datetime | None = None  # when whoever has the customer looks at them again
    place: str = ""  # where it stands in its folder: the next page begins after it


async def rows(
    connection: AsyncConnection,
    scope: Scope,
    folder: Folder,
    agent_id: int,
    now: datetime,
    since: datetime,
    limit: int = 50,
    brief: bool = False,
    after: str = "",
) -> list[QueueRow]:
    """The first of a folder, what is due first in front. `since` is when today began, for what was resolved.

    `after` is the `place` of the row that the page before ended with; one that cannot be read begins at the front.
    `brief`: without what they wrote last and their holds, which a narrow list does not show.
    """
    order = _order(folder)
    query = _folder(folder, agent_id, since).where(scope.lets(customer.c.team)).order_by(*order.by())
    query = query.add_columns(*(key.label(f"key_{n}") for n, key in enumerate(order.keys)))
    if (beyond := order.beyond(after)) is not None:
        query = query.where(beyond)
    query = query.limit(limit)
    found = (await connection.execute(query)).all()
    ids = [row.customer_id for row in found]
    sums = await _sums(connection, ids)
    said, holds = ({}, {}) if brief else (await _said(connection, ids), await _holds(connection, ids))
    listed = []
    for row in found:
        text, at = said.get(row.customer_id, ("", None))
        due, currency, oldest = sums.get(row.customer_id, (Decimal(0), "CNY", None))
        zone = row.zones.split(",")[0]
        listed.append(
            QueueRow(
                customer_id=row.customer_id,
                name=mask_name(row.name),
                language=row.language,
                zone=zone,
                state=row.state,
                queue=row.queue,
                reason=row.reason or "",
                priority=row.priority,
                due_at=row.due_at,
                agent=row.agent,
                said=text,
                said_at=at,
                amount_due=due,
                currency=currency,
                days_past_due=max(0, (local_day(now, zone) - oldest).days) if oldest else 0,
                holds=tuple(holds.get(row.customer_id, ())),
                closed_at=row.closed_at,
                outcome=row.outcome or "",
                opened_at=row.opened_at,
                pinned_why=row.pinned_why or "",
                follow_up_at=row.follow_up_at,
                place=order.place([getattr(row, f"key_{n}") for n in range(len(order.keys))]),
            )
        )
    return listed


async def counts(connection: AsyncConnection, scope: Scope, agent_id: int, since: datetime) -> dict[Folder, int]:
    """How many each folder holds."""
    found = {}
    for folder in Folder:
        one = _folder(folder, agent_id, since).where(scope.lets(customer.c.team))
        query = select(func.count()).select_from(one.subquery())
        found[folder] = int((await connection.execute(query)).scalar_one())
    return found


async def next_up(connection: AsyncConnection, scope: Scope, skills: Sequence[str] = ()) -> list[int]:
    """The customers whom nobody has taken, what is due first in front: the first few, as others take them too.

    `skills`: only these queues; none means all.
    """
    order = _order(Folder.NEXT).by()
    return [row.customer_id for row in await connection.execute(_free(scope, skills).order_by(*order).limit(10))]


async def free(connection: AsyncConnection, scope: Scope, skills: Sequence[str] = ()) -> int:
    """How many customers wait whom nobody has taken, in these queues; none means all."""
    query = select(func.count()).select_from(_free(scope, skills).subquery())
    return int((await connection.execute(query)).scalar_one())


def _free(scope: Scope, skills: Sequence[str]) -> Select[Any]:
    query = _open().where(case_file.c.owner == "bot", scope.lets(customer.c.team))
    return query.where(handoff.c.queue.in_(skills)) if skills else query


async def reassign(connection: AsyncConnection, customer_id: int, agent_id: int, now: datetime) -> None:
    """Write a changed holder on the open handoff: a supervisor took the customer from somebody."""
    still = (handoff.c.customer_id == customer_id) & handoff.c.closed_at.is_(None)
    await connection.execute(update(handoff).where(still).values(agent_id=agent_id, taken_at=now))


async def pin(connection: AsyncConnection, customer_id: int, why: str | None) -> bool:
    """Put the customer's open handoff in front of the queue, or (without a reason) back to its place; false where none
    is open."""
    still = (handoff.c.customer_id == customer_id) & handoff.c.closed_at.is_(None)
    row = {"rank": 0 if why else 1, "pinned_why": why}
    return bool((await connection.execute(update(handoff).where(still).values(row))).rowcount)


async def agent_name(connection: AsyncConnection, agent_id: int | None) -> str:
    """What a person is called; empty where there is none."""
    return (await connection.execute(select(agent.c.name).where(agent.c.id == agent_id))).scalar() or ""


def _columns() -> Select[Any]:
    return select(
        customer.c.id.label("customer_id"), customer.c.name, customer.c.language, customer.c.zones, case_file.c.state,
        handoff.c.queue, handoff.c.reason, handoff.c.priority, handoff.c.due_at, handoff.c.closed_at, handoff.c.outcome,
        handoff.c.opened_at, handoff.c.pinned_why, case_file.c.follow_up_at, agent.c.name.label("agent"),
    )  # fmt: skip


def _open() -> Select[Any]:
    return (
        _columns()
        .join(case_file, case_file.c.customer_id == customer.c.id)
        .join(handoff, (handoff.c.customer_id == customer.c.id) & handoff.c.closed_at.is_(None))
        .outerjoin(agent, agent.c.id == case_file.c.agent_id)
    )


def _held() -> Select[Any]:
    """Everyone whom a person has: also those who were taken over although nobody had been called."""
    return (
        _columns()
        .join(case_file, case_file.c.customer_id == customer.c.id)
        .outerjoin(handoff, (handoff.c.customer_id == customer.c.id) & handoff.c.closed_at.is_(None))
        .outerjoin(agent, agent.c.id == case_file.c.agent_id)
        .where(HELD)
    )


def _resolved(since: datetime) -> Select[Any]:
    return (
        _columns()
        .join(case_file, case_file.c.customer_id == customer.c.id)
        .join(handoff, handoff.c.customer_id == customer.c.id)
        .outerjoin(agent, agent.c.id == handoff.c.agent_id)
        .where(handoff.c.closed_at >= since)
    )


def _order(folder: Folder) -> Order:
    """What a supervisor pinned stands in front of what waits; then whatever is due first."""
    match folder:
        case Folder.NEXT:
            return Order((handoff.c.rank, handoff.c.due_at, handoff.c.priority, customer.c.id))
        case Folder.MINE | Folder.TAKEN:
            return Order((func.coalesce(handoff.c.due_at, case_file.c.changed_at, type_=UtcMoment), customer.c.id))
        case Folder.FOLLOW_UP:
            return Order((case_file.c.follow_up_at, customer.c.id))
        case Folder.RESOLVED:
            return Order((handoff.c.closed_at, handoff.c.id), falling=True)


def _folder(folder: Folder, agent_id: int, since: datetime) -> Select[Any]:
    match folder:
        case Folder.NEXT:
            return _open().where(case_file.c.owner == "bot")
        case Folder.MINE:
            later = case_file.c.follow_up_at.is_not(None)
            return _held().where(case_file.c.agent_id == agent_id, ~later)
        case Folder.FOLLOW_UP:
            return _held().where(case_file.c.agent_id == agent_id, case_file.c.follow_up_at.is_not(None))
        case Folder.TAKEN:
            return _held()
        case Folder.RESOLVED:
            return _resolved(since)


async def _said(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, tuple[str, datetime]]:
    """What each customer wrote last."""
    newest = select(func.max(inbound.c.id)).where(inbound.c.customer_id.in_(ids)).group_by(inbound.c.customer_id)
    query = select(inbound.c.customer_id, inbound.c.text, inbound.c.received_at).where(inbound.c.id.in_(newest))
    return {row.customer_id: (row.text, row.received_at) for row in await connection.execute(query)}


async def _sums(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, tuple[Decimal, str, Any]]:
    found: dict[int, tuple[Decimal, str, Any]] = {}
    for row in await connection.execute(select(account).where(account.c.customer_id.in_(ids))):
        due, _, oldest = found.get(row.customer_id, (Decimal(0), "", None))
        if row.amount_due > 0:
            oldest = row.due_on if oldest is None else min(oldest, row.due_on)
        found[row.customer_id] = (due + row.amount_due, row.currency, oldest)
    return found


async def _holds(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    query = select(hold).where(hold.c.customer_id.in_(ids), hold.c.lifted_at.is_(None)).order_by(hold.c.id)
    for row in await connection.execute(query):
        found.setdefault(row.customer_id, []).append(row.kind)
    return found
