"""The console's people, for administrators: who may log in, and as what."""

from __future__ import annotations

from aiohttp import web

from bot.console.access import Right, Route, Visit
from bot.store import agents


async def show(visit: Visit) -> web.Response:
    """Everyone, and the form for one more."""
    return await _page(visit)


async def add(visit: Visit) -> web.Response:
    """One more person; their first password is told to them by whoever creates it."""
    try:
        async with visit.office.database.write() as connection:
            await agents.create_agent(
                connection,
                visit.form.get("login", ""),
                visit.form.get("name", ""),
                visit.form.get("role", ""),
                visit.form.get("password", ""),
                visit.form.get("language", "zh"),
                visit.form.get("team", ""),
            )
    except ValueError:
        return await _page(visit, 422, "people.invalid")
    return visit.redirect("/people?done=people")


async def switch(visit: Visit) -> web.Response:
    """Let a person log in or not; nobody locks themselves out."""
    id = int(visit.request.match_info["id"])
    if id != visit.person.id:
        async with visit.office.database.write() as connection:
            await agents.set_active(connection, id, visit.form.get("active") == "yes")
    return visit.redirect("/people?done=people")


async def _page(visit: Visit, status: int = 200, problem: str | None = None) -> web.Response:
    async with visit.office.database.read() as connection:
        everyone = await agents.people(connection)
        teams = sorted({one.team for one in everyone if one.team})
    return visit.page("people.html", status, people=everyone, teams=teams, roles=list(agents.Role), problem=problem)


ROUTES = [
    Route("GET", "/people", Right.MANAGE, show),
    Route("POST", "/people", Right.MANAGE, add),
    Route("POST", r"/people/{id:\d{1,18}}/active", Right.MANAGE, switch),
]
