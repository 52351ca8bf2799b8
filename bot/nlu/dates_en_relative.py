"""English words that count from today: in two weeks, the next ten days, a week from Thursday, tomorrow."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.nlu.calendar_words import (
    ONE_DAY,
    Grain,
    Stretch,
    coming_weekday,
    day,
)
from bot.nlu.dates_en_words import (
    COUNT,
    COUNT_STARTS,
    UNIT,
    WEEKDAY,
    count_of,
    kind_of,
    period,
    shift,
    weekday_of,
)
from bot.nlu.grammar import Grammar
from bot.nlu.pieces import Piece

RULES = Grammar()
rule = RULES.rule


@rule(
    "ahead",
    (
        rf"(?:the )?(?:(next|coming|following|past|last|previous) ({COUNT}) ({UNIT})|"
        rf"({COUNT}) (?:next|following) ({UNIT}))(?: (?:and )?({COUNT}) ({UNIT}))?"
    ),
    COUNT_STARTS,
)
def _ahead(m: re.Match[str], now: datetime) -> Piece | None:
    count, vague = count_of(m[2] or m[4])
    unit = m[3] or m[5]
    today = now.date()
    if m[1] in ("past", "last", "previous"):
        return Piece.of(m, Stretch(shift(today, -count, unit, now), today), spoken_past=True)
    end = shift(today, count, unit, now)
    if m[6]:
        end = shift(end, count_of(m[6])[0], m[7], now)
    return Piece.of(m, Stretch(today + ONE_DAY if end > today else today, end, vague=vague))


@rule("upcoming", rf"(?:upcoming ({COUNT}) ({UNIT})|({COUNT}) upcoming ({UNIT}))", COUNT_STARTS)
def _upcoming(m: re.Match[str], now: datetime) -> Piece | None:
    count, _ = count_of(m[1] or m[3])
    kind = kind_of(m[2] or m[4])
    if kind in ("day", "work", "hour", "minute", "second"):
        return Piece.of(m, day(shift(now.date(), count, kind, now)))
    return Piece.of(m, period(now.date(), kind, int(count)))


@rule(
    "in_units",
    (
        rf"(in|within|after|for|less than|under|another|give me|gimme|give us|need|"
        rf"now \+)(?: the| about| around| like| another| at least| under| less than| next|"
        rf" only)*\s({COUNT})(?:\s(?:more|other))?\s?({UNIT})('?s?'? time)?(?: max|"
        rf" tops)?(?! (?:ago|late|overdue|behind|old|before|after|from the|from (?:mon|tue|wed|"
        rf"thu|fri|sat|sun|next|this|christ))\b)(?: from (?:now|today))?"
    ),
    "iwaflugn",
)
def _in_units(m: re.Match[str], now: datetime) -> Piece | None:
    count, vague = count_of(m[2])
    today = now.date()
    if m[1] in ("for", "need") and "from" not in m[0]:
        return None
    if count > 400:
        return None
    end = shift(today, count, m[3], now)
    spread = m[1] in ("within", "less than", "under")
    return Piece.of(m, Stretch(today if spread else end, end, vague=vague))


@rule(
    "units_on",
    (
        rf"(?:the\s)?({COUNT})(?:\s(?:more|"
        rf"other))?\s?({UNIT})(?:'?s?)(?: and ({COUNT}) ({UNIT}))?\s?(from (?:right )?now|"
        rf"from today|hence|later|in the future|away|out|'? ?time|ago|before now|"
        rf"back)(?!\s(?:of|to)\b)\b"
    ),
    COUNT_STARTS,
)
def _units_on(m: re.Match[str], now: datetime) -> Piece | None:
    if m[1] == "a" and re.search(r"(?:\d|dollars|bucks|quid|pounds|usd)\s$", m.string[: m.start()]):
        return None  # 10 a week from now on
    count, vague = count_of(m[1])
    sign = -1 if m[5] in ("ago", "before now", "back") else 1
    moved = shift(now.date(), sign * count, m[2], now)
    if m[3]:
        moved = shift(moved, sign * count_of(m[3])[0], m[4], now)
    return Piece.of(m, day(moved) if not vague else Stretch(moved, moved, vague=True), spoken_past=sign < 0)


@rule(
    "bare_units",
    (
        rf"^(?:(?:about|around|maybe|in like|like|probably|prob|another|give me|gimme|"
        rf"another)\s)*({COUNT})\s?({UNIT})(?:\s(?:max|tops|please|pls|plz|thanks|ish|or so|"
        rf"at most|i think|probably))*[.!? ]*$"
    ),
    COUNT_STARTS,
)
def _bare_units(m: re.Match[str], now: datetime) -> Piece | None:
    """The whole message is a length of time: an answer to when."""
    count, vague = count_of(m[1])
    if kind_of(m[2]) in ("hour", "minute", "second") or (m[1].strip() in ("a", "an") and kind_of(m[2]) == "day"):
        return None
    end = shift(now.date(), count, m[2], now)
    return Piece.of(m, Stretch(end, end, Grain.DAY, vague=vague))


@rule("week_today", rf"(?:({COUNT})\s)?(weeks?|wks?|fortnight)\s(today|tonight|tomorrow|tmrw|tmr)\b", COUNT_STARTS)
def _week_today(m: re.Match[str], now: datetime) -> Piece | None:
    if m[1] is None and m[2] != "week":
        return None
    count = count_of(m[1])[0] if m[1] else 1.0
    return Piece.of(m, day(shift(now.date(), count, m[2]) + ONE_DAY * m[3].startswith(("tom", "tm"))))


@rule(
    "units_from",
    (
        rf"(?:the\s|like\s)?({COUNT}|the|(?=(?:week|month|fortnight)\sfrom|day\s(?:after|before)))(?:\s(?:more|"
        rf"other))?\s?({UNIT}|{WEEKDAY})\s(from|"
        rf"after|before|following|past|prior to)(?=\s)"
    ),
    COUNT_STARTS,
)
def _units_from(m: re.Match[str], now: datetime) -> Piece | None:
    if m[1] in ("a", "") and re.search(
        r"(?:\d|dollars|bucks|quid|pounds|usd|per|each|every|\ba)\s$", m.string[: m.start()]
    ):
        return None  # 15 dollars a week from Friday
    count, vague = (1.0, False) if m[1] in ("the", "") else count_of(m[1])
    sign = -1 if m[3] in ("before", "prior to") else 1
    unit = m[2]

    def within(outer: Stretch) -> Stretch | None:
        anchor = outer.start if sign < 0 or outer.grain <= Grain.DAY else outer.end
        if anchor is None:
            return None
        if re.fullmatch(WEEKDAY, unit):
            first = coming_weekday(anchor, weekday_of(unit))
            return day(first + timedelta(weeks=int(count) - 1))
        moved = shift(anchor, sign * count, unit, now)
        return Stretch(moved, moved, Grain.DAY, vague=vague)

    return Piece.of(m, Stretch(None, None, Grain.TIME), within, needs_outer=Grain.DAY)


@rule(
    "for_units_from",
    (
        rf"for ({COUNT}) ({UNIT}),?\s(?:starting\s)?(?:from|on)?|"
        rf"({COUNT}) ({UNIT}) starting(?: from| on)?"
    ),
    COUNT_STARTS,
)
def _for_units_from(m: re.Match[str], now: datetime) -> Piece | None:
    count, _ = count_of(m[1] or m[3])
    if m[1] and not m[0].endswith(("from", "starting", "on")):
        return None
    if re.search(r"(?:every|each|per)\s$", m.string[max(0, m.start() - 6) : m.start()]):
        return None
    if m[3] in ("a", "an", "one") and re.search(r"\d\s?$", m.string[max(0, m.start() - 4) : m.start()]):
        return None  # 20 a week starting Friday
    unit = m[2] or m[4]
    return Piece.of(
        m,
        Stretch(None, None, Grain.TIME),
        lambda outer: Stretch(outer.start, shift(outer.start, count, unit, now)) if outer.start else None,
        needs_outer=Grain.DAY,
    )


_TOMORROW = (
    r"tomm?orr?ow|tomm?oro+|tomorow|tommorow|tommorrow|tmrw|tmrow|tmoro|tmw|tmr|tmro|tomo|tomoz|tomz|"
    r"2moro|2morrow|2mro|2mrw|2mw|tomorro|tomrw|tomrow|morrow|tmmrw|tmorrow|tomorrw"
)


_TODAY = r"today|2day|tday|todya|tonight|tonite|2nite|2night|tnight|tn(?=\s|$)"


@rule(
    "today",
    (
        rf"(?:{_TODAY})\b|this (?:very )?(?:morning|afternoon|arvo|evening|eve|night|aft)\b|"
        rf"(?:later|l8r) (?:on )?(?:today|tonight|this (?:morning|afternoon|evening))|"
        rf"(?<=of )the day\b"
    ),
    "t2lp",
)
def _today(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, day(now.date()))


@rule(
    "now",
    (
        r"(?:right now|now|rn|atm|immediately|straight away|right away|to date|current date|"
        r"this date)\b"
    ),
    "nraistc",
)
def _now(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, day(now.date()), now=True)


@rule("tomorrow", rf"(?:{_TOMORROW})\b(?:'s)?( week\b)?|(?:the )?next day\b|(?:the )?following day\b", "t2mnf")
def _tomorrow(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, day(now.date() + ONE_DAY + timedelta(weeks=1 if m[1] else 0)))


@rule("after_tomorrow", rf"(?:the |a )?day after (?:{_TOMORROW})\b|overmorrow", "tdao")
def _after_tomorrow(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, day(now.date() + timedelta(days=2)))


@rule(
    "yesterday",
    (
        r"(?:the )?day before yesterday|yesterday|yday|yest\b|ystrday|yesturday|(?:last|"
        r"the other) (?:night|day)\b|(?:the )?previous day"
    ),
    "tdylp",
)
def _yesterday(m: re.Match[str], now: datetime) -> Piece | None:
    return Piece.of(m, day(now.date() - timedelta(days=2 if "before" in m[0] else 1)), spoken_past=True)
