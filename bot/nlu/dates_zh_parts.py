"""Chinese words for parts and places of the calendar: 月底, 上半年, 第二个周五, 最后三天, and festivals."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from bot.nlu.calendar_words import (
    ONE_DAY,
    Grain,
    Stretch,
    day,
    month_of,
    nth_week,
    part_of,
    quarter_of,
    week_of,
    year_of,
)
from bot.nlu.dates_zh_words import COUNT, DAY_NUMBER, HOW, WEEKDAYS, number_of, steps_of
from bot.nlu.festivals import Festival, festival_pattern, festivals
from bot.nlu.grammar import Grammar
from bot.nlu.pieces import Piece
from bot.nlu.within import festival_of, nth_weekday_of

RULES = Grammar()
rule = RULES.rule


_MONTH_PARTS = {
    "初": "start",
    "头": "start",
    "上旬": "start",
    "中旬": "mid",
    "中": "mid",
    "下旬": "end",
    "底": "end",
    "末": "end",
    "尾": "end",
}


def _month_part(month: Stretch, word: str) -> Stretch:
    """月初 is its first five days (上旬 its first ten), 月底 its last ten."""
    if word in ("初", "头") and month.start:
        return Stretch(month.start, month.start.replace(day=5), Grain.DAY, ambiguous=True)
    found = part_of(month, _MONTH_PARTS[word]) or month
    return Stretch(found.start, found.end, Grain.DAY, found.ambiguous)


@rule("month_step", rf"{HOW}月(?:份)?的?(?:月?(初|底|末|尾|中旬?|上旬|下旬)(?!期))?", "下上这本当今次同")
def _month_step(m: re.Match[str], now: datetime) -> Piece | None:
    month = month_of(now.year, now.month + steps_of(m["how"]))
    return Piece.of(m, _month_part(month, m[2]) if m[2] else month)


@rule(
    "part_of_month",
    r"(?:月|(?<=[月年份])|(?<=[月年份]的))(初|底|末|尾|中旬?|头|上旬|下旬)(?![期几午间])",
    "月初底末中上下",
)
def _part_of_month(m: re.Match[str], now: datetime) -> Piece | None:
    if not m[0].startswith("月"):
        return Piece.of(
            m, Stretch(None, None, Grain.DAY), lambda outer: _month_or_year_part(outer, m[1]), needs_outer=Grain.MONTH
        )
    today = now.date()
    found = _month_part(month_of(today.year, today.month), m[1])
    if found.end and found.end < today:
        found = _month_part(month_of(today.year, today.month + 1), m[1])
    return Piece.of(m, found, lambda outer: _month_or_year_part(outer, m[1]))


def _month_or_year_part(outer: Stretch, word: str) -> Stretch | None:
    if outer.grain is Grain.MONTH:
        return _month_part(outer, word)
    if outer.grain is Grain.YEAR and outer.start and word in ("初", "中", "底", "末"):
        first, last = {"初": (1, 2), "中": (6, 7)}.get(word, (11, 12))
        year = outer.start.year
        return Stretch(month_of(year, first).start, month_of(year, last).end, Grain.DAY)
    return None


@rule("part_of_year", r"年(底|末|中(?![彩奖午国心间])|初|尾)", "年")
def _part_of_year(m: re.Match[str], now: datetime) -> Piece | None:
    word = {"尾": "底"}.get(m[1], m[1])
    found = _month_or_year_part(year_of(now.year), word)
    if found and found.end and found.end < now.date():
        found = _month_or_year_part(year_of(now.year + 1), word)
    return Piece.of(m, found, lambda outer: _month_or_year_part(outer, word)) if found else None


@rule("part_of_this_month", r"(?<!月)(?<!月的)(?<!月份)(上旬|中旬|下旬)", "上中下")
def _part_of_this_month(m: re.Match[str], now: datetime) -> Piece | None:
    """下旬 alone is this month's, or the next one's where this month's is over."""
    today = now.date()
    found = _month_part(month_of(today.year, today.month), m[1])
    if found.end and found.end < today:
        found = _month_part(month_of(today.year, today.month + 1), m[1])
    return Piece.of(m, found)


@rule("half", r"(上|下|前|后)半(年|个?月|周|个?星期|旬)", "上下前后")
def _half(m: re.Match[str], now: datetime) -> Piece | None:
    first = m[1] in "上前"

    def of(outer: Stretch) -> Stretch | None:
        if outer.start is None or outer.end is None:
            return None
        if outer.grain is Grain.YEAR:
            year = outer.start.year
            return Stretch(
                date(year, 1 if first else 7, 1), date(year, 6 if first else 12, 30 if first else 31), Grain.QUARTER
            )
        middle = outer.start + timedelta(days=14 if outer.grain is Grain.MONTH else 2)
        return Stretch(outer.start, middle) if first else Stretch(middle + ONE_DAY, outer.end)

    today = now.date()
    outer = {"年": year_of(today.year), "周": week_of(today), "期": week_of(today)}.get(
        m[2][-1], month_of(today.year, today.month)
    )
    found = of(outer)
    return Piece.of(m, found, of) if found else None


@rule("quarter", rf"(?:第({COUNT})|([一二三四1-4]))个?季度|(这|本|下)个?季度", "第一二三四1234这本下")
def _quarter(m: re.Match[str], now: datetime) -> Piece | None:
    if m[3]:
        return Piece.of(m, quarter_of(now.year, (now.month + 2) // 3 + (m[3] == "下")))
    number = number_of(m[1] or m[2])
    if not 1 <= number <= 4:
        return None
    return Piece.of(
        m, quarter_of(now.year, number), lambda outer: quarter_of(outer.start.year, number) if outer.start else None
    )


@rule("nth_week", rf"第({COUNT})个?(?:周|星期|礼拜)(?![一二三四五六日天])", "第")
def _nth_week(m: re.Match[str], now: datetime) -> Piece | None:
    number = number_of(m[1])
    return Piece.of(m, Stretch(None, None, Grain.WEEK), lambda outer: nth_week(outer, number), needs_outer=Grain.MONTH)


@rule("nth_weekday", rf"(?:第({COUNT})|最后一?)个?(?:周|星期|礼拜)([一二三四五六日天])", "第最")
def _nth_weekday(m: re.Match[str], now: datetime) -> Piece | None:
    nth = number_of(m[1]) if m[1] else -1
    return Piece.of(m, Stretch(None, None), nth_weekday_of(nth, WEEKDAYS[m[2]]), needs_outer=Grain.MONTH)


@rule("nth_month", rf"第({COUNT})个月", "第")
def _nth_month(m: re.Match[str], now: datetime) -> Piece | None:
    number = number_of(m[1])
    return Piece.of(
        m,
        Stretch(None, None, Grain.MONTH),
        lambda outer: month_of(outer.start.year, number) if outer.start and 1 <= number <= 12 else None,
        needs_outer=Grain.YEAR,
    )


@rule("last_units", rf"最后的?({COUNT})?个?(天|日|周|星期|月)|最后一?[天日]", "最")
def _last_units(m: re.Match[str], now: datetime) -> Piece | None:
    count = number_of(m[1]) if m[1] else 1
    days = count * {"周": 7, "星期": 7, "月": 30}.get(m[2] or "天", 1)

    def within(outer: Stretch) -> Stretch | None:
        return Stretch(outer.end - timedelta(days=days - 1), outer.end) if outer.end else None

    return Piece.of(m, Stretch(None, None), within, needs_outer=Grain.WEEK)


@rule(
    "festival",
    (
        rf"(?<![\d一二三四五六七八九十兰历教])(?:下一?个)?({festival_pattern('zh')})(?!年级|路|"
        rf"街|期间工)(?:假期|长假|放假|小长假|期间)?"
    ),
    "".join({name[0] for name in festivals("zh")} | {"下"}),
)
def _festival(m: re.Match[str], now: datetime) -> Piece | None:
    found: Festival = festivals("zh")[m[1]]
    coming = found.coming(now.date())
    return Piece.of(m, day(coming), festival_of(found), festival=True) if coming else None


@rule("before_new_year", r"(?<![\d一二三四五六七八九十两几半])年前", "年")
def _before_new_year(m: re.Match[str], now: datetime) -> Piece | None:
    """年前 is before the Spring Festival to most people, before 1 January to some."""
    first = festivals("zh")["春节"].coming(now.date() + ONE_DAY)
    return Piece.of(m, day(first - ONE_DAY, ambiguous=True)) if first else None


@rule("within_unit", r"(?<![\d一二三四五六七八九十两几半个今明本当])[年月]内", "年月")
def _within_unit(m: re.Match[str], now: datetime) -> Piece | None:
    whole = year_of(now.year) if m[0][0] == "年" else month_of(now.year, now.month)
    return Piece.of(m, Stretch(now.date(), whole.end))


@rule("festival_day", rf"(?:大年|正月|年)初({DAY_NUMBER})", "大正年")
def _new_year_day(m: re.Match[str], now: datetime) -> Piece | None:
    number = number_of(m[1])
    first = festivals("zh")["春节"]
    for year in (now.year, now.year + 1):
        start = first.on(year)
        if start and start + timedelta(days=number - 1) >= now.date():
            return Piece.of(m, day(start + timedelta(days=number - 1)), festival=True)
    return None
