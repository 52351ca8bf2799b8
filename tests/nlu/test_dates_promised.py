"""What replies commit to: the tables promises_zh.txt and promises_en.txt, and what must hold for any text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.reading import AmountKind, Asked, SaidAmount
from bot.nlu.amounts import PromisedAmount, promised_amount
from bot.nlu.dates import PromisedDate, find_dates, promised_date
from bot.nlu.normal import normalise

HEARD_AT = datetime(2026, 11, 23, 10, 0, tzinfo=timezone(timedelta(hours=8)))


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply with the day and sum that a careful reader takes from it."""

    language: str
    text: str
    day: date | None
    vague: bool
    amount: SaidAmount | None
    asked: Asked | None


def _rows(language: str) -> list[Reply]:
    lines = (Path(__file__).parent / f"promises_{language}.txt").read_text(encoding="utf-8").splitlines()
    return [_row(language, line) for line in lines if line.strip() and not line.startswith("#")]


def _row(language: str, line: str) -> Reply:
    text, day, amount, *asked = line.split(" | ")
    return Reply(language, text, _day(day), day == "vague", _amount(amount), Asked(asked[0]) if asked else None)


def _day(said: str) -> date | None:
    if said in ("-", "vague"):
        return None
    return date.fromisoformat(said if len(said) == 10 else f"2026-{said}")


def _amount(said: str) -> SaidAmount | None:
    if said == "-":
        return None
    if said in ("full", "minimum"):
        return SaidAmount(AmountKind(said))
    if "/" in said:
        share = Fraction(said)
        return SaidAmount(AmountKind.FRACTION, Decimal(share.numerator) / share.denominator)
    return SaidAmount(AmountKind.EXACT, Decimal(said))


REPLIES = _rows("zh") + _rows("en")


def _read(
    text: str, language: str, asked: Asked | None, heard_at: datetime = HEARD_AT
) -> tuple[PromisedDate, PromisedAmount]:
    normal = normalise(text)
    spans = [found.span for found in find_dates(normal, language, heard_at)]
    return promised_date(normal, language, heard_at, asked), promised_amount(normal, language, spans, asked)


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply.text)
def test_a_reply_is_read_as_the_day_and_sum_it_commits_to(reply: Reply) -> None:
    day, amount = _read(reply.text, reply.language, reply.asked)
    assert (day.date, day.vague) == (reply.day, reply.vague)
    assert amount.amount == reply.amount


@pytest.mark.parametrize("reply", REPLIES[::7], ids=lambda reply: reply.text)
def test_politeness_changes_neither_day_nor_sum(reply: Reply) -> None:
    before, after = ("您好,", ",谢谢") if reply.language == "zh" else ("hi, ", ", thank you")
    plain, polite = (_read(text, reply.language, None) for text in (reply.text, before + reply.text + after))
    if len(reply.text) > 12:
        assert polite[0].date == plain[0].date
        assert polite[1].amount == plain[1].amount


@pytest.mark.parametrize("reply", REPLIES[::11], ids=lambda reply: reply.text)
def test_the_same_reply_is_read_the_same_twice(reply: Reply) -> None:
    assert _read(reply.text, reply.language, reply.asked) == _read(reply.text, reply.language, reply.asked)


@pytest.mark.parametrize(
    ("text", "language", "doubt"),
    [
        ("i will pay next friday", "en", "next"),
        ("i'll pay on 5/12", "en", "day or month first"),
        ("i will try to pay friday", "en", "hedged"),
        ("下个月初还", "zh", "how long 月初 lasts"),
        ("争取周五还", "zh", "hedged"),
    ],
)
def test_a_doubtful_day_scores_lower_than_a_plain_one(text: str, language: str, doubt: str) -> None:
    plain = _read("12月8号还500" if language == "zh" else "i will pay 500 on december 8", language, None)[0]
    assert _read(text, language, None)[0].score < plain.score == 1.0, doubt


@pytest.mark.parametrize(
    ("text", "language"),
    [("发了工资15号就还", "zh"), ("要是周五钱到账就还", "zh"), ("if my check clears friday i'll pay", "en")],
)
def test_a_promise_that_hangs_on_money_coming_in_is_conditional(text: str, language: str) -> None:
    assert _read(text, language, None)[0].conditional


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ("周五不行,周六还", "zh", "negated"),
        ("昨天没空,明天还", "zh", "past"),
        ("friday, no, saturday", "en", "corrected"),
    ],
)
def test_dates_that_were_passed_over_are_named_with_the_reason(text: str, language: str, reason: str) -> None:
    assert any(reason in entry for entry in _read(text, language, None)[0].rejected)


def test_a_bare_answer_to_when_is_a_day_and_to_how_much_a_sum() -> None:
    assert _read("28", "zh", Asked.DATE)[0].date == date(2026, 11, 28)
    assert _read("28", "zh", Asked.DATE)[1].amount is None
    assert _read("28", "zh", Asked.AMOUNT)[1].amount == SaidAmount(AmountKind.EXACT, Decimal(28))


def test_the_customers_own_midnight_decides_what_tomorrow_is() -> None:
    late = datetime(2026, 11, 23, 23, 59, tzinfo=timezone(timedelta(hours=-5)))
    assert _read("tomorrow", "en", Asked.DATE, late)[0].date == date(2026, 11, 24)


_WORDS = st.sampled_from(
    """下周五 12月5号 31号 2.30 月底 元旦 前 之后 到 不对 不是 还 两千五 1.2w 0分之1 一半 春节 第五个星期一 初 年 99天后
    next friday 2/30 the 31st end of month in 400 years half 0% $5 k not no wait before christmas from to two hundred
    9999-12-31""".split()  # noqa: SIM905
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60), st.lists(_WORDS, max_size=9).map("".join), st.lists(_WORDS, max_size=9).map(" ".join)
    ),
    st.sampled_from(["zh", "en"]),
    st.sampled_from([None, *Asked]),
    st.dates(date(2020, 1, 1), date(2035, 12, 31)),
)
def test_any_text_is_read_without_error_and_never_promises_the_past(
    text: str, language: str, asked: Asked | None, heard_on: date
) -> None:
    heard_at = datetime(heard_on.year, heard_on.month, heard_on.day, 21, 5, tzinfo=timezone(timedelta(hours=8)))
    day, amount = _read(text, language, asked, heard_at)
    assert day.date is None or (day.date >= heard_on and not day.vague)
    assert 0 < day.score <= 1
    assert 0 < amount.score <= 1
    if amount.amount is not None and amount.amount.value is not None:
        assert amount.amount.value > 0
    for found in find_dates(normalise(text), language, heard_at):
        assert found.start is None or found.end is None or found.start <= found.end
        assert 0 <= found.span[0] < found.span[1] <= len(normalise(text).text)
