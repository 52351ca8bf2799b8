"""How quick an uploaded portfolio is checked, rehearsed and imported, beside a bare COPY of what its rows become."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from bot import dialogues
from bot.intake import Reception, Runner, mapping
from bot.intake.sheet import read_sheet
from bot.mind import Mind
from bot.nlu.read import Reader
from bot.store import uploads
from bot.store.session import Database
from bot.store.uploads import Stage

ROWS = 20_000
HEADER = "customer,name,phone,account,product,balance,amount_due,due_date"
TABLES = {"customer": "id", "phone": "customer_id", "account": "customer_id", "case_file": "customer_id",
          "agenda": "customer_id"}  # fmt: skip


async def measure_upload(database: Database, folder: Path) -> dict[str, float]:
    """Seconds of each step with so many rows, each a new customer; and of the bare COPY."""
    lines = (f"U{n},客户{n},+86137{n:08},AU{n},personal_loan,1200.00,600.00,2026-10-20" for n in range(ROWS))
    raw, reception, now = "\n".join([HEADER, *lines]).encode(), Reception(), datetime.now(UTC)
    sheet, sha = read_sheet(raw), hashlib.sha256(raw).hexdigest()
    chosen = mapping.guess(reception.headings, sheet.headings)
    async with database.write() as connection:
        last = (await connection.execute(text("SELECT max(id) FROM customer"))).scalar_one()
        id = await uploads.add(connection, raw, {
            "name": "list.csv", "sha256": sha, "size": len(raw), "encoding": sheet.encoding, "delimiter": ",",
            "headings": sheet.headings, "preview": [], "rows": ROWS, "uploaded_by": "boss", "uploaded_at": now,
            "state": Stage.CHECKING, "mapping": chosen, "changed_at": now,
            "fingerprint": mapping.fingerprint(sha, chosen, reception),
        })  # fmt: skip
    runner = Runner(
        database, Mind(Reader.load(), dialogues.load(), timedelta(0), "bank"), reception, lambda: datetime.now(UTC)
    )
    took = {}
    for stage in (Stage.CHECKING, Stage.REHEARSING, Stage.APPLYING):
        async with database.write() as connection:
            await uploads.end(connection, id, stage, position=0)
        started = time.perf_counter()
        await runner.work()
        took[str(stage)] = time.perf_counter() - started
    async with database.read() as connection:
        one = await uploads.find(connection, id)
    assert one is not None and one.counts["applied"]["created"] == ROWS, "the import left rows out"
    return {**took, "copy": await _copied(database, folder, int(last))}


async def _copied(database: Database, folder: Path, after: int) -> float:
    """Seconds in which the bare driver copies the imported rows into tables with the same indexes."""
    async with database.alone() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        for table, key in TABLES.items():
            await driver.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)")
            rows = f"SELECT * FROM {table} WHERE {key} > {after}"
            await driver.copy_from_query(rows, output=folder / f"{table}.copy", format="binary")
        started = time.perf_counter()
        async with driver.transaction():
            for table in TABLES:
                await driver.copy_to_table(f"bare_{table}", source=folder / f"{table}.copy", format="binary")
        took = time.perf_counter() - started
        for table in TABLES:
            await driver.execute(f"DROP TABLE bare_{table}")
    return took
