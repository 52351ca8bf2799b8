"""Sessions: an opaque cookie stands for a person who logged in, and the server alone says whether it still holds."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.agents import Person, agent, person_of

agent_session = t.AgentSession.__table__  # type: ignore[attr-defined]

IDLE = timedelta(minutes=15)  # PCI DSS 8.2.8
LONGEST = timedelta(hours=12)
STEP = timedelta(minutes=10)  # how long a log-in may stand at its second step
SEEN_EVERY = timedelta(seconds=30)  # a session's last use is written no more often than this


class Stage(StrEnum):
    """How far a log-in has come."""

    OPEN = "open"
    CODE = "code"  # the password was right; the code is to come
    ENROL = "enrol"  # the password was right; this role must set up its second step first


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in. It lets its person do something only where `is_open`: otherwise a code or the password is wanted."""

    person: Person
    csrf: str
    seen_at: datetime
    created_at: datetime
    stage: Stage = Stage.OPEN
    locked: bool = False

    @property
    def is_open(self) -> bool:
        """Whether all that was asked for was given, and within the last 15 minutes of use."""
        return self.stage is Stage.OPEN and not self.locked


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is logged in: `id` names the session and opens nothing."""

    id: str
    where: str
    created_at: datetime
    seen_at: datetime


async def begin(
    connection: AsyncConnection,
    person_id: int,
    now: datetime,
    old: str = "",
    stage: Stage = Stage.OPEN,
    where: str = "",
) -> tuple[str, str]:
    """Log a person in: a new opaque id for the cookie, and the token that their forms carry. The old id is gone."""
    sid, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    stale = (agent_session.c.created_at < now - LONGEST) | (agent_session.c.id_hash == hash_of(old))
    await connection.execute(delete(agent_session).where(stale))
    row = {
        "id_hash": hash_of(sid), "agent_id": person_id, "csrf": csrf, "created_at": now, "seen_at": now,
        "stage": stage, "place": where[:80],
    }  # fmt: skip
    await connection.execute(insert(agent_session).values(row))
    return sid, csrf


async def find(connection: AsyncConnection, sid: str, now: datetime) -> Session | None:
    """The session behind a cookie, open or not: begun within 12 hours, by somebody who may still log in."""
    columns = (agent_session.c.csrf, agent_session.c.seen_at, agent_session.c.created_at, agent_session.c.stage)
    query = (
        select(agent, *columns)
        .join(agent, agent.c.id == agent_session.c.agent_id)
        .where(agent_session.c.id_hash == hash_of(sid), agent_session.c.created_at > now - LONGEST, agent.c.active)
    )
    row = (await connection.execute(query)).first()
    if row is None or (row.stage != Stage.OPEN and row.created_at <= now - STEP):
        return None
    locked = row.seen_at <= now - IDLE
    return Session(person_of(row), row.csrf, row.seen_at, row.created_at, Stage(row.stage), locked)


async def touch(connection: AsyncConnection, sid: str, now: datetime) -> None:
    """The session was used; one that is locked stays so."""
    here = (agent_session.c.id_hash == hash_of(sid)) & (agent_session.c.seen_at > now - IDLE)
    await connection.execute(update(agent_session).where(here).values(seen_at=now))


async def lock(connection: AsyncConnection, sid: str, now: datetime) -> None:
    """Lock at once, as after 15 minutes without use."""
    here = agent_session.c.id_hash == hash_of(sid)
    await connection.execute(update(agent_session).where(here).values(seen_at=now - IDLE))


async def renew(connection: AsyncConnection, sid: str, now: datetime) -> str | None:
    """Open a session whose person gave what was asked for, under a new id; None where it is gone.

    The old id is worth nothing from now on. Forms that are open keep their token.
    """
    new, here = secrets.token_urlsafe(32), agent_session.c.id_hash == hash_of(sid)
    change = update(agent_session).where(here).values(id_hash=hash_of(new), seen_at=now, stage=Stage.OPEN)
    return new if (await connection.execute(change)).rowcount else None


async def carry(connection: AsyncConnection, by: timedelta) -> None:
    """A demonstration's clock is about to be moved on by this much: nobody is away for that time."""
    rows = await connection.execute(
        select(agent_session.c.id_hash, agent_session.c.seen_at, agent_session.c.created_at)
    )
    for one in rows.all():
        here = agent_session.c.id_hash == one.id_hash
        moved = {"seen_at": one.seen_at + by, "created_at": one.created_at + by}
        await connection.execute(update(agent_session).where(here).values(moved))


async def end(connection: AsyncConnection, sid: str) -> None:
    """Log out."""
    await connection.execute(delete(agent_session).where(agent_session.c.id_hash == hash_of(sid)))


async def end_all(connection: AsyncConnection, person_id: int, but: str = "") -> None:
    """Log a person out everywhere, `but` here."""
    theirs = (agent_session.c.agent_id == person_id) & (agent_session.c.id_hash != hash_of(but))
    await connection.execute(delete(agent_session).where(theirs))


async def end_place(connection: AsyncConnection, person_id: int, id: str) -> None:
    """Log a person out in one of their places; of somebody else's nothing happens."""
    theirs = (agent_session.c.agent_id == person_id) & (agent_session.c.id_hash == id)
    await connection.execute(delete(agent_session).where(theirs))


async def places(connection: AsyncConnection, person_id: int, now: datetime) -> list[Place]:
    """Where a person is logged in, last used first."""
    theirs = (agent_session.c.agent_id == person_id) & (agent_session.c.created_at > now - LONGEST)
    query = select(agent_session).where(theirs).order_by(agent_session.c.seen_at.desc(), agent_session.c.id_hash)
    rows = await connection.execute(query)
    return [Place(row.id_hash, row.place, row.created_at, row.seen_at) for row in rows]


def hash_of(sid: str) -> str:
    """All that is stored of a cookie."""
    return hashlib.sha256(sid.encode("utf-8", "surrogatepass")).hexdigest()
