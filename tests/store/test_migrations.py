"""One history of migrations serves both databases."""

from __future__ import annotations

from sqlalchemy import inspect

from bot.store import migrate
from bot.store.session import Database
from bot.store.tables import METADATA


async def test_an_empty_database_is_upgraded_to_exactly_the_tables_in_code(empty: Database) -> None:
    await migrate.upgrade(empty)
    async with empty.read() as connection:
        names = await connection.run_sync(lambda c: set(inspect(c).get_table_names()))
    assert names - {"alembic_version"} == {table.name for table in METADATA.sorted_tables}
    assert await migrate.drift(empty) == []


async def test_upgrading_twice_changes_nothing_and_downgrading_leaves_nothing(empty: Database) -> None:
    await migrate.upgrade(empty)
    await migrate.upgrade(empty)
    await migrate.downgrade(empty)
    async with empty.read() as connection:
        names = await connection.run_sync(lambda c: set(inspect(c).get_table_names()))
    assert names == {"alembic_version"}
    await migrate.upgrade(empty)
    assert await migrate.drift(empty) == []
