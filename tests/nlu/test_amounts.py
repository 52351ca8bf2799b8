"""Which number in a message is promised money, and the bare extractor."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.reading import Asked
from bot.nlu.amounts import PromisedAmount, extract, promised_amount
from bot.nlu.dates import find_dates
from bot.nlu.normal import normalise

HEARD_AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


def _promised(text: str, language: str, asked: Asked | None = None) -> PromisedAmount:
    normal = normalise(text)
    return promised_amount(normal, language, [one.span for one in find_dates(normal, language, HEARD_AT)], asked)


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("九块九", "zh", "9.9"),
        ("三毛五", "zh", "0.35"),
        ("两块八毛六", "zh", "2.86"),
        ("人民币1,280.5元", "zh", "1280.5"),
        ("4.5万", "zh", "45000"),
        ("12k", "zh", "12000"),
        ("七百多块", "zh", "700"),
        ("五分之二", "zh", "0.4"),
        ("$1,194.09", "en", "1194.09"),
        ("usd 75", "en", "75"),
        ("forty five dollars", "en", "45"),
        ("20 dollars and 43 cents", "en", "20.43"),
        ("70 cents", "en", "0.70"),
        ("3 million pounds", "en", "3000000"),
        ("three quarters", "en", "0.75"),
    ],
)
def test_a_bare_sum_is_extracted(text: str, language: str, value: str) -> None:
    assert extract(text, language) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "我电话是13700001234,随时联系",
        "卡号6217000012345678901",
        "尾号3391的卡已经注销了",
        "我今年58岁了",
        "能分24期还吗",
        "都逾期60天了",
        "你们今天打了15个电话",
        "利息500是怎么算的",
        "我借3000你们要我还7000",
        "已经还了800了",
        "工资每月就3500",
        "订单号20260991被退了",
        "住在18号楼1204",
        "晚上10点以后别发",
        "年利率24%合法吗",
        "我拿不出2000",
    ],
)
def test_a_chinese_number_that_is_no_promised_money_is_left_alone(text: str) -> None:
    assert _promised(text, "zh").amount is None


@pytest.mark.parametrize(
    "text",
    [
        "call my lawyer on 555-0199",
        "my new number is 07700 900456",
        "card ending 8841 was cancelled",
        "im 17 stop texting me",
        "i turned 70 last week",
        "can it be split over 24 months",
        "you called 11 times today",
        "why was i charged a late fee of 45",
        "i only borrowed 300",
        "i paid 120 last friday",
        "i make 900 a month",
        "case 20931 is closed",
        "chapter 13 was filed",
        "dont text before 9am",
        "the apr is 29%",
        "i can't afford 400",
    ],
)
def test_an_english_number_that_is_no_promised_money_is_left_alone(text: str) -> None:
    assert _promised(text, "en").amount is None


@pytest.mark.parametrize(
    ("text", "language"), [("300到500,周五还", "zh"), ("周五还两三百", "zh"), ("200-300 on friday", "en")]
)
def test_a_range_counts_as_its_lower_sum_and_is_less_sure(text: str, language: str) -> None:
    read = _promised(text, language)
    assert read.amount is not None
    assert read.amount.value in (Decimal(200), Decimal(300))
    assert read.score < _promised("周五还500元", "zh").score == 1.0


def test_numbers_that_were_passed_over_are_named_with_the_reason() -> None:
    assert "500: owed, earned or already paid" in _promised("欠500,周五先还200", "zh").rejected


@given(st.text(max_size=80), st.sampled_from(["zh", "en"]), st.sampled_from([None, *Asked]))
def test_any_text_gives_a_positive_sum_or_none(text: str, language: str, asked: Asked | None) -> None:
    read = _promised(text, language, asked)
    assert read.amount is None or read.amount.value is None or read.amount.value > 0
    extracted = extract(text, language)
    assert extracted is None or extracted.is_finite()
