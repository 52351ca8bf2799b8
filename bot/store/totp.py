"""The second step of logging in: codes by time (RFC 6238), each good for once, and recovery codes for a lost phone."""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.agents import agent
from bot.store.columns import keyring

recovery_code = t.RecoveryCode.__table__  # type: ignore[attr-defined]

SECONDS = 30  # how long a code lasts
DRIFT = 1  # steps by which a phone's clock may be off
RECOVERY_CODES = 10
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that looks like something else


async def offer(connection: AsyncConnection, person_id: int) -> str:
    """A new secret for a person's phone. It means nothing until they confirm it by a code."""
    secret = pyotp.random_base32()
    await connection.execute(update(agent).where(agent.c.id == person_id).values(totp_offered=secret))
    return secret


async def offered(connection: AsyncConnection, person_id: int) -> str | None:
    """The secret that waits to be confirmed."""
    found: str | None = (await connection.execute(select(agent.c.totp_offered).where(agent.c.id == person_id))).scalar()
    return found


async def confirm(connection: AsyncConnection, person_id: int, code: str, now: datetime) -> list[str]:
    """Begin to ask for codes of the secret that was offered; the new recovery codes, which nobody can read again.

    None where the code is not one of that secret's: then nothing is changed.
    """
    secret = await offered(connection, person_id)
    step = _step_of(secret, code, now) if secret else None
    if step is None:
        return []
    values = {"totp_secret": secret, "totp_offered": None, "totp_step": step}
    await connection.execute(update(agent).where(agent.c.id == person_id).values(values))
    await connection.execute(delete(recovery_code).where(recovery_code.c.agent_id == person_id))
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    rows = [{"agent_id": person_id, "code_hash": _hash(person_id, code), "used_at": None} for code in codes]
    await connection.execute(insert(recovery_code), rows)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


async def accept(connection: AsyncConnection, person_id: int, code: str, now: datetime) -> bool:
    """Whether this code is good: the phone's of now (or half a minute off), or a recovery code; each counts once."""
    query = select(agent.c.totp_secret, agent.c.totp_step).where(agent.c.id == person_id, agent.c.active)
    row = (await connection.execute(query.with_for_update())).first()
    if row is None or row.totp_secret is None:
        return False
    step = _step_of(row.totp_secret, code, now, after=row.totp_step)
    if step is not None:
        await connection.execute(update(agent).where(agent.c.id == person_id).values(totp_step=step))
        return True
    here = (recovery_code.c.code_hash == _hash(person_id, code)) & (recovery_code.c.agent_id == person_id)
    used = update(recovery_code).where(here, recovery_code.c.used_at.is_(None)).values(used_at=now)
    return (await connection.execute(used)).rowcount == 1


async def forget(connection: AsyncConnection, person_id: int) -> None:
    """Ask this person for no codes any more, as when their phone is lost and so are the recovery codes."""
    values = {"totp_secret": None, "totp_offered": None, "totp_step": 0}
    await connection.execute(update(agent).where(agent.c.id == person_id).values(values))
    await connection.execute(delete(recovery_code).where(recovery_code.c.agent_id == person_id))


async def left(connection: AsyncConnection, person_id: int) -> int:
    """How many recovery codes a person has left."""
    unused = (recovery_code.c.agent_id == person_id) & recovery_code.c.used_at.is_(None)
    return int((await connection.execute(select(func.count()).select_from(recovery_code).where(unused))).scalar_one())


def uri(secret: str, login: str, issuer: str) -> str:
    """The otpauth address by which a phone takes the secret over."""
    return pyotp.TOTP(secret, interval=SECONDS).provisioning_uri(name=login, issuer_name=issuer)


def code_at(secret: str, moment: datetime) -> str:
    """The code that a phone shows then."""
    return pyotp.TOTP(secret).generate_otp(int(moment.timestamp()) // SECONDS)


def _step_of(secret: str, code: str, now: datetime, after: int = 0) -> int | None:
    """The step that this is the code of, of those that count now and come after the last one used."""
    code = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", code))
    if not re.fullmatch("[0-9]{6}", code):
        return None
    current, totp = int(now.timestamp()) // SECONDS, pyotp.TOTP(secret)
    near = [step for step in range(current - DRIFT, current + DRIFT + 1) if step > after]
    return next((step for step in near if hmac.compare_digest(totp.generate_otp(step), code)), None)


def _hash(person_id: int, code: str) -> str:
    bare = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", code)).lower()
    return keyring().content_hash("recovery code", str(person_id), bare)
