"""What waits to be done: settled replies, posted payments and due timers, by customer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.case import Timer
from bot.core.event import PaymentPosted
from bot.store import opinions
from bot.store import tables as t
from bot.store.cases import lock
from bot.store.parts import waiting_for_parts

agenda, inbound, payment = t.Agenda.__table__, t.Inbound.__table__, t.Payment.__table__  # type: ignore[attr-defined]

AHEAD = 5  # how many times more candidates than a turn takes are looked at, so that workers find unlocked ones
PATIENCE = 5  # a customer who never stops typing is answered after so many settle windows


@dataclass(slots=True)
class Waiting:
    """All that waits for one customer, each in order. `unsettled`: newer fragments may still be on their way."""

    replies: list[Any] = field(default_factory=list)
    payments: list[tuple[int, int | None, PaymentPosted]] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    unsettled: bool = False


async def claim(connection: AsyncConnection, now: datetime, settle: timedelta, limit: int) -> list[int]:
    """Lock up to `limit` customers for whom something waits; those that another worker holds are left to it."""
    settled = (inbound.c.received_at <= now - settle) | inbound.c.at_once
    pending = (
        select(inbound.c.customer_id)
        .where(inbound.c.state == "pending", settled, opinions.may_go_on(now))
        .order_by(inbound.c.received_at)
        .limit(limit * AHEAD)
    )
    posted = select(payment.c.customer_id).where(payment.c.handled_at.is_(None)).limit(limit * AHEAD)
    due = select(agenda.c.customer_id).where(agenda.c.due_at <= now).order_by(agenda.c.due_at).limit(limit * AHEAD)
    candidates: list[int] = []
    for query in (pending, posted, due):
        candidates += (await connection.execute(query)).scalars()
    unique = list(dict.fromkeys(candidates))
    taken: list[int] = []
    while unique and len(taken) < limit:
        batch, unique = unique[: limit - len(taken)], unique[limit - len(taken) :]
        taken += await lock(connection, batch)
    return taken


async def waiting(
    connection: AsyncConnection, ids: Sequence[int], now: datetime, settle: timedelta
) -> dict[int, Waiting]:
    """What waits for these locked customers. A second statement: the one that locked may have seen an older state."""
    found: defaultdict[int, Waiting] = defaultdict(Waiting)
    for row in await connection.execute(_replies(ids)):
        found[row.customer_id].replies.append(row)
    for id in await waiting_for_parts(connection, ids):
        found[id].unsettled = True
    for one in (one for one in found.values() if one.replies):
        newest, oldest = max(r.received_at for r in one.replies), min(r.received_at for r in one.replies)
        hurries = any(row.at_once for row in one.replies)
        if newest > now - settle and oldest > now - settle * PATIENCE and not hurries:
            one.replies.clear()
            one.unsettled = True
    query = select(payment).where(payment.c.customer_id.in_(ids), payment.c.handled_at.is_(None)).order_by(payment.c.id)
    for row in await connection.execute(query):
        event = PaymentPosted(Decimal(row.amount), row.paid_on)
        found[row.customer_id].payments.append((row.id, row.account_id, event))
    timers = select(agenda).where(agenda.c.customer_id.in_(ids), agenda.c.due_at <= now).order_by(agenda.c.due_at)
    for row in await connection.execute(timers):
        if not found[row.customer_id].unsettled:  # nobody is reminded while what they just wrote is not read yet
            found[row.customer_id].timers.append(Timer(row.timer))
    return found


def _replies(ids: Sequence[int]) -> Select[Any]:
    when = func.coalesce(inbound.c.provider_at, inbound.c.received_at)
    return (
        select(
            inbound.c.id,
            inbound.c.customer_id,
            inbound.c.text,
            inbound.c.received_at,
            inbound.c.provider_at,
            inbound.c.provider_opted_out,
            inbound.c.missing,
            inbound.c.at_once,
            inbound.c.opinion,
            inbound.c.opinion_until_at,
        )
        .where(inbound.c.customer_id.in_(ids), inbound.c.state == "pending")
        .order_by(when, inbound.c.received_at, inbound.c.id)
    )


async def park(connection: AsyncConnection, customer_id: int, later: datetime) -> None:
    """Take what poisons a turn out of the way: replies are kept as poisoned, timers look again later.

    Replies are suspected first: money and timers that wait beside them get another turn, without them.
    """
    mine = (inbound.c.customer_id == customer_id) & (inbound.c.state == "pending")
    if (await connection.execute(update(inbound).where(mine).values(state="poisoned"))).rowcount:
        return
    await connection.execute(
        update(agenda).where(agenda.c.customer_id == customer_id, agenda.c.due_at < later).values(due_at=later)
    )
    stuck = (payment.c.customer_id == customer_id) & payment.c.handled_at.is_(None)
    await connection.execute(update(payment).where(stuck).values(handled_at=later))


async def backlog(connection: AsyncConnection, now: datetime) -> dict[str, int]:
    """How much waits, for health and metrics."""
    counts = union_all(
        select(func.count().label("n")).select_from(inbound).where(inbound.c.state == "pending"),
        select(func.count()).select_from(agenda).where(agenda.c.due_at <= now),
        select(func.count()).select_from(t.Outbox.__table__).where(t.Outbox.__table__.c.state == "queued"),  # type: ignore[attr-defined]
    )
    values = (await connection.execute(counts)).scalars().all()
    return dict(zip(("replies", "timers", "texts"), map(int, values), strict=True))
