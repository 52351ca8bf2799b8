"""How far each channel's provider was asked what its webhooks should have brought."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.cases import outbox
from bot.store.session import upsert

channel, dead_letter = t.Channel.__table__, t.DeadLetter.__table__  # type: ignore[attr-defined]


async def begin(connection: AsyncConnection, name: str, now: datetime, every: timedelta) -> bool:
    """Take a channel's turn to be asked; false where it was asked within `every`, by whichever process."""
    await connection.execute(
        upsert(connection, channel).on_conflict_do_nothing(), [{"name": name, "sent_in_second": 0}]
    )
    is_due = or_(channel.c.poll_begun_at.is_(None), channel.c.poll_begun_at <= now - every)
    mine = update(channel).where(channel.c.name == name, is_due).values(poll_begun_at=now)
    return bool((await connection.execute(mine)).rowcount)


async def polled_at(connection: AsyncConnection, name: str) -> datetime | None:
    """Up to when everything was fetched; None before the first time."""
    row = (await connection.execute(select(channel.c.polled_at).where(channel.c.name == name))).first()
    return row.polled_at if row else None


async def finish(connection: AsyncConnection, name: str, up_to: datetime) -> None:
    """Everything up to this moment is stored."""
    await connection.execute(update(channel).where(channel.c.name == name).values(polled_at=up_to))


async def refs(connection: AsyncConnection, channels: Sequence[str], provider_ids: Sequence[str]) -> dict[str, str]:
    """Our references of the texts that left these channels under these ids of the provider's."""
    found: dict[str, str] = {}
    for first in range(0, len(provider_ids), 500):
        query = select(outbox.c.provider_id, outbox.c.our_ref).where(
            outbox.c.channel.in_(channels), outbox.c.provider_id.in_(provider_ids[first : first + 500])
        )
        found |= {row.provider_id: row.our_ref for row in await connection.execute(query)}
    return found


async def known_reasons(connection: AsyncConnection, name: str, reasons: Sequence[str]) -> set[str]:
    """Which of these lie among the dead letters already."""
    query = select(dead_letter.c.reason).where(dead_letter.c.channel == name, dead_letter.c.reason.in_(reasons))
    return set((await connection.execute(query)).scalars())
