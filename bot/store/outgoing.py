"""The outbox from the sender's side: what is due, what moves to another channel, what may have left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, literal_column, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.decision import Purpose
from bot.store import tables as t
from bot.store.cases import lock, outbox, suppression
from bot.store.effects import OPEN
from bot.store.session import upsert

inbound = t.Inbound.__table__  # type: ignore[attr-defined]
channel, part = t.Channel.__table__, t.Part.__table__  # type: ignore[attr-defined]

LEASE = timedelta(seconds=60)  # longer than any gateway's time-out: after it, nobody is sending this any more
PENDING = inbound.c.state == literal_column("'pending'")  # written out, so that the index of those is used
UNKNOWN = outbox.c.state == literal_column("'unknown'")  # likewise


@dataclass(frozen=True, slots=True)
class Due:
    """A text that is due to leave."""

    id: int
    customer_id: int
    our_ref: str
    channel: str
    purpose: str
    response: str
    slots: str
    text: str
    author: str
    state: str
    reason: str | None
    queued_at: datetime
    sent_at: datetime | None
    attempts: int
    moved_from: str | None
    doubted_at: datetime | None


_DUE = [outbox.c[name] for name in Due.__slots__]


async def claim_due(connection: AsyncConnection, now: datetime, limit: int, closed: Sequence[str] = ()) -> list[Due]:
    """Lock the customers who have texts due and say which may go next: one per customer, the oldest first.

    Answers go before reminders, however many of those wait. Texts of channels that are `closed` are left alone.
    Customers are locked before their rows are looked at, in the order in which every transaction locks them.
    """
    o = outbox
    earlier = outbox.alias("earlier")
    blocked = select(earlier.c.id).where(
        earlier.c.customer_id == o.c.customer_id,
        earlier.c.seq < o.c.seq,
        or_(
            earlier.c.state.in_(("queued", "submitting")),
            and_(earlier.c.state == "held", earlier.c.due_at <= now),
        ),
    )
    paused_channel = select(channel.c.name).where(channel.c.name == o.c.channel, channel.c.paused_reason.is_not(None))
    # The confirmation of an opt-out has five minutes: it does not queue behind a text that waits for its next try.
    first = ~blocked.exists() | (o.c.purpose == Purpose.OPT_OUT_CONFIRMATION)
    is_due = o.c.state.in_(("queued", "held")) & (o.c.due_at <= now) & first & ~paused_channel.exists()
    # Nobody is reminded, and no agent's text leaves, before what they just wrote was read: it may be an opt-out.
    writing = select(part.c.id).where(part.c.customer_id == o.c.customer_id, part.c.joined_at.is_(None))
    unread = select(inbound.c.id).where(inbound.c.customer_id == o.c.customer_id, PENDING)
    is_due &= (o.c.urgency < 2) | ~(writing.exists() | unread.exists())
    if closed:
        is_due &= o.c.channel.not_in(closed)
    first_come = select(o.c.customer_id).where(is_due).order_by(o.c.urgency, o.c.due_at, o.c.id).limit(limit * 3)
    candidates = (await connection.execute(first_come)).scalars()
    taken = await lock(connection, list(dict.fromkeys(candidates)))
    if not taken:
        return []
    rows = await connection.execute(
        select(*_DUE).where(o.c.customer_id.in_(taken), is_due).order_by(o.c.urgency, o.c.due_at, o.c.id)
    )
    return [Due(*row) for row in rows][:limit]


async def stranded(connection: AsyncConnection, routes: Sequence[str], now: datetime, limit: int) -> list[Due]:
    """Texts due on these paused channels that may leave by another: none that moved before, or may have left already.

    Their customers are locked.
    """
    o = outbox
    movable = (
        o.c.channel.in_(routes)
        & o.c.state.in_(OPEN)
        & (o.c.due_at <= now)
        & o.c.moved_from.is_(None)
        & o.c.doubted_at.is_(None)
    )
    first_come = select(o.c.customer_id).where(movable).order_by(o.c.urgency, o.c.due_at, o.c.id).limit(limit)
    taken = await lock(connection, list(dict.fromkeys((await connection.execute(first_come)).scalars())))
    query = select(*_DUE).where(o.c.customer_id.in_(taken), movable).order_by(o.c.id)
    return [Due(*row) for row in await connection.execute(query)]


async def mark(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Change outbox rows by their id, `b_id`: one statement for all rows that change the same columns."""
    alike = defaultdict[tuple[str, ...], list[Mapping[str, Any]]](list)
    for row in rows:
        alike[tuple(sorted(row))].append(row)
    for group in alike.values():
        await connection.execute(update(outbox).where(outbox.c.id == bindparam("b_id")), group)


async def expire_leases(connection: AsyncConnection, now: datetime) -> int:
    """A text whose sender died between submitting and noting the answer: nobody knows whether it left."""
    dead = (outbox.c.state == "submitting") & (outbox.c.lease_at < now)
    result = await connection.execute(
        update(outbox)
        .where(dead)
        .values(state="unknown", doubted_at=now, reason="the sender stopped before the gateway answered", due_at=now)
    )
    return result.rowcount


async def unknowns(connection: AsyncConnection, now: datetime, limit: int) -> list[Due]:
    """Texts of which nobody knows whether they left, whose turn it is to be looked up."""
    ready = UNKNOWN & (outbox.c.due_at <= now)
    query = select(*_DUE).where(ready).order_by(outbox.c.due_at, outbox.c.id).limit(limit)
    return [Due(*row) for row in await connection.execute(query)]


async def settle(connection: AsyncConnection, id: int, change: Mapping[str, Any]) -> bool:
    """Change a text that is still unknown; false where a receipt has settled it in the meantime."""
    still = (outbox.c.id == id) & (outbox.c.state == "unknown")
    return bool((await connection.execute(update(outbox).where(still).values(**change))).rowcount)


async def stop_number(connection: AsyncConnection, number_hash: str, reason: str, now: datetime) -> None:
    """Never text this number again, whoever's it is."""
    row = {"number_hash": number_hash, "reason": reason, "since_at": now}
    await connection.execute(upsert(connection, suppression).on_conflict_do_nothing(), [row])
