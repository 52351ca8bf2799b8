"""Properties of the reader as shipped: total, repeatable, no past days, and not swayed by manners or lookalikes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.reading import Asked, Intent, by_rank
from bot.nlu.read import Reader

HEARD_AT = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
quick = settings(max_examples=200, derandomize=True, deadline=None, database=None)

# Any code point, halves of surrogate pairs too, and texts that are made of what customers write.
PIECES = (
    "我", "还", "500", "五百", "周五", "月底", "31号", "2月30日", "明天", "全部", "一半", "退订", "不想活了", "死",
    "万", "￥", "STOP", "if", "pay", "friday", "yesterday", "the 31st", "by", "next", "week", "$", "¥1,000.50",
    "%", "\n", " ", ",", "。", "99999999999999999999", "0", "-1", "1/0", "13/13", "32号", "25:99",
    "٣", "Ⅻ", "㊿", "😂", "\u200b", "\ud800",
    "{{x}}", "(", "[", "\\", "*",
)  # fmt: skip
characters = st.characters(codec=None, exclude_categories=())
texts = st.text(characters, max_size=60) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
asked_questions = st.none() | st.sampled_from(Asked)
offsets = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=offsets | st.just(UTC))


@quick
@given(texts, moments, asked_questions)
@example("\ud800", HEARD_AT, None)
@example("还" * 10_000, HEARD_AT, Asked.AMOUNT)
@example("stop " * 2_000, HEARD_AT, None)
@example("9" * 10_000, HEARD_AT, Asked.AMOUNT)
@example("我周五还500," * 1_250, HEARD_AT, None)
@example("\U0010ffff\udfff" * 5_000, HEARD_AT, Asked.DATE)
def test_any_text_is_read(reader: Reader, text: str, heard_at: datetime, asked: Asked | None) -> None:
    reading = reader.read(text, heard_at, asked)
    assert reading.text == text
    assert reading.intents == by_rank(frozenset(reading.intents))
    assert all(0 <= reading.confidence(intent) <= 1 for intent in reading.intents)
    assert 0 <= reading.date_score <= 1
    assert 0 <= reading.amount_score <= 1
    for span in reading.spans:
        assert text[span.start : span.end] == span.text


@quick
@given(st.lists(texts, min_size=1, max_size=4), moments, asked_questions)
def test_the_same_fragments_are_read_the_same_way_twice(
    reader: Reader, fragments: list[str], heard_at: datetime, asked: Asked | None
) -> None:
    assert reader.read(fragments, heard_at, asked) == reader.read(fragments, heard_at, asked)


@quick
@given(st.lists(st.tuples(texts, moments, asked_questions), max_size=6))
def test_a_batch_is_read_as_its_messages_are_one_by_one(
    reader: Reader, rows: list[tuple[str, datetime, Asked | None]]
) -> None:
    assert reader.read_many(rows) == [reader.read(*row) for row in rows]


DAYS_ZH = (
    "今天",
    "昨天",
    "前天",
    "上周五",
    "周一",
    "周日",
    "1号",
    "23号",
    "31号",
    "月初",
    "月底",
    "上个月",
    "1月1日",
    "春节前",
)
DAYS_EN = (
    "today",
    "yesterday",
    "last friday",
    "monday",
    "the 1st",
    "the 31st",
    "01/02",
    "month end",
    "feb 29",
    "2 days ago",
)
promises_zh = st.tuples(
    st.sampled_from(("我", "", "肯定")), st.sampled_from(DAYS_ZH), st.sampled_from(("还500", "还清"))
)
promises_en = st.tuples(
    st.sampled_from(("i'll pay 50 ", "will pay it all ")), st.sampled_from(("", "by ")), st.sampled_from(DAYS_EN)
)


@quick
@given((promises_zh | promises_en).map("".join) | texts, moments, asked_questions)
def test_a_promised_day_is_never_over_where_the_customer_is(
    reader: Reader, text: str, heard_at: datetime, asked: Asked | None
) -> None:
    reading = reader.read(text, heard_at, asked)
    if reading.date is not None:
        assert reading.has(Intent.PROMISE_TO_PAY)
        assert reading.date >= heard_at.date()


CLEAR_ZH = (
    "我周五还500", "月底前全部还清", "明天下午转1000", "失业了,实在还不上", "能分期还吗", "我昨天已经还了",
    "转人工", "我要投诉你们", "我还欠多少钱", "怎么还款", "打错了,我不是王强", "退订", "别再给我发短信了",
    "我没借过这笔钱", "不想活了",
)  # fmt: skip
CLEAR_EN = (
    "I'll pay 50 on Friday", "will pay in full tomorrow", "can I pay 50 a month", "I lost my job and can't pay",
    "I paid it yesterday", "what's my balance", "how do I pay", "wrong number, I'm not Sam", "stop texting me", "STOP",
    "can someone call me", "I want to file a complaint", "I never took out this loan", "I'm not paying",
    "I want to kill myself",
)  # fmt: skip
POLITE = [
    *((text, tail) for text in CLEAR_ZH for tail in ("，谢谢", "谢谢", "，麻烦了", "。谢谢啦🙏")),
    *((text, tail) for text in CLEAR_EN for tail in (", thanks", " thanks", " please", ". Thank you!")),
]


@pytest.mark.parametrize(("text", "tail"), POLITE)
def test_politeness_changes_nothing(reader: Reader, text: str, tail: str) -> None:
    plain, polite = reader.read(text, HEARD_AT), reader.read(text + tail, HEARD_AT)
    assert polite.primary is plain.primary
    assert (polite.date, polite.date_vague, polite.amount) == (plain.date, plain.date_vague, plain.amount)


INSIDE_LONGER_WORDS = (
    "stopwatch", "nonstop", "stopover", "unstoppable", "doorstop", "weekend", "legend", "friend", "spend", "pretend",
    "calendar", "quite", "quitter", "mosquito", "acquit", "cancelled", "cancer", "limited", "TDK", "退订单", "停车",
)  # fmt: skip


@quick
@given(
    st.sampled_from(INSIDE_LONGER_WORDS),
    st.sampled_from((str, str.upper, str.title)),
    st.sampled_from(("", ".", "!", "?", " ")),
)
def test_a_word_that_stops_texts_does_nothing_inside_a_longer_word(
    reader: Reader, word: str, spell: Callable[[str], str], mark: str
) -> None:
    assert not reader.read(spell(word) + mark, HEARD_AT).has(Intent.OPT_OUT)
