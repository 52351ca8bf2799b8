"""kill -9 in the middle of an import: another process finishes it, with nothing left out and nothing doubled."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from sqlalchemy import func, select

from bot.dialogues import Content
from bot.intake import Reception, mapping
from bot.intake.sheet import read_sheet
from bot.store import cases, uploads
from bot.store import tables as t
from bot.store.session import Database
from bot.store.uploads import Stage, Upload
from tests.fleet import Fleet, environment, until

ROWS = 5000
HEADER = "customer,name,phone,account,product,balance,amount_due,due_date"


async def test_an_import_whose_process_is_killed_is_finished_by_the_next(database: Database, content: Content) -> None:
    id = await _approved(database)
    fleet = Fleet(environment(database, {"HUIXIN_LEASE_SECONDS": "1"}))

    async def found() -> Upload:
        async with database.read() as connection:
            one = await uploads.find(connection, id)
        assert one is not None
        return one

    async def begun() -> bool:
        return (await found()).position > 0

    async def over() -> bool:
        return (await found()).state is Stage.APPLIED

    await fleet.start("serve")
    try:
        await until(begun, 60, "the import begins")
        killed_at = await _kill(fleet, found)
        await until(over, 60, "the import is over")
    finally:
        await fleet.stop()
    assert 0 < killed_at < ROWS
    one = await found()
    applied = {"created": ROWS, "updated": 0, "unchanged": 0, "refused": 0, "people": {"new": ROWS}}
    assert (one.position, one.counts["applied"]) == (ROWS, applied)
    agenda = t.Agenda.__table__  # type: ignore[attr-defined]
    async with database.read() as connection:
        for table in (cases.customer, cases.phone, cases.account, cases.case_file, agenda):
            assert await connection.scalar(select(func.count()).select_from(table)) == ROWS, table.name


async def _kill(fleet: Fleet, found: Callable[[], Awaitable[Upload]]) -> int:
    """Kill the process; how far it was by then."""
    await fleet.kill(0)
    return (await found()).position


async def _approved(database: Database) -> int:
    """A portfolio that a second person has approved just now."""
    lines = (f"C{n},客户{n},+86138{n:08},A{n},personal_loan,1200.00,600.00,2026-10-20" for n in range(ROWS))
    raw = "\n".join([HEADER, *lines]).encode()
    sheet, reception, now = read_sheet(raw), Reception(), datetime.now(UTC)
    chosen, sha = mapping.guess(reception.headings, sheet.headings), hashlib.sha256(raw).hexdigest()
    async with database.write() as connection:
        return await uploads.add(connection, raw, {
            "name": "list.csv", "sha256": sha, "size": len(raw), "encoding": sheet.encoding, "delimiter": ",",
            "headings": sheet.headings, "preview": [], "rows": ROWS, "uploaded_by": "boss", "uploaded_at": now,
            "state": Stage.APPLYING, "mapping": chosen, "changed_at": now,
            "fingerprint": mapping.fingerprint(sha, chosen, reception),
        })  # fmt: skip
