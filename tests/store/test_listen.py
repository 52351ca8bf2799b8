"""What one process commits, others hear; whoever was cut off is told that anything may have happened."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from bot.store.session import Database, touch


async def test_a_listener_that_was_cut_off_connects_again_and_resyncs(database: Database) -> None:
    """SQLite has one process, whose commits are told directly: there is nothing to be cut off from."""
    if database.is_sqlite:
        return
    heard: asyncio.Queue[frozenset[int]] = asyncio.Queue()
    ended = asyncio.Event()
    database.watch(heard.put_nowait)
    listening = asyncio.create_task(database.listen(ended))
    try:
        for _ in range(2):
            assert await asyncio.wait_for(heard.get(), 10) == frozenset()
            async with database.write() as connection:
                touch(connection, [7, 5])
            assert await asyncio.wait_for(heard.get(), 10) == {5, 7}
            async with database.write() as connection:
                cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'"
                assert (await connection.execute(text(cut))).scalars().all() == [True]
        assert await asyncio.wait_for(heard.get(), 10) == frozenset()
    finally:
        ended.set()
        await asyncio.wait_for(listening, 10)


async def test_a_commit_that_was_rolled_back_is_not_told(database: Database) -> None:
    heard: list[frozenset[int]] = []
    database.watch(heard.append)
    try:
        async with database.write() as connection:
            touch(connection, [1])
            raise LookupError
    except LookupError:
        pass
    assert heard == []
