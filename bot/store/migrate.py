"""Brings a database to the schema of this version, through the migrations; says whether it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from bot.store.session import Database
from bot.store.tables import METADATA

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


async def upgrade(database: Database, revision: str = "head") -> None:
    """Run the migrations that are missing; none are, on a database that is up to date."""
    async with database.write() as connection:
        await connection.run_sync(lambda c: command.upgrade(_config(c), revision))


async def downgrade(database: Database, revision: str = "base") -> None:
    """Take migrations back."""
    async with database.write() as connection:
        await connection.run_sync(lambda c: command.downgrade(_config(c), revision))


async def drift(database: Database) -> list[Any]:
    """What the tables in code have and the database has not, and the other way round; empty where they agree."""
    async with database.read() as connection:
        return await connection.run_sync(
            lambda c: list(compare_metadata(MigrationContext.configure(c, opts={"compare_type": True}), METADATA))
        )
