"""The console's people: administrators say who may log in and as what, auditors look."""

from __future__ import annotations

from contextlib import suppress

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.console.access import Missing, Right, Route, Visit
from bot.console.customer import action
from bot.console.customer.action import Refused
from bot.core.event import AgentActed, AgentAction
from bot.store import accesses, agents, attempts, desk, passwords, sessions, totp
from bot.store.agents import Person, Role

PATH = r"/people/{id:\d{1,18}}"


async def show(visit: Visit) -> web.Response:
    """Everyone, and the form for one more."""
    return await _page(visit)


async def add(visit: Visit) -> web.Response:
    """One more person; their first password is told to them by whoever creates it."""
    try:
        async with visit.office.database.write() as connection:
            id = await agents.create_agent(
                connection,
                visit.form.get("login", ""),
                visit.form.get("name", ""),
                visit.form.get("role", ""),
                visit.form.get("password", ""),
                visit.form.get("language", "zh"),
                visit.form.get("team", ""),
            )
            if (person := await agents.by_id(connection, id)) is not None:
                await _note(visit, connection, person, f"added as {person.role}")
    except ValueError:
        return await _page(visit, 422, "people.invalid")
    return visit.redirect("/people?done=people")


async def switch(visit: Visit) -> web.Response:
    """Let a person log in or not; nobody locks themselves out."""
    person = await _other(visit)
    active = visit.form.get("active") == "yes"
    if person.active and not active:
        await _hand_back(visit, person)
    async with visit.office.database.write() as connection:
        await agents.set_active(connection, person.id, active)
        await _note(visit, connection, person, "may log in" if active else "may not log in")
    return visit.redirect("/people?done=people")


async def assign(visit: Visit) -> web.Response:
    """Give a person another role or team: their sessions end, and whom they have goes back to the queue."""
    person = await _other(visit)
    role, team = visit.form.get("role", ""), visit.form.get("team", "")
    if role not in set(Role):
        return await _page(visit, 422, "people.invalid")
    try:
        agents.team_name(team)
    except ValueError:
        return await _page(visit, 422, "people.invalid")
    await _hand_back(visit, person)
    async with visit.office.database.write() as connection:
        await agents.assign(connection, person.id, role, team)
        await _note(visit, connection, person, f"is {role} {team}".strip())
    return visit.redirect("/people?done=people")


async def reset_code(visit: Visit) -> web.Response:
    """Whoever lost phone and recovery codes logs in by password, and sets up a second step anew where they must."""
    person = await _other(visit)
    async with visit.office.database.write() as connection:
        await totp.forget(connection, person.id)
        await sessions.end_all(connection, person.id)
        await _note(visit, connection, person, "second step reset")
    return visit.redirect("/people?done=people")


async def reset_password(visit: Visit) -> web.Response:
    """A new first password for whoever forgot theirs; their sessions end."""
    person = await _other(visit)
    try:
        hashed = await passwords.hash_of(visit.form.get("password", ""))
    except ValueError:
        return await _page(visit, 422, "people.invalid")
    async with visit.office.database.write() as connection:
        await agents.set_password(connection, person.id, hashed)
        await sessions.end_all(connection, person.id)
        await _note(visit, connection, person, "password reset")
    return visit.redirect("/people?done=people")


async def _other(visit: Visit) -> Person:
    """The person that the address names; one's own is nobody here, so that no administrator locks themselves out."""
    async with visit.office.database.read() as connection:
        person = await agents.by_id(connection, int(visit.request.match_info["id"]))
    if person is None or person.id == visit.person.id:
        raise Missing
    return person


async def _hand_back(visit: Visit, person: Person) -> None:
    """Give whomever they have back to the queue: nobody waits for somebody who is not there any more."""
    async with visit.office.database.read() as connection:
        held = await desk.held(connection, person.scope, person.id)
    for customer_id in held:
        event = AgentActed(AgentAction.RELEASE, person.login, visit.person.login)
        with suppress(Refused):
            await action.act_on_own(visit.office, person, customer_id, event, visit.now)


async def _note(visit: Visit, connection: AsyncConnection, person: Person, what: str) -> None:
    await accesses.log_access(connection, visit.person.login, None, f"{person.login}: {what}", visit.now)


async def _page(visit: Visit, status: int = 200, problem: str | None = None) -> web.Response:
    async with visit.office.database.read() as connection:
        everyone = await agents.people(connection)
        failing = await attempts.repeated(connection, visit.now)
    return visit.page(
        "identity/people.html",
        status,
        people=everyone,
        teams=sorted({one.team for one in everyone if one.team}),
        roles=list(Role),
        failing=failing,
        problem=problem,
    )


ROUTES = [
    Route("GET", "/people", Right.LOOK_PEOPLE, show),
    Route("POST", "/people", Right.MANAGE, add),
    Route("POST", rf"{PATH}/active", Right.MANAGE, switch),
    Route("POST", rf"{PATH}/role", Right.MANAGE, assign),
    Route("POST", rf"{PATH}/code", Right.MANAGE, reset_code),
    Route("POST", rf"{PATH}/password", Right.MANAGE, reset_password),
]
