"""huixin publish: two people, each with their own password, and content that was checked."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from bot import dialogues
from bot.store import agents
from bot.store.session import Database
from tests.commands.conftest import KEY, Huixin

PASSWORD = "correct horse"


@pytest.fixture
def bank(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with two supervisors and an agent; the folder that they may propose."""
    address = f"sqlite:///{shutil.copyfile(migrated, tmp_path / 'huixin.db')}"
    folder = Path(shutil.copytree(dialogues.ROOT, tmp_path / "dialogues"))
    for name, value in {"DATABASE": address, "DATA_KEY": KEY}.items():
        monkeypatch.setenv(f"HUIXIN_{name}", value)

    async def add() -> None:
        database = Database(address)
        async with database.write() as connection:
            for login, role in (("wang", "supervisor"), ("chen", "admin"), ("li", "agent")):
                await agents.create_agent(connection, login, login.title(), role, PASSWORD, "en")
        await database.close()

    asyncio.run(add())
    return folder


def edit(folder: Path) -> None:
    path = folder / "policies" / "contact" / "bank.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('limit: "3", days: "7"', 'limit: "2", days: "7"'), encoding="utf-8")


def propose(huixin: Huixin, folder: Path, login: str = "wang", password: str = PASSWORD) -> tuple[int, str]:
    arguments = ("publish", "propose", "--folder", folder, "--login", login, "--note", "fewer")
    ended = huixin(*arguments, lines=f"{password}\n")
    return ended.code, ended.out + ended.err


def approve(huixin: Huixin, login: str = "chen", password: str = PASSWORD, number: int = 1) -> tuple[int, str]:
    ended = huixin("publish", "approve", number, "--login", login, "--note", "read", lines=f"{password}\n")
    return ended.code, ended.out + ended.err


def test_one_proposes_and_another_approves(huixin: Huixin, bank: Path) -> None:
    assert "There is no edition" in huixin("publish", "list").out
    edit(bank)
    assert propose(huixin, bank)[0] == 0
    code, said = approve(huixin)
    assert code == 0
    assert "BANK-3-WEEK" in said
    assert "policies/contact/bank.yml: changed" in said
    listed = huixin("publish", "list").out
    assert "in_force" in listed
    assert "wang" in listed
    assert "chen" in listed


@pytest.mark.parametrize(("login", "password"), [("wang", "wrong"), ("li", PASSWORD), ("nobody", PASSWORD), ("", "")])
def test_who_may_not_publish_does_not(huixin: Huixin, bank: Path, login: str, password: str) -> None:
    edit(bank)
    code, said = propose(huixin, bank, login, password)
    assert code == 2
    assert "no supervisor or admin has this log-in and password" in said
    assert "There is no edition" in huixin("publish", "list").out


def test_the_proposer_does_not_approve(huixin: Huixin, bank: Path) -> None:
    edit(bank)
    propose(huixin, bank)
    code, said = approve(huixin, "wang")
    assert code == 2
    assert "a second person does" in said
    assert approve(huixin, number=7)[0] == 2


def test_broken_content_is_refused_with_its_file(huixin: Huixin, bank: Path) -> None:
    (bank / "policies" / "verify.yml").write_text("version: [", encoding="utf-8")
    code, said = propose(huixin, bank)
    assert code == 2
    assert "policies/verify.yml" in said
