"""Seats: what only so many processes may do at a time, such as holding an operator's connections."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.session import Database, StoreDown

log = structlog.get_logger()


async def sit(database: Database, seat: str, body: Callable[[], Awaitable[None]], look_seconds: float = 3.0) -> None:
    """Run `body` whenever this process has the seat, until cancelled; no two processes have the same one at a time.

    PostgreSQL keeps the seat by a lock that dies with our connection to it: then `body` is cancelled, and another
    process that waits may have the seat at its next look. SQLite serves one process, whose seats they all are.
    """
    if database.is_sqlite:
        await body()
        return
    while True:
        try:
            async with database.alone() as connection:
                if await connection.scalar(select(func.pg_try_advisory_lock(_number(seat)))):
                    await _while_seated(connection, body, look_seconds)
        except StoreDown as error:
            log.warning("seat lost", seat=seat, reason=str(error))
        except Exception:
            log.exception("seat given up", seat=seat)
        await asyncio.sleep(look_seconds)


async def _while_seated(connection: AsyncConnection, body: Callable[[], Awaitable[None]], look_seconds: float) -> None:
    """Run `body` for as long as the connection that holds the lock lives."""
    task = asyncio.ensure_future(body())
    try:
        while not task.done():
            await asyncio.wait((task,), timeout=look_seconds)
            async with asyncio.timeout(look_seconds):
                await connection.execute(select(1))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    task.result()


def _number(seat: str) -> int:
    """A lock's name for PostgreSQL: 64 bits, signed."""
    return int.from_bytes(hashlib.sha256(f"huixin seat {seat}".encode()).digest()[:8], signed=True)
