"""The outbox from the sender's side: what is due, what left, what came of it, and the receipts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.decision import Purpose
from bot.store import tables as t
from bot.store.cases import lock, outbox, suppression
from bot.store.effects import OPEN
from bot.store.session import upsert

channel, receipt = t.Channel.__table__, t.Receipt.__table__  # type: ignore[attr-defined]
dead_letter, part = t.DeadLetter.__table__, t.Part.__table__  # type: ignore[attr-defined]

LEASE = timedelta(seconds=60)  # longer than any gateway's time-out: after it, nobody is sending this any more
RANK = {"queued": 10, "sent": 20, "undelivered": 80, "failed": 80, "delivered": 90}


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
    # Nobody is reminded while parts of what they just wrote are on their way: it may be an opt-out.
    writing = select(part.c.id).where(part.c.customer_id == o.c.customer_id, part.c.joined_at.is_(None))
    is_due &= (o.c.urgency < 2) | ~writing.exists()
    if closed:
        is_due &= o.c.channel.not_in(closed)
    first_come = select(o.c.customer_id).where(is_due).order_by(o.c.urgency, o.c.due_at, o.c.id).limit(limit * 3)
    candidates = (await connection.execute(first_come)).scalars()
    taken = await lock(connection, list(dict.fromkeys(candidates)))
    if not taken:
        return []
    rows = await connection.execute(
        select(*(o.c[name] for name in Due.__slots__))
        .where(o.c.customer_id.in_(taken), is_due)
        .order_by(o.c.urgency, o.c.due_at, o.c.id)
    )
    return [Due(*row) for row in rows][:limit]


class Pace(NamedTuple):
    """What a channel may send: in a second, and on this day of its own calendar (None: as much as it likes)."""

    per_second: int
    per_day: int | None
    today: date


def _left(row: Any, pace: Pace, second: datetime) -> int:
    """How many texts a channel may still send in this second and on this day."""
    left = pace.per_second - (row.sent_in_second if row.second_at == second else 0)
    if pace.per_day is not None:
        left = min(left, pace.per_day - (row.sent_in_day if row.day_on == pace.today else 0))
    return max(0, left)


async def used_up(connection: AsyncConnection, paces: Mapping[str, Pace], now: datetime) -> list[str]:
    """The channels that may send nothing more in this second, or today."""
    rows = await connection.execute(select(channel).where(channel.c.name.in_(paces)))
    return [row.name for row in rows if _left(row, paces[row.name], now.replace(microsecond=0)) == 0]


async def grant(
    connection: AsyncConnection, wanted: Mapping[str, int], paces: Mapping[str, Pace], now: datetime
) -> dict[str, int]:
    """How many texts each channel may submit now. The counts of second and day are shared by all processes."""
    second = now.replace(microsecond=0)
    await connection.execute(
        upsert(connection, channel).on_conflict_do_nothing(),
        [{"name": name, "sent_in_second": 0} for name in sorted(wanted)],
    )
    query = select(channel).where(channel.c.name.in_(wanted)).order_by(channel.c.name)
    rows = (
        await connection.execute(query.with_for_update() if connection.dialect.name == "postgresql" else query)
    ).all()
    granted, changes = {}, []
    for row in rows:
        pace = paces[row.name]
        number = granted[row.name] = min(wanted[row.name], _left(row, pace, second))
        changes.append({
            "b_name": row.name,
            "second_at": second,
            "sent_in_second": number + (row.sent_in_second if row.second_at == second else 0),
            "day_on": pace.today,
            "sent_in_day": number + (row.sent_in_day if row.day_on == pace.today else 0),
        })  # fmt: skip
    await connection.execute(update(channel).where(channel.c.name == bindparam("b_name")), changes)
    return granted


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
    columns = (o.c[name] for name in Due.__slots__)
    query = select(*columns).where(o.c.customer_id.in_(taken), movable).order_by(o.c.id)
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
    columns = (outbox.c[name] for name in Due.__slots__)
    query = (
        select(*columns).where(outbox.c.state == "unknown", outbox.c.due_at <= now).order_by(outbox.c.id).limit(limit)
    )
    return [Due(*row) for row in await connection.execute(query)]


async def settle(connection: AsyncConnection, id: int, change: Mapping[str, Any]) -> bool:
    """Change a text that is still unknown; false where a receipt has settled it in the meantime."""
    still = (outbox.c.id == id) & (outbox.c.state == "unknown")
    return bool((await connection.execute(update(outbox).where(still).values(**change))).rowcount)


async def pause(connection: AsyncConnection, name: str, reason: str, now: datetime) -> None:
    """Stop a channel's sending, with the reason."""
    change = {"paused_reason": reason, "paused_at": now}
    put = upsert(connection, channel).values(name=name, sent_in_second=0, **change)
    await connection.execute(put.on_conflict_do_update(index_elements=["name"], set_=change))


async def resume(connection: AsyncConnection, name: str, now: datetime) -> None:
    """Let a channel send again."""
    change = {"paused_reason": None, "paused_at": None, "resumed_at": now}
    await connection.execute(update(channel).where(channel.c.name == name).values(**change))


async def mended_since(connection: AsyncConnection, name: str, sent_at: datetime) -> bool:
    """Whether somebody let the channel go on after this text was sent: what its report complains of is mended."""
    query = select(channel.c.name).where(channel.c.name == name, channel.c.resumed_at > sent_at)
    return (await connection.execute(query)).first() is not None


async def paused(connection: AsyncConnection) -> dict[str, str]:
    """The channels that are paused, and why."""
    query = select(channel.c.name, channel.c.paused_reason).where(channel.c.paused_reason.is_not(None))
    return {row.name: row.paused_reason for row in await connection.execute(query)}


@dataclass(frozen=True, slots=True)
class Matched:
    """A receipt and the text that it belongs to."""

    receipt_id: int
    status: str
    code: str
    kind: str | None
    outbox_id: int
    customer_id: int
    state: str
    delivery: str | None
    channel: str
    number_hash: str | None
    sent_at: datetime | None
    provider_id: str | None


async def match_receipts(connection: AsyncConnection, limit: int) -> list[Matched]:
    """Unmatched receipts whose text is known, customers locked. The others stay parked until their text is."""
    r = receipt
    mine = or_(
        outbox.c.our_ref == r.c.our_ref, and_(outbox.c.channel == r.c.channel, outbox.c.provider_id == r.c.provider_id)
    )
    columns = (
        r.c.id, r.c.status, r.c.code, r.c.kind,
        outbox.c.id.label("outbox_id"), outbox.c.customer_id, outbox.c.state, outbox.c.delivery,
        outbox.c.channel, outbox.c.number_hash, outbox.c.sent_at, r.c.provider_id,
    )  # fmt: skip
    # A receipt may overtake the answer to the send: until that is written, it waits.
    ready = r.c.matched_at.is_(None) & r.c.expired_at.is_(None) & (outbox.c.state != "submitting")
    query = select(*columns).join(outbox, mine).where(ready).order_by(r.c.id).limit(limit)
    ids = dict.fromkeys(row.customer_id for row in await connection.execute(query))
    taken = await lock(connection, list(ids))
    again = await connection.execute(query.where(outbox.c.customer_id.in_(taken)))
    return [Matched(*tuple(row)) for row in again]


async def note_receipts(connection: AsyncConnection, matched: Sequence[Matched], now: datetime) -> None:
    """Move deliveries forward, never back; a receipt also settles what was unknown."""
    standing: dict[int, Matched] = {}
    for one in matched:
        before = standing.get(one.outbox_id, one)
        delivery = one.status if RANK[one.status] > RANK.get(before.delivery or "", 0) else before.delivery
        left = before.state == "unknown" or (before.state in OPEN and one.status not in ("undelivered", "failed"))
        state = "sent" if left else before.state  # whatever we thought: a report proves that the gateway has it
        standing[one.outbox_id] = replace(before, delivery=delivery, state=state)
    rows = [{"b_id": id, "delivery": one.delivery, "state": one.state} for id, one in standing.items()]
    await mark(connection, rows)
    nameless = (outbox.c.id == bindparam("b_id")) & outbox.c.provider_id.is_(None)  # its answer was late, or lost
    names = [{"b_id": one.outbox_id, "b_name": one.provider_id} for one in matched if one.provider_id]
    if names:
        await connection.execute(update(outbox).where(nameless).values(provider_id=bindparam("b_name")), names)
    first = (outbox.c.id == bindparam("b_id")) & outbox.c.delivered_at.is_(None)
    arrived = [{"b_id": id} for id, one in standing.items() if one.delivery == "delivered"]
    if arrived:
        await connection.execute(update(outbox).where(first).values(delivered_at=now), arrived)
    seen = [{"b_id": one.receipt_id, "matched_at": now} for one in matched]
    if seen:
        await connection.execute(update(receipt).where(receipt.c.id == bindparam("b_id")), seen)


async def stop_number(connection: AsyncConnection, number_hash: str, reason: str, now: datetime) -> None:
    """Never text this number again, whoever's it is."""
    row = {"number_hash": number_hash, "reason": reason, "since_at": now}
    await connection.execute(upsert(connection, suppression).on_conflict_do_nothing(), [row])


async def expire_receipts(connection: AsyncConnection, before: datetime, now: datetime) -> int:
    """Lay receipts that belong to no text of ours, and came before this, among the dead letters, for a person."""
    r = receipt
    parked = r.c.matched_at.is_(None) & r.c.expired_at.is_(None) & (r.c.received_at < before)
    query = select(r).where(parked).order_by(r.c.id).limit(500)
    locked = query.with_for_update(skip_locked=True) if connection.dialect.name == "postgresql" else query
    rows = (await connection.execute(locked)).all()
    taken = [{"b_id": row.id} for row in rows]
    if not taken:
        return 0
    await connection.execute(update(r).where(r.c.id == bindparam("b_id")).values(expired_at=now), taken)
    letters = [
        {
            "channel": row.channel,
            "received_at": row.received_at,
            "reason": "a receipt that belongs to no text of ours",
            "body": json.dumps(
                {name: getattr(row, name) for name in ("provider_id", "our_ref", "status", "code", "kind")}
            ),
        }
        for row in rows
        if not (row.our_ref or "").startswith("test-")  # of `huixin channel test`
    ]
    if letters:
        await connection.execute(insert(dead_letter), letters)
    return len(rows)


async def store_channels(connection: AsyncConnection, names: Sequence[str]) -> None:
    """Make every configured channel known to operations."""
    rows = [{"name": name, "sent_in_second": 0} for name in names]
    if rows:
        await connection.execute(upsert(connection, channel).on_conflict_do_nothing(), rows)
