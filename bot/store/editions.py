"""Editions of dialogues/: proposed by one person, approved by another, kept for ever; at most one is in force.

While none was ever approved, each server goes by the folder that it was started with, and notes that.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, inspect, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.dialogues import ContentError
from bot.dialogues.bundle import Bundle
from bot.store import tables as t

edition = t.Edition.__table__  # type: ignore[attr-defined]
_about = [column for column in edition.c if column.name != "files"]
LONGEST_NOTE = 500


class State(StrEnum):
    """Where an edition stands."""

    NOTED = "noted"
    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    REFUSED = "refused"


class Origin(StrEnum):
    """Where an edition came from."""

    START = "start"
    FOLDER = "folder"
    UPLOAD = "upload"
    EARLIER = "earlier"  # an earlier edition, proposed again
    COMMAND = "command"


class NotNow(Exception):
    """A step that the rules of publishing do not allow; `key` names the reason, `id` the edition that it is about."""

    def __init__(self, key: str, id: int = 0):
        super().__init__(key)
        self.key, self.id = key, id


@dataclass(frozen=True, slots=True)
class Edition:
    """What is known of an edition, without its files. `id` is its number."""

    id: int
    state: State
    fingerprint: str
    rules: str
    origin: Origin
    based_on: int | None
    proposed_by: str
    proposed_at: datetime
    note: str
    decided_by: str
    decided_at: datetime | None
    decided_note: str
    replaced_at: datetime | None


async def in_force(connection: AsyncConnection) -> int | None:
    """The number of the edition that is in force; None while none was ever approved."""
    query = select(edition.c.id).where(edition.c.state == State.IN_FORCE)
    number: int | None = (await connection.execute(query)).scalar()
    return number


async def has_table(connection: AsyncConnection) -> bool:
    """Whether the database is as far as to have editions."""
    return bool(await connection.run_sync(lambda plain: inspect(plain).has_table(edition.name)))


async def listed(connection: AsyncConnection, states: Sequence[State] = (), most: int = 200) -> list[Edition]:
    """The newest first; only those in these states, if any are named."""
    query = select(*_about).order_by(edition.c.id.desc()).limit(most)
    if states:
        query = query.where(edition.c.state.in_(states))
    return [_edition(row) for row in await connection.execute(query)]


async def one(connection: AsyncConnection, id: int) -> Edition:
    """One edition. Raise LookupError."""
    row = (await connection.execute(select(*_about).where(edition.c.id == id))).first()
    if row is None:
        raise LookupError(f"there is no edition {id}")
    return _edition(row)


async def files_of(connection: AsyncConnection, id: int) -> Bundle:
    """Its files. Raise LookupError, and ContentError where what is stored is not what was proposed."""
    query = select(edition.c.files, edition.c.fingerprint).where(edition.c.id == id)
    row = (await connection.execute(query)).first()
    if row is None:
        raise LookupError(f"there is no edition {id}")
    files = _unpacked(bytes(row.files))
    if Bundle(files).fingerprint != row.fingerprint:
        raise ContentError(f"edition {id} was changed in the database since it was proposed; propose its folder again")
    return Bundle(files)


def _unpacked(raw: bytes) -> dict[str, str]:
    """The files as they were packed; none where that is not what is there."""
    try:
        found = json.loads(zlib.decompress(raw))
    except (zlib.error, ValueError):
        return {}
    sound = isinstance(found, dict) and all(isinstance(text, str) for text in found.values())
    return found if sound else {}


async def made_by(connection: AsyncConnection, rules: str) -> int | None:
    """The newest edition that decisions name by this digest; None where none was kept."""
    query = select(edition.c.id).where(edition.c.rules == rules).order_by(edition.c.id.desc()).limit(1)
    number: int | None = (await connection.execute(query)).scalar()
    return number


async def note_start(connection: AsyncConnection, bundle: Bundle, now: datetime) -> None:
    """A server begins to work by this folder, while no edition was ever approved: note it, once in a row."""
    if await in_force(connection) is not None:
        return
    noted = await listed(connection, [State.NOTED], 1)
    if not noted or noted[0].fingerprint != bundle.fingerprint:
        await _insert(connection, bundle, State.NOTED, Origin.START, None, "", "", now)


async def propose(
    connection: AsyncConnection, bundle: Bundle, origin: Origin, who: str, note: str, now: datetime
) -> int:
    """Keep a content that was checked, for a second person to approve; its number. Raise NotNow."""
    if not note.strip():
        raise NotNow("no_note")
    for known in await listed(connection, [State.PROPOSED, State.IN_FORCE]):
        if known.fingerprint == bundle.fingerprint:
            raise NotNow("same_in_force" if known.state is State.IN_FORCE else "same_proposed", known.id)
    return await _insert(connection, bundle, State.PROPOSED, origin, await in_force(connection), who, note, now)


async def approve(
    connection: AsyncConnection, id: int, against: int | None, who: str, note: str, now: datetime
) -> None:
    """Put a proposal in force; `against` is the edition that its differences were shown against. Raise NotNow.

    The proposer is refused, and whoever looked at differences from what is no longer in force. Of two who approve at
    the same time one succeeds.
    """
    if not note.strip():
        raise NotNow("no_note", id)
    proposed = await _locked(connection, id)
    if proposed.proposed_by == who:
        raise NotNow("own", id)
    if proposed.state is not State.PROPOSED:
        raise NotNow("decided", id)
    if await in_force(connection) != against:
        raise NotNow("moved_on", id)
    if against is not None:
        old = (edition.c.id == against) & (edition.c.state == State.IN_FORCE)
        left = update(edition).where(old).values(state=State.REPLACED, replaced_at=now)
        if not (await connection.execute(left)).rowcount:
            raise NotNow("moved_on", id)
    values = {
        "state": State.IN_FORCE,
        "decided_by": who,
        "decided_at": now,
        "decided_note": note.strip()[:LONGEST_NOTE],
    }
    try:
        await connection.execute(update(edition).where(edition.c.id == id).values(values))
    except IntegrityError:
        raise NotNow("moved_on", id) from None


async def refuse(connection: AsyncConnection, id: int, who: str, note: str, now: datetime) -> None:
    """Turn a proposal down, or take one's own back. Raise NotNow."""
    if not note.strip():
        raise NotNow("no_note", id)
    if (await _locked(connection, id)).state is not State.PROPOSED:
        raise NotNow("decided", id)
    values = {"state": State.REFUSED, "decided_by": who, "decided_at": now, "decided_note": note.strip()[:LONGEST_NOTE]}
    await connection.execute(update(edition).where(edition.c.id == id).values(values))


async def _locked(connection: AsyncConnection, id: int) -> Edition:
    row = (await connection.execute(select(*_about).where(edition.c.id == id).with_for_update())).first()
    if row is None:
        raise LookupError(f"there is no edition {id}")
    return _edition(row)


async def _insert(
    connection: AsyncConnection,
    bundle: Bundle,
    state: State,
    origin: Origin,
    based_on: int | None,
    who: str,
    note: str,
    now: datetime,
) -> int:
    packed = zlib.compress(json.dumps(dict(bundle.files), ensure_ascii=False).encode(), 9)
    row = {
        "state": state, "fingerprint": bundle.fingerprint, "rules": bundle.rules, "files": packed, "origin": origin,
        "based_on": based_on, "proposed_by": who, "proposed_at": now, "note": note.strip()[:LONGEST_NOTE],
        "decided_by": "", "decided_note": "",
    }  # fmt: skip
    return int((await connection.execute(insert(edition).values(row).returning(edition.c.id))).scalar_one())


def _edition(row: Any) -> Edition:
    values = row._asdict()
    return Edition(**{**values, "state": State(row.state), "origin": Origin(row.origin)})
