"""Customers about whom a second person must decide: plans above the limits, hardships that nobody has judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.agreement import Instalment
from bot.store.cases import account, customer, hold, plan
from bot.store.fileview import mask_name
from bot.store.scope import Scope


@dataclass(frozen=True, slots=True)
class PlanWaiting:
    """A plan that needs a second person: whose it is, who proposed it, and its instalments."""

    customer_id: int
    name: str
    proposed_by: str
    at: datetime
    kind: str
    terms: str
    instalments: tuple[Instalment, ...]
    currency: str

    @property
    def total(self) -> Decimal:
        """What the instalments add up to."""
        return sum((one.amount for one in self.instalments), Decimal(0))


@dataclass(frozen=True, slots=True)
class HardshipWaiting:
    """A hardship that nobody has judged: whose it is, who opened it, why, and until when collection stands still."""

    customer_id: int
    name: str
    opened_by: str
    at: datetime
    until: datetime | None
    category: str | None


async def plans(connection: AsyncConnection, scope: Scope, limit: int = 50) -> list[PlanWaiting]:
    """Plans that wait, oldest first."""
    currency = select(func.min(account.c.currency)).where(account.c.customer_id == customer.c.id).scalar_subquery()
    columns = (plan, customer.c.name, currency.label("currency"))
    query = _pending(scope).with_only_columns(*columns).order_by(plan.c.made_at, plan.c.id).limit(limit)
    return [
        PlanWaiting(
            row.customer_id, mask_name(row.name), row.proposed_by, row.made_at, row.kind, row.terms, row.instalments,
            row.currency or "CNY",
        )
        for row in await connection.execute(query)
    ]  # fmt: skip


async def hardships(connection: AsyncConnection, scope: Scope, limit: int = 50) -> list[HardshipWaiting]:
    """Hardships that wait, oldest first."""
    query = _unjudged(scope).with_only_columns(hold, customer.c.name).order_by(hold.c.placed_at, hold.c.id)
    return [
        HardshipWaiting(
            row.customer_id, mask_name(row.name), row.opened_by, row.placed_at, row.until_at, row.category
        )
        for row in await connection.execute(query.limit(limit))
    ]  # fmt: skip


async def counts(connection: AsyncConnection, scope: Scope, login: str = "") -> tuple[int, int]:
    """How many plans and how many hardships wait; with a login, those that this person did not propose themselves."""
    found = []
    for query, by in ((_pending(scope), plan.c.proposed_by), (_unjudged(scope), hold.c.opened_by)):
        many = query.with_only_columns(func.count()).where(by != login)
        found.append(int((await connection.execute(many)).scalar_one()))
    return found[0], found[1]


# The states are written out, since the indexes over those rows alone are used only then.
def _pending(scope: Scope) -> Select[Any]:
    status: Any = bindparam("pending", "pending", literal_execute=True)
    joined = plan.join(customer, customer.c.id == plan.c.customer_id)
    return select(plan.c.id).select_from(joined).where(plan.c.status == status, scope.lets(customer.c.team))


def _unjudged(scope: Scope) -> Select[Any]:
    kind: Any = bindparam("hardship", "hardship", literal_execute=True)
    joined = hold.join(customer, customer.c.id == hold.c.customer_id)
    waits = (hold.c.kind == kind) & hold.c.lifted_at.is_(None) & hold.c.judged_at.is_(None)
    return select(hold.c.id).select_from(joined).where(waits, scope.lets(customer.c.team))
