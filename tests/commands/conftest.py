"""The command line as a person uses it: arguments in, text and an exit code out."""

from __future__ import annotations

import base64
import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from bot.commands import main
from bot.nlu.read import Reader
from bot.store.columns import use_keyring
from bot.store.keys import Keyring
from tests.conftest import log_plainly

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Huixin = Callable[..., Ended]


@pytest.fixture
def huixin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], reader: Reader) -> Iterator[Huixin]:
    """Run `huixin …` in this process, without a terminal, with these lines as its input.

    The reader is the one that all tests share: each command would train the same one again, for seconds.
    """
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(Reader, "load", lambda *_: reader)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def run(*arguments: object, lines: str = "") -> Ended:
        monkeypatch.setattr(sys, "argv", ["huixin", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", StringIO(lines))
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        shown = capsys.readouterr()
        return Ended(code, shown.out, shown.err)

    yield run
    use_keyring(Keyring(bytes(range(32))))
    log_plainly()  # what a command set up would go on writing to this test's output
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, to be copied."""
    import asyncio

    from bot.store import migrate
    from bot.store.session import Database

    path = tmp_path_factory.mktemp("migrated") / "huixin.db"

    async def make() -> None:
        database = Database(f"sqlite:///{path}")
        await migrate.upgrade(database)
        await database.close()

    asyncio.run(make())
    return path


@pytest.fixture
def place(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a migrated database in it and the settings that say so."""
    shutil.copyfile(migrated, tmp_path / "huixin.db")
    monkeypatch.setenv("HUIXIN_DATABASE", f"sqlite:///{tmp_path / 'huixin.db'}")
    monkeypatch.setenv("HUIXIN_DATA_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    return tmp_path
