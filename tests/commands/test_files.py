"""The commands that work on a database: files in, a customer's file out, reasons, and proof of its wholeness."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import dialogues
from bot.mind import Mind
from bot.nlu.read import Reader
from bot.store.inbox import ReplyRow, store
from bot.store.session import Database
from bot.turn import turn
from tests.commands.conftest import KEY, Huixin
from tests.machine import STRANGER

HEADER = "customer,name,phone,account,product,balance,amount_due,due_date"
ROW = "C1,王强,13800138000,A1,personal_loan,1200.00,1200.00,2026-10-20"
NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)


@pytest.fixture
def file(place: Path) -> Path:
    """A portfolio of one customer."""
    path = place / "portfolio.csv"
    path.write_text(f"{HEADER}\n{ROW}\n", encoding="utf-8")
    return path


@pytest.fixture
def talked(file: Path, huixin: Huixin, reader: Reader) -> Path:
    """That customer, imported, who has promised to pay on Friday."""
    assert huixin("import", file).code == 0

    async def talk() -> None:
        from datetime import timedelta

        database = Database(f"sqlite:///{file.parent / 'huixin.db'}")
        mind = Mind(reader, dialogues.load(), timedelta(0), "phone")
        for number, text in enumerate(("[/b]我周五还500", "好的")):
            row = ReplyRow("phone", f"m{number}", "+8613800138000", "1069", text, NOW, False, NOW)
            async with database.write() as connection:
                await store(connection, [row], STRANGER)
            await turn(database, mind, NOW)
        await database.close()

    asyncio.run(talk())
    return file.parent / "huixin.db"


def test_import_counts_what_it_did_and_a_second_run_changes_nothing(huixin: Huixin, file: Path) -> None:
    first, second = huixin("import", file), huixin("import", file)
    assert (first.code, second.code) == (0, 0)
    assert first.out.startswith("1 new · 0 changed · 0 unchanged · 0 refused")
    assert second.out.startswith("0 new · 0 changed · 1 unchanged · 0 refused")


def test_import_names_bad_rows_keeps_good_ones_and_writes_the_rest_where_it_can_be_mended(
    huixin: Huixin, file: Path
) -> None:
    file.write_text(f"{HEADER}\n{ROW}\n{ROW.replace('A1', 'A2').replace('2026-10-20', 'soon')}\n", encoding="utf-8")
    ended = huixin("import", file)
    assert ended.code == 1
    assert "1 new" in ended.out and f"{file}:3: due_date: 'soon' is no day" in ended.out
    rejects = file.with_suffix(".rejects.csv")
    assert str(rejects) in ended.err.replace("\n", "")
    text = rejects.read_text(encoding="utf-8-sig").replace(",soon,", ",2026-10-20,")
    rejects.write_text(text, encoding="utf-8")
    assert huixin("import", rejects).out.startswith("1 new · 0 changed")


@pytest.mark.parametrize("command", ["import", "payments"])
def test_columns_are_listed_on_request(huixin: Huixin, command: str) -> None:
    ended = huixin(command, "--columns")
    assert ended.code == 0 and "account" in ended.out and "amount" in ended.out


@pytest.mark.parametrize("command", ["import", "payments"])
def test_a_file_that_cannot_be_read_is_one_line(huixin: Huixin, file: Path, command: str) -> None:
    ended = huixin(command, file.with_name("[none].csv"))
    assert ended.code == 2 and ended.err.count("error:") == 1 and "[none].csv: cannot be read" in ended.err
    file.write_text("a,b\n", encoding="utf-8")
    assert "missing are" in huixin(command, file).err


def test_payments_are_posted_once(huixin: Huixin, file: Path) -> None:
    huixin("import", file)
    paid = file.with_name("paid.csv")
    paid.write_text("payment,account,amount,paid_on\nP1,A1,500,2026-11-23\n", encoding="utf-8")
    assert huixin("payments", paid).out.startswith("1 new")
    assert huixin("payments", paid).out.startswith("0 new · 0 changed · 1 unchanged")


@pytest.mark.parametrize("needle", ["C1", "A1", "+8613800138000", "13800138000"])
def test_a_case_is_found_by_number_or_reference_and_masks_what_is_personal(
    huixin: Huixin, talked: Path, needle: str
) -> None:
    ended = huixin("case", needle)
    assert ended.code == 0 and talked.exists()
    assert "promised" in ended.out and "我周五还500" in ended.out
    assert "王强" not in ended.out and "13800138000" not in ended.out
    assert "王强" in huixin("case", needle, "--reveal").out


def test_a_case_as_json_can_be_read_by_a_program(huixin: Huixin, talked: Path) -> None:
    shown = json.loads(huixin("case", "C1", "--json").out)
    assert shown["state"] == "promised" and talked.exists()


@pytest.mark.parametrize("command", ["case", "why"])
def test_a_customer_who_is_not_there_is_one_line(huixin: Huixin, file: Path, command: str) -> None:
    ended = huixin(command, "[/C9]")
    assert ended.code == 2 and "[/C9]" in ended.err and ended.err.count("\n") == 1 and file.exists()


def test_looking_at_a_file_is_recorded(huixin: Huixin, talked: Path) -> None:
    huixin("case", "C1")
    huixin("why", "C1")
    with sqlite3.connect(talked) as connection:
        seen = connection.execute("SELECT who, what FROM access_log ORDER BY id").fetchall()
    connection.close()
    assert seen == [("command line", "case"), ("command line", "why")]


def test_why_tells_what_was_heard_what_was_said_and_which_rules_said_so(huixin: Huixin, talked: Path) -> None:
    ended = huixin("why", "C1")
    assert ended.code == 0 and talked.exists()
    for words in ("heard: '[/b]我周五还500'", "guard:promise_is_sure", "hold:promise_open", "said: ", "rules "):
        assert words in ended.out


def change(path: Path, statement: str) -> None:
    """Somebody gets at the database."""
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "entry"),
    [
        ("UPDATE journal SET kind = 'agent' WHERE seq = 2", 2),
        ("UPDATE journal SET at = '2026-11-22 02:02:00.000000' WHERE seq = 1", 1),
        ("UPDATE journal SET sealed = zeroblob(40) WHERE seq = 1", 1),
        ("DELETE FROM journal WHERE seq = 1", 2),
        ("DELETE FROM journal WHERE seq = 2", 2),
        ("DELETE FROM journal", 1),
        ("UPDATE customer SET journal_head = ''", 3),
    ],
)
def test_verify_notices_what_was_changed_or_taken_out(huixin: Huixin, talked: Path, statement: str, entry: int) -> None:
    whole = huixin("verify")
    assert (whole.code, whole.out.strip()) == (0, "1 of 1 journals are whole")
    change(talked, statement)
    broken = huixin("verify")
    assert broken.code == 1
    assert f"customer 1: entry {entry} was changed or is missing" in broken.out
    assert "0 of 1 journals are whole" in broken.out


def test_verify_needs_no_customers_key_so_that_deleting_a_person_keeps_the_chain(huixin: Huixin, talked: Path) -> None:
    change(talked, "UPDATE customer SET data_key = NULL")
    assert huixin("verify").code == 0
    assert "the customer's key was destroyed" in huixin("why", "C1").out


def test_the_wrong_data_key_is_one_line(huixin: Huixin, talked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIXIN_DATA_KEY", KEY[::-1].replace("=", "") + "=")
    ended = huixin("why", "C1")
    assert ended.code == 2 and "Traceback" not in ended.err and talked.exists()
