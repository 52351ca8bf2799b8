"""Runs everything: the loops and the web server, until they are stopped."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import structlog

from bot import intake, receive
from bot.demo import Rehearsal
from bot.hold import hold_connections
from bot.intake import Reception
from bot.parts import Parts, defaults_of
from bot.poll import keep_polling
from bot.site import metrics_alone, site
from bot.store import editions, flow
from bot.store.inbox import StrangerDefaults
from bot.worker import Worker

log = structlog.get_logger()
DRAIN_SECONDS = 20.0
MEGABYTE = 1024 * 1024

Tasks = list[asyncio.Task[None]]


@asynccontextmanager
async def running(parts: Parts, *, web_too: bool, work: bool, rehearsal: Rehearsal | None = None) -> AsyncIterator[int]:
    """Run the loops and the web server; yields the port. Leaving drains: what was taken in hand is finished."""
    database, clock = parts.database, parts.clock
    worker = _worker(parts)
    box = _inbox(parts, worker.wake)
    async with database.write() as connection:
        await flow.store_channels(connection, list(parts.channels))
        await editions.note_start(connection, parts.mind.content.files, clock())
    async with AsyncExitStack() as stack:
        tasks, held = await stack.enter_async_context(_drained())
        tasks.append(asyncio.create_task(box.run()))
        stack.callback(box.stop)
        port = 0
        if work:
            tasks.append(asyncio.create_task(worker.run()))
            stack.callback(worker.stop)
            held.append(asyncio.create_task(hold_connections(database, parts.channels, box, clock)))
            held.append(asyncio.create_task(keep_polling(database, parts.channels, box, clock)))
        if web_too:
            ended = asyncio.Event()
            tasks.append(asyncio.create_task(database.listen(ended)))
            stack.callback(ended.set)
            runner = _runner(parts, worker.wake)
            tasks.append(asyncio.create_task(runner.run()))
            stack.callback(runner.stop)
            port = await stack.enter_async_context(site(parts, box, worker.wake, runner, rehearsal))
        elif parts.settings.metrics_port:
            port = await stack.enter_async_context(metrics_alone(parts))
        if rehearsal is not None:
            tasks.append(asyncio.create_task(rehearsal.deliver_receipts(clock)))
            stack.callback(rehearsal.stop)
        yield port


@asynccontextmanager
async def _drained() -> AsyncIterator[tuple[Tasks, Tasks]]:
    """Tasks that finish what they have in hand, and the connections, which are held until those have."""
    tasks, held = Tasks(), Tasks()
    try:
        yield tasks, held
    finally:
        _done, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
        for task in (*late, *held):  # the connections last: texts in hand are sent over them
            task.cancel()
        await asyncio.gather(*tasks, *held, return_exceptions=True)


def _worker(parts: Parts) -> Worker:
    settings = parts.settings
    return Worker(
        parts.database,
        parts.mind,
        parts.channels,
        parts.clock,
        settings.poll_seconds,
        lease=timedelta(seconds=settings.lease_seconds),
        parts=timedelta(seconds=settings.parts_seconds),
        second=parts.second,
        in_force=parts.in_force,
    )


def _inbox(parts: Parts, wake: Callable[[], None]) -> receive.Inbox:
    settings = parts.settings
    stranger = StrangerDefaults(settings.language, settings.zone, settings.jurisdiction)
    return receive.Inbox(parts.database, stranger, wake, is_urgent=lambda text: parts.mind.reader.is_urgent(text))


def _runner(parts: Parts, wake: Callable[[], None]) -> intake.Runner:
    settings = parts.settings
    with parts.mind.content.files.unfolded() as root:
        reception = Reception(intake.headings(root), defaults_of(settings))
    limit, keep = settings.upload_mb * MEGABYTE, timedelta(days=settings.upload_days)
    return intake.Runner(
        parts.database,
        parts.mind,
        replace(reception, limit=limit, keep=keep),
        parts.clock,
        wake,
        lease=min(timedelta(seconds=settings.lease_seconds), intake.LEASE),
        in_force=parts.in_force,
    )


def stop_signal() -> asyncio.Event:
    """From now on SIGTERM and SIGINT end nothing at once, but set this. Call it before anything is taken in hand."""
    stop = asyncio.Event()

    def stopping() -> None:
        log.info("stopping")
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping)
    return stop
