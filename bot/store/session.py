"""Connections: one implementation for SQLite (one process, one writer) and PostgreSQL (a fleet)."""

from __future__ import annotations

import asyncio
import contextlib
import copy
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bot.store import one_hop

CHANNEL = "huixin_changed"  # what PostgreSQL's NOTIFY is told under
QUIET: dict[str, Any] = {"hide_parameters": True}  # errors reach the logs: no text and no name stands in them
MOST_TOLD = 500  # ids in one notification, whose 8,000 bytes must hold them all


class StoreDown(Exception):
    """The database cannot be reached or refuses to work just now; the same call may succeed later."""


class ReadOnly(Exception):
    """Something asked to write where nothing may be written: a mistake of ours, which the database stopped."""


class Database:
    """Where everything is kept. `write()` is a transaction that commits at its end; `read()` never writes."""

    def __init__(self, url: str):
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._watchers: list[Callable[[frozenset[int]], None]] = []
        if self.is_sqlite:
            if self.url.database not in (None, "", ":memory:"):
                Path(str(self.url.database)).parent.mkdir(parents=True, exist_ok=True)
            self._writer = _sqlite(self.url.set(drivername="sqlite+aiosqlite"), pool_size=1, begin="BEGIN IMMEDIATE")
            self._reader = _sqlite(self.url.set(drivername="sqlite+aiosqlite"), 4, begin="BEGIN", read_only=True)
        else:
            url_pg = self.url.set(drivername="postgresql+asyncpg")
            self._writer = create_async_engine(url_pg, pool_size=10, max_overflow=5, pool_pre_ping=True, **QUIET)
            # One snapshot for all statements of a reader, as SQLite gives it: figures that belong together agree.
            # The database itself refuses to write there, whatever our code says.
            self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that commits at the end and rolls back on any error."""
        async with _connection(self._writer) as connection:
            connection.info["changed"] = set()
            yield connection
            changed: set[int] = connection.info["changed"]
            if changed and not self.is_sqlite:
                await _notify(connection, sorted(changed))
        if changed and self.is_sqlite:
            self._tell(frozenset(changed))

    def looking(self) -> Database:
        """The same database for somebody who may only look: even what asks to write gets a read-only transaction."""
        only = copy.copy(self)
        only._writer = self._reader
        return only

    def watch(self, watcher: Callable[[frozenset[int]], None]) -> None:
        """Call this with the ids of customers after each commit that changed something about them.

        On PostgreSQL, commits of other processes count too, for as long as `listen` runs. No ids: some were missed.
        """
        self._watchers.append(watcher)

    def _tell(self, ids: frozenset[int]) -> None:
        for watcher in self._watchers:
            watcher(ids)

    async def listen(self, ended: asyncio.Event) -> None:
        """Hear what any process changes, until ended. SQLite has one process: there is nothing to hear."""
        while not self.is_sqlite and not ended.is_set():
            try:
                async with self.alone() as connection:
                    driver = (await connection.get_raw_connection()).driver_connection
                    assert driver is not None
                    await driver.add_listener(CHANNEL, lambda *told: self._tell(_ids(told[-1])))
                    self._tell(frozenset())  # what was said before nobody heard
                    while not ended.is_set() and not driver.is_closed():
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(ended.wait(), 1)
            except StoreDown:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), 1)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A consistent view of the data; on SQLite it never waits for the writer."""
        async with _connection(self._reader) as connection:
            yield connection

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[AsyncConnection]:
        """A connection of its own to PostgreSQL, without a transaction: for locks that live as long as it does.

        The server notices within half a minute where our machine is gone, and lets go of them.
        """
        noticed = {"tcp_keepalives_idle": "15", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
        engine = create_async_engine(
            self._writer.url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            **QUIET,
            connect_args={"server_settings": noticed},
        )
        async with _connection(engine) as connection:
            yield connection

    async def close(self) -> None:
        """Release all connections."""
        await self._writer.dispose()
        await self._reader.dispose()

    async def ping(self) -> None:
        """Raise StoreDown where the database does not answer."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))


def touch(connection: AsyncConnection, ids: Iterable[int]) -> None:
    """Note in a `write()` that something about these customers changed; watchers hear of it after the commit."""
    connection.info.setdefault("changed", set()).update(ids)


def upsert(connection: AsyncConnection, table: Any) -> Any:
    """INSERT … ON CONFLICT in the database's own dialect."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


async def _notify(connection: AsyncConnection, ids: list[int]) -> None:
    """Ids only: whoever hears them reads the rest where it is kept."""
    said = [",".join(map(str, ids[at : at + MOST_TOLD])) for at in range(0, len(ids), MOST_TOLD)]
    for payload in said:
        await connection.execute(text("SELECT pg_notify(:channel, :ids)"), {"channel": CHANNEL, "ids": payload})


def _ids(payload: str) -> frozenset[int]:
    return frozenset(int(id) for id in payload.split(",") if id.isdecimal())


@asynccontextmanager
async def _connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    try:
        async with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        said = str(error.orig)
        if "readonly database" in said or "read-only transaction" in said:
            raise ReadOnly("this transaction may only read") from error
        if error.connection_invalidated or type(error).__name__ in ("OperationalError", "InterfaceError"):
            raise StoreDown(type(error.orig).__name__ if error.orig else "database error") from error
        raise
    except (OSError, TimeoutError) as error:
        raise StoreDown(f"the database cannot be reached ({type(error).__name__})") from error


def _sqlite(url: Any, pool_size: int, begin: str, read_only: bool = False) -> AsyncEngine:
    """An engine that begins transactions itself: the driver's own habit would read and write in separate ones."""
    how = {"timeout": 30, "async_creator_fn": one_hop.connect}
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, connect_args=how, **QUIET)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        only = ("query_only=ON",) if read_only else ()  # the database itself refuses to write, whatever our code says
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000", *only):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine
