"""The loops around turning and sending: each does one unit of work, then another, then waits to be woken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import structlog
from prometheus_client import Gauge

from bot.gateways.channel import Channel
from bot.mind import Mind
from bot.receipts import apply_receipts, settle_unknown
from bot.second import Second
from bot.send import send_due
from bot.store import flow, work
from bot.store.outgoing import LEASE
from bot.store.parts import WAIT, join_parts
from bot.store.session import Database, StoreDown
from bot.turn import turn

log = structlog.get_logger()
PAUSED = Gauge("huixin_channel_paused", "1 while a channel is paused", ["channel"])
BACKLOG = Gauge("huixin_backlog", "What waits to be done", ["what"])


class Worker:
    """Drives turns, sends and receipts until it is stopped; stopping lets the unit in hand finish."""

    def __init__(
        self,
        database: Database,
        mind: Mind,
        channels: Mapping[str, Channel],
        now: Callable[[], datetime],
        poll_seconds: float = 0.5,
        batch: int = 200,
        lease: timedelta = LEASE,
        parts: timedelta = WAIT,
        second: Second | None = None,
        in_force: Callable[[], Awaitable[Mind]] | None = None,
    ):
        """`in_force`: asked before each unit of work for the mind to do it by; without it `mind` does all."""
        self._in_force = in_force
        self._database, self._mind, self._channels, self._now = database, mind, channels, now
        self._poll, self._batch, self._lease, self._parts = poll_seconds, batch, lease, parts
        self._second = second
        if second is not None:
            second.wake = self.wake
        self._stopping = False
        self._events: list[asyncio.Event] = []

    def wake(self) -> None:
        """Something new may wait: look now rather than at the next poll."""
        for event in self._events:
            event.set()

    def stop(self) -> None:
        """End after the unit of work in hand."""
        self._stopping = True
        self.wake()

    async def run(self) -> None:
        """Work until stopped."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._loop(self._join, self._poll))
            loops.create_task(self._loop(self._turn, self._poll))
            loops.create_task(self._loop(self._send, self._poll))
            if self._second is not None:
                loops.create_task(self._loop(self._ask, self._poll))
            loops.create_task(self._loop(self._receipts, self._poll))
            loops.create_task(self._loop(self._unknown, self._poll * 4))
            loops.create_task(self._loop(self._measure, self._poll * 20))

    async def _loop(self, unit: Callable[[], Awaitable[int]], seconds: float) -> None:
        woken = asyncio.Event()
        self._events.append(woken)
        pause = seconds
        while not self._stopping:
            woken.clear()
            try:
                worked = await unit()
                pause = seconds
            except StoreDown as error:
                log.error("the database is down", reason=str(error))
                worked, pause = 0, min(30.0, pause * 2)
            except Exception:
                log.exception("unit of work failed")
                worked, pause = 0, min(30.0, pause * 2)
            if not worked and not self._stopping:
                try:
                    await asyncio.wait_for(woken.wait(), pause)
                except TimeoutError:
                    continue

    async def _thinking(self) -> Mind:
        return self._mind if self._in_force is None else await self._in_force()

    async def _join(self) -> int:
        joined = await join_parts(self._database, self._now(), self._parts)
        if joined:
            self.wake()
        return joined

    async def _turn(self) -> int:
        done = await turn(self._database, await self._thinking(), self._now(), self._batch)
        if done:
            self.wake()
        return done

    async def _ask(self) -> int:
        assert self._second is not None
        done = await self._second.answer(self._database)
        if done:
            self.wake()
        return done

    async def _send(self) -> int:
        return await send_due(self._database, await self._thinking(), self._channels, self._now, lease=self._lease)

    async def _receipts(self) -> int:
        return await apply_receipts(self._database, await self._thinking(), self._now())

    async def _unknown(self) -> int:
        return await settle_unknown(self._database, await self._thinking(), self._channels, self._now())

    async def _measure(self) -> int:
        async with self._database.read() as connection:
            paused = await flow.paused(connection)
            for name in self._channels:
                PAUSED.labels(name).set(name in paused)
            for what, number in (await work.backlog(connection, self._now())).items():
                BACKLOG.labels(what).set(number)
        return 0
