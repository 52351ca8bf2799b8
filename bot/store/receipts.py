"""Receipts: matched to their texts, which only move forward; what matches nothing is laid before a person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import and_, bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.cases import lock, outbox
from bot.store.effects import OPEN
from bot.store.outgoing import mark

dead_letter, receipt = t.DeadLetter.__table__, t.Receipt.__table__  # type: ignore[attr-defined]

RANK = {"queued": 10, "sent": 20, "undelivered": 80, "failed": 80, "delivered": 90}


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
