"""Logging in and out, the first administrator, and the language of the pages."""

from __future__ import annotations

import hmac
import ipaddress

from aiohttp import web

from bot.console import conversation
from bot.console.access import COOKIE, Right, Route, Visit, local_path, problem
from bot.console.words import LANGUAGES
from bot.store import agents
from bot.store.agents import Role


async def start(visit: Visit) -> web.Response:
    """/ goes to the page that a person works on."""
    if visit.session is None:
        return visit.redirect("/login")
    return visit.redirect("/queue" if visit.may(Right.READ) else "/people")


async def show(visit: Visit) -> web.Response:
    """The log-in form; at the first start the form that creates the first administrator."""
    if visit.session is not None:
        return visit.redirect("/")
    async with visit.office.database.read() as connection:
        if await agents.is_first_run(connection):
            return visit.page("setup.html", problem=None)
    return visit.page("login.html", next=visit.request.query.get("next", "/"), kept="", problem=None, login="")


async def log_in(visit: Visit) -> web.Response:
    """Check the password; the answer to a wrong one and to an unknown log-in is the same, and takes as long."""
    login, password = visit.form.get("login", "").strip().lower()[:64], visit.form.get("password", "")[:256]
    next, kept = local_path(visit.form.get("next", "/")), visit.form.get("kept", "")
    of_login, of_address = f"login:{login}", f"address:{_address(visit.request)}"
    async with visit.office.database.write() as connection:
        blocked_until = await agents.try_login(connection, [of_login, of_address], visit.now)
    if blocked_until is not None:
        return visit.page("login.html", 429, next=next, kept=kept, problem="login.blocked", login=login)
    async with visit.office.database.read() as connection:
        found = await agents.find_person(connection, login)
    person, hashed = found or (None, None)
    if not await agents.is_password(password, hashed) or person is None:
        return visit.page("login.html", 401, next=next, kept=kept, problem="login.wrong", login=login)
    async with visit.office.database.write() as connection:
        await agents.forgive(connection, of_login, of_address, visit.now)
        sid, csrf = await agents.open_session(connection, person.id, visit.now, visit.sid)
    response = await _after(visit, agents.Session(person, csrf, visit.now), next, kept)
    response.set_cookie(COOKIE, sid, path="/", secure=True, httponly=True, samesite="Lax")
    return response


async def _after(visit: Visit, session: agents.Session, next: str, kept: str) -> web.Response:
    """Go on to where they were; what they were writing when the session ended is still in the box."""
    customer_id = next.removeprefix("/customers/")
    visit.session = session
    if kept and customer_id.isdecimal() and visit.may(Right.ACT):
        return await conversation.page(visit, int(customer_id), draft=kept)
    return visit.redirect(next)


async def log_out(visit: Visit) -> web.Response:
    """End the session."""
    async with visit.office.database.write() as connection:
        await agents.close_session(connection, visit.sid)
    response = visit.redirect("/login")
    response.del_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
    return response


async def set_up(visit: Visit) -> web.Response:
    """Create the first administrator: only while nobody can log in, and only with the token that the server printed."""
    token, given = visit.office.setup_token, visit.form.get("token", "").strip()
    if token is None or not hmac.compare_digest(given.encode(), token.encode()):
        return visit.page("setup.html", 403, problem="setup.wrong_token")
    login, password = visit.form.get("login", ""), visit.form.get("password", "")
    try:
        async with visit.office.database.write() as connection:
            if not await agents.is_first_run(connection):
                return problem(visit, 403, "problem.forbidden")
            name = visit.form.get("name", "")
            await agents.create_agent(connection, login, name, Role.ADMIN, password, visit.words.language)
    except ValueError:
        return visit.page("setup.html", 422, problem="people.invalid")
    return visit.redirect("/login")


async def choose_language(visit: Visit) -> web.Response:
    """Read the console in another language."""
    language = visit.form.get("language", "")
    response = visit.redirect(local_path(visit.form.get("next", "/")))
    if language in LANGUAGES:
        response.set_cookie("lang", language, path="/", max_age=31536000, httponly=True, samesite="Lax")
        if visit.session is not None:
            async with visit.office.database.write() as connection:
                await agents.set_language(connection, visit.person.id, language)
    return response


def _address(request: web.Request) -> str:
    """Where a log-in comes from; of an IPv6 address the /64, as its owner has all the rest of it."""
    try:
        address = ipaddress.ip_address(request.remote or "")
    except ValueError:
        return request.remote or ""
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if address.version == 6 else str(address)


ROUTES = [
    Route("GET", "/", Right.OPEN, start),
    Route("GET", "/login", Right.OPEN, show),
    Route("POST", "/login", Right.OPEN, log_in),
    Route("POST", "/logout", Right.SIGNED_IN, log_out),
    Route("POST", "/setup", Right.OPEN, set_up),
    Route("POST", "/language", Right.OPEN, choose_language),
]
