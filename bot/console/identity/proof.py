"""Proving who one is: password and code, each try counted before it is looked at, over all processes."""

from __future__ import annotations

import ipaddress

import structlog
from aiohttp import web

from bot.console.access import COOKIE, Visit
from bot.store import agents, attempts, passwords, totp
from bot.store.agents import Person

log = structlog.get_logger()
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))


class Unproven(Exception):
    """It does not hold, or too many were tried; carries the key of the words that say so, and the HTTP status."""

    def __init__(self, key: str, status: int):
        super().__init__(key)
        self.key, self.status = key, status


async def password_of(visit: Visit, login: str, password: str) -> Person:
    """The person whose log-in and password these are; raise Unproven.

    The answer to a wrong password and to an unknown log-in is the same, and takes as long.
    """
    login = login.strip().lower()[:64]
    async with visit.registry.read() as connection:
        person, hashed = await agents.find_person(connection, login) or (None, None)
    await _count(visit, f"login:{login}", person)
    if not await passwords.is_password(password[: passwords.LONGEST], hashed) or person is None:
        await _failed(visit, f"login:{login}")
        raise Unproven("login.wrong", 401)
    fresh = await passwords.hash_of(password) if hashed and passwords.is_outdated(hashed) else None
    async with visit.registry.write() as connection:
        await attempts.forgive(connection, f"login:{login}", _subject(visit), visit.now)
        if fresh is not None:
            await agents.set_password(connection, person.id, fresh)
    return person


async def code_of(visit: Visit, person: Person, code: str) -> None:
    """Take a code of this person's second step, or one of their recovery codes; raise Unproven."""
    await _count(visit, f"code:{person.login}", person)
    async with visit.registry.write() as connection:
        accepted = await totp.accept(connection, person.id, code[:40], visit.now)
        if accepted:
            await attempts.forgive(connection, f"code:{person.login}", _subject(visit), visit.now)
    if not accepted:
        await _failed(visit, f"code:{person.login}")
        raise Unproven("login.wrong_code", 401)


async def _count(visit: Visit, of_person: str, person: Person | None) -> None:
    known = person.login if person else ""
    async with visit.registry.write() as connection:
        blocked_until = await attempts.attempt(connection, [of_person, _subject(visit)], visit.now, known)
    if blocked_until is not None:
        log.warning("log-ins slowed down", until=blocked_until.isoformat(), login=known or None)
        raise Unproven("login.blocked", 429)


async def _failed(visit: Visit, of_person: str) -> None:
    """Tell people once it has failed too often; what they are told is the log-in alone."""
    async with visit.registry.write() as connection:
        logins = await attempts.alarm(connection, [of_person, _subject(visit)], visit.now)
    for login in logins:
        visit.office.log_ins_fail(login)


def _subject(visit: Visit) -> str:
    return f"address:{address_of(visit.request)}"


def address_of(request: web.Request) -> str:
    """Where a log-in comes from; of an IPv6 address the /64, as its owner has all the rest of it."""
    try:
        address = ipaddress.ip_address(request.remote or "")
    except ValueError:
        return request.remote or ""
    if address.version == 6 and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if address.version == 6 else str(address)


def place_of(request: web.Request) -> str:
    """What a session is called in the list of one's own: the browser and the address."""
    said = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in BROWSERS if mark in said), "")
    return " · ".join(part for part in (browser, request.remote or "") if part)[:80]


def with_cookie(response: web.Response, sid: str) -> web.Response:
    """The answer that hands over a session: scripts and other sites never see the cookie."""
    response.set_cookie(COOKIE, sid, path="/", secure=True, httponly=True, samesite="Lax")
    return response
