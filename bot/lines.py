"""Which channels send here and now, and what moves from one that cannot to the one that takes over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.gateways.base import Gateway, Session
from bot.gateways.channel import Channel
from bot.store import flow, outgoing
from bot.store.flow import Pace
from bot.store.outgoing import Due


async def leave_shut(connection: Any, channels: Mapping[str, Channel], now: datetime, limit: int) -> int:
    """Move what is due on a channel that is paused or has no connection to the one that takes over, if that is well."""
    routes = {name: one.failover for name, one in channels.items() if one.failover in channels}
    shut = dict.fromkeys(await flow.paused(connection), "is paused") if routes else {}
    shut |= {name: "has no connection" for name, one in channels.items() if _is_adrift(one.gateway)}
    routes = {name: other for name, other in routes.items() if name in shut and other not in shut}
    if not routes:
        return 0
    rows = await outgoing.stranded(connection, list(routes), now, limit)
    moves = [shifted(row, row.text, channels, f"channel {row.channel} {shut[row.channel]}", now) for row in rows]
    await outgoing.mark(connection, moves)
    return len(moves)


def other_line(row: Due, channels: Mapping[str, Channel]) -> Channel | None:
    """The channel that may take a text over. It moves once, and never when it may have left already."""
    if row.doubted_at or row.moved_from is not None or row.channel not in channels:
        return None
    return channels.get(channels[row.channel].failover)


def shifted(row: Due, text: str, channels: Mapping[str, Channel], why: str, now: datetime) -> dict[str, Any]:
    """The row on its other channel, without the first one's signature. The rules will be asked again there."""
    channel = channels[row.channel]
    return {
        "b_id": row.id, "channel": channel.failover, "moved_from": row.channel, "text": channel.unsigned(text),
        "state": "queued", "reason": f"moved: {why}", "attempts": 0, "due_at": now, "sent_at": None,
    }  # fmt: skip


async def closed(connection: Any, channels: Mapping[str, Channel], now: datetime) -> list[str]:
    """Channels that send nothing now and here: outside their hours, with their second or day used up, or over a
    connection that another process holds, or nobody just now; texts wait for it, and burn no try."""
    shut = [name for name, one in channels.items() if one.opens_at(now) > now or not _is_here(one.gateway)]
    return shut + await flow.used_up(connection, paces(channels, now), now)


def _is_here(gateway: Gateway) -> bool:
    return not isinstance(gateway, Session) or gateway.can_submit


def _is_adrift(gateway: Gateway) -> bool:
    return isinstance(gateway, Session) and gateway.adrift


def paces(channels: Mapping[str, Channel], now: datetime) -> dict[str, Pace]:
    """What each channel may send in this second and on this day of its own."""
    return {name: Pace(one.per_second, one.per_day, one.today(now)) for name, one in channels.items()}
