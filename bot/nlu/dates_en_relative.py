"""English words that count from today: tomorrow, next Friday, in two weeks, a week from Thursday."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.nlu.calendar_words import (
    ONE_DAY,
    Grain,
    Stretch,
    coming_weekday,
    day,
    nth_weekday,
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
    UNIT,
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

    def within(outer: Stretch) -> Stretch | None:
        if outer.grain is not Grain.WEEK:
            return None
        found = nth_weekday(outer, 1, weekday)
        return day(found) if found else None

    piece = Piece.of(m, stretch, within if plain or how == "this" else None, weekday=weekday if plain else None)
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
