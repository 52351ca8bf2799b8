"""Whether and how fast channels may send: what is paused, and how much of a second and of a day is used up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.session import upsert

channel = t.Channel.__table__  # type: ignore[attr-defined]


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


async def store_channels(connection: AsyncConnection, names: Sequence[str]) -> None:
    """Make every configured channel known to operations."""
    rows = [{"name": name, "sent_in_second": 0} for name in names]
    if rows:
        await connection.execute(upsert(connection, channel).on_conflict_do_nothing(), rows)
