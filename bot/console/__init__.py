"""The agents' console: server-rendered pages that work as plain forms."""

from __future__ import annotations

from aiohttp import web

from bot.console import access, astray, live, notices, phone, render
from bot.console.access import Route
from bot.console.customer import composer, conversation, correction, customers, desk, forms, journal, merging, queue
from bot.console.identity import account, lock, login, people, settings
from bot.console.office import Demo, Line, Login, Office, Phones
from bot.console.rulebook import effect, publication, rules, trying
from bot.console.supervise import approvals, audit, dashboard, wall
from bot.console.uploads import portfolio, uploading

__all__ = ["Demo", "Line", "Login", "Office", "Phones", "mount", "routes"]

PAGES = (
    login,
    settings,
    queue,
    customers,
    conversation,
    forms,
    composer,
    correction,
    merging,
    desk,
    wall,
    dashboard,
    portfolio,
    uploading,
    approvals,
    journal,
    people,
    account,
    lock,
    audit,
    trying,
    publication,
    effect,
    rules,
    live,
    notices,
)


def routes(office: Office) -> list[Route]:
    """Every route of the console; the phones only in a demonstration."""
    found = [route for page in PAGES for route in page.ROUTES]
    return found + (phone.ROUTES if office.demo else [])


def mount(app: web.Application, office: Office) -> None:
    """Add the console's pages to an application, each behind the right that it asks for; also the page for no page."""
    for route in routes(office):
        app.router.add_route(route.method, route.path, access.guard(office, route))
    app.router.add_get("/static/{name}", render.static)
    app.middlewares.append(astray.astray(office))
    office.database.watch(office.hub.tell)

    async def close(_: web.Application) -> None:
        office.hub.close()
        for job in office.jobs:
            job.cancel()

    app.on_shutdown.append(close)
