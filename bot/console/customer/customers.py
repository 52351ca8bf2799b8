"""Finding a customer by phone number or reference."""

from __future__ import annotations

from aiohttp import web

from bot.console.access import Right, Route, Visit
from bot.store import thread


async def show(visit: Visit) -> web.Response:
    """The search form, or whoever a link names."""
    return await _found(visit, visit.request.query.get("q", ""))


async def find(visit: Visit) -> web.Response:
    """What was typed: it is posted, so that no number stands in an address, where browsers and proxies keep it."""
    return await _found(visit, visit.form.get("q", ""))


async def _found(visit: Visit, said: str) -> web.Response:
    """Whoever is found is shown at once, as a number or a reference means one customer."""
    needle = said.strip()[:80]
    if needle:
        async with visit.office.database.read() as connection:
            customer_id = await thread.find_customer(connection, visit.scope, needle)
        await visit.log_access(customer_id, "search")
        if customer_id is not None:
            return visit.redirect(f"/customers/{customer_id}")
    return visit.page("customer/customers.html", 404 if needle else 200, needle=needle)


ROUTES = [
    Route("GET", "/customers", Right.READ, show),
    Route("POST", "/customers", Right.READ, find),
]
