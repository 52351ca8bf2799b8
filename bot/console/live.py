"""Live pages: server-sent events that say whose page is out of date, never what is on it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from bot.console import presence, render
from bot.console.access import ROLES, Right, Route, Visit
from bot.console.hub import Page
from bot.store import sessions, thread
from bot.store.session import StoreDown

HEARTBEAT = 15.0  # seconds; a proxy may end a stream that is silent for a minute, and a right may be gone
BREATH = 3.0  # seconds after which a page that went away is noticed
GATHER = 0.01  # seconds in which changes become one event
LISTS_EVERY = 1.0  # seconds between two events that only say that somebody else's customer changed
STREAM = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}


async def stream(visit: Visit) -> web.StreamResponse:
    """Tell a page what changed since it was rendered, until it goes, nobody may read it any more, or the server stops.

    It asks with the `customer` that it shows, that page's version (`since`), and the hub's `mark`.
    """
    asked = visit.request.query
    customer_id, since = _number(asked.get("customer", "")), _number(asked.get("since", ""))
    if customer_id is not None:
        async with visit.office.database.read() as connection:
            customer_id = next(iter(await visit.scope.only(connection, [customer_id])), None)
    async with presence.beside(visit, customer_id):
        return await opened(
            visit,
            lambda answer, page: _tell(visit, answer, page, customer_id, since),
            customer_id,
            asked.get("mark", ""),
        )


async def opened(
    visit: Visit,
    tell: Callable[[web.StreamResponse, Page], Awaitable[None]],
    customer_id: int | None = None,
    mark: str = "",
) -> web.StreamResponse:
    """A stream for one page of the hub, for as long as `tell` writes to it; 503 where there are too many."""
    hub = visit.office.hub
    if hub.full or hub.closed:
        return web.Response(status=503, headers={**render.HEADERS, "Retry-After": "10"})
    answer = web.StreamResponse(headers={**render.HEADERS, **STREAM})
    await answer.prepare(visit.request)
    with hub.page(customer_id, mark) as page, contextlib.suppress(ConnectionResetError, StoreDown):
        await tell(answer, page)
    return answer


async def changes(visit: Visit, answer: web.StreamResponse, page: Page) -> AsyncIterator[None]:
    """Each time that there is something to tell this page, until it goes, nobody may read it any more, or the server
    stops. Between them a heartbeat, at which session, role and team are asked for again."""
    hub, request, time = visit.office.hub, visit.request, asyncio.get_running_loop().time
    checked_at = time()
    await answer.write(b": open\n\n")
    while not hub.closed and request.transport is not None and not request.transport.is_closing():
        if time() - checked_at >= HEARTBEAT:
            checked_at = time()
            if not await _may_still_read(visit, answer):
                return
            await answer.write(b"event: beat\ndata:\n\n")
        if await _within(page.changed, min(BREATH, checked_at + HEARTBEAT - time())) and not hub.closed:
            yield


async def _tell(
    visit: Visit, answer: web.StreamResponse, page: Page, customer_id: int | None, since: int | None
) -> None:
    time = asyncio.get_running_loop().time
    lists_at = time() - LISTS_EVERY
    connects = page.changed.is_set()  # what is told first is what happened since the page was rendered
    async for _ in changes(visit, answer, page):
        await asyncio.sleep(GATHER)
        if not page.own.is_set():
            await _within(page.own, lists_at + LISTS_EVERY - time())
        own, version = page.own.is_set(), None
        ids = await _in_scope(visit, page.take())
        if own:
            version = await _version_of(visit, customer_id)
            if version != since:
                since = version
            else:  # nothing newer than the page, or a change that no version counts: then the page looks for itself
                own, version = not connects, None
        lists = ids is None or bool(ids - {customer_id})
        if own or lists:
            lists_at = time() if lists else lists_at
            told = {"customer": own, "version": version, "lists": lists}
            await answer.write(f"event: changed\ndata: {json.dumps(told)}\n\n".encode())
        connects = False


async def _in_scope(visit: Visit, ids: frozenset[int] | None) -> frozenset[int] | None:
    """Those of these customers whom this person may see: of others' changes they learn nothing, not even that."""
    if visit.scope.every or not ids:
        return ids
    async with visit.office.database.read() as connection:
        return await visit.scope.only(connection, ids)


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Wait so long for an event; whether it came."""
    if seconds > 0:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


async def _may_still_read(visit: Visit, answer: web.StreamResponse) -> bool:
    """Whether the person still has this session, role and team. A page is told that its session is over; of another
    role it learns by connecting again."""
    async with visit.office.database.read() as connection:
        session = await sessions.find(connection, visit.sid, visit.office.now())
    if session is None or not session.is_open:
        await answer.write(b"event: locked\ndata:\n\n")
        return False
    was, now = visit.person, session.person
    return (was.role, was.scope) == (now.role, now.scope) and Right.READ in ROLES[now.role]


async def _version_of(visit: Visit, customer_id: int | None) -> int | None:
    async with visit.office.database.read() as connection:
        return await thread.version(connection, visit.scope, customer_id) if customer_id is not None else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


ROUTES = [Route("GET", "/live", Right.READ, stream)]
