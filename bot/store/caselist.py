"""Every case in one line, for those who take a list away: names masked, no numbers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.calendar import local_day
from bot.store import tables as t
from bot.store.cases import account, case_file, customer, handoff, hold, plan, promise
from bot.store.fileview import mask_name
from bot.store.scope import Scope

agent = t.Agent.__table__  # type: ignore[attr-defined]
PAGE = 1000
HEAD = (
    "customer", "name", "language", "jurisdiction", "team", "products", "currency", "amount_due", "balance",
    "days_past_due", "state", "owner", "agent", "queue", "called_at", "due_at", "holds", "promise", "promise_due_on",
    "plan", "last_wrote_at", "follow_up_at",
)  # fmt: skip


async def case_lines(connection: AsyncConnection, scope: Scope, now: datetime) -> AsyncIterator[tuple[str, ...]]:
    """The cells of HEAD for every customer in scope, by id. Moments are UTC in ISO form; nothing is empty text."""
    query = (
        select(
            customer, case_file.c.state, case_file.c.owner, case_file.c.opened_at, case_file.c.follow_up_at,
            agent.c.login, handoff.c.queue, handoff.c.opened_at.label("called_at"), handoff.c.due_at,
        )
        .join(case_file, case_file.c.customer_id == customer.c.id)
        .outerjoin(handoff, (handoff.c.customer_id == customer.c.id) & handoff.c.closed_at.is_(None))
        .outerjoin(agent, agent.c.id == case_file.c.agent_id)
        .where(scope.lets(customer.c.team))
        .order_by(customer.c.id)
        .limit(PAGE)
    )  # fmt: skip
    after = 0
    while listed := (await connection.execute(query.where(customer.c.id > after))).all():
        after = listed[-1].id
        ids = [row.id for row in listed]
        accounts = await _of(connection, account, ids)
        holds = await _of(connection, hold, ids, hold.c.lifted_at.is_(None))
        promises = await _of(connection, promise, ids, promise.c.status == "open")
        plans = await _of(connection, plan, ids, plan.c.status.in_(("pending", "offered", "active")))
        for row in listed:
            mine, promised = accounts.get(row.id, []), promises.get(row.id, [])
            oldest = min((one.due_on for one in mine if one.amount_due > 0), default=None)
            days = max(0, (local_day(now, row.zones.split(",")[0]) - oldest).days) if oldest else 0
            yield (
                row.reference, mask_name(row.name), row.language, row.jurisdiction, row.team,
                " ".join(sorted({one.product for one in mine})), mine[0].currency if mine else "",
                _sum(one.amount_due for one in mine), _sum(one.balance for one in mine), str(days), row.state,
                row.owner, row.login or "", row.queue or "", _moment(row.called_at),
                _moment(row.due_at), " ".join(one.kind for one in holds.get(row.id, [])),
                str(promised[0].amount) if promised else "", promised[0].due_on.isoformat() if promised else "",
                " ".join(one.status for one in plans.get(row.id, [])), _moment(row.opened_at),
                _moment(row.follow_up_at),
            )  # fmt: skip


def _sum(amounts: Iterable[Decimal]) -> str:
    return str(sum(amounts, Decimal(0)))


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""


async def _of(connection: AsyncConnection, table: Any, ids: Sequence[int], *conditions: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    query = select(table).where(table.c.customer_id.in_(ids), *conditions).order_by(table.c.id)
    for row in await connection.execute(query):
        found.setdefault(row.customer_id, []).append(row)
    return found
