"""Who is calling, where a reverse proxy stands in front: its own address, or what it says of the caller.

Only proxies that are listed are believed. What one of them leaves out or garbles makes the caller nobody, whom no
list of addresses lets in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.gateways.addresses import Network, address, is_within

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def caller(remote: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """The caller's address: `remote` itself, unless that is a trusted proxy of ours.

    Of X-Forwarded-For, each proxy appends whom it was called by. So the last that is no proxy of ours counts; what
    stands before it was written by the caller. Empty where that cannot be told.
    """
    if not is_within(remote, trusted):
        return remote
    hops = [hop for line in forwarded_for for hop in line.split(",")]
    for hop in reversed(hops):
        found = address(hop)
        if found is None:
            return ""
        if not is_within(str(found), trusted):
            return str(found)
    return ""


def behind(trusted: Sequence[Network]) -> Middleware:
    """A middleware after which `request.remote` is the caller's address."""

    @web.middleware
    async def told(request: web.Request, handler: Handler) -> web.StreamResponse:
        remote = caller(request.remote or "", request.headers.getall("X-Forwarded-For", []), trusted)
        return await handler(request.clone(remote=remote))

    return told
