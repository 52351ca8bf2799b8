"""The physical limit: what a run wrote, written again by the bare driver on a copy of the same database."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import event

from bot.store.session import Database

WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass(slots=True)
class Recording:
    """Every write of a run, by transaction, in the driver's own terms."""

    transactions: list[list[tuple[str, list[Any]]]] = field(default_factory=list)
    current: list[tuple[str, list[Any]]] = field(default_factory=list)

    def statement(self, _c: Any, _cur: Any, statement: str, parameters: Any, _ctx: Any, many: bool) -> None:
        """Note one statement, if it writes."""
        if statement.lstrip().upper().startswith(WRITES):
            self.current.append((statement, list(parameters) if many else [parameters]))

    def commit(self, _c: Any) -> None:
        """Note the end of a transaction."""
        if self.current:
            self.transactions.append(self.current)
        self.current = []

    @property
    def rows(self) -> int:
        """How many rows were written."""
        return sum(len(parameters) for one in self.transactions for _, parameters in one)


@contextmanager
def recording(database: Database) -> Iterator[Recording]:
    """Record what is written while this is open."""
    recorded, engine = Recording(), database._writer.sync_engine
    event.listen(engine, "before_cursor_execute", recorded.statement)
    event.listen(engine, "commit", recorded.commit)
    try:
        yield recorded
    finally:
        event.remove(engine, "before_cursor_execute", recorded.statement)
        event.remove(engine, "commit", recorded.commit)


async def snapshot(database: Database, folder: Path) -> str:
    """Copy a database as it stands; the copy's address. Nobody else may be connected."""
    await database.close()
    if database.is_sqlite:
        path = folder / "copy.db"
        source = sqlite3.connect(str(database.url.database))
        source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        source.close()
        shutil.copyfile(str(database.url.database), path)
        return str(path)
    dsn = database.url.render_as_string(hide_password=False)
    connection = await asyncpg.connect(dsn)
    name = str(database.url.database)
    await connection.close()
    admin = await asyncpg.connect(database.url.set(database="template1").render_as_string(hide_password=False))
    await admin.execute("DROP DATABASE IF EXISTS bench_copy")
    await admin.execute(f'CREATE DATABASE bench_copy TEMPLATE "{name}"')
    await admin.close()
    return database.url.set(database="bench_copy").render_as_string(hide_password=False)


async def replay(recorded: Recording, copy: str) -> float:
    """Write it all again with the bare driver; seconds."""
    if not copy.startswith("postgres"):
        return _replay_sqlite(recorded, copy)
    connection = await asyncpg.connect(copy)
    started = time.perf_counter()
    for transaction in recorded.transactions:
        async with connection.transaction():
            for statement, parameters in transaction:
                await connection.executemany(statement, parameters)
    seconds = time.perf_counter() - started
    await connection.close()
    return seconds


def _replay_sqlite(recorded: Recording, path: str) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    started = time.perf_counter()
    for transaction in recorded.transactions:
        connection.execute("BEGIN IMMEDIATE")
        for statement, parameters in transaction:
            connection.executemany(statement, parameters)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - started
    connection.close()
    return seconds
