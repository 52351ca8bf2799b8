"""The lock: after a quarter of an hour without use nothing is shown until the person proves who they are.

The server alone decides. A page asks how it stands (`X-Refresh`, which is no use), lays a dialog over itself when the
answer is `locked`, and takes it away when the password was right; what was typed never leaves the page.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.console import render
from bot.console.access import Right, Route, Visit
from bot.console.identity import proof
from bot.console.identity.proof import Unproven, with_cookie
from bot.store import sessions
from bot.store.sessions import Stage


async def state(visit: Visit) -> web.Response:
    """How the session stands: `open` with the seconds that are left without use, `locked`, or `over`."""
    return _answer(visit)


async def lock(visit: Visit) -> web.Response:
    """Lock at once: somebody gets up from their desk."""
    async with visit.registry.write() as connection:
        await sessions.lock(connection, visit.sid, visit.now)
    return visit.redirect("/login")


async def unlock(visit: Visit) -> web.Response:
    """The password, and the code where there is one: the session goes on under a new id, with the same pages."""
    halted = visit.halted
    if visit.session is not None or halted is None or halted.stage is not Stage.OPEN:
        return _answer(visit)
    code = visit.form.get("code", "").strip()
    try:
        if halted.person.has_code and not code:
            raise Unproven("login.code_missing", 401)
        await proof.password_of(visit, halted.person.login, visit.form.get("password", ""))
        if halted.person.has_code:
            await proof.code_of(visit, halted.person, code)
    except Unproven as why:
        key = "account.wrong" if why.key == "login.wrong" else why.key
        return _answer(visit, why.status, problem=visit.words(key), code=halted.person.has_code)
    async with visit.registry.write() as connection:
        sid = await sessions.renew(connection, visit.sid, visit.now)
        visit.halted = None
        visit.session = await sessions.find(connection, sid, visit.now) if sid else None
    return with_cookie(_answer(visit), sid) if sid else _answer(visit)


def _answer(visit: Visit, status: int = 200, **more: Any) -> web.Response:
    halted = visit.halted is not None and visit.halted.stage is Stage.OPEN
    stands = "open" if visit.session else "locked" if halted else "over"
    told = {"state": stands, "left": visit.left, **more}
    return web.json_response(told, status=status, headers=render.HEADERS)


ROUTES = [
    Route("GET", "/session", Right.OPEN, state),
    Route("POST", "/session", Right.SIGNED_IN, state),
    Route("POST", "/session/lock", Right.SIGNED_IN, lock),
    Route("POST", "/session/unlock", Right.OPEN, unlock),
]
