"""Where commands look: the configured database, or the demonstration's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import demo
from bot.clock import Clock
from bot.parts import check_schema, use_key
from bot.settings import Settings, SettingsError, load_settings
from bot.store.session import Database
from bot.store.tables import Journal


def settings_of(demonstration: bool = False) -> Settings:
    """The settings from the environment, or those of the demonstration in this folder."""
    if not demonstration:
        return load_settings()
    if not (demo.FOLDER / "secrets.json").exists():
        raise SettingsError(f"there is no demonstration in {demo.FOLDER}: start one with `make demo`")
    own = demo.load_secrets(demo.FOLDER)
    return load_settings(database=f"sqlite:///{demo.FOLDER / 'huixin.db'}", data_key=own.data_key)


@asynccontextmanager
async def database_of(settings: Settings) -> AsyncIterator[Database]:
    """An open database at this version's schema, with its keys in use."""
    use_key(settings)
    database = Database(settings.database)
    try:
        await check_schema(database)
        yield database
    finally:
        await database.close()


async def demo_moment(connection: AsyncConnection) -> datetime:
    """The time in a demonstration, as near as its journal tells: its clock may have been moved."""
    last = (await connection.execute(select(func.max(Journal.__table__.c.at)))).scalar()  # type: ignore[attr-defined]
    now = Clock()()
    return max(now, last) if last else now
