"""Holding a gateway's connection for the length of a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.gateways.base import Parsed, Session

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


async def until(true: Callable[[], bool], within: float = 15.0) -> None:
    """Wait until this is so."""
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110  (what is waited for is another program's state)
            await asyncio.sleep(0.005)


@asynccontextmanager
async def holding(
    one: Session, take: Callable[[Parsed, bytes], object] = lambda parsed, octets: None, *, connected: bool = True
) -> AsyncIterator[None]:
    """Hold a connection, wait until it is logged in, and leave it in the end."""

    async def taking(parsed: Parsed, octets: bytes) -> None:
        take(parsed, octets)

    task = asyncio.create_task(one.hold(taking, lambda: NOW))
    try:
        if connected:
            await until(lambda: one.can_submit)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
