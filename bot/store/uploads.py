"""Uploaded portfolios in the store: the sealed file, its state, whose turn it is to work on it, and its rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import case, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t
from bot.store.bulk import put_many
from bot.store.columns import keyring
from bot.store.scope import Scope
from bot.store.session import touch, upsert

upload, chunk = t.Upload.__table__, t.UploadChunk.__table__  # type: ignore[attr-defined]
row, remembered = t.UploadRow.__table__, t.UploadMapping.__table__  # type: ignore[attr-defined]
CHUNK = 256 * 1024
OVERSEERS = 0  # nobody's id: the pages of those alone who see everybody hear of it


class Stage(StrEnum):
    """Where an upload stands."""

    MAPPING = "mapping"
    CHECKING = "checking"
    CHECKED = "checked"
    REHEARSING = "rehearsing"
    REHEARSED = "rehearsed"
    WAITING = "waiting"  # for a second person
    APPLYING = "applying"
    PAUSED = "paused"
    APPLIED = "applied"
    STOPPED = "stopped"
    REJECTED = "rejected"
    DISCARDED = "discarded"
    EXPIRED = "expired"  # nobody went on with it
    FAILED = "failed"


RUNNING = (Stage.CHECKING, Stage.REHEARSING, Stage.APPLYING)  # a process works on it
OVER = (Stage.APPLIED, Stage.STOPPED, Stage.DISCARDED, Stage.EXPIRED)  # the file is gone
OPEN = (Stage.MAPPING, Stage.CHECKED, Stage.REHEARSED, Stage.REJECTED, Stage.FAILED)  # its uploader may go on with it


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload as its page shows it and its runner works on it."""

    id: int
    name: str
    sha256: str
    size: int
    encoding: str
    delimiter: str
    headings: tuple[str, ...]
    preview: list[list[str]]
    rows: int
    uploaded_by: str
    uploaded_at: datetime
    state: Stage
    mapping: dict[str, int | str]
    fingerprint: str
    content_version: str
    counts: dict[str, Any]
    rehearsed_at: datetime | None
    asked_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    decision: str | None
    approved_version: str
    changed_by: str | None
    changed_at: datetime
    position: int
    begun_position: int
    begun_at: datetime | None
    ended_at: datetime | None
    failure: str | None

    @property
    def running(self) -> bool:
        """Whether a process works on it, or is about to."""
        return self.state in RUNNING


async def add(connection: AsyncConnection, raw: bytes, values: Mapping[str, Any]) -> int:
    """Keep a file, sealed, in parts; its id."""
    written = {**values, **{name: json.dumps(values[name]) for name in ("headings", "preview", "mapping")}}
    id = int((await connection.execute(insert(upload).values(written).returning(upload.c.id))).scalar_one())
    parts = [raw[at : at + CHUNK] for at in range(0, len(raw), CHUNK)]
    sealed = [{"upload_id": id, "place": n, "sealed": keyring().seal(part)} for n, part in enumerate(parts)]
    await connection.execute(insert(chunk), sealed)
    return id


async def content_of(connection: AsyncConnection, id: int) -> bytes:
    """The file as it was uploaded; nothing where it is gone."""
    query = select(chunk.c.sealed).where(chunk.c.upload_id == id).order_by(chunk.c.place)
    return b"".join(keyring().open(bytes(part)) for part in (await connection.execute(query)).scalars())


async def find(connection: AsyncConnection, id: int) -> Upload | None:
    """One upload."""
    found = (await connection.execute(select(upload).where(upload.c.id == id))).first()
    return None if found is None else _upload(found)


async def recent(connection: AsyncConnection, limit: int = 50) -> list[Upload]:
    """The newest uploads, those that were thrown away left out."""
    query = select(upload).where(upload.c.state != Stage.DISCARDED).order_by(upload.c.id.desc()).limit(limit)
    return [_upload(one) for one in await connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Pending:
    """A portfolio that waits for a second person."""

    id: int
    name: str
    rows: int
    uploaded_by: str
    asked_at: datetime


async def pending(connection: AsyncConnection, scope: Scope) -> list[Pending]:
    """The portfolios that wait for approval, oldest first; only for who sees every team's customers."""
    names = (upload.c.id, upload.c.name, upload.c.rows, upload.c.uploaded_by, upload.c.asked_at)
    query = select(*names).where(upload.c.state == Stage.WAITING).order_by(upload.c.asked_at)
    return [Pending(*one) for one in await connection.execute(query)] if scope.every else []


async def change(
    connection: AsyncConnection,
    id: int,
    states: Collection[Stage],
    by: str,
    now: datetime,
    shown: str,
    **values: Any,
) -> bool:
    """Write on an upload that is in one of these states and still has the fingerprint that was shown; else False."""
    written = {name: json.dumps(value) if name in ("mapping", "counts") else value for name, value in values.items()}
    same = (upload.c.id == id) & (upload.c.fingerprint == shown)
    query = update(upload).where(same, upload.c.state.in_(states))
    touch(connection, [OVERSEERS])
    done = await connection.execute(query.values(changed_by=by, changed_at=now, **written))
    if done.rowcount and values.get("state") in OVER:
        await _forget(connection, id)
    if done.rowcount and values.get("state") == Stage.DISCARDED:
        await connection.execute(delete(row).where(row.c.upload_id == id))
    return bool(done.rowcount)


async def expire(connection: AsyncConnection, before: datetime, now: datetime) -> int:
    """Delete what was uploaded and not gone on with since `before`: file, headings and what rows were found to be; how
    many there were. The record stays, with its counts and when that was. What waits for a second person is left."""
    left = upload.c.state.in_(OPEN) & (upload.c.changed_at <= before)
    bare = {"headings": "[]", "mapping": "{}", "changed_by": None}
    over = update(upload).where(left).values(state=Stage.EXPIRED, ended_at=now, changed_at=now, **bare)
    ids = list((await connection.execute(over.returning(upload.c.id))).scalars())
    for id in ids:
        await _forget(connection, id)
        await drop_rows(connection, id)
    if ids:
        touch(connection, [OVERSEERS])
    return len(ids)


async def claim(connection: AsyncConnection, runner: str, now: datetime, lease: datetime) -> Upload | None:
    """Take the oldest upload that waits for a process, or whose process has gone; None where there is none."""
    free = upload.c.lease_at.is_(None) | (upload.c.lease_at <= now)
    query = select(upload.c.id).where(upload.c.state.in_(RUNNING), free).order_by(upload.c.id).limit(1)
    id = (await connection.execute(query.with_for_update(skip_locked=True))).scalar()
    if id is None:
        return None
    # Only what is applied goes on where it was; a check and a rehearsal begin anew.
    position = case((upload.c.state == Stage.APPLYING, upload.c.position), else_=0)
    begun = {"begun_at": now, "begun_position": position, "position": position}
    mine = update(upload).where(upload.c.id == id)
    await connection.execute(mine.values(runner=runner, lease_at=lease, **begun))
    return await find(connection, int(id))


async def release(connection: AsyncConnection, id: int, runner: str) -> None:
    """Let go of an upload, so that another process need not wait until the lease is over."""
    mine = (upload.c.id == id) & (upload.c.runner == runner)
    await connection.execute(update(upload).where(mine).values(lease_at=None))


async def hold(connection: AsyncConnection, one: Upload, runner: str, lease: datetime) -> bool:
    """Lock an upload for the rest of the transaction; False where it was paused or stopped, or another works on it."""
    mine = (upload.c.id == one.id) & (upload.c.runner == runner) & (upload.c.state == one.state)
    done = await connection.execute(update(upload).where(mine).values(lease_at=lease))
    return bool(done.rowcount)


async def note(connection: AsyncConnection, id: int, position: int, counts: Mapping[str, Any]) -> None:
    """Write how far the work is, in the transaction that did it."""
    values = {"position": position, "counts": json.dumps(counts)}
    await connection.execute(update(upload).where(upload.c.id == id).values(values))
    touch(connection, [OVERSEERS])


async def end(connection: AsyncConnection, id: int, state: Stage, **values: Any) -> None:
    """The step in hand is over; nobody works on it any more."""
    written = {"state": state, "runner": None, "lease_at": None, **values}
    await connection.execute(update(upload).where(upload.c.id == id).values(written))
    touch(connection, [OVERSEERS])
    if state in OVER:
        await _forget(connection, id)


async def _forget(connection: AsyncConnection, id: int) -> None:
    """The file is no longer needed."""
    await connection.execute(delete(chunk).where(chunk.c.upload_id == id))
    await connection.execute(update(upload).where(upload.c.id == id).values(preview="[]"))


async def put_rows(connection: AsyncConnection, id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what rows are found to be."""
    fresh = dict.fromkeys(("at_column", "problem", "person", "ledger", "outcome", "next_at", "about"))
    await put_many(connection, insert(row), [{"upload_id": id, **fresh, **one} for one in rows])


async def drop_rows(connection: AsyncConnection, id: int, rehearsed: bool = False) -> None:
    """Forget what rows were found to be; or only what a rehearsal found."""
    query = delete(row).where(row.c.upload_id == id)
    await connection.execute(query.where(row.c.ledger.is_not(None)) if rehearsed else query)


async def refused_lines(connection: AsyncConnection, id: int) -> set[int]:
    """The lines of the file that cannot be stored."""
    query = select(row.c.line).where(row.c.upload_id == id, row.c.problem.is_not(None))
    return set((await connection.execute(query)).scalars())


async def rows_of(
    connection: AsyncConnection, id: int, kind: str, value: str, after: int = 0, limit: int = 100
) -> list[Any]:
    """Rows behind a number, by line: `kind` is refused, outcome, person or ledger; `value` one of its values."""
    query = select(row).where(row.c.upload_id == id, row.c.line > after).order_by(row.c.line).limit(limit)
    chosen = row.c.problem.is_not(None) if kind == "refused" else row.c[kind] == value
    return list(await connection.execute(query.where(chosen)))


async def recall(connection: AsyncConnection, headings_hash: str) -> dict[str, int | str] | None:
    """How files with these headings were mapped the last time."""
    query = select(remembered.c.mapping).where(remembered.c.headings_hash == headings_hash)
    found = (await connection.execute(query)).scalar()
    return None if found is None else json.loads(found)


async def remember(
    connection: AsyncConnection, headings_hash: str, mapping: Mapping[str, int | str], by: str, now: datetime
) -> None:
    """Keep how files with these headings are mapped."""
    put = upsert(connection, remembered)
    kept = {"mapping": put.excluded.mapping, "noted_by": put.excluded.noted_by, "noted_at": put.excluded.noted_at}
    written = {"headings_hash": headings_hash, "mapping": json.dumps(mapping), "noted_by": by, "noted_at": now}
    await connection.execute(put.on_conflict_do_update(index_elements=["headings_hash"], set_=kept), [written])


async def is_first(connection: AsyncConnection) -> bool:
    """Whether the bank has no customer yet."""
    known = t.Customer.__table__  # type: ignore[attr-defined]
    return (await connection.execute(select(known.c.id).where(known.c.known).limit(1))).first() is None


def _upload(found: Any) -> Upload:
    values = {name: getattr(found, name) for name in Upload.__dataclass_fields__}
    values["headings"] = tuple(json.loads(found.headings))
    return Upload(**{
        **values, "state": Stage(found.state), "mapping": json.loads(found.mapping), "counts": json.loads(found.counts),
        "preview": json.loads(found.preview),
    })  # fmt: skip
