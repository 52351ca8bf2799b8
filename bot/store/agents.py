"""The people of the console: who they are, what they may see, and how they prove who they are."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import passwords
from bot.store import tables as t
from bot.store.scope import EVERYONE, NOBODY, Scope
from bot.store.tables.fields import TEAM

agent, agent_session = t.Agent.__table__, t.AgentSession.__table__  # type: ignore[attr-defined]

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,39}")  # an outgoing text names its author in 40 characters


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
    has_code: bool = False  # logs in with a second step

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


async def create_agent(
    connection: AsyncConnection, login: str, name: str, role: str, password: str, language: str, team: str = ""
) -> int:
    """Add a person; their id. Raise ValueError where login, role or password will not do, or the login is taken."""
    team = team_name(team)
    login = login.strip().lower()
    if not LOGIN.fullmatch(login) or login == "bot":
        raise ValueError("a login is 2 to 40 of a-z 0-9 . _ @ - and is not 'bot'")
    hashed = await passwords.hash_of(password)
    if (await connection.execute(select(agent.c.id).where(agent.c.login == login))).first() is not None:
        raise ValueError(f"the login {login!r} is taken")
    row = {
        "login": login, "name": name.strip()[:80] or login, "role": Role(role), "language": language, "active": True,
        "team": team, "password_hash": hashed,
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
    return [person_of(row) for row in await connection.execute(select(agent).order_by(agent.c.login))]


async def is_first_run(connection: AsyncConnection) -> bool:
    """Whether nobody can log in yet."""
    return (await connection.execute(select(agent.c.id).limit(1))).first() is None


async def by_id(connection: AsyncConnection, id: int) -> Person | None:
    """The person with this id, whether or not they may log in."""
    row = (await connection.execute(select(agent).where(agent.c.id == id))).first()
    return None if row is None else person_of(row)


async def set_active(connection: AsyncConnection, id: int, active: bool) -> None:
    """Let a person log in or not; whoever may not is logged out everywhere."""
    await connection.execute(update(agent).where(agent.c.id == id).values(active=active))
    if not active:
        await _log_out(connection, id)


async def assign(connection: AsyncConnection, id: int, role: str, team: str) -> None:
    """Give a person a role and a team, and log them out: what their pages show was theirs to see before.

    Raise ValueError where there is no such role, or the team's name will not do.
    """
    values = {"role": Role(role), "team": team_name(team)}
    await connection.execute(update(agent).where(agent.c.id == id).values(values))
    await _log_out(connection, id)


async def set_password(connection: AsyncConnection, id: int, hashed: str) -> None:
    """Store the hash of a new password."""
    await connection.execute(update(agent).where(agent.c.id == id).values(password_hash=hashed))


async def password_hash_of(connection: AsyncConnection, id: int) -> str | None:
    """The hash of a person's password."""
    return (await connection.execute(select(agent.c.password_hash).where(agent.c.id == id))).scalar()


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
    return None if row is None else (person_of(row), row.password_hash)


async def _log_out(connection: AsyncConnection, id: int) -> None:
    await connection.execute(delete(agent_session).where(agent_session.c.agent_id == id))


def person_of(row: Any) -> Person:
    """A person from their row."""
    habits = frozenset(map(Habit, filter(None, row.habits.split(","))))
    person = Person(row.id, row.login, row.name, Role(row.role), row.language, row.active, row.team)
    return replace(person, theme=Theme(row.theme), habits=habits, has_code=row.totp_secret is not None)
