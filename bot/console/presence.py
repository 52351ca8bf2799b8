"""Presence: colleagues see on a customer's page who else has it open. It stops nobody; claiming does that."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.console.access import Right, Visit
from bot.store import presence
from bot.store.session import StoreDown

RENEWED_EVERY = 15.0  # seconds


@asynccontextmanager
async def beside(visit: Visit, customer_id: int | None) -> AsyncIterator[None]:
    """This person has this customer's page open for as long as the block runs, which is as long as its stream: a
    hidden page has none. Who only looks, such as an auditor, is not shown: they will not answer the customer."""
    if customer_id is None or not visit.may(Right.ACT):
        yield
        return
    page, agent_id, now = secrets.token_hex(8), visit.person.id, visit.office.now
    with contextlib.suppress(StoreDown):
        async with visit.office.database.write() as connection:
            await presence.arrive(connection, page, customer_id, agent_id, now())
    renewing = asyncio.create_task(_renew(visit, page))
    try:
        yield
    finally:
        renewing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await renewing
        with contextlib.suppress(StoreDown):  # then it runs out by itself
            async with visit.office.database.write() as connection:
                await presence.leave(connection, page, customer_id, agent_id, now())


async def _renew(visit: Visit, page: str) -> None:
    while True:
        await asyncio.sleep(RENEWED_EVERY)
        with contextlib.suppress(StoreDown):
            async with visit.office.database.write() as connection:
                await presence.stay(connection, page, visit.office.now())
