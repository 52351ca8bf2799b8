"""What service clocks run from: who was called when, whether a person has answered since, and who waits for more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.cases import handoff, outbox

inbound = t.Inbound.__table__  # type: ignore[attr-defined]
NEVER_LEFT = ("cancelled", "failed")


@dataclass(frozen=True, slots=True)
class Waiting:
    """`queue`, `opened_at` and `due_at` are of the open handoff. `answered_at`: when a person last wrote to the
    customer; `since`: when the customer first wrote after that, which nobody has answered."""

    queue: str | None
    opened_at: datetime | None
    due_at: datetime | None
    answered_at: datetime | None
    since: datetime | None


async def waits(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, Waiting]:
    """What each of these customers waits for, in three statements however many there are."""
    if not ids:
        return {}
    called = select(handoff).where(handoff.c.customer_id.in_(ids), handoff.c.closed_at.is_(None))
    open_ = {row.customer_id: row for row in await connection.execute(called)}
    answers = (
        select(outbox.c.customer_id, func.max(outbox.c.queued_at, type_=outbox.c.queued_at.type).label("at"))
        .where(outbox.c.customer_id.in_(ids), outbox.c.author != "bot", outbox.c.state.not_in(NEVER_LEFT))
        .group_by(outbox.c.customer_id)
    )
    answered = {row.customer_id: row.at for row in await connection.execute(answers)}
    last = answers.subquery()
    first = func.min(inbound.c.received_at, type_=inbound.c.received_at.type).label("at")
    asked = (
        select(inbound.c.customer_id, first)
        .join(last, (last.c.customer_id == inbound.c.customer_id) & (inbound.c.received_at > last.c.at))
        .group_by(inbound.c.customer_id)
    )
    since = {row.customer_id: row.at for row in await connection.execute(asked)}
    found = {}
    for id in ids:
        row, mine = open_.get(id), (answered.get(id), since.get(id))
        found[id] = Waiting(row.queue, row.opened_at, row.due_at, *mine) if row else Waiting(None, None, None, *mine)
    return found
