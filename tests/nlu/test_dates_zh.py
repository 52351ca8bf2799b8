"""Chinese date expressions, whatever the message means by them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bot.nlu.dates import extract, find_dates
from bot.nlu.normal import normalise

NOW = datetime(2026, 11, 23, 10)  # a Monday


@pytest.mark.parametrize(
    ("said", "last_day"),
    [
        ("今天", "2026-11-23"),
        ("明晚八点", "2026-11-24"),
        ("大后天", "2026-11-26"),
        ("昨天下午", "2026-11-22"),
        ("大前天", "2026-11-20"),
        ("上周三", "2026-11-18"),
        ("周三", "2026-11-25"),
        ("周一", "2026-11-30"),
        ("这周一", "2026-11-23"),
        ("下周五", "2026-12-04"),
        ("下下个礼拜天", "2026-12-13"),
        ("下周的周四", "2026-12-03"),
        ("本周", "2026-11-29"),
        ("下周末", "2026-12-06"),
        ("本月", "2026-11-30"),
        ("下下个月", "2027-01-31"),
        ("下个月8号", "2026-12-08"),
        ("上个月28号", "2026-10-28"),
        ("25号", "2026-11-25"),
        ("三号", "2026-12-03"),
        ("31号", "2026-12-31"),
        ("十二月二十五", "2026-12-25"),
        ("1月6日", "2027-01-06"),
        ("2028年2月29日", "2028-02-29"),
        ("2027/3/8", "2027-03-08"),
        ("12.18", "2026-12-18"),
        ("月底", "2026-11-30"),
        ("下月中旬", "2026-12-20"),
        ("十二月上旬", "2026-12-10"),
        ("年底", "2026-12-31"),
        ("明年年底", "2027-12-31"),
        ("明年三月", "2027-03-31"),
        ("今年最后一天", "2026-12-31"),
        ("十二月的第二个周五", "2026-12-11"),
        ("下个月最后一个周三", "2026-12-30"),
        ("下个月第二周", "2026-12-20"),
        ("三天后", "2026-11-26"),
        ("半个月内", "2026-12-08"),
        ("一个半月以后", "2027-01-07"),
        ("再过两个星期", "2026-12-07"),
        ("未来四天", "2026-11-27"),
        ("五个工作日内", "2026-11-30"),
        ("48小时内", "2026-11-25"),
        ("周四到周六", "2026-11-28"),
        ("25到28号", "2026-11-28"),
        ("25-28号", "2026-11-28"),
        ("12月1日-5日", "2026-12-05"),
        ("元旦前", "2026-12-31"),
        ("春节", "2027-02-06"),
        ("除夕", "2027-02-05"),
        ("大年初六", "2027-02-11"),
        ("明年清明", "2027-04-05"),
        ("后年中秋", "2028-10-03"),
        ("感恩节", "2026-11-26"),
        ("截止到周五", "2026-11-27"),
        ("十二月五號之前", "2026-12-05"),
        ("１２月９日", "2026-12-09"),
    ],
)
def test_an_expression_ends_on_the_day_a_reader_expects(said: str, last_day: str) -> None:
    found = extract(said, "zh", NOW)
    assert found is not None
    assert (found.end or found.start) == date.fromisoformat(last_day)


@pytest.mark.parametrize(
    "said",
    [
        "三个月没开工资",
        "一-一半",
        "分12期",
        "电话13900001111",
        "订单20260808123",
        "五百块",
        "第三方",
        "一次性",
        "2月30号",
        "32号",
        "版本1.2.3",
        "二十次",
        "百分之十",
    ],
)
def test_numbers_that_are_no_dates_give_none(said: str) -> None:
    assert extract(said, "zh", NOW) is None


def test_every_date_is_found_in_order_with_the_words_it_stands_in() -> None:
    normal = normalise("上周没空,周四发工资,周五还你")
    found = find_dates(normal, "zh", NOW)
    assert [normal.text[slice(*one.span)] for one in found] == ["上周", "周四", "周五"]
    assert [one.past for one in found] == [True, False, False]


@pytest.mark.parametrize("said", ["过几天", "这两天", "元旦之后", "过完春节", "两三天后"])
def test_a_time_that_names_no_day_is_vague(said: str) -> None:
    found = extract(said, "zh", NOW)
    assert found is not None
    assert found.vague


def test_a_time_of_day_alone_is_today_and_marked_as_such() -> None:
    found = extract("下午三点半", "zh", NOW)
    assert found is not None
    assert (found.end, found.condition) == (NOW.date(), "time")
