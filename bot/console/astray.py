"""The page for an address where no page is, or none for that method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.console.access import problem, recognise, visit_of
from bot.console.office import Office
from bot.store.session import StoreDown


def astray(office: Office) -> Middleware:
    """Answers whoever went astray with a page of ours, in their language and with its headers. What programs talk to,
    the applications that are mounted under a prefix, keeps its own short answers."""

    @web.middleware
    async def led(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            return await handler(request)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as error:
            if len(request.match_info.apps) > 1:
                raise
            answer = await _led(request, office, error.status)
            if "Allow" in error.headers:
                answer.headers["Allow"] = error.headers["Allow"]
            return answer

    return led


async def _led(request: web.Request, office: Office, status: int) -> web.Response:
    visit = visit_of(request, office)
    try:
        await recognise(visit)
    except StoreDown:
        visit.session = None  # who asks cannot be told; that there is no such page can
    return problem(visit, status, "problem.no_page" if status == HTTPStatus.NOT_FOUND else "problem.method")
