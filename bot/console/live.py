"""Live pages: server-sent events that say whose page is out of date, never what is on it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import timedelta

from aiohttp import web

from bot.console import render
from bot.console.access import Right, Route, Visit
from bot.store import agents

HEARTBEAT = 15.0  # seconds; a proxy may end a stream that is silent for a minute
GATHER = 0.03  # seconds in which changes become one event
STREAM = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}


async def stream(visit: Visit) -> web.StreamResponse:
    """Tell a page what changed until it goes, the session ends or the server stops. It begins with everything."""
    hub, asked = visit.office.hub, visit.request.query.get("customer", "")
    customer_id = int(asked) if asked.isdecimal() and len(asked) < 19 else None
    if customer_id is not None:
        async with visit.office.database.read() as connection:
            customer_id = next(iter(await visit.scope.only(connection, [customer_id])), None)
    if hub.full or hub.closed:
        return web.Response(status=503, headers={**render.HEADERS, "Retry-After": "10"})
    answer = web.StreamResponse(
        headers={**render.HEADERS, "Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
    )
    await answer.prepare(visit.request)
    with hub.page() as page, contextlib.suppress(ConnectionResetError):
        await answer.write(b"retry: 1000\n\n")
        page.changed.set()
        asked_at = visit.now
        while not hub.closed:
            try:
                await asyncio.wait_for(page.changed.wait(), HEARTBEAT)
            except TimeoutError:
                await answer.write(b": still here\n\n")
                now = visit.office.now()
                if now - asked_at > timedelta(minutes=1) and not await _still_signed_in(visit):
                    await answer.write(b"event: locked\ndata: {}\n\n")
                    break
                continue
            await asyncio.sleep(GATHER)
            if hub.closed:
                break
            ids = await _in_scope(visit, page.take())
            if ids is None or ids:
                told = {"customer": customer_id is not None and (ids is None or customer_id in ids), "lists": True}
                await answer.write(f"event: changed\ndata: {json.dumps(told)}\n\n".encode())
    return answer


async def _in_scope(visit: Visit, ids: frozenset[int] | None) -> frozenset[int] | None:
    """Those of these customers whom this person may see: of others' changes they learn nothing, not even that."""
    if visit.scope.every or not ids:
        return ids
    async with visit.office.database.read() as connection:
        return await visit.scope.only(connection, ids)


async def _still_signed_in(visit: Visit) -> bool:
    async with visit.office.database.read() as connection:
        return await agents.find_session(connection, visit.sid, visit.office.now()) is not None


ROUTES = [Route("GET", "/live", Right.READ, stream)]
