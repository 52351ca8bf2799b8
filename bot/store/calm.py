"""What there is to say where a list is empty: who of a person's own waits, what is due, whether there is anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import desk
from bot.store import tables as t
from bot.store.cases import case_file, customer
from bot.store.scope import Scope

inbound = t.Inbound.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Calm:
    """`unanswered`: how many of one's own wait for an answer, the longest since `since`; `due`: follow-ups to be made
    by now; `is_first_run`: there is no customer yet in scope."""

    unanswered: int
    since: datetime | None
    due: int
    is_first_run: bool


async def calm(connection: AsyncConnection, scope: Scope, agent_id: int, now: datetime) -> Calm:
    """What to tell a person whose list is empty."""
    waiting = await desk.unanswered(connection, scope, agent_id)
    wrote = select(func.max(inbound.c.received_at).label("at")).where(inbound.c.customer_id.in_(waiting))
    each = wrote.group_by(inbound.c.customer_id).subquery()
    mine = (case_file.c.agent_id == agent_id) & (case_file.c.owner == "agent")
    due = select(func.count()).where(mine, case_file.c.follow_up_at <= now, scope.lets_id(case_file.c.customer_id))
    anybody = select(customer.c.id).where(scope.lets(customer.c.team)).limit(1)
    return Calm(
        unanswered=len(waiting),
        since=(await connection.execute(select(func.min(each.c.at)))).scalar() if waiting else None,
        due=int((await connection.execute(due)).scalar_one()),
        is_first_run=(await connection.execute(anybody)).first() is None,
    )
