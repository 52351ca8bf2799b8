"""Who may do what: every route asks for a right, every change for a session, a token and a request of our own page."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlsplit

import structlog
from aiohttp import web

from bot.console import pending, render
from bot.console.office import Office
from bot.console.pad import is_masked, mask
from bot.console.posted import MEGABYTE, Garbled, Posted, TooLarge, receive
from bot.console.words import Words, preferred, words
from bot.store import accesses, approvals, sessions
from bot.store.agents import Person, Role
from bot.store.scope import NOBODY, Scope
from bot.store.session import Database, ReadOnly, StoreDown
from bot.store.sessions import Session, Stage

log = structlog.get_logger()
COOKIE = "__Host-sid"
LOCAL_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")
SAFE = ("GET", "HEAD")


class Right(StrEnum):
    """What a route asks for."""

    OPEN = "open"  # nobody in particular: logging in, the phones of a demonstration
    SIGNED_IN = "signed_in"
    READ = "read"  # customers' data
    ACT = "act"  # on customers
    OVERSEE = "oversee"  # look at what is done for many customers at once
    SUPERVISE = "supervise"  # and decide on it
    AUDIT = "audit"  # see who looked at whose data
    ENROL = "enrol"  # set up one's own second step: also in the middle of logging in
    LOOK_PEOPLE = "look_people"  # at the console's people
    MANAGE = "manage"  # the console's people, no customers' data
    PUBLISH = "publish"  # propose and approve rules and wording
    FORESEE = "foresee"  # what proposed rules would change for customers


ROLES = {
    Role.AGENT: {Right.SIGNED_IN, Right.READ, Right.ACT},
    Role.SUPERVISOR: {
        Right.SIGNED_IN,
        Right.READ,
        Right.ACT,
        Right.OVERSEE,
        Right.SUPERVISE,
        Right.PUBLISH,
        Right.FORESEE,
    },
    Role.AUDITOR: {Right.SIGNED_IN, Right.READ, Right.OVERSEE, Right.AUDIT, Right.LOOK_PEOPLE, Right.FORESEE},
    Role.ADMIN: {Right.SIGNED_IN, Right.LOOK_PEOPLE, Right.MANAGE, Right.PUBLISH, Right.FORESEE},
}
ONLY_LOOKS = {Role.AUDITOR}  # the database itself refuses whatever their requests would write, bar who looked at what
# Forms that may be older than the session: they prove themselves by a password, or are anybody's in a demonstration.
WITHOUT_TOKEN = ("/login", "/setup", "/demo/phone", "/demo/clock")


class Missing(Exception):
    """There is no such customer or person."""


@dataclass(slots=True)
class Visit:
    """One request of somebody: who they are, when it is, and what they sent. `again`: a page refreshed itself.

    `session` is one that is open; `halted` one whose person must first give a code or, after a quarter of an hour
    without use, their password. `registry` keeps sessions and the log of who looked, for those too who may only look.
    """

    request: web.Request
    office: Office
    now: datetime
    words: Words
    registry: Database
    session: Session | None = None
    halted: Session | None = None
    sid: str = ""
    waiting: int = 0  # things that wait for this person's approval
    form: dict[str, str] = field(default_factory=dict)
    mark: str = ""  # where the hub stood before anything was read: see hub.py
    file: Posted | None = None

    @property
    def person(self) -> Person:
        """Who is logged in, or about to; only where the route asks for a right."""
        if (session := self.session or self.halted) is None:
            raise RuntimeError("this route lets anybody in")
        return session.person

    @property
    def left(self) -> int:
        """Seconds until the session is locked or over, if it is not used; 0 where there is none."""
        if self.session is None:
            return 0
        ends = min(self.session.seen_at + sessions.IDLE, self.session.created_at + sessions.LONGEST)
        return max(0, int((ends - self.now).total_seconds()))

    @property
    def scope(self) -> Scope:
        """Whose customers they may see; without a log-in nobody's."""
        return self.session.person.scope if self.session is not None else NOBODY

    @property
    def again(self) -> bool:
        """Whether a page refreshed itself rather than a person asking for it."""
        return bool(self.refreshes or "auto" in self.request.query) and self.request.method in SAFE

    @property
    def refreshes(self) -> str:
        """What a page that refreshes itself wants: all of it, or what is its `own`; empty where a person asks."""
        return self.request.headers.get("X-Refresh", "")

    def may(self, right: Right) -> bool:
        """Whether whoever is logged in has this right."""
        if right is Right.ENROL:
            halted = self.halted is not None and self.halted.stage is Stage.ENROL and not self.halted.locked
            return self.session is not None or halted
        return right is Right.OPEN or (self.session is not None and right in ROLES[self.session.person.role])

    def page(self, template: str, status: int = 200, **values: Any) -> web.Response:
        """A page in the reader's language, compressed where the browser can read that."""
        answer = render.page(
            template,
            status,
            visit=self,
            t=self.words,
            name=self.words.name,
            now=self.now,
            csrf=mask(session.csrf) if (session := self.session or self.halted) else "",
            **values,
        )
        answer.enable_compression()
        return answer

    def redirect(self, path: str) -> web.Response:
        """Go on to a page of ours, as after every change."""
        return web.Response(status=303, headers={**render.HEADERS, "Location": path})

    async def log_access(self, customer_id: int | None, what: str) -> None:
        """Note, in a transaction of its own, that this person reads personal data."""
        async with self.registry.write() as connection:
            await accesses.log_access(connection, self.person.login, customer_id, what, self.now, self.again)


Handler = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """A page or an action, and the right that it asks for."""

    method: str
    path: str
    right: Right
    handler: Handler
    takes_file: bool = False


def visit_of(request: web.Request, office: Office) -> Visit:
    """A request of whoever it may be."""
    return Visit(request, office, office.now(), _words(request, None), office.database, mark=office.hub.mark)


def guard(office: Office, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler that an application calls: checks first, then the page; every error is a page too."""

    async def handle(request: web.Request) -> web.StreamResponse:
        visit = visit_of(request, office)
        try:
            visit.office = await office.current()
            await recognise(visit)
            return await _refusal(visit, route) or await route.handler(visit)
        except Missing:
            return problem(visit, 404, "problem.missing")
        except TooLarge:
            if route.takes_file:
                return problem(visit, 413, "problem.too_large", most=f"{office.reception.limit / MEGABYTE:g}")
            return problem(visit, 413, "problem.long_form", most=f"{request.client_max_size / MEGABYTE:g}")
        except Garbled:
            return problem(visit, 400, "problem.garbled")
        except ReadOnly:
            log.exception("a page for reading asked to write", path=route.path)
            return problem(visit, 403, "problem.forbidden")
        except StoreDown:
            return problem(visit, 503, "problem.store_down")
        except (web.HTTPException, ConnectionError):  # the client went away: see departed.py
            raise
        except Exception:
            log.exception("page failed", path=route.path)
            return problem(visit, 500, "problem.failed")

    handle.right = route.right  # type: ignore[attr-defined]
    return handle


def problem(visit: Visit, status: int, key: str, **values: str) -> web.Response:
    """A page that says what went wrong."""
    return visit.page("problem.html", status, key=key, values=values)


async def recognise(visit: Visit) -> None:
    """Find out whose request this is, and what waits for them. Raise StoreDown."""
    await _find_session(visit)
    await _count_waiting(visit)


async def _find_session(visit: Visit) -> None:
    """Find the session behind the cookie, and note that it was used; a page that refreshes itself is no use."""
    visit.sid = visit.request.cookies.get(COOKIE, "")
    if not visit.sid:
        return
    async with visit.registry.read() as connection:
        found = await sessions.find(connection, visit.sid, visit.now)
    if found is None:
        return
    visit.words = _words(visit.request, found.person)
    if not found.is_open:
        visit.halted = found
        return
    visit.session = found
    if found.person.role in ONLY_LOOKS:
        visit.office = replace(visit.office, database=visit.registry.looking())
    if not visit.again and found.seen_at < visit.now - sessions.SEEN_EVERY:
        async with visit.registry.write() as connection:
            await sessions.touch(connection, visit.sid, visit.now)
        visit.session = replace(found, seen_at=visit.now)


async def _count_waiting(visit: Visit) -> None:
    """How much waits for a supervisor's approval: the navigation of every page says so."""
    if not visit.may(Right.SUPERVISE) or visit.request.method not in SAFE:
        return
    async with visit.office.database.read() as connection:
        others = await pending.elsewhere(connection, visit.person)
        own = sum(one.by != visit.person.login for one in others)
        visit.waiting = own + sum(await approvals.counts(connection, visit.scope, visit.person.login))


async def _refusal(visit: Visit, route: Route) -> web.Response | None:
    """Why this request is not answered, as a page; None where it is."""
    right = route.right
    if visit.request.method not in SAFE:
        if not is_own(visit.request):
            return problem(visit, 403, "problem.foreign")
        if visit.may(right) or not route.takes_file:  # nobody else's file is read at all
            await _receive(visit, route)
            if not _has_token(visit):
                return problem(visit, 403, "problem.token")
    if visit.may(right):
        return None
    if visit.session is not None:
        return problem(visit, 403, "problem.forbidden")
    if visit.again:
        return problem(visit, 401, "problem.locked")
    if visit.request.method in SAFE:
        return visit.redirect(f"/login?next={quote(visit.request.path_qs)}")
    back, kept = _page_of(visit.request.path), visit.form.get("text", "")
    login = visit.halted.person.login if visit.halted else ""
    return visit.page("identity/login.html", 401, next=back, kept=kept, problem="login.expired", login=login)


def _has_token(visit: Visit) -> bool:
    """Whether a form of our own page was filled in during this very session, where there is one."""
    session = visit.session or visit.halted
    if session is None or visit.request.path in WITHOUT_TOKEN:
        return True
    return is_masked(visit.form.get("csrf", ""), session.csrf)


async def _receive(visit: Visit, route: Route) -> None:
    if route.takes_file:
        form, visit.file = await receive(visit.request, visit.office.reception.limit)
    else:
        try:
            posted = await visit.request.post()
        except web.HTTPRequestEntityTooLarge as error:
            raise TooLarge from error
        except (ValueError, LookupError, AssertionError, RuntimeError, web.HTTPException) as error:
            raise Garbled from error  # no such alphabet, no UTF-8, no boundary, no end
        form = {name: value for name, value in posted.items() if isinstance(value, str)}
    visit.form = {name: value.replace("\0", "\x1a") for name, value in form.items()}  # PostgreSQL stores no NUL


def _page_of(path: str) -> str:
    """The page that an action belongs to: /customers/5/reply → /customers/5."""
    found = re.match(r"/customers/\d+|/portfolio(/\d+)?", path)
    return found[0] if found else "/"


def is_own(request: web.Request) -> bool:
    """Whether a change was asked for by a page of ours: the browser says so, in Sec-Fetch-Site or else in Origin."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc == request.host


def local_path(path: str) -> str:
    """A path of ours to go on to; anything else is the start page."""
    return path if LOCAL_PATH.fullmatch(path) else "/"


def _words(request: web.Request, person: Person | None) -> Words:
    chosen = person.language if person else request.cookies.get("lang")
    return words(chosen or preferred(request.headers.get("Accept-Language", "")))
