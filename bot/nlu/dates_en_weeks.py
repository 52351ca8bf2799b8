"""English weekdays and calendar periods seen from today: next Friday, this week, the month after next."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.nlu.calendar_words import (
    ONE_DAY,
    Grain,
    coming_weekday,
    day,
    week_of,
    weekday_and_number,
    weekend_of,
)
from bot.nlu.dates_en_words import (
    COUNT,
    COUNT_STARTS,
    DAY_NUMBER,
    MONTH,
    PERIOD,
    WEEKDAY,
    count_of,
    kind_of,
    number_of,
    period,
    shift,
    weekday_of,
)
from bot.nlu.grammar import Grammar
from bot.nlu.pieces import Piece
from bot.nlu.within import nth_weekday_of

RULES = Grammar()
rule = RULES.rule


@rule(
    "weekday",
    (
        rf"(?:(this|next|nxt|last|coming|following|upcoming|past|the|nex|every|"
        rf"each)\s(?:up)?(coming\s)?)?(?:the\s)?({WEEKDAY})(?:\s(week)\b(?!\s(?:off|of))|"
        rf"\safter\s(?:the\s)?next\b(?!\s(?:week|pay)))?(?:,?\s(?:(?:the\s)?(?=\d)|"
        rf"the\s)({DAY_NUMBER})(?![:.]\d|\s?[ap]m|\s?%|[/-]\d|\s?(?:to|-)\s?\d|\s{MONTH}|,\d))?"
    ),
    "tnlcfupemws",
)
def _weekday_rule(m: re.Match[str], now: datetime) -> Piece | None:
    how, weekday, today = m[1] or "", weekday_of(m[3]), now.date()
    if m[3] == "sun" and m[0].startswith("the "):
        return None
    if m[3] in ("sat", "sun", "wed", "mon") and m.string[m.end(3) :].startswith((" down", " in my", " on my")):
        return None
    coming = coming_weekday(today, weekday)
    monday = week_of(today).start
    assert monday is not None
    this = monday + timedelta(days=weekday)
    plain = not how or how in ("the", "every", "each")
    if m[4] or "after" in m[0]:
        coming += timedelta(weeks=1)
    elif how in ("next", "nxt", "nex", "following") and not m[2]:
        coming = this + timedelta(weeks=1)
    elif how in ("last", "past"):
        coming = this - timedelta(weeks=1) if this >= today else this
        if how == "last":
            coming = today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
        return Piece.of(m, day(coming), spoken_past=True)
    elif how == "this" and not m[2]:
        coming = this if this >= today else coming
    to = m.end()
    stretch = day(coming, ambiguous=how in ("next", "nxt", "nex") and coming - today <= timedelta(days=13))
    if m[5]:
        number = number_of(m[5])
        said_ordinal = not m[5].strip().isdecimal()
        matching = weekday_and_number(today, weekday, number)
        if matching and (said_ordinal or (matching - today).days <= 31):
            return Piece.of(m, day(matching, ambiguous=(matching - today).days > 31))
        to = m.start(5)
        while m.string[to - 1] in " ,":
            to -= 1
    within = nth_weekday_of(1, weekday, Grain.WEEK) if plain or how == "this" else None
    piece = Piece.of(m, stretch, within, weekday=weekday if plain else None)
    piece.to = to
    return piece


@rule("weeks_weekday", rf"({COUNT})\s({WEEKDAY})\s(?:later|from now|hence)", COUNT_STARTS)
def _weeks_weekday(m: re.Match[str], now: datetime) -> Piece | None:
    count, _ = count_of(m[1])
    return Piece.of(m, day(coming_weekday(now.date(), weekday_of(m[2])) + timedelta(weeks=int(count) - 1)))


@rule("week_on", rf"(?:a\s)?week\s(?:on|this|next)\s({WEEKDAY})|({WEEKDAY})\sfortnight", "awmtfs")
def _week_on(m: re.Match[str], now: datetime) -> Piece | None:
    if m[2]:
        return Piece.of(m, day(coming_weekday(now.date(), weekday_of(m[2])) + timedelta(weeks=2)))
    if not m[0].startswith("a ") and " on " not in m[0]:
        return None
    return Piece.of(m, day(coming_weekday(now.date(), weekday_of(m[1])) + timedelta(weeks=1)))


_STEPS = dict.fromkeys(("this", "current", "the", "my", "same"), 0)
_STEPS |= dict.fromkeys(("next", "nxt", "nex", "coming", "following", "upcoming"), 1)
_STEPS |= dict.fromkeys(("last", "past", "previous", "prior"), -1)


@rule(
    "period",
    (
        rf"(?:around |about )?(?:rest (?:of )?)?(?:the )?(this|current|the|my|(?<=rest )|"
        rf"(?<=rest of )|same|next|nxt|nex|coming|following|upcoming|last|past|previous|"
        rf"prior)(?: coming)? {PERIOD}(?!\s(?:of|commencing|beginning|starting)\s(?:the\s)?\d)"
    ),
    "arttcmsnfulp",
)
def _period_rule(m: re.Match[str], now: datetime) -> Piece | None:
    kind, steps = kind_of(m[2]), _STEPS.get(m[1], 0)
    if m[2].endswith("s") and kind not in ("weekend",) and m[2] != "wks":
        return None
    if kind == "weekend" and m[1] in ("coming", "upcoming"):
        steps = 0
    stretch = period(now.date(), kind, steps)
    return Piece.of(m, stretch, spoken_past=steps < 0)


@rule("this_time", r"this time next (week|month|year)\b", "t")
def _this_time(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, day(shift(now.date(), 1, m[1])))


@rule("day_after", r"the day after(?=\s?(?:$|[,.!;]))", "t")
def _day_after(m: re.Match[str], now: datetime) -> Piece | None:
    """Not tomorrow, the day after."""
    return Piece.of(m, day(now.date() + 2 * ONE_DAY)) if re.search(r"tom|tmr", m.string[: m.start()]) else None


@rule("the_one_after", r"the (?:one|week) after(?: that)?(?=\s?(?:$|[,.!;]))", "t")
def _the_one_after(m: re.Match[str], now: datetime) -> Piece | None:
    """Not this Friday, the one after."""
    if not (said := re.search(rf"\bnot (?:this |on )?({WEEKDAY})\W+(?:but )?$", m.string[: m.start()])):
        return None
    return Piece.of(m, day(coming_weekday(now.date(), weekday_of(said[1])) + timedelta(weeks=1)))


@rule("rest_of", r"rest (?:of )?(?:the )?(week|month|year)\b", "r")
def _rest_of(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, period(now.date(), kind_of(m[1]), 0))


@rule("next_working_day", r"(?:the )?next (?:business|working|work) day\b", "tn")
def _next_working_day(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, day(shift(now.date(), 1, "work")))


@rule("weekend", r"(?:week-?end|wknd|wkend)\b", "w")
def _weekend(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, weekend_of(now.date()))


@rule("after_next", r"(?:the )?(week|month|weekend|wk|year) after (?:the )?next\b(?: week| month| one)?", "twmy")
def _after_next(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, period(now.date(), kind_of(m[1]), 2))


@rule("this_or_next", r"this or next (week|month)", "t")
def _this_or_next(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, period(now.date(), kind_of(m[1]), 1))
