"""huixin publish: two people, each with their own password, and content that was checked."""

from __future__ import annotations

import asyncio
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from bot import dialogues
from bot.clock import Clock
from bot.store import agents, totp
from bot.store.columns import use_keyring
from bot.store.keys import Keyring
from bot.store.session import Database
from tests.commands.conftest import KEY, Huixin
from tests.commands.test_files import NOW

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


def approve(
    huixin: Huixin, login: str = "chen", password: str = PASSWORD, number: int = 1, code: str = ""
) -> tuple[int, str]:
    lines = f"{password}\n{code}\n"
    ended = huixin("publish", "approve", number, "--login", login, "--note", "read", lines=lines)
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


@pytest.fixture
def secret(bank: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Chen has a second step, and the clock stands still a minute after it was set up."""
    monkeypatch.setattr(Clock, "wall", lambda _: NOW + timedelta(minutes=1))

    async def enrol() -> str:
        use_keyring(Keyring.from_text(KEY))
        database = Database(os.environ["HUIXIN_DATABASE"])
        async with database.write() as connection:
            person, _ = await agents.find_person(connection, "chen") or (None, "")
            assert person is not None
            found = await totp.offer(connection, person.id)
            assert await totp.confirm(connection, person.id, totp.code_at(found, NOW), NOW)
        await database.close()
        return found

    return asyncio.run(enrol())


def test_who_has_a_second_step_gives_a_code_too_and_each_counts_once(huixin: Huixin, bank: Path, secret: str) -> None:
    edit(bank)
    propose(huixin, bank)
    good = totp.code_at(secret, NOW + timedelta(minutes=1))
    for code in ("", "000000", totp.code_at(secret, NOW), "' OR 1=1 --"):
        ended, said = approve(huixin, code=code)
        assert (ended, "this code is wrong" in said) == (2, True)
    assert approve(huixin, password="wrong", code=good)[0] == 2
    assert "in_force" not in huixin("publish", "list").out
    assert approve(huixin, code=good)[0] == 0
    assert "in_force" in huixin("publish", "list").out
    (path := bank / "headings.yml").write_text(path.read_text("utf-8") + "# end\n", encoding="utf-8")
    assert propose(huixin, bank)[0] == 0
    assert approve(huixin, number=2, code=good)[0] == 2  # used already


def test_whoever_guesses_is_slowed_down_as_in_the_console(huixin: Huixin, bank: Path, secret: str) -> None:
    edit(bank)
    propose(huixin, bank)
    said = [approve(huixin, password=f"guess {n}")[1] for n in range(8)]
    assert "no supervisor or admin has this log-in and password" in said[0]
    assert "too many tries" in said[-1]
    assert "too many tries" in approve(huixin)[1]  # the right one neither, until then


def test_a_role_that_needs_a_second_step_has_one_first(
    huixin: Huixin, bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUIXIN_CODE_ROLES", "supervisor")
    edit(bank)
    code, said = propose(huixin, bank)
    assert (code, "set it up in the console first" in said) == (2, True)


def test_broken_content_is_refused_with_its_file(huixin: Huixin, bank: Path) -> None:
    (bank / "policies" / "verify.yml").write_text("version: [", encoding="utf-8")
    code, said = propose(huixin, bank)
    assert code == 2
    assert "policies/verify.yml" in said
