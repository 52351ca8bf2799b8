"""Sums in what a person writes: those of the file pass, others ask for a reason, and so does any to a stranger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from time import process_time

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
        "您应还一千二百元五角", "您应还壹仟贰佰圆伍角整", "余额一万二", "余额一万两千元", "欠款共1.2万",
        "周五五百块，下周再还七百，共一千二百元", "five hundred dollars, then seven hundred", "余额一点二万",
        "我们一块想办法", "一块儿处理", "千万不要着急", "万一有变化请告诉我们", "百分之五十", "第一百二十号",
        "一百个放心",
        "三百六十五天", "尾号八千七百二十一", "二〇二六年十一月二十七日", "给您五分钟", "One moment, two minutes",
    ],
)  # fmt: skip
def test_sums_of_the_file_and_numbers_that_are_no_sums_pass(text: str) -> None:
    assert figures(text, CASE, NOW) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("您应还1200.05元", "1200.05元"), ("先还300块也行", "300块"), ("¥99,999", "¥99,999"), ("共3万元", "3万元"),
        ("pay 80 dollars today", "80 dollars"), ("应还1200.50元，含违约金６６元", "66元"), ("还CNY600吧", "CNY600"),
        ("先还三百块也行", "三百块"), ("一千三百元", "一千三百元"), ("先还两万吧", "两万"), ("共兩萬圓", "两万圆"),
        ("周五五百五十元", "五百五十元"), ("人民币伍拾元整", "人民币伍拾元"), ("还六百多块", "六百多块"),
        ("5千", "5千"),
        ("五百元五角", "五百元五角"), ("eighty-five dollars today", "eighty-five dollars"), ("三点五万", "三点五万"),
    ],
)  # fmt: skip
def test_a_sum_that_the_file_does_not_know_asks_for_a_reason(text: str, words: str) -> None:
    (found,) = figures(text, CASE, NOW)
    assert (found.severity, found.id, found.words) == (Severity.WARN, "unknown_sum", words)


@given(st.integers(1, 99_999_999).filter(lambda n: n not in (500, 700, 1200, 12000)))
def test_a_sum_written_in_chinese_numerals_is_seen_as_the_one_in_figures(amount: int) -> None:
    for sum_ in (f"{spelt(amount)}元", f"{amount}元"):
        (found,) = figures(f"请您先还{sum_}", CASE, NOW)
        assert found.words == sum_
        assert figures(f"请您先还{sum_}", replace(CASE, ability=Decimal(amount)), NOW) == ()


def spelt(number: int) -> str:
    """A whole number as it is written out in Chinese."""
    words, zero = "", False
    for place in range(len(str(number)) - 1, -1, -1):
        digit = number // 10**place % 10
        if digit:
            words += (
                ("零" if zero and words else "") + "零一二三四五六七八九"[digit] + ("", "十", "百", "千")[place % 4]
            )
            zero = False
        else:
            zero = True
        if place == 4 and number >= 10**4:
            words, zero = words + "万", False
    return words


def test_any_sum_to_a_number_of_which_nobody_knows_whose_it_is_asks_for_a_reason() -> None:
    stranger = replace(CASE, number_source=NumberSource.PUBLIC)
    for text in ("您应还1200.50元", "您应还一千二百元五角", "one thousand dollars"):
        assert [one.id for one in figures(text, stranger, NOW)] == ["untold_sum"]
    assert figures("您好，请回电。", stranger, NOW) == ()


def test_a_number_without_end_takes_no_time() -> None:
    for endless in ("一百", "一", "1,", "one hundred ", "¥", "五五百"):
        began = process_time()
        figures(endless * 20_000, CASE, NOW)
        assert process_time() - began < 5


@given(st.text() | st.text("0123456789,.一二三十百千万点元块角分¥ 周多", max_size=40))
def test_no_text_is_too_strange(text: str) -> None:
    assert len(figures(text + "元¥" + text, CASE, NOW)) <= 1
