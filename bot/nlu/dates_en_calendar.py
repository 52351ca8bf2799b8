"""English words and figures that name days and months of the calendar: 12/5, the 3rd of March, December."""

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
    month_of,
    year_of,
)
from bot.nlu.dates_en_words import DAY_NUMBER, DIGITS, MONTH, ORDINAL, YEAR, month_number, number_of, year_number
from bot.nlu.grammar import Grammar
from bot.nlu.pieces import Piece
from bot.nlu.within import day_number_of, month_day_of, month_in

RULES = Grammar()
rule = RULES.rule


@rule(
    "iso",
    (
        rf"(?<![\d./-])((?:19|20)\d\d)[-/. ]?(?:(?<=\D)|(?=[a-z]))(\d{{1,2}}|"
        rf"{MONTH})[-/. ](\d{{1,2}})(?!\d|[-/]\d)"
    ),
    DIGITS,
)
def _iso(m: re.Match[str], now: datetime) -> Piece | None:
    month = int(m[2]) if m[2].isdecimal() else month_number(m[2])
    found = exact(int(m[1]), month, int(m[3]))
    return Piece.of(m, day(found)) if found else None


@rule(
    "figures",
    (
        r"(?:(?<![\d./$-])|(?<=\d/\d-)|(?<=\d/\d\d-)|"
        r"(?<=/\d{4}-))(\d{1,2})([/-])(\d{1,2})\2((?:19|20)\d\d|\d\d)(?![\d/]|-\d(?!\d?/))|"
        r"(?<![\d./-])(\d{1,2})\.(\d{1,2})\.((?:19|20)\d\d)(?!\d)"
    ),
    DIGITS,
)
def _figures(m: re.Match[str], now: datetime) -> Piece | None:
    first, second, year = (int(m[5]), int(m[6]), int(m[7])) if m[5] else (int(m[1]), int(m[3]), int(m[4]))
    year += 0 if year >= 100 else 1900 if year >= 70 else 2000
    found = exact(year, second, first) if m[5] else exact(year, first, second) or exact(year, second, first)
    return Piece.of(m, day(found, ambiguous=first <= 12 and second <= 12 and first != second)) if found else None


@rule(
    "figures_month_day",
    (
        r"(?!(?:1/[234]|2/3|3/4)\s(?:now|on|today|tomorrow|this|next|by)\b)(?:(?<![\d./$£:-])|"
        r"(?<=\d/\d-)|(?<=\d/\d\d-))(\d{1,2})/(\d{1,2})(?!\d|[./]\d|%|"
        r"\s?(?:h|hours?|hrs?|an|of)\b)(?:,?\s((?:19|20)\d\d)(?!\d))?"
    ),
    DIGITS,
)
def _figures_month_day(m: re.Match[str], now: datetime) -> Piece | None:
    first, second = int(m[1]), int(m[2])
    swapped = first > 12 or (second <= 12 and _day_first(now, first, second))
    month, number = (second, first) if swapped else (first, second)
    if m[3]:
        return _dated(m, now, month, number, m[3])
    found = coming_month_day(now.date(), month, number)
    if found is None:
        return None
    return Piece.of(
        m,
        day(found, ambiguous=first <= 12 and second <= 12 and first != second),
        month_day_of(month, number, Grain.YEAR),
    )


def _day_first(now: datetime, first: int, second: int) -> bool:
    """Whether 12/5 is the twelfth of May where the customer is.

    West of Greenwich and in China the month comes first, elsewhere the day; a reading that is months away gives way to
    one within weeks. Without a zone the month comes first.
    """
    offset = now.utcoffset()
    if offset is None:
        return False
    hours = offset.total_seconds() / 3600
    day_first = hours >= 0 and hours != 8
    month_ahead, day_ahead = coming_month_day(now.date(), first, second), coming_month_day(now.date(), second, first)
    if month_ahead is None or day_ahead is None:
        return day_first
    soon, late = sorted(((month_ahead - now.date()).days, (day_ahead - now.date()).days))
    if soon <= 45 and late >= 120:
        return day_ahead < month_ahead
    return day_first


@rule(
    "figures_month_year",
    (
        r"(?<![\d./-])(?:(0?[1-9]|1[0-2])/((?:19|20)\d\d)|((?:19|20)\d\d)[-/](0?[1-9]|"
        r"1[0-2]))(?![\d/-])"
    ),
    DIGITS,
)
def _figures_month_year(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, month_of(int(m[2] or m[3]), int(m[1] or m[4])))


def _dated(m: re.Match[str], now: datetime, month: int, number: int, year: str | None) -> Piece | None:
    if year:
        value = year_number(year)
        if value > 2400:
            value -= 543
        found = exact(value, month, number) if 1 <= value <= 2400 else None
        return Piece.of(m, day(found), explicit_year=True) if found else None
    found = coming_month_day(now.date(), month, number)
    return Piece.of(m, day(found), month_day_of(month, number, Grain.YEAR)) if found else None


@rule(
    "month_day",
    (
        rf"(?<![$a-z])({MONTH})(?:\.?,?\s?|\s?[-/]\s?)(?:the\s)?({DAY_NUMBER})(?!\s?(?:st|nd|rd|"
        rf"th|%|k|bucks|dollars|quid|hundred|thousand|grand)\b|[:.,]\d|\d)(?:(?:,|\sof|"
        rf"\sin)?\s?({YEAR}|25\d\d)(?!\d)(?:\sbe\b)?)?"
    ),
    "jfmasond",
)
def _month_day(m: re.Match[str], now: datetime) -> Piece | None:
    number = number_of(m[2])
    if _runs_over(m, month_number(m[1])):
        return None
    return _dated(m, now, month_number(m[1]), number, m[3]) if number > 0 else None


@rule(
    "day_month",
    (
        rf"(?<![\d$£€.-])(?<!\d:)(?:the\s)?({DAY_NUMBER})(?:\s?day)?(?:\s?of\s|\s?[-/.,]\s?|"
        rf"\s)?(?:the\s)?({MONTH})\.?(?:(?:,|\sof|\sin|-|/)?\s?({YEAR}))?(?!\s(?:be|not|"
        rf"have)\b)"
    ),
    DIGITS + "tfsenl",
)
def _day_month(m: re.Match[str], now: datetime) -> Piece | None:
    number = number_of(m[1])
    if number < 0:
        return None
    return _dated(m, now, month_number(m[2]), number, m[3])


@rule(
    "day_day_month",
    (
        rf"(?<![\d$£€.:-])(?:the\s)?({DAY_NUMBER})\s?(?:to|-|until|till?|through|thru|and|"
        rf"or)\s?(?:the\s)?({DAY_NUMBER})\s?(?:of\s)?({MONTH})\.?(?:(?:,|\sof|"
        rf"\sin)?\s?({YEAR}))?"
    ),
    DIGITS + "tfsen",
)
def _day_day_month(m: re.Match[str], now: datetime) -> Piece | None:
    return _days_of_month(m, now, m[3], m[1], m[2], m[4])


@rule(
    "month_day_day",
    (
        rf"(?<![$a-z])({MONTH})\.?\s(?:the\s|between\s|from\s)*({DAY_NUMBER})\s?(?:to|-|until|"
        rf"till?|through|thru|and|or)\s?(?:the\s)?({DAY_NUMBER})(?!\s?[ap]m|:|[/\d])(?:(?:,|"
        rf"\sof|\sin)?\s?({YEAR}))?"
    ),
    "jfmasond",
)
def _month_day_day(m: re.Match[str], now: datetime) -> Piece | None:
    return _days_of_month(m, now, m[1], m[2], m[3], m[4])


def _days_of_month(
    m: re.Match[str], now: datetime, month: str, first: str, last: str, year: str | None
) -> Piece | None:
    piece = _dated(m, now, month_number(month), number_of(first), year)
    if piece is None or piece.stretch.start is None:
        return None
    start = piece.stretch.start
    end = exact(start.year, start.month, max(number_of(last), 1))
    if end is None or end < start:
        return None
    return Piece.of(m, Stretch(start, end, Grain.DAY))


_SPAN_OF_MONTH = re.compile(r"[a-z.]+\s\d{1,2}\s?(?:-|to)\s?(\d{1,2}),?\s((?:19|20)\d\d)(?!\d)")


def _runs_over(m: re.Match[str], month: int) -> bool:
    """February 20 - 29, 2022: a span that ends on no day of the calendar means nothing."""
    span = _SPAN_OF_MONTH.match(m.string, m.start())
    return span is not None and exact(int(span[2]), month, int(span[1])) is None


_MAY_BE = re.compile(
    r"\s(?:or|not|be|take|have|need|result|become|also|well|still|only|just|never|get|come|"
    r"go|want|say|pay|help|you|u|we|he|she|it|at its)\b"
)


@rule("month", rf"(?<![$a-z])({MONTH})(?!')\.?(?:(?:\s?,|-|/|\sof|\sin)?\s?({YEAR}))?", "jfmasond")
def _month_name(m: re.Match[str], now: datetime) -> Piece | None:
    month = month_number(m[1])
    if _runs_over(m, month):
        return None
    if m[2]:
        return Piece.of(m, month_of(year_number(m[2]), month), explicit_year=True)
    before = m.string[max(0, m.start() - 12) : m.start()]
    if m[1] == "may":
        if _MAY_BE.match(m.string, m.end()):
            return None
        alone = not m.string[: m.start()].strip() and not m.string[m.end() :].strip(" .!?")
        if not alone and not re.search(
            (
                r"(?:in|by|until|till?|of|this|next|late|early|mid|to|from|before|between|and|end|for|"
                r"is|through)[\s-]$"
            ),
            before,
        ):
            return None
    number = re.match(r"\s(\d{1,2})(?:st|nd|rd|th)?(?![\d.,:%])", m.string[m.end() :])
    if number and 28 < int(number[1]) <= 31 and coming_month_day(now.date(), month, int(number[1])) is None:
        return None  # 30 February
    return Piece.of(m, coming_month(now.date(), month), month_in(month, Grain.YEAR))


@rule("year_month", rf"((?:19|20)\d\d)\s?,?\s({MONTH})", "12")
def _year_month(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, month_of(int(m[1]), month_number(m[2])), explicit_year=True)


@rule(
    "year",
    (
        r"(?<![\d$£€.,/-])((?:19|20)\d\d)(?=-(?:19|20)\d\d(?![\d-])|(?![\d.,/:-]*\d))|"
        r"(?<=(?<![\d-])20\d\d-)((?:19|20)\d\d)(?![\d.,/:-]*\d)"
    ),
    "12",
)
def _bare_year(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, year_of(int(m[1] or m[2])), bare_year=True)


_NOT_A_DAY = (
    r"(?!\s?(?:time|one|payment|pay|pmt|loan|notice|half|card|week|wk|warning|reminder|"
    r"text|message|msg|account|acct|installment|instalment|quarter|qtr|person|place|party|"
    r"job|child|kid|call|letter|floor|street|st\b|ave|month|chance|grade|birthday|year|"
    r"anniversary|day\b|attempt|account|request|thing|of all|class|line|name|gen))"
)


@rule(
    "day_number",
    (
        rf"(?:(?:the\s)({DAY_NUMBER})|((?:0?[1-9]|[12]\d|3[01])\s?(?:st|nd|rd|th)\b)|"
        rf"(?<=on )({ORDINAL}))(?!\d|[:./]\d|%){_NOT_A_DAY}(?:\sday)?(?:\sof\s(?:the|each|every|"
        rf"d)\s(?:month|mth))?"
    ),
    DIGITS + "tfsen",
)
def _day_number(m: re.Match[str], now: datetime) -> Piece | None:
    word = m[1] or m[2] or m[3]
    number = number_of(word)
    if number <= 0:
        return None
    if (
        m[1]
        and word.strip().isdecimal()
        and re.match(
            (
                r"\s?(?:dollars?|bucks|quid|k|pounds|usd|i\b|you|u\b|that|is|was|days?|weeks?|months?|"
                r"hours?|min|percent|grand|more|left|bill|owed)"
            ),
            m.string[m.end() :],
        )
    ):
        return None
    if m[1] in ("first", "second", "third") and not re.match(
        r"\s*(?:$|[.,!?;]|of|and|or|i\b|at|latest|for|is|works|thanks|pls|please|then)", m.string[m.end() :]
    ):
        return None
    found = coming_day_number(now.date(), number)
    return Piece.of(m, day(found), day_number_of(number, Grain.MONTH), number=number) if found else None


@rule("bare_number", r"(?<![\d$£€.,:/-])(0?[1-9]|[12]\d|3[01])(?!\d|[:.,/]\d|%|k\b|[ap]m|\s[ap]\.?m)", DIGITS)
def _bare_number(m: re.Match[str], now: datetime) -> Piece | None:
    number = int(m[1])
    return Piece.of(m, Stretch(None, None, Grain.TIME), number=number)
