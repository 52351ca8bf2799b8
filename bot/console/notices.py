"""How many customers wait for an answer: the one stream that a person's hidden pages share. It names nobody."""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from bot.console.access import Right, Route, Visit
from bot.console.hub import Page
from bot.console.live import changes, opened
from bot.store import desk, queue

EVERY = 2.0  # seconds between two counts


async def stream(visit: Visit) -> web.StreamResponse:
    """Tell how many of this person's customers wait, and how many in the queue that they take from, and each change.

    The page asks with `auto`: its waiting is no use of the session.
    """

    async def tell(answer: web.StreamResponse, page: Page) -> None:
        told: dict[str, int] | None = None
        async for _ in changes(visit, answer, page):
            page.take()
            waiting = await _waiting(visit)
            if waiting != told:
                told = waiting
                await answer.write(f"event: waiting\ndata: {json.dumps(told)}\n\n".encode())
            await asyncio.sleep(EVERY)

    return await opened(visit, tell)


async def _waiting(visit: Visit) -> dict[str, int]:
    async with visit.office.database.read() as connection:
        own = await desk.desk_of(connection, visit.person.id)
        mine = await desk.unanswered(connection, visit.scope, visit.person.id)
        free = await queue.free(connection, visit.scope, own.skills if own else ())
    return {"mine": len(mine), "queue": free}


ROUTES = [Route("GET", "/notices", Right.ACT, stream)]
