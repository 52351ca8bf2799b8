"""Failed log-ins, counted in the database, so that guessing is slowed down over all processes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.session import upsert

login_attempt = t.LoginAttempt.__table__  # type: ignore[attr-defined]

FREE = 5
LONGEST_BLOCK = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)  # failures count no longer once nothing more was tried for so long
ALARMING = 8  # failures from which on people are told


@dataclass(frozen=True, slots=True)
class Repeated:
    """Log-ins that fail again and again: of a known log-in, or from an address."""

    what: str
    failures: int
    tried_at: datetime
    blocked_until_at: datetime


async def attempt(
    connection: AsyncConnection, subjects: Sequence[str], now: datetime, known: str = ""
) -> datetime | None:
    """Count one more attempt for each subject (`login:…`, `address:…`). Where one is blocked: until when; none counts.

    An attempt counts as failed until `forgive` says otherwise, so that guesses sent all at once do not slip through.
    Subjects are kept as hashes, since people type passwords where a log-in belongs; only addresses, and the log-in
    `known` to exist, are kept in words.
    """
    is_known = {f"login:{known}", f"code:{known}"} if known else set()
    said = {hash_of(one): one if one.startswith("address:") or one in is_known else "" for one in subjects}
    keys = sorted(said)
    fresh = [{"subject": key, "failures": 0, "blocked_until_at": now, "what": said[key][:80]} for key in keys]
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
            .values(
                failures=failures,
                blocked_until_at=now + _block(failures),
                tried_at=now,
                alarmed_at=None if old else row.alarmed_at,
            )
        )
    return None


async def alarm(connection: AsyncConnection, subjects: Sequence[str], now: datetime) -> list[str]:
    """An attempt failed. Of which log-ins people must be told now: those of ALARMING failures of which they were not
    told yet, once for each row of failures, whichever process asks. Empty where it is an address, or a log-in that
    nobody has.
    """
    of = login_attempt.c.subject.in_([hash_of(one) for one in subjects])
    untold = (login_attempt.c.failures >= ALARMING) & login_attempt.c.alarmed_at.is_(None)
    told = update(login_attempt).where(of & untold).values(alarmed_at=now).returning(login_attempt.c.what)
    names = (await connection.execute(told)).scalars()
    return sorted({"" if what.startswith("address:") else what.partition(":")[2] for what in names})


async def forgive(connection: AsyncConnection, login: str, address: str, now: datetime) -> None:
    """It succeeded: forget the failures of `login`, and take this attempt off the address's."""
    await connection.execute(delete(login_attempt).where(login_attempt.c.subject == hash_of(login)))
    await connection.execute(
        update(login_attempt)
        .where(login_attempt.c.subject == hash_of(address), login_attempt.c.failures > 0)
        .values(failures=login_attempt.c.failures - 1, blocked_until_at=now)
    )


async def repeated(connection: AsyncConnection, now: datetime) -> list[Repeated]:
    """What failed so often within the hour that a person should look, newest first."""
    query = (
        select(login_attempt)
        .where(login_attempt.c.failures >= ALARMING, login_attempt.c.tried_at > now - FORGOTTEN_AFTER)
        .order_by(login_attempt.c.tried_at.desc())
        .limit(50)
    )
    rows = await connection.execute(query)
    return [Repeated(row.what, row.failures, row.tried_at, row.blocked_until_at) for row in rows]


def hash_of(subject: str) -> str:
    """Under which a subject is kept."""
    return hashlib.sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()


def _block(failures: int) -> timedelta:
    beyond = failures - FREE
    return min(timedelta(seconds=2 ** min(beyond, 20)), LONGEST_BLOCK) if beyond > 0 else timedelta(0)
