"""A client that goes away while it asks or is answered: no fault of ours, so no error is logged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

log = structlog.get_logger()
CLIENT_CLOSED_REQUEST = 499  # what reverse proxies call it; nobody is left to read it


@web.middleware
async def departed(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """End what was asked on a connection that is gone. A lost connection of our own stays the error that it is."""
    try:
        return await handler(request)
    except ConnectionError:
        if request.transport is not None and not request.transport.is_closing():
            raise
        resource = request.match_info.route.resource  # not the path, in which a webhook has its token
        log.debug("the client went away", method=request.method, route=resource.canonical if resource else "")
        return web.Response(status=CLIENT_CLOSED_REQUEST)
