"""English words that pick days out of a longer time: end of month, first Friday in May, the week of the 5th, feasts."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from bot.nlu.calendar_words import (
    Grain,
    Stretch,
    coming_weekday,
    day,
    exact,
    month_of,
    nth_week,
    nth_weekday,
    part_of,
    quarter_of,
    week_of,
    weekend_of,
)
from bot.nlu.dates_en_words import DIGITS, NTH, WEEKDAY, kind_of, number_of, period, weekday_of
from bot.nlu.festivals import festival_pattern, festivals
from bot.nlu.grammar import Grammar
from bot.nlu.pieces import Piece
from bot.nlu.within import festival_of, nth_weekday_of

RULES = Grammar()
rule = RULES.rule


@rule("nth_weekday", rf"(?:the\s)?({NTH})\s({WEEKDAY})(?:\sof|\sin)?(?=\s)(?:\s(after))?", DIGITS + "tfsenl")
def _nth_weekday(m: re.Match[str], now: datetime) -> Piece | None:
    nth, weekday = number_of(m[1]), weekday_of(m[2])
    if m[3]:
        return Piece.of(
            m,
            Stretch(None, None, Grain.TIME),
            lambda outer: day(coming_weekday(outer.end, weekday) + timedelta(weeks=nth - 1)) if outer.end else None,
            needs_outer=Grain.DAY,
        )
    return Piece.of(m, Stretch(None, None), nth_weekday_of(nth, weekday), needs_outer=Grain.MONTH)


@rule(
    "nth_unit",
    (
        rf"(?:the\s)?({NTH})\s(weekend|week-end|week end|wkend|week|wk|day|month|quarter|"
        rf"qtr)(?:\s(?:of|in|next))?\b"
    ),
    DIGITS + "tfsenl",
)
def _nth_unit(m: re.Match[str], now: datetime) -> Piece | None:
    nth, kind = number_of(m[1]), kind_of(m[2])
    if m[1] == "last" and not m[0].endswith((" of", " in")):
        return None  # last month: the one before this
    if kind == "quarter":
        if not 1 <= nth <= 4:
            return None
        return Piece.of(
            m,
            quarter_of(now.year, nth),
            lambda outer: quarter_of(outer.start.year, nth) if outer.start and outer.grain is Grain.YEAR else None,
        )

    def within(outer: Stretch) -> Stretch | None:
        if outer.start is None or outer.end is None:
            return None
        if kind == "day":
            found = outer.end if nth < 0 else outer.start + timedelta(days=nth - 1)
            return day(found) if found <= outer.end else None
        if kind == "weekend":
            sunday = nth_weekday(outer, nth, 6)
            return weekend_of(sunday) if sunday else None
        if kind == "month":
            return month_of(outer.start.year, nth) if outer.grain is Grain.YEAR and 1 <= nth <= 12 else None
        return nth_week(outer, nth, holds=3)

    needs = Grain.WEEK if kind == "day" else Grain.MONTH
    piece = Piece.of(m, Stretch(None, None, Grain.DAY), within, needs_outer=needs)
    if m[0].endswith("next"):
        piece.to -= 5
    return piece


_LAST_PARTS = frozenset({"second half", "2nd half", "tail end", "back end"})


_PARTS = {
    "s": "start",
    "b": "start",
    "o": "start",
    "m": "mid",
    "l": "end",
    "e": "end",
    "f": "start",
    "t": "start",
    "c": "end",
}


@rule(
    "part",
    (
        r"(?:the\s|very\s)*(early|late|later|end|tail end|back end|start|onset|beginning|"
        r"middle|mid|begining|first half|second half|1st half|2nd half|first part|close|"
        r"top)[\s-]?(?:of|in|next)?(?=[\s-]|(?<=-))(?:\s?(?:of|in))?"
    ),
    "teslobmfcv12",
)
def _part(m: re.Match[str], now: datetime) -> Piece | None:
    word = m[1]
    part = "start" if word == "early" else "end" if word in _LAST_PARTS else _PARTS.get(word[0], "start")

    def within(outer: Stretch) -> Stretch | None:
        if outer.start is None or outer.end is None:
            return None
        if outer.grain is Grain.DAY:
            return outer if outer.start == outer.end else None
        if word == "later" and outer.end >= now.date():
            return Stretch(max(outer.start, now.date()), outer.end)
        if "half" in word:
            middle = outer.start + (outer.end - outer.start) // 2
            return Stretch(outer.start, middle) if part == "start" else Stretch(middle, outer.end)
        if word == "late" and outer.grain is Grain.WEEK:
            return Stretch(outer.start + timedelta(days=3), outer.end)
        found = part_of(outer, part)
        return Stretch(found.start, found.end, Grain.DAY, found.ambiguous) if found else None

    piece = Piece.of(m, Stretch(None, None, Grain.TIME), within, needs_outer=Grain.DAY)
    if m[0].endswith("next"):
        piece.to -= 4
    return piece


@rule(
    "end_of_unit",
    (
        r"(?:the\s)?(?:end of (?:the )?(week|wk|month|mth|mnth|year|yr|day|business)|(eom|eow|"
        r"eoy|eod|cob)|(?:(month|year|week)'?s?[ -]end)(?!\w)|before (?:the )?(?P<out>month|"
        r"week|year)(?:'?s| is| runs)? (?:out|over|up|ends?))\b(?!\s(?:of|in)\s)"
    ),
    "temywcb",
)
def _end_of_unit(m: re.Match[str], now: datetime) -> Piece | None:
    unit = m[1] or m[3] or m["out"] or {"eom": "month", "eow": "week", "eoy": "year", "eod": "day", "cob": "day"}[m[2]]
    if unit in ("day", "business") and re.match(
        rf"\s(?:on |of )?(?:{WEEKDAY}|tom|tmr|2mo|next|the \d)", m.string[m.end() :]
    ):
        return None
    if unit in ("day", "business"):
        return Piece.of(m, day(now.date()))
    if m[3] == "week":
        return Piece.of(m, weekend_of(now.date()))
    found = part_of(period(now.date(), kind_of(unit), 0), "end")
    return (
        Piece.of(m, Stretch(found.start, found.end, Grain.DAY), lambda outer: part_of(outer, "end")) if found else None
    )


@rule(
    "week_of",
    (
        r"(?:the\s)?(?:week (?:of|commencing|beginning|starting|ending)|w/c|"
        r"wc)\s?(?:on\s)?(?:the\s)?(?=[\w])"
    ),
    "tw",
)
def _week_of(m: re.Match[str], now: datetime) -> Piece | None:
    if re.search(r"\b(?:a|per|each|every|\d)\s$", m.string[max(0, m.start() - 6) : m.start()]):
        return None
    return Piece.of(
        m,
        Stretch(None, None, Grain.TIME),
        lambda outer: week_of(outer.start) if outer.start else None,
        needs_outer=Grain.DAY,
    )


@rule("week_number", r"(?:the\s)?week (\d{1,2})(?!\d)", "tw")
def _week_number(m: re.Match[str], now: datetime) -> Piece | None:
    number = int(m[1])
    if not 1 <= number <= 53:
        return None
    monday = date.fromisocalendar(now.year, min(number, 52), 1)
    return Piece.of(m, week_of(monday))


@rule(
    "day_of_month", rf"(?:the\s)?({NTH}|\d{{1,2}})\sof\s(?=next|this|the following|the coming|nxt)", DIGITS + "tfsenl"
)
def _day_of_month(m: re.Match[str], now: datetime) -> Piece | None:
    number = number_of(m[1])

    def within(outer: Stretch) -> Stretch | None:
        if outer.grain is not Grain.MONTH or outer.start is None or outer.end is None:
            return None
        inside = exact(outer.start.year, outer.start.month, number) if number > 0 else outer.end
        return day(inside) if inside else None

    return Piece.of(m, Stretch(None, None), within, needs_outer=Grain.MONTH)


@rule(
    "festival",
    (
        rf"(?:on )?({festival_pattern('en')})(?![a-z])(?:\s(?:of\s|in\s)?((?:19|20)\d\d|"
        rf"next year|this year))?(?:\s(?:long\s)?week-?end)?"
    ),
    "".join({name[0] for name in festivals("en")}) + "o",
)
def _festival(m: re.Match[str], now: datetime) -> Piece | None:
    found = festivals("en")[m[1]]
    year = m[2]
    if year:
        on = found.on(int(year) if year.isdecimal() else now.year + (year == "next year"))
    else:
        on = found.coming(now.date())
    if on is None:
        return None
    return Piece.of(m, day(on), festival_of(found, Grain.YEAR), festival=True)
