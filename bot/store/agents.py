"""The people of the console: agents and passwords, sessions, throttled log-ins, and the log of who read what."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.record import upsert
from bot.store.scope import EVERYONE, NOBODY, Scope
from bot.store.tables.fields import TEAM

agent, agent_session = t.Agent.__table__, t.AgentSession.__table__  # type: ignore[attr-defined]
login_attempt, access_log = t.LoginAttempt.__table__, t.AccessLog.__table__  # type: ignore[attr-defined]

IDLE = timedelta(minutes=15)  # PCI DSS 8.2.8
LONGEST = timedelta(hours=12)
FREE_ATTEMPTS = 5
LONGEST_BLOCK = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)  # failed log-ins count no longer once nothing more was tried for so long
SEEN_EVERY = timedelta(seconds=30)  # a session's last use is written no more often than this
SAME_READING = timedelta(minutes=5)  # a page that refreshes itself is one reading for so long
LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,39}")  # an outgoing text names its author in 40 characters

_HASHER = PasswordHasher()  # argon2id with the library's defaults: 64 MiB, 3 passes
_HASHING = ThreadPoolExecutor(2, "argon2")  # two at once: each takes 64 MiB, and log-ins come from outside
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))  # checked for unknown log-ins, so that they take as long


class Role(StrEnum):
    """What a person is in the console."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Theme(StrEnum):
    """How a person wants their screen: as their system has it, or always so."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Habit(StrEnum):
    """What a person wants of the console: single keys, a sound, desktop notices; and both of the queue's customers
    too, not only of their own."""

    KEYS = "keys"
    SOUND = "sound"
    NOTICES = "notices"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who may log in."""

    id: int
    login: str
    name: str
    role: Role
    language: str
    active: bool = True
    team: str = ""
    theme: Theme = Theme.SYSTEM
    habits: frozenset[Habit] = frozenset({Habit.KEYS})

    @property
    def scope(self) -> Scope:
        """Whose customers they may see: agents their own team's, administrators nobody's."""
        return scope_of(self.role, self.team) if self.active else NOBODY


def scope_of(role: str, team: str) -> Scope:
    """Whose customers somebody of this role and team may see; a role that says nothing else sees nobody."""
    match role:
        case Role.AGENT:
            return Scope(frozenset({team}))
        case Role.SUPERVISOR | Role.AUDITOR:
            return EVERYONE
        case _:
            return NOBODY


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in that still holds."""

    person: Person
    csrf: str
    seen_at: datetime


async def create_agent(
    connection: AsyncConnection, login: str, name: str, role: str, password: str, language: str, team: str = ""
) -> int:
    """Add a person; their id. Raise ValueError where login, role or password will not do, or the login is taken."""
    team = team_name(team)
    login = login.strip().lower()
    if not LOGIN.fullmatch(login) or login == "bot":
        raise ValueError("a login is 2 to 40 of a-z 0-9 . _ @ - and is not 'bot'")
    if len(password) < 8:
        raise ValueError("a password has at least 8 characters")
    if (await connection.execute(select(agent.c.id).where(agent.c.login == login))).first() is not None:
        raise ValueError(f"the login {login!r} is taken")
    row = {
        "login": login, "name": name.strip()[:80] or login, "role": Role(role), "language": language, "active": True,
        "team": team, "password_hash": await _in_thread(_HASHER.hash, password),
    }  # fmt: skip
    return int((await connection.execute(insert(agent).values(row).returning(agent.c.id))).scalar_one())


def team_name(team: str) -> str:
    """A team's name as it is kept: a portfolio's column `team` must say the same. Raise ValueError where none is."""
    team = team.strip()
    if len(team) > TEAM or not team.isprintable():
        raise ValueError(f"a team's name has at most {TEAM} characters, none of which is a control character")
    return team


async def people(connection: AsyncConnection) -> list[Person]:
    """Everyone, by login."""
    return [_person(row) for row in await connection.execute(select(agent).order_by(agent.c.login))]


async def is_first_run(connection: AsyncConnection) -> bool:
    """Whether nobody can log in yet."""
    return (await connection.execute(select(agent.c.id).limit(1))).first() is None


async def set_active(connection: AsyncConnection, id: int, active: bool) -> None:
    """Let a person log in or not; whoever may not is logged out everywhere."""
    await connection.execute(update(agent).where(agent.c.id == id).values(active=active))
    if not active:
        await connection.execute(delete(agent_session).where(agent_session.c.agent_id == id))


async def set_language(connection: AsyncConnection, id: int, language: str) -> None:
    """Remember the language in which a person reads the console."""
    await connection.execute(update(agent).where(agent.c.id == id).values(language=language))


async def choose(connection: AsyncConnection, id: int, theme: Theme, habits: Collection[Habit]) -> None:
    """Remember what a person chose for their own screen."""
    chosen = {"theme": theme, "habits": ",".join(sorted(habits))}
    await connection.execute(update(agent).where(agent.c.id == id).values(chosen))


async def find_person(connection: AsyncConnection, login: str) -> tuple[Person, str] | None:
    """The active person with this login, and their password's hash."""
    query = select(agent).where(agent.c.login == login.strip().lower(), agent.c.active)
    row = (await connection.execute(query)).first()
    return None if row is None else (_person(row), row.password_hash)


async def is_password(password: str, hashed: str | None) -> bool:
    """Whether this is the password. Without a hash it is not, and finding that out takes as long."""
    try:
        return await _in_thread(_HASHER.verify, hashed or _NOBODY, password) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


async def _in_thread(function: Any, *arguments: str) -> Any:
    return await asyncio.get_running_loop().run_in_executor(_HASHING, function, *arguments)


async def try_login(connection: AsyncConnection, subjects: Sequence[str], now: datetime) -> datetime | None:
    """Count one more attempt for each subject (a login, an address). Where one is blocked: until when, and none counts.

    An attempt counts as failed until `forgive` says otherwise, so that guesses sent all at once do not slip through.
    """
    keys = sorted(map(_subject, subjects))
    fresh = [{"subject": key, "failures": 0, "blocked_until_at": now} for key in keys]
    await connection.execute(upsert(connection, login_attempt).on_conflict_do_nothing(), fresh)
    query = select(login_attempt).where(login_attempt.c.subject.in_(keys)).order_by(login_attempt.c.subject)
    rows = (await connection.execute(query.with_for_update())).all()
    blocked: list[datetime] = [
        row.blocked_until_at for row in rows if row.blocked_until_at and row.blocked_until_at > now
    ]
    if blocked:
        return max(blocked)
    for row in rows:
        old = row.blocked_until_at is not None and row.blocked_until_at < now - FORGOTTEN_AFTER
        failures = 1 if old else row.failures + 1
        await connection.execute(
            update(login_attempt)
            .where(login_attempt.c.subject == row.subject)
            .values(failures=failures, blocked_until_at=now + _block(failures))
        )
    return None


async def forgive(connection: AsyncConnection, login: str, address: str, now: datetime) -> None:
    """The log-in succeeded: forget the login's failures, and take this attempt off the address's."""
    await connection.execute(delete(login_attempt).where(login_attempt.c.subject == _subject(login)))
    await connection.execute(
        update(login_attempt)
        .where(login_attempt.c.subject == _subject(address), login_attempt.c.failures > 0)
        .values(failures=login_attempt.c.failures - 1, blocked_until_at=now)
    )


def _block(failures: int) -> timedelta:
    beyond = failures - FREE_ATTEMPTS
    return min(timedelta(seconds=2 ** min(beyond, 20)), LONGEST_BLOCK) if beyond > 0 else timedelta(0)


def _subject(subject: str) -> str:
    return hashlib.sha256(subject.encode()).hexdigest()


async def open_session(connection: AsyncConnection, person_id: int, now: datetime, old: str = "") -> tuple[str, str]:
    """Log a person in: a new opaque id for the cookie, and the token that their forms carry. The old id is gone."""
    sid, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    stale = (agent_session.c.created_at < now - LONGEST) | (agent_session.c.id_hash == _subject(old))
    await connection.execute(delete(agent_session).where(stale))
    row = {"id_hash": _subject(sid), "agent_id": person_id, "csrf": csrf, "created_at": now, "seen_at": now}
    await connection.execute(insert(agent_session).values(row))
    return sid, csrf


async def find_session(connection: AsyncConnection, sid: str, now: datetime) -> Session | None:
    """The session behind a cookie, if it holds: used within 15 minutes, begun within 12 hours, by an active person."""
    query = (
        select(agent, agent_session.c.csrf, agent_session.c.seen_at)
        .join(agent, agent.c.id == agent_session.c.agent_id)
        .where(
            agent_session.c.id_hash == _subject(sid),
            agent_session.c.seen_at > now - IDLE,
            agent_session.c.created_at > now - LONGEST,
            agent.c.active,
        )
    )
    row = (await connection.execute(query)).first()
    return None if row is None else Session(_person(row), row.csrf, row.seen_at)


async def touch_session(connection: AsyncConnection, sid: str, now: datetime) -> None:
    """The session was used."""
    await connection.execute(update(agent_session).where(agent_session.c.id_hash == _subject(sid)).values(seen_at=now))


async def close_session(connection: AsyncConnection, sid: str) -> None:
    """Log out."""
    await connection.execute(delete(agent_session).where(agent_session.c.id_hash == _subject(sid)))


async def log_access(
    connection: AsyncConnection, who: str, customer_id: int | None, what: str, now: datetime, again: bool = False
) -> None:
    """Note that a person read personal data. `again`: a page refreshed itself, which for a while is no new reading."""
    if again:
        same = (access_log.c.who == who) & (access_log.c.what == what) & (access_log.c.at > now - SAME_READING)
        mine = access_log.c.customer_id.is_(None) if customer_id is None else access_log.c.customer_id == customer_id
        query = select(func.count()).select_from(access_log).where(same, mine)
        if (await connection.execute(query)).scalar_one():
            return
    row = {"who": who, "customer_id": customer_id, "what": what[:80], "at": now}
    await connection.execute(insert(access_log).values(row))


def _person(row: Any) -> Person:
    habits = frozenset(map(Habit, filter(None, row.habits.split(","))))
    person = Person(row.id, row.login, row.name, Role(row.role), row.language, row.active, row.team)
    return replace(person, theme=Theme(row.theme), habits=habits)
