"""SQLite in one visit to its thread for each statement, where aiosqlite makes four: cursor, run, fetch, close.

A visit wakes a thread and the event loop again, which costs more than most of our statements. Nothing else differs:
one connection still has one thread, which alone touches it, and its statements run in the order that they were asked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Self

import aiosqlite


def connect(database: str, **options: Any) -> Connection:
    """A connection, to be awaited; for SQLAlchemy's `async_creator_fn`. It ends with the process that forgets it."""
    connection = Connection(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
    connection._thread.daemon = True
    return connection


class Connection(aiosqlite.Connection):
    """aiosqlite's, with cursors that make one visit."""

    def cursor(self) -> Cursor:  # type: ignore[override]
        """A cursor. Nothing is asked of the database yet."""
        return Cursor(self)

    async def visit(self, work: Callable[[], None]) -> None:
        """Do this in the connection's thread, after what was asked before."""
        await self._execute(work)  # type: ignore[no-untyped-call]


class Cursor:
    """What SQLAlchemy uses of a cursor. All rows come with the statement: it would fetch them at once anyway."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Sequence[Any] | None = None
        self.rowcount, self.arraysize = -1, 1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Any = ()) -> Self:
        """Run one statement and keep its rows."""
        await self._connection.visit(partial(self._run, False, statement, parameters))
        return self

    async def executemany(self, statement: str, many: Iterable[Any]) -> Self:
        """Run one statement once for each set of parameters."""
        await self._connection.visit(partial(self._run, True, statement, many))
        return self

    def _run(self, often: bool, statement: str, parameters: Any) -> None:
        """In the connection's thread."""
        cursor = self._connection._conn.cursor()
        try:
            (cursor.executemany if often else cursor.execute)(statement, parameters)
            self._rows = cursor.fetchall() if cursor.description else []
            self.description = cursor.description
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()

    async def fetchall(self) -> list[Any]:
        """The rows of the last statement, once."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Nothing is left open."""
