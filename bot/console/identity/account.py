"""One's own log-in: the password, the second step, and where one is logged in."""

from __future__ import annotations

import segno
from aiohttp import web
from markupsafe import Markup

from bot.console.access import Right, Route, Visit
from bot.console.identity import proof
from bot.console.identity.proof import Unproven, with_cookie
from bot.store import accesses, agents, passwords, sessions, totp


async def show(visit: Visit) -> web.Response:
    """The page of one's own log-in."""
    return await _page(visit)


async def change_password(visit: Visit) -> web.Response:
    """A new password, for which the old one is asked. Every other session of this person ends."""
    new = visit.form.get("new", "")
    if new != visit.form.get("again", ""):
        return await _page(visit, 422, "account.differ")
    try:
        await proof.password_of(visit, visit.person.login, visit.form.get("password", ""))
        hashed = await passwords.hash_of(new)
    except Unproven as why:
        return await _page(visit, why.status, _own(why.key))
    except ValueError:
        return await _page(visit, 422, "account.short")
    async with visit.registry.write() as connection:
        await agents.set_password(connection, visit.person.id, hashed)
        await accesses.log_access(connection, visit.person.login, None, "own password changed", visit.now)
    return await _renewed(visit, visit.redirect("/account?done=password"))


async def end_sessions(visit: Visit) -> web.Response:
    """Log out in one other place, or in all of them."""
    chosen = visit.form.get("place", "")
    async with visit.registry.write() as connection:
        if chosen == "others":
            await sessions.end_all(connection, visit.person.id, but=visit.sid)
        else:
            await sessions.end_place(connection, visit.person.id, chosen)
    return visit.redirect("/account?done=sessions")


async def show_code(visit: Visit) -> web.Response:
    """Setting up the second step: the secret for one's phone, and the form that confirms it by a first code."""
    return await _code_page(visit)


async def begin_code(visit: Visit) -> web.Response:
    """Make a new secret. On an open session the password is asked for, since a phone is a way in."""
    if visit.session is not None:
        try:
            await proof.password_of(visit, visit.person.login, visit.form.get("password", ""))
        except Unproven as why:
            return await _page(visit, why.status, _own(why.key))
    async with visit.registry.write() as connection:
        await totp.offer(connection, visit.person.id)
    return visit.redirect("/account/code")


async def confirm_code(visit: Visit) -> web.Response:
    """A code of the new secret: from now on one is asked for. The recovery codes are shown this once."""
    async with visit.registry.write() as connection:
        codes = await totp.confirm(connection, visit.person.id, visit.form.get("code", "")[:40], visit.now)
        if codes:
            await accesses.log_access(connection, visit.person.login, None, "second step set up", visit.now)
    if not codes:
        return await _code_page(visit, 422, "login.wrong_code")
    return await _renewed(visit, visit.page("identity/recovery.html", codes=codes))


async def end_code(visit: Visit) -> web.Response:
    """Log in without second step again, where one's role allows that; password and a last code are asked for."""
    if visit.person.role in visit.office.code_roles:
        return await _page(visit, 403, "account.code_required")
    try:
        await proof.password_of(visit, visit.person.login, visit.form.get("password", ""))
        await proof.code_of(visit, visit.person, visit.form.get("code", ""))
    except Unproven as why:
        return await _page(visit, why.status, _own(why.key))
    async with visit.registry.write() as connection:
        await totp.forget(connection, visit.person.id)
        await accesses.log_access(connection, visit.person.login, None, "second step ended", visit.now)
    return await _renewed(visit, visit.redirect("/account?done=code_ended"))


async def _renewed(visit: Visit, response: web.Response) -> web.Response:
    """This session goes on under a new id; the others, which know less of who is there, end."""
    async with visit.registry.write() as connection:
        await sessions.end_all(connection, visit.person.id, but=visit.sid)
        sid = await sessions.renew(connection, visit.sid, visit.now)
    return with_cookie(response, sid) if sid else visit.redirect("/login")


def _own(key: str) -> str:
    return "account.wrong" if key == "login.wrong" else key


async def _page(visit: Visit, status: int = 200, problem: str | None = None) -> web.Response:
    async with visit.registry.read() as connection:
        here = await sessions.places(connection, visit.person.id, visit.now)
        codes = await totp.left(connection, visit.person.id)
    return visit.page(
        "identity/account.html",
        status,
        places=here,
        this=sessions.hash_of(visit.sid),
        codes=codes,
        must=visit.person.role in visit.office.code_roles,
        problem=problem,
    )


async def _code_page(visit: Visit, status: int = 200, problem: str | None = None) -> web.Response:
    async with visit.registry.read() as connection:
        secret = await totp.offered(connection, visit.person.id)
    if secret is None and visit.session is not None:
        return visit.redirect("/account")
    uri = totp.uri(secret, visit.person.login, visit.office.bank) if secret else ""
    groups = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)) if secret else ""
    return visit.page(
        "identity/code_setup.html", status, uri=uri, picture=_picture(uri), groups=groups, problem=problem
    )


def _picture(uri: str) -> Markup:
    """The address as a QR code: an SVG of our own making, black on white in either theme, as cameras want it."""
    made = segno.make(uri, error="m").svg_inline(scale=4, light="#fff", svgclass="qr", lineclass=None) if uri else ""
    return Markup(made)  # noqa: S704  (bits of a QR code; nothing of what was put in stands in it as text)


ROUTES = [
    Route("GET", "/account", Right.SIGNED_IN, show),
    Route("POST", "/account/password", Right.SIGNED_IN, change_password),
    Route("POST", "/account/sessions", Right.SIGNED_IN, end_sessions),
    Route("GET", "/account/code", Right.ENROL, show_code),
    Route("POST", "/account/code", Right.ENROL, begin_code),
    Route("POST", "/account/code/confirm", Right.ENROL, confirm_code),
    Route("POST", "/account/code/end", Right.SIGNED_IN, end_code),
]
