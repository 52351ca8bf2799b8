"""Verification through the whole machine: told to the right party, and the characters themselves are kept nowhere."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from structlog.testing import capture_logs

from bot import dialogues
from bot.core.case import Product, State
from bot.core.reading import Asked, Intent
from bot.dialogues import Content
from bot.intake import PORTFOLIO, Defaults, take
from bot.nlu.read import Reader
from bot.nlu.verify import read_answer
from bot.store import cases, thread
from bot.store.portfolio import PortfolioRow, put_portfolio
from bot.store.scope import EVERYONE
from bot.store.session import Database
from tests.machine import Machine, add_customer, machine

NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)
PHONE, OTHER = "+8613800138000", "+8613900139000"
STRATEGY = dialogues.load().rules.strategy
ROW = PortfolioRow(
    "C1", "王强", PHONE, "zh", "Asia/Shanghai", "cn", "A1", Product.PERSONAL_LOAN, Decimal("1200.00"),
    Decimal("1200.00"), None, date(2026, 10, 20), "CNY", "5566", number_source="contract", verify_by="809X",
)  # fmt: skip
RAW = {
    "customer": "C1", "name": "王强", "phone": PHONE, "account": "A1", "product": "personal_loan",
    "balance": "1200.00", "amount_due": "1200.00", "due_date": "2026-10-20", "number_source": "contract",
}  # fmt: skip


async def says(one: Machine, text: str, number: str = PHONE) -> list[str]:
    """What comes back when a customer writes this."""
    before = len(one.texts(number))
    assert await one.say(text, number) == 200
    await one.wait(one.now + timedelta(seconds=4))
    return one.texts(number)[before:]


async def test_the_answer_opens_the_amount_and_stands_in_no_journal_log_or_column(
    database: Database, reader: Reader, content: Content
) -> None:
    async with machine(database, reader, content, NOW) as one:
        with capture_logs() as logged:
            id = await add_customer(one, ROW, State.CONTACTED)
            [question] = await says(one, "我欠多少钱")
            assert "1200" not in question and "欠" not in question and "还款" not in question
            [told] = await says(one, "是８０９x")
        assert "1200元" in told
        async with database.read() as connection:
            entries, broken = await thread.journal_of(connection, EVERYONE, id)
        [customer] = await one.rows(cases.customer)
        assert broken is None and len(customer.verify_hash) == 64
        kept = json.dumps([entry.content for entry in entries], ensure_ascii=False) + repr(logged) + repr(customer)
        assert not any(secret in kept.upper() for secret in ("809X", "８０９"))
        assert "是****" in kept and '"verified": true' in kept


async def test_three_wrong_answers_call_a_person_and_a_right_one_comes_too_late(
    database: Database, reader: Reader, content: Content
) -> None:
    async with machine(database, reader, content, NOW) as one:
        id = await add_customer(one, ROW, State.CONTACTED)
        await says(one, "我欠多少钱")
        for wrong in ("8091", "809X 8092", "110101199001018093"):
            await says(one, wrong)
        case = await one.case(id)
        assert (case.handoff_queue, case.asked, case.verification.wrong) == ("general", None, 0)
        await says(one, "809X")
        await says(one, "我欠多少钱")
        assert not any("1200" in text for text in one.texts(PHONE))
        one.now += timedelta(days=1, minutes=1)
        await says(one, "我欠多少钱")
        assert any("1200元" in text for text in await says(one, "809X"))


async def test_a_new_number_is_not_verified_by_what_was_answered_from_the_old_one(
    database: Database, reader: Reader, content: Content
) -> None:
    async with machine(database, reader, content, NOW) as one:
        await add_customer(one, ROW, State.CONTACTED)
        await says(one, "我欠多少钱")
        await says(one, "809X")
        async with database.write() as connection:
            await put_portfolio(connection, [replace(ROW, number=OTHER)], STRATEGY, one.now)
        assert not any("1200" in text for text in await says(one, "我欠多少钱", OTHER))


async def test_an_opt_out_beside_the_answer_wins(database: Database, reader: Reader, content: Content) -> None:
    async with machine(database, reader, content, NOW) as one:
        id = await add_customer(one, ROW, State.CONTACTED)
        await says(one, "我欠多少钱")
        [text] = await says(one, "809X 退订")
        assert "1200" not in text and (await one.case(id)).state is State.OPTED_OUT


async def test_equal_answers_of_two_customers_are_stored_differently_and_never_shown(database: Database) -> None:
    other = replace(ROW, customer="C2", number=OTHER, account="A2")
    assert ROW.verify_hash != other.verify_hash and "809" not in repr(ROW)


async def test_what_to_verify_by_comes_with_the_portfolio_and_goes_with_a_later_one(database: Database) -> None:
    possible = []
    for value in (" 809x ", "123456", ""):
        report = await take(database, PORTFOLIO, iter([(1, {**RAW, "verify_by": value})]), Defaults(), STRATEGY, NOW)
        assert report.problems == []
        async with database.read() as connection:
            file = (await cases.load(connection, [1], NOW))[1]
        possible.append((file.case.verification.possible, file.is_theirs("809X"), file.is_theirs("")))
    assert possible == [(True, True, False), (True, False, False), (False, False, False)]


@pytest.mark.parametrize(
    "value", ["123", "1234567", "12X4", "XXXX", "abcd", "１２３４", "12 34", "-1234", "12.4", "😀"]
)
async def test_garbage_to_verify_by_is_refused_with_its_column_and_without_its_value(
    database: Database, value: str
) -> None:
    report = await take(database, PORTFOLIO, iter([(1, {**RAW, "verify_by": value})]), Defaults(), STRATEGY, NOW)
    [problem] = report.problems
    assert problem.column == "verify_by" and "4 to 6 digits" in problem.problem and value not in problem.problem


@pytest.mark.parametrize(
    ("text", "right", "meant"),
    [
        ("1234", True, Intent.UNCLEAR),
        ("１２３４", True, Intent.UNCLEAR),
        ("it's 1234", True, Intent.AFFIRM),
        ("9999", False, Intent.UNCLEAR),
        ("1234 5678", False, Intent.UNCLEAR),
        ("110101199001011234", False, Intent.UNCLEAR),
        ("不想活了1234", True, Intent.SELF_HARM),
        ("TD 1234", True, Intent.OPT_OUT),
        ("我要投诉 1234", True, Intent.COMPLAINT),
        ("我25号还1234元", None, Intent.PROMISE_TO_PAY),
        ("周五还1234", None, Intent.PROMISE_TO_PAY),
        ("你是谁", None, Intent.ASK_IDENTITY),
    ],
)
def test_figures_are_told_from_what_is_said_with_them(
    reader: Reader, text: str, right: bool | None, meant: Intent
) -> None:
    reading, verified = read_answer(reader, [text], NOW, Asked.VERIFY, "1234".__eq__)
    assert (verified, reading.primary) == (right, meant)
    assert (right is None) == ("1234" in reading.text or text == "你是谁")


def test_figures_are_left_alone_where_nobody_asked_for_them(reader: Reader) -> None:
    reading, verified = read_answer(reader, ["1234"], NOW, None, "1234".__eq__)
    assert (reading.text, verified) == ("1234", None)
