"""Where commands look: the configured database or the demonstration's, and the content that decides there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import demo, dialogues
from bot.clock import Clock
from bot.dialogues import Content, ContentError
from bot.edition import content_of, governing, unloadable
from bot.parts import check_schema, use_key
from bot.settings import Settings, SettingsError, load_settings
from bot.store.session import Database
from bot.store.tables import Journal

Folder = Annotated[Path | None, typer.Option(help="Go by this folder of dialogues/ instead of what is in force.")]


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


async def content_in(database: Database, settings: Settings, folder: Path | None = None) -> Content:
    """The rules and wording to go by: a folder's where one is named, else the edition in force in this database;
    while none was ever approved, the configured folder's. Raise ContentError."""
    bank = settings.bank_words()
    if folder is None:
        number, files = await governing(database)
        if files is not None:
            try:
                return content_of(files, bank)
            except ContentError as error:
                raise unloadable(number, error) from None
    return dialogues.load(folder or settings.dialogues or dialogues.ROOT, bank)


async def demo_moment(connection: AsyncConnection) -> datetime:
    """The time in a demonstration, as near as its journal tells: its clock may have been moved."""
    last = (await connection.execute(select(func.max(Journal.__table__.c.at)))).scalar()  # type: ignore[attr-defined]
    now = Clock()()
    return max(now, last) if last else now
