"""Asks providers what their webhooks should have brought, now and then and after we were down.

What came by webhook as well is known by the same keys, so it counts once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.gateways.base import NotStored, Parsed, Polled, SendError, Take
from bot.gateways.channel import Channel
from bot.receive import Inbox, take_for
from bot.store import polls
from bot.store.session import Database, StoreDown

log = structlog.get_logger()
EVERY = timedelta(minutes=5)
OVERLAP = timedelta(minutes=10)  # what the provider lists late
REPORTS = timedelta(hours=5)  # longer than a text may wait at a provider: its report comes within this
LONGEST = timedelta(days=7)
AT_ONCE = 200  # rows that are stored together


async def keep_polling(
    database: Database, channels: Mapping[str, Channel], box: Inbox, now: Callable[[], datetime], seconds: float = 20.0
) -> None:
    """Ask every channel that can be asked, every five minutes over all processes, until cancelled."""
    while True:
        try:
            await poll_due(database, channels, box, now())
        except StoreDown as error:
            log.error("the database is down", reason=str(error))
        except Exception:
            log.exception("polling failed")
        await asyncio.sleep(seconds)


async def poll_due(database: Database, channels: Mapping[str, Channel], box: Inbox, now: datetime) -> int:
    """Ask the channels whose turn it is; how many were."""
    asked = 0
    for channel in channels.values():
        gateway = channel.gateway
        if isinstance(gateway, Polled) and gateway.can_poll:
            async with database.write() as connection:
                mine = await polls.begin(connection, channel.name, now, EVERY)
                last = await polls.polled_at(connection, channel.name)
            if mine:
                asked += 1
                await _poll(database, channel, gateway, box, last, now)
    return asked


def since_when(last: datetime | None, now: datetime) -> datetime:
    """From when to ask. After a break, and once an hour, far enough back for the reports of texts sent before."""
    if last is None:
        return now - OVERLAP
    was_down = now - last > 3 * EVERY or last.hour != now.hour
    return max(last - (REPORTS if was_down else OVERLAP), now - LONGEST)


async def _poll(
    database: Database, channel: Channel, gateway: Polled, box: Inbox, last: datetime | None, now: datetime
) -> None:
    try:
        parsed = await gateway.missed(since_when(last, now), now)
    except SendError as error:
        log.warning("not polled", channel=channel.name, kind=error.kind, reason=error.reason, code=error.code)
        return
    names = [channel.name, *channel.beside.values()]
    async with database.read() as connection:
        ours = await polls.refs(connection, names, [one.provider_id for one in parsed.receipts if not one.our_ref])
        known = await polls.known_reasons(connection, channel.name, parsed.unreadable)
    # A webhook says our reference, so the same report does here; what carries none of ours is somebody else's text.
    receipts = tuple(
        one if one.our_ref else replace(one, our_ref=ours[one.provider_id])
        for one in parsed.receipts
        if one.our_ref or one.provider_id in ours
    )
    take = take_for(channel, box, lambda: now)
    for first in range(0, len(parsed.messages), AT_ONCE):
        await _keep(take, Parsed(messages=parsed.messages[first : first + AT_ONCE]))
    for first in range(0, len(receipts), AT_ONCE):
        await _keep(take, Parsed(receipts=receipts[first : first + AT_ONCE]))
    for reason in parsed.unreadable:
        if reason not in known:
            await _keep(take, Parsed(unreadable=(reason,), kept=parsed.kept))
    async with database.write() as connection:
        await polls.finish(connection, channel.name, now)


async def _keep(take: Take, parsed: Parsed) -> None:
    """Store it, however long that takes: some providers give out each thing once."""
    while True:
        try:
            await take(parsed, b"")
            return
        except NotStored:
            await asyncio.sleep(1.0)
