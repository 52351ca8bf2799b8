"""Works through uploads in the background: one slice, one transaction, which also writes how far it is.

A process that dies leaves its lease behind; when that is over, any other goes on from the last slice that was
committed. Nothing is done twice, since a slice and its position are one transaction.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.intake import steps
from bot.intake.mapping import Reception, fingerprint
from bot.intake.sheet import IntakeError, Sheet, read_sheet
from bot.intake.steps import Counts, Table
from bot.mind import Mind
from bot.store import uploads
from bot.store.keys import KeyProblem
from bot.store.portfolio import PortfolioRow
from bot.store.session import Database, StoreDown
from bot.store.uploads import Stage, Upload

log = structlog.get_logger()
LEASE = timedelta(seconds=15)
SLICE = 1000  # rows in one transaction
SLICE_SQLITE = 250  # nobody else writes meanwhile
CHECKED_AT_ONCE = 2000
BREATH = 0.005  # seconds between slices, in which others may write


class Runner:
    """Checks, rehearses and applies uploads, one at a time, until it is stopped; the slice in hand is finished."""

    def __init__(
        self,
        database: Database,
        mind: Mind,
        reception: Reception,
        now: Callable[[], datetime],
        wake_others: Callable[[], None] = lambda: None,
        poll_seconds: float = 2.0,
        rows_at_once: int = 0,
        lease: timedelta = LEASE,
        in_force: Callable[[], Awaitable[Mind]] | None = None,
    ):
        """`in_force`: asked before each step for the mind to do it by; without it `mind` does all."""
        self._in_force = in_force
        self._database, self._mind, self._now = database, mind, now
        self.reception = reception
        self._wake_others, self._poll = wake_others, poll_seconds
        self._slice = rows_at_once or (SLICE_SQLITE if database.is_sqlite else SLICE)
        self._lease = lease
        self._name = secrets.token_hex(8)
        self._stopping = False
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """An upload may wait: look now."""
        self._woken.set()

    def stop(self) -> None:
        """End after the slice in hand."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Work until stopped."""
        pause = self._poll
        while not self._stopping:
            self._woken.clear()
            try:
                worked, pause = await self.work(), self._poll
            except StoreDown as error:
                log.error("the database is down", reason=str(error))
                worked, pause = False, min(30.0, pause * 2)
            except Exception:
                log.exception("an upload could not be worked on")
                worked, pause = False, min(30.0, pause * 2)
            if not worked and not self._stopping:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), pause)

    async def work(self) -> bool:
        """Go through one step of one upload, as far as it lets us; False where none waits."""
        now = self._now()
        async with self._database.write() as connection:
            await uploads.expire(connection, now - self.reception.keep, now)
            one = await uploads.claim(connection, self._name, now, now + self._lease)
        if one is None:
            return False
        if self._in_force is not None:
            self._mind = await self._in_force()
        raw = b""
        with contextlib.suppress(KeyProblem):  # what cannot be opened is no longer what was uploaded
            async with self._database.read() as connection:
                raw = await uploads.content_of(connection, one.id)
        table = await self._table(one, raw)
        if isinstance(table, str):
            await self._end(one, Stage.FAILED, failure=table)
            return True
        match one.state:
            case Stage.CHECKING:
                await self._check(one, table)
            case Stage.REHEARSING:
                await self._rehearse(one, table)
            case Stage.APPLYING:
                await self._apply(one, table)
        if self._stopping:
            async with self._database.write() as connection:
                await uploads.release(connection, one.id, self._name)
        return True

    async def _table(self, one: Upload, raw: bytes) -> Table | str:
        """The very bytes that were uploaded, under the mapping that was frozen; or why they are not."""
        if hashlib.sha256(raw).hexdigest() != one.sha256:
            return "damaged"
        if one.fingerprint != fingerprint(one.sha256, one.mapping, self.reception):
            return "changed"
        try:
            sheet: Sheet = await asyncio.to_thread(read_sheet, raw)
        except IntakeError:
            return "damaged"
        return await asyncio.to_thread(Table.of, sheet, one.mapping, self.reception)

    async def _check(self, one: Upload, table: Table) -> None:
        counts: Counts = {}
        seen: set[str] = set()
        rows = table.sheet.rows
        async with self._database.write() as connection:
            await uploads.drop_rows(connection, one.id)
        for start in range(0, len(rows), CHECKED_AT_ONCE):
            lines = rows[start : start + CHECKED_AT_ONCE]
            found = await asyncio.to_thread(steps.checked, table, lines, seen, counts)
            if not await self._write(one, start + len(lines), counts, found):
                return
        await self._end(one, Stage.CHECKED)

    async def _rehearse(self, one: Upload, table: Table) -> None:
        counts: Counts = {name: one.counts[name] for name in ("problems", "refused", "good") if name in one.counts}
        async with self._database.write() as connection:
            await uploads.drop_rows(connection, one.id, rehearsed=True)
            refused = await uploads.refused_lines(connection, one.id)
        position, content = 0, self._mind.content
        while position < len(table.order):
            lines = table.slice(position, self._slice)
            checked = await asyncio.to_thread(steps.results, table, lines, refused)
            rows = [(line, row) for line, row in checked if isinstance(row, PortfolioRow)]
            now = self._now()
            async with self._database.write() as connection:
                if not await uploads.hold(connection, one, self._name, now + self._lease):
                    return
                found = await steps.rehearsed(connection, rows, content, now, counts)
                await uploads.put_rows(connection, one.id, found)
                position += len(lines)
                await uploads.note(connection, one.id, position, counts)
            if not await self._breathe():
                return
        version = content.rules.version
        await self._end(one, Stage.REHEARSED, rehearsed_at=self._now(), content_version=version)

    async def _apply(self, one: Upload, table: Table) -> None:
        counts, position = dict(one.counts), one.position
        async with self._database.read() as connection:
            refused = await uploads.refused_lines(connection, one.id)
        while position < len(table.order):
            lines = table.slice(position, self._slice)
            checked = await asyncio.to_thread(steps.results, table, lines, refused)
            now = self._now()
            async with self._database.write() as connection:
                if not await uploads.hold(connection, one, self._name, now + self._lease):
                    return
                found = await steps.applied(connection, checked, len(lines), self._mind.content, now, counts)
                await uploads.put_rows(connection, one.id, found)
                position += len(lines)
                await uploads.note(connection, one.id, position, counts)
            self._wake_others()
            if not await self._breathe():
                return
        await self._end(one, Stage.APPLIED, ended_at=self._now())

    async def _write(self, one: Upload, position: int, counts: Counts, found: Any) -> bool:
        async with self._database.write() as connection:
            if not await uploads.hold(connection, one, self._name, self._now() + self._lease):
                return False
            await uploads.put_rows(connection, one.id, found)
            await uploads.note(connection, one.id, position, counts)
        return await self._breathe()

    async def _breathe(self) -> bool:
        await asyncio.sleep(BREATH)
        return not self._stopping

    async def _end(self, one: Upload, state: Stage, **values: Any) -> None:
        async with self._database.write() as connection:
            if await uploads.hold(connection, one, self._name, self._now() + self._lease):
                await uploads.end(connection, one.id, state, **values)
