"""How the channels stand: what waits on each, what it did today, and when it last heard and failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.cases import outbox
from bot.store.outgoing import UNKNOWN

channel, receipt, inbound = t.Channel.__table__, t.Receipt.__table__, t.Inbound.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Standing:
    """One channel as the store knows it. `waiting` is queued and held, `unknown` may have left."""

    name: str
    paused_reason: str | None
    paused_at: datetime | None
    waiting: int
    oldest_at: datetime | None
    unknown: int
    day_on: date | None
    sent_in_day: int
    last_reply_at: datetime | None
    last_receipt_at: datetime | None
    parked_receipts: int
    polled_at: datetime | None
    failed_at: datetime | None
    failure: str | None


async def standings(connection: AsyncConnection) -> list[Standing]:
    """Every channel that ever ran or still has texts, by name."""
    o, r = outbox, receipt
    waits = await _by_channel(
        connection,
        select(o.c.channel, func.count(), func.min(o.c.queued_at))
        .where(o.c.state.in_(("queued", "held")))
        .group_by(o.c.channel),
    )
    unknown = await _by_channel(connection, select(o.c.channel, func.count()).where(UNKNOWN).group_by(o.c.channel))
    replies = await _by_channel(
        connection, select(inbound.c.channel, func.max(inbound.c.received_at)).group_by(inbound.c.channel)
    )
    heard = await _by_channel(connection, select(r.c.channel, func.max(r.c.received_at)).group_by(r.c.channel))
    is_parked = r.c.matched_at.is_(None) & r.c.expired_at.is_(None)
    parked = await _by_channel(connection, select(r.c.channel, func.count()).where(is_parked).group_by(r.c.channel))
    rows = {row.name: row for row in await connection.execute(select(channel))}
    return [
        Standing(
            name=name,
            paused_reason=row.paused_reason if row else None,
            paused_at=row.paused_at if row else None,
            waiting=waits.get(name, (0, None))[0],
            oldest_at=waits.get(name, (0, None))[1],
            unknown=unknown.get(name, (0,))[0],
            day_on=row.day_on if row else None,
            sent_in_day=row.sent_in_day if row else 0,
            last_reply_at=replies.get(name, (None,))[0],
            last_receipt_at=heard.get(name, (None,))[0],
            parked_receipts=parked.get(name, (0,))[0],
            polled_at=row.polled_at if row else None,
            failed_at=row.failed_at if row else None,
            failure=row.failure if row else None,
        )
        for name in sorted({*rows, *waits, *unknown})
        for row in (rows.get(name),)
    ]


async def note_failures(connection: AsyncConnection, failures: Sequence[tuple[str, str]], now: datetime) -> None:
    """Remember each channel's last failure."""
    for name, reason in sorted(dict(failures).items()):
        older = or_(channel.c.failed_at.is_(None), channel.c.failed_at <= now)
        change = update(channel).where(channel.c.name == name, older)
        await connection.execute(change.values(failed_at=now, failure=reason[:500]))


async def _by_channel(connection: AsyncConnection, query: Any) -> dict[str, tuple[Any, ...]]:
    return {row[0]: tuple(row[1:]) for row in await connection.execute(query)}
