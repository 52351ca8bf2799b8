"""What SQLAlchemy gets from SQLite in one visit to its thread is what it got in four."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.store import one_hop


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[one_hop.Connection]:
    one = one_hop.connect(str(tmp_path / "some.db"), isolation_level=None)
    await one
    cursor = one.cursor()
    await cursor.execute("CREATE TABLE word (id INTEGER PRIMARY KEY, said TEXT UNIQUE)")
    await cursor.executemany("INSERT INTO word (said) VALUES (?)", [("一",), ("二",), ("三",)])
    assert cursor.rowcount == 3
    yield one
    await one.close()


async def test_rows_columns_and_ids_come_with_the_statement(connection: one_hop.Connection) -> None:
    cursor = connection.cursor()
    await cursor.execute("SELECT id, said FROM word WHERE id > ? ORDER BY id", (1,))
    assert [column[0] for column in cursor.description or ()] == ["id", "said"]
    await cursor.close()
    assert await cursor.fetchall() == [(2, "二"), (3, "三")]
    assert await cursor.fetchall() == []
    await cursor.execute("INSERT INTO word (said) VALUES ('四') RETURNING id")
    assert await cursor.fetchall() == [(4,)]
    await cursor.execute("UPDATE word SET said = said || '!' WHERE id < 3")
    assert (cursor.rowcount, cursor.description, await cursor.fetchall()) == (2, None, [])


async def test_an_error_keeps_its_kind_and_the_connection_goes_on(connection: one_hop.Connection) -> None:
    for wrong, kind in {
        "INSERT INTO word (said) VALUES ('一')": sqlite3.IntegrityError,
        "SELECT nothing FROM nowhere": sqlite3.OperationalError,
        "SELECT ?": sqlite3.ProgrammingError,
    }.items():
        with pytest.raises(kind):
            await connection.cursor().execute(wrong)
    cursor = connection.cursor()
    await cursor.execute("SELECT count(*) FROM word")
    assert await cursor.fetchall() == [(3,)]


async def test_a_statement_is_one_visit_to_the_thread(
    connection: one_hop.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits: list[Any] = []
    put = connection._tx.put_nowait

    class Counting:
        def put_nowait(self, item: Any) -> None:
            visits.append(item)
            put(item)

    monkeypatch.setattr(connection, "_tx", Counting())
    cursor = await connection.cursor().__aenter__()
    await cursor.execute("SELECT said FROM word")
    assert len(await cursor.fetchall()) == 3
    await cursor.close()
    assert len(visits) == 1


async def test_who_no_longer_waits_leaves_the_order_of_what_follows_alone(connection: one_hop.Connection) -> None:
    waiting = asyncio.create_task(connection.cursor().execute("INSERT INTO word (said) VALUES ('五')"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    cursor = connection.cursor()
    await cursor.execute("SELECT said FROM word ORDER BY id DESC LIMIT 1")
    assert await cursor.fetchall() == [("五",)]
