"""Correcting a reading: kept for training, changes nothing that was decided, and says what a person should do next."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.commands.corrections import as_examples, as_row, clean
from bot.console.customer.advice import advice
from bot.core.case import Case, Hold, HoldKind, State
from bot.core.reading import Intent as I
from bot.dialogues.examples import load_examples
from bot.second.hiding import hidden
from bot.store import cases, corrections
from bot.store.corrections import Correction, Meaning
from bot.turn import turn
from tests.console.conftest import NOON, Bank, Browser


async def read(bank: Bank, text: str) -> tuple[Browser, int]:
    """An agent, and a customer whose text the bot has read and answered."""
    customer = await bank.customer(state=State.CONTACTED)
    await bank.wrote(customer, text, pending=True)
    bank.time.now += timedelta(minutes=1)
    await turn(bank.database, bank.office.mind, bank.time())
    return await bank.browser("fang"), customer


async def test_an_opt_out_that_was_read_wrongly_is_kept_and_the_opt_out_is_offered(bank: Bank) -> None:
    browser, customer = await read(bank, "周五还500")
    before = [row.state for row in await bank.texts(customer)]
    form = await browser.get(f"/customers/{customer}/texts/1/correct")
    assert form.field("date") == "2026-11-27" and form.field("amount") == "500"
    page = await browser.post(f"/customers/{customer}/texts/1/correct", intents="opt_out", date="", amount="")
    assert "fang says that it meant: opt-out" in page.words
    assert "The customer wants no texts: record the opt-out." in page.words
    assert "Take the customer over first." in page.words
    assert [row.state for row in await bank.texts(customer)] == before
    async with bank.database.read() as connection:
        file = (await cases.load(connection, [customer], NOON))[customer]
        [made] = (await corrections.corrections_of(connection, customer)).values()
    assert (file.case.state, file.case.reachable) == (State.PROMISED, True)
    assert made.read == Meaning((I.PROMISE_TO_PAY,), date(2026, 11, 27), Decimal(500))
    assert (made.meant, made.by, made.content) == (
        Meaning((I.OPT_OUT,)),
        "fang",
        bank.office.mind.content.rules.version,
    )
    page = await browser.post(f"/customers/{customer}/take")
    page = await browser.post(f"/customers/{customer}/opt_out", text="after a corrected reading")
    assert "record the opt-out" not in page.words
    journal = await browser.get(f"/customers/{customer}/journal")
    assert "Reading corrected" in journal.words and "The chain is whole" in journal.words


async def test_the_text_of_a_correction_is_sealed_in_the_database(bank: Bank) -> None:
    browser, customer = await read(bank, "我周五还500")
    await browser.post(f"/customers/{customer}/texts/1/correct", intents="hardship", date="", amount="")
    async with bank.database.read() as connection:
        row = (await connection.exec_driver_sql("SELECT text, read, meant FROM correction")).one()
    assert not any("周五".encode() in bytes(kept) or b"hardship" in bytes(kept) for kept in row)


async def test_a_correction_of_nothing_of_nobody_or_of_anothers_text_is_refused(bank: Bank) -> None:
    browser, customer = await read(bank, "我周五还500")
    other = await bank.customer("+8613800000009")
    path = f"/customers/{customer}/texts/1/correct"
    for fields in ({}, {"intents": "laziness"}):
        assert (await browser.post(path, **fields)).status == 422
    for wrong in ({"date": "32 May"}, {"amount": "0"}, {"amount": "1.234"}, {"amount": "NaN"}, {"amount": "1e99"}):
        assert (await browser.post(path, intents="affirm", **wrong)).status == 422
    for nowhere in (f"/customers/{other}/texts/1/correct", f"/customers/{customer}/texts/99/correct"):
        assert (await browser.get(nowhere)).status == 404
        assert (await browser.post(nowhere, intents="affirm")).status == 404
    async with bank.database.read() as connection:
        assert await corrections.corrections_of(connection, customer) == {}


def made(read: set[I], meant: set[I]) -> Correction:
    return Correction(
        1, "zh", "我叫李小明，电话13800000001，周五还", Meaning(tuple(read)), Meaning(tuple(meant), date(2026, 11, 27)),
        "fang", NOON, "v1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("read", "meant", "case", "todo"),
    [
        ({I.REFUSAL}, {I.OPT_OUT}, Case(customer_id=1), ["opt_out"]),
        ({I.REFUSAL}, {I.OPT_OUT}, Case(customer_id=1, reachable=False), []),
        ({I.OPT_OUT}, {I.REFUSAL}, Case(customer_id=1, reachable=False), ["stays_stopped"]),
        ({I.UNCLEAR}, {I.HARDSHIP, I.VULNERABLE}, Case(customer_id=1), ["person", "hardship"]),
        ({I.DISPUTE}, {I.ASK_AMOUNT}, Case(customer_id=1, holds=(Hold(HoldKind.DISPUTE),)), ["lift"]),
        ({I.UNCLEAR}, {I.WRONG_NUMBER}, Case(customer_id=1, state=State.WRONG_NUMBER, known=False), []),
        ({I.AFFIRM}, {I.PROMISE_TO_PAY, I.PAYMENT_PLAN_REQUEST}, Case(customer_id=1), ["promise", "plan"]),
    ],
)
def test_what_is_left_to_do_after_a_correction(read: set[I], meant: set[I], case: Case, todo: list[str]) -> None:
    assert advice(made(read, meant), case) == todo


def test_the_export_is_a_file_of_examples_that_loads_and_holds_no_name_or_number(tmp_path: Path) -> None:
    one = made({I.UNCLEAR}, {I.PROMISE_TO_PAY})
    text = clean(hidden(one.text, "李小明", ()) + "\n\u2028- x](y)\x00")
    (tmp_path / "intents").mkdir()
    (tmp_path / "intents" / "zh.corrected.yml").write_text(as_examples([(one, text), (one, text)]), encoding="utf-8")
    [example] = load_examples(tmp_path)
    assert (example.intents, example.origin) == (("promise_to_pay",), "corrected")
    assert example.text == "我叫[name]，电话[number]，周五还 - x] (y)"
    row = as_row(one, text, NOON)
    assert json.loads(json.dumps(row))["intents"] == ["promise_to_pay"]
    assert (row["date"], row["heard_at"], row["note"]) == ("2026-11-27", "2026-11-23T04:00:00+00:00", "read as unclear")
