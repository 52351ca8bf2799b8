"""huixin erase: shows first, asks for a password and a reason, and is done only when it is confirmed."""

from __future__ import annotations

import asyncio
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from bot.core.case import State
from bot.store import accesses, agents, cases
from bot.store.columns import keyring
from bot.store.inbox import new_file
from bot.store.keys import new_customer_key
from bot.store.session import Database
from tests.commands.conftest import KEY, Huixin
from tests.console.conftest import NOON

PASSWORD, NUMBER = "correct horse", "+8613800000001"
ASKED = ("--login", "wang", "--reason", "request 2026-117")


@pytest.fixture
def bank(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, huixin: Huixin) -> str:
    """A database with a supervisor, an agent, one customer who owes (C1) and one who has paid (C2)."""
    address = f"sqlite:///{shutil.copyfile(migrated, tmp_path / 'huixin.db')}"
    for name, value in {"DATABASE": address, "DATA_KEY": KEY}.items():
        monkeypatch.setenv(f"HUIXIN_{name}", value)

    async def add() -> None:
        database = Database(address)
        async with database.write() as connection:
            for login, role in (("wang", "supervisor"), ("li", "agent")):
                await agents.create_agent(connection, login, login.title(), role, PASSWORD, "en")
            for n, due in ((1, Decimal(500)), (2, Decimal(0))):
                about = {
                    "reference": f"C{n}", "name": "李小明", "language": "zh", "zones": "Asia/Shanghai",
                    "jurisdiction": "cn", "known": True, "data_key": new_customer_key().hex(), "last_seq": 0,
                    "journal_seq": 0, "journal_head": "", "created_at": NOON,
                }  # fmt: skip
                owed = {
                    "reference": f"A{n}", "product": "personal_loan", "balance": due, "minimum_due": None,
                    "amount_due": due, "due_on": date(2026, 10, 20), "currency": "CNY", "tail": "8721",
                }  # fmt: skip
                await connection.execute(insert(cases.customer).values(id=n, **about))
                await connection.execute(insert(cases.case_file).values(new_file(n, State.CONTACTED, NOON)))
                number = f"{NUMBER[:-1]}{n}"
                phone = {"number": number, "number_hash": keyring().number_hash(number), "source": "reserved"}
                await connection.execute(insert(cases.phone).values(customer_id=n, current=True, **phone))
                await connection.execute(insert(cases.account).values(customer_id=n, **owed))
        await database.close()

    asyncio.run(add())
    return address


def names(address: str) -> list[str]:
    async def read() -> list[str]:
        database = Database(address)
        async with database.read() as connection:
            found = list((await connection.execute(select(cases.customer.c.name).order_by("id"))).scalars())
        await database.close()
        return found

    return asyncio.run(read())


def looked(address: str) -> list[tuple[str, str]]:
    async def read() -> list[tuple[str, str]]:
        database = Database(address)
        async with database.read() as connection:
            found = [(row.who, row.what) for row in await connection.execute(select(accesses.access_log))]
        await database.close()
        return found

    return asyncio.run(read())


def test_it_shows_first_and_erases_only_when_confirmed(huixin: Huixin, bank: str) -> None:
    shown = huixin("erase", "C2", *ASKED, lines=f"{PASSWORD}\n")
    assert shown.code == 0 and "Would erase customer 2" in shown.out and "Nothing was changed" in shown.out
    assert names(bank) == ["李小明", "李小明"] and looked(bank) == []
    done = huixin("erase", "C2", *ASKED, "--confirm", lines=f"{PASSWORD}\n")
    assert done.code == 0 and "Erased customer 2" in done.out and "李小明" not in done.out
    assert names(bank) == ["李小明", ""] and looked(bank) == [("wang", "erase: request 2026-117")]
    again = huixin("erase", "C2", *ASKED, "--confirm", lines=f"{PASSWORD}\n")
    assert again.code == 2 and "there is no customer" in again.err  # the reference is gone too
    assert huixin("verify").code == 0


def test_an_open_debt_is_refused_until_it_is_said(huixin: Huixin, bank: str) -> None:
    refused = huixin("erase", "C1", *ASKED, "--confirm", lines=f"{PASSWORD}\n")
    assert refused.code == 2 and "still open" in refused.err and "--despite-debt" in refused.err
    assert names(bank) == ["李小明", "李小明"]
    assert huixin("erase", "A1", *ASKED, "--confirm", "--despite-debt", lines=f"{PASSWORD}\n").code == 0
    assert names(bank) == ["", "李小明"]


@pytest.mark.parametrize(
    ("login", "password"), [("wang", "wrong"), ("li", PASSWORD), ("nobody", PASSWORD), ("", ""), ("wang", "\x00")]
)
def test_who_may_not_erase_does_not(huixin: Huixin, bank: str, login: str, password: str) -> None:
    ended = huixin("erase", "C2", "--login", login, "--reason", "r", "--confirm", lines=f"{password}\n")
    assert ended.code == 2 and "no supervisor or admin has this log-in and password" in ended.err
    assert names(bank) == ["李小明", "李小明"]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 71, "a\x00b", "a\u202eb"])
def test_a_reason_is_asked_for_and_fits_the_log(huixin: Huixin, bank: str, reason: str) -> None:
    ended = huixin("erase", "C2", "--login", "wang", "--reason", reason, "--confirm", lines=f"{PASSWORD}\n")
    assert ended.code == 2 and "--reason" in ended.err
    assert names(bank) == ["李小明", "李小明"]


@pytest.mark.parametrize("who", ["", "nobody", "' OR 1=1 --", "%", "\x00", "+86", "9" * 500, "[red]", "💥", "erased-2"])
def test_garbage_names_nobody(huixin: Huixin, bank: str, who: str) -> None:
    ended = huixin("erase", who, *ASKED, "--confirm", lines=f"{PASSWORD}\n")
    assert ended.code == 2 and "there is no customer" in ended.err
    assert names(bank) == ["李小明", "李小明"]
