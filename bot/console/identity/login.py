"""Logging in and out, with a second step where there is one; the first administrator, and the language of the pages."""

from __future__ import annotations

import hmac
import re
from dataclasses import replace

from aiohttp import web

from bot.console.access import COOKIE, Missing, Right, Route, Visit, local_path, problem
from bot.console.customer import conversation
from bot.console.identity import proof
from bot.console.identity.proof import Unproven, place_of, with_cookie
from bot.console.words import LANGUAGES
from bot.store import agents, sessions
from bot.store.agents import Person, Role
from bot.store.sessions import Session, Stage


async def start(visit: Visit) -> web.Response:
    """/ goes to the page that a person works on."""
    if visit.session is None:
        return visit.redirect("/login")
    return visit.redirect("/queue" if visit.may(Right.READ) else "/people")


async def show(visit: Visit) -> web.Response:
    """The log-in form, or what is still to be given; at the first start the form that creates the administrator."""
    next = local_path(visit.request.query.get("next", "/"))
    if visit.session is not None:
        return visit.redirect("/")
    if visit.may(Right.ENROL):
        return visit.redirect("/account/code")
    if _is_at_code(visit):
        return visit.page("identity/code.html", next=next, kept="", problem=None)
    async with visit.office.database.read() as connection:
        if await agents.is_first_run(connection):
            return visit.page("identity/setup.html", problem=None)
    login = visit.halted.person.login if visit.halted else ""
    return visit.page("identity/login.html", next=next, kept="", problem="login.locked" if login else None, login=login)


async def log_in(visit: Visit) -> web.Response:
    """Check the password; whoever has a second step is then asked for its code, with the same form fields kept."""
    next, kept, login = local_path(visit.form.get("next", "/")), visit.form.get("kept", ""), visit.form.get("login", "")
    try:
        person = await proof.password_of(visit, login, visit.form.get("password", ""))
    except Unproven as why:
        return visit.page(
            "identity/login.html", why.status, next=next, kept=kept, problem=why.key, login=login.strip()[:64]
        )
    stage = _stage_of(visit, person)
    async with visit.registry.write() as connection:
        sid, csrf = await sessions.begin(connection, person.id, visit.now, visit.sid, stage, place_of(visit.request))
        if visit.office.demo is not None and (language := visit.form.get("language")) in LANGUAGES:
            await agents.set_language(connection, person.id, language)  # visitors share these log-ins, not a language
    session = Session(person, csrf, visit.now, visit.now, stage)
    visit.session, visit.halted = (session, None) if session.is_open else (None, session)
    return with_cookie(await _after(visit, stage, next, kept), sid)


async def give_code(visit: Visit) -> web.Response:
    """The second step: the code of the moment, or a recovery code. The session goes on under a new id."""
    next, kept = local_path(visit.form.get("next", "/")), visit.form.get("kept", "")
    if visit.halted is None or not _is_at_code(visit):
        return visit.redirect("/login")
    try:
        await proof.code_of(visit, visit.halted.person, visit.form.get("code", ""))
    except Unproven as why:
        return visit.page("identity/code.html", why.status, next=next, kept=kept, problem=why.key)
    async with visit.registry.write() as connection:
        sid = await sessions.renew(connection, visit.sid, visit.now)
    if sid is None:
        return visit.redirect("/login")
    visit.session, visit.halted = replace(visit.halted, stage=Stage.OPEN), None
    return with_cookie(await _after(visit, Stage.OPEN, next, kept), sid)


def _stage_of(visit: Visit, person: Person) -> Stage:
    """What a person whose password was right must give before they are let in."""
    if person.has_code:
        return Stage.CODE
    return Stage.ENROL if person.role in visit.office.code_roles else Stage.OPEN


def _is_at_code(visit: Visit) -> bool:
    return visit.halted is not None and visit.halted.stage is Stage.CODE and not visit.halted.locked


async def _after(visit: Visit, stage: Stage, next: str, kept: str) -> web.Response:
    """Go on to where they were; what they were writing when the session ended is still in the box."""
    if stage is Stage.ENROL:
        return visit.redirect("/account/code")
    if stage is Stage.CODE:
        return visit.page("identity/code.html", next=next, kept=kept, problem=None)
    found = re.fullmatch(r"/customers/(\d{1,18})", next)
    if kept and found and visit.may(Right.ACT):
        try:
            return await conversation.page(visit, int(found[1]), draft=kept)
        except Missing:
            return visit.redirect("/queue")
    return visit.redirect(next)


async def log_out(visit: Visit) -> web.Response:
    """End the session."""
    async with visit.registry.write() as connection:
        await sessions.end(connection, visit.sid)
    response = visit.redirect("/login")
    response.del_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
    return response


async def begin_again(visit: Visit) -> web.Response:
    """Give up a log-in that waits for a code."""
    return visit.redirect("/") if visit.session is not None else await log_out(visit)


async def set_up(visit: Visit) -> web.Response:
    """Create the first administrator: only while nobody can log in, and only with the token that the server printed."""
    token, given = visit.office.setup_token, visit.form.get("token", "").strip()
    if token is None or not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), token.encode()):
        return visit.page("identity/setup.html", 403, problem="setup.wrong_token")
    login, password = visit.form.get("login", ""), visit.form.get("password", "")
    try:
        async with visit.office.database.write() as connection:
            if not await agents.is_first_run(connection):
                return problem(visit, 403, "problem.forbidden")
            name = visit.form.get("name", "")
            await agents.create_agent(connection, login, name, Role.ADMIN, password, visit.words.language)
    except ValueError:
        return visit.page("identity/setup.html", 422, problem="people.invalid")
    return visit.redirect("/login")


async def choose_language(visit: Visit) -> web.Response:
    """Read the console in another language."""
    language = visit.form.get("language", "")
    response = visit.redirect(local_path(visit.form.get("next", "/")))
    if language in LANGUAGES:
        response.set_cookie("lang", language, path="/", max_age=31536000, httponly=True, samesite="Lax")
        if visit.session is not None:
            async with visit.registry.write() as connection:
                await agents.set_language(connection, visit.person.id, language)
    return response


ROUTES = [
    Route("GET", "/", Right.OPEN, start),
    Route("GET", "/login", Right.OPEN, show),
    Route("POST", "/login", Right.OPEN, log_in),
    Route("POST", "/login/code", Right.OPEN, give_code),
    Route("POST", "/logout", Right.SIGNED_IN, log_out),
    Route("POST", "/login/again", Right.OPEN, begin_again),
    Route("POST", "/setup", Right.OPEN, set_up),
    Route("POST", "/language", Right.OPEN, choose_language),
]
