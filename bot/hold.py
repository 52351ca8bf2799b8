"""Holds the connections of gateways that have them: each in one process at a time, where texts are sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import structlog

from bot.gateways.base import Session
from bot.gateways.channel import Channel
from bot.receive import Inbox, take_for
from bot.store.seats import sit
from bot.store.session import Database

log = structlog.get_logger()


async def hold_connections(
    database: Database, channels: Mapping[str, Channel], box: Inbox, now: Callable[[], datetime]
) -> None:
    """Hold all that the operators allow and no other process holds, until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        for channel in channels.values():
            if isinstance(channel.gateway, Session):
                body = partial(_hold, channel.gateway, channel, box, now)
                for number in range(channel.gateway.connections):
                    tasks.create_task(sit(database, f"{channel.name} {number}", body))


async def _hold(gateway: Session, channel: Channel, box: Inbox, now: Callable[[], datetime]) -> None:
    """Hold one connection; a fault of the gateway's own does not end it."""
    while True:
        try:
            await gateway.hold(take_for(channel, box, now), now)
        except Exception:
            log.exception("a connection was not held", channel=channel.name)
        await asyncio.sleep(1.0)
