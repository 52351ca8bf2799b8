"""Chinese words and figures that name days and months of the calendar: 12月5号, 25号, 腊月二十, 2027年."""

from __future__ import annotations

import re
from datetime import datetime

from bot.nlu.calendar_words import (
    Grain,
    Stretch,
    coming_day_number,
    coming_month,
    coming_month_day,
    day,
    exact,
    year_of,
)
from bot.nlu.dates_zh_words import DAY_NUMBER, DIGITS, MONTH, NUMERALS, YEAR, number_of
from bot.nlu.festivals import coming_lunar_day
from bot.nlu.grammar import Grammar
from bot.nlu.pieces import Piece
from bot.nlu.within import day_number_of, month_day_of, month_in

RULES = Grammar()
rule = RULES.rule


_LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12}


@rule(
    "lunar_day",
    rf"(?:(?:农历|阴历|旧历)(?:的)?(正|冬|腊|{MONTH})月(?:初)?({DAY_NUMBER})|(正|冬|腊)月(?:初)?({DAY_NUMBER})|"
    rf"({MONTH})月初([一二三四五六七八九十])(?!期)|(?<![月年])初([一二三四五六七八九十])(?![中高恋步次级期])|"
    r"([8八])月(十五)(?![号日]))(?:号|日|那天)?",
    "农阴旧正冬腊初" + NUMERALS,
)
def _lunar_day(m: re.Match[str], now: datetime) -> Piece | None:
    """腊月二十, 九月初九, 农历八月十五; 初五 alone is the next one of any lunar month."""
    month, number = m[1] or m[3] or m[5] or m[8], number_of(m[2] or m[4] or m[6] or m[7] or m[9])
    months = range(1, 13) if month is None else [_LUNAR_MONTHS.get(month) or number_of(month)]
    found = coming_lunar_day(now.date(), months, number)
    return Piece.of(m, day(found, ambiguous=month is None)) if found else None


@rule(
    "full_date",
    (
        rf"({YEAR})\s?[年/.-]\s?({MONTH})\s?[月/.-]\s?({DAY_NUMBER})(?:日|号)?(?!\d{{1,2}}(?!:|"
        rf"\d:))"
    ),
    NUMERALS,
)
def _full_date(m: re.Match[str], now: datetime) -> Piece | None:
    found = exact(number_of(m[1]), number_of(m[2]), number_of(m[3]))
    return Piece.of(m, day(found)) if found else None


@rule("day_month_year", r"(?<![\d.-])(\d{1,2})[/.-](\d{1,2})[/.-]((?:19|20)\d\d)(?!\d)", DIGITS)
def _day_month_year(m: re.Match[str], now: datetime) -> Piece | None:
    found = exact(int(m[3]), int(m[2]), int(m[1])) or exact(int(m[3]), int(m[1]), int(m[2]))
    return Piece.of(m, day(found, ambiguous=True)) if found else None


@rule(
    "year",
    (
        rf"({YEAR})年(?!\d*(?:前|后|内|以))|(?<![\d.])((?:19|20)\d\d)(?=\s?[-到至~]\s?(?:19|"
        rf"20)\d\d(?!\d))|(?<=\d[-到至~])((?:19|20)\d\d)(?![\d元块万.])"
    ),
    NUMERALS,
)
def _year(m: re.Match[str], now: datetime) -> Piece | None:
    value = number_of(m[1] or m[2] or m[3])
    return Piece.of(m, year_of(value), bare_year=True) if 1900 <= value <= 2200 else None


@rule(
    "month_day",
    (
        rf"(?<!\d)({MONTH})\s?月(?:份)?的?(?:初)?({DAY_NUMBER})(?:(?:日|号)|"
        rf"(?!\s?[千百万块元个天期k w笔次点])(?!\d(?!\d?:)))"
    ),
    NUMERALS,
)
def _month_day(m: re.Match[str], now: datetime) -> Piece | None:
    month, number = number_of(m[1]), number_of(m[2])
    found = coming_month_day(now.date(), month, number)
    if found is None:
        return None
    return Piece.of(m, day(found), month_day_of(month, number), number=number)


@rule(
    "figures_month_day",
    (
        r"(?<![\d.$¥/-])(1[0-2]|0?[1-9])([./-])([12]\d|3[01]|0?[1-9])(?:号|"
        r"日)?(?![\d.]*[\d/%折元块千百万亿kw小天个周月年期])(?![/-])"
    ),
    DIGITS,
)
def _figures_month_day(m: re.Match[str], now: datetime) -> Piece | None:
    found = coming_month_day(now.date(), int(m[1]), int(m[3]))
    return Piece.of(m, day(found, ambiguous=True)) if found else None


@rule("month", rf"(?<![\d十])({MONTH})月(?:份)?(?!的?\d{{1,2}}[日号])", NUMERALS)
def _month(m: re.Match[str], now: datetime) -> Piece | None:
    month = number_of(m[1])
    return Piece.of(m, coming_month(now.date(), month), month_in(month))


@rule(
    "day_number",
    (
        rf"(?<![\d.尾号第/])(?<!\d{{3}}-)(?<![\d一二三四五六七八九十]月)(?<!卡号)({DAY_NUMBER})(?:号|"
        rf"日)(?![楼线店院机码门房])"
    ),
    NUMERALS,
)
def _day_number(m: re.Match[str], now: datetime) -> Piece | None:
    number = number_of(m[1])
    found = coming_day_number(now.date(), number)
    return Piece.of(m, day(found), day_number_of(number), number=number) if found else None


@rule(
    "day_list",
    (
        rf"(?<![\d.尾号第/])(?<!\d{{3}}-)(?<!分之)({DAY_NUMBER})(?=(?:-|~|到|至|、|,|或|或者)\s?{DAY_NUMBER}(?:号|"
        rf"日))"
    ),
    NUMERALS,
)
def _day_list(m: re.Match[str], now: datetime) -> Piece | None:
    return _day_number(m, now)


@rule(
    "day_in_month",
    (
        rf"(?:(?<=[月份])|"
        rf"(?<=[月份]的))({DAY_NUMBER})(?![\d.])(?!\s?[千百万块元个天期k w笔次点])"
    ),
    NUMERALS,
)
def _day_in_month(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, Stretch(None, None, Grain.DAY), day_number_of(number_of(m[1])), needs_outer=Grain.MONTH)
