"""Sums in what a person writes: those of the file pass, others ask for a reason, and so does any to a stranger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.agreement import Instalment, Promise
from bot.core.case import Account, Case, NumberSource, Product
from bot.core.figures import figures
from bot.core.wording import Severity

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LOAN = Account(1, Product.PERSONAL_LOAN, Decimal(12000), Decimal("1200.50"), None, date(2026, 10, 20))
PROMISE = Promise(Decimal(500), date(2026, 11, 27), NOW, later=(Instalment(Decimal(700), date(2026, 12, 4)),))
CASE = Case(customer_id=1, accounts=(LOAN,), promise=PROMISE)


@pytest.mark.parametrize(
    "text",
    [
        "您应还1200.50元", "您应还 ￥1,200.50", "余额１２０００元", "欠款共1.2万元",
        "周五还500元，下周再还700元，共1200块",
        "USD 500", "请在3天内回电955580", "尾号8721的贷款", "11月27日之前", "分12期", "", "第2000号合同",
    ],
)  # fmt: skip
def test_sums_of_the_file_and_numbers_that_are_no_sums_pass(text: str) -> None:
    assert figures(text, CASE, NOW) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("您应还1200.05元", "1200.05元"), ("先还300块也行", "300块"), ("¥99,999", "¥99,999"), ("共3万元", "3万元"),
        ("pay 80 dollars today", "80 dollars"), ("应还1200.50元，含违约金６６元", "66元"), ("还CNY600吧", "CNY600"),
    ],
)  # fmt: skip
def test_a_sum_that_the_file_does_not_know_asks_for_a_reason(text: str, words: str) -> None:
    (found,) = figures(text, CASE, NOW)
    assert (found.severity, found.id, found.words) == (Severity.WARN, "unknown_sum", words)


def test_any_sum_to_a_number_of_which_nobody_knows_whose_it_is_asks_for_a_reason() -> None:
    stranger = replace(CASE, number_source=NumberSource.PUBLIC)
    assert [one.id for one in figures("您应还1200.50元", stranger, NOW)] == ["untold_sum"]
    assert figures("您好，请回电。", stranger, NOW) == ()


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    assert len(figures(text + "元¥" + text, CASE, NOW)) <= 1
