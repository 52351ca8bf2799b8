"""English date vocabulary: how weekdays, months, counts and times of day are spelt in text messages."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from bot.core.numerals import en_number
from bot.nlu.calendar_words import (
    ONE_DAY,
    Grain,
    Stretch,
    add_months,
    month_of,
    quarter_of,
    week_of,
    weekend_of,
    year_of,
)

WEEKDAY = (
    r"(?:mon(?:day)?s?|monady|tue(?:s(?:day)?)?s?|tuseday|wed(?:s|nes(?:day)?)?s?|wends?day|wens(?:day)?|wednsday|wednes?day|wendsday|wensday|weds|"
    r"thu(?:r(?:s(?:day)?)?)?s?|thrusday|thursaday|fri(?:day)?s?|firday|frdiay|"
    r"sat(?:urday)?s?|saterday|sun(?:day)?s?)\b(?:(?<=\bmon|\btue|\bwed|\bthu|\bfri|\bsat|\bsun)\.)?"
)


MONTH = (
    r"(?:jan(?:uary)?|feb(?:r?uary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)(?![a-z])"
)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


_TEENS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split()  # noqa: SIM905, E501


_ORDINALS = {word: number for number, word in enumerate(_TEENS, 1)} | {"thirtieth": 30, "last": -1, "final": -1}


_ORDINALS |= {f"twenty{gap}{word}": 20 + number for gap in " -" for number, word in enumerate(_TEENS[:9], 1)}


_ORDINALS |= {f"thirty{gap}first": 31 for gap in " -"}


_WORDS = {"twenty": 20, "thirty": 30} | {
    f"{tens}{gap}{word}": start + number
    for tens, start, top in (("twenty", 20, 9), ("thirty", 30, 1))
    for gap in " -"
    for number, word in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")[:top], 1)
}


ORDINAL = "(?:" + "|".join(sorted(_ORDINALS, key=len, reverse=True)) + r")\b"


DAY_NUMBER = (
    r"(?:(?:0?[1-9]|[12]\d|3[01])(?!\d)(?:\s?(?:st|nd|rd|th|ths)\b)?|"
    + ORDINAL[:-2]
    + r"\b|(?:"
    + "|".join(sorted(_WORDS, key=len, reverse=True))
    + r")\b)"
)


NTH = r"(?:\d{1,2}\s?(?:st|nd|rd|th)\b|" + ORDINAL + ")"


YEAR = (
    r"(?:(?:19|20)\d\d(?!\d|[/-]\d)|two thousand(?: and)?(?: (?:[a-z]+teen|ten|eleven|"
    r"twelve|twenty(?:[ -][a-z]+)?|thirty))?|'\d\d\b)"
)


_LOW = r"(?:(?:\d{1,2}|one|two|three|four|five|six)\s?(?:-|to|or)\s?)?"  # of 2 to 3 the larger counts
COUNT = (
    _LOW + r"(?:\d{1,3}(?:\.\d+)?|an?(?: couple(?: of)?| few| half)?|one|two(?: and half|"
    r" and a half)?|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"fourteen|fifteen|twenty|thirty|sixty|ninety|couple(?: of)?|few|several|half an?)"
)


UNIT = (
    r"(?:business days?|working days?|work days?|days?|dys?|nights?|weeks?|wks?|"
    r"fortnights?|months?|mths?|mnths?|mos?|quarters?|years?|yrs?|hours?|hrs?|minutes?|"
    r"mins?|seconds?|secs?)\b"
)


PERIOD = (
    r"(weeks?|wks?|wk|months?|mths?|mth|mo|mnth|years?|yrs?|yr|weekends?|week[ -]ends?|"
    r"wkends?|wknd|quarters?|qtrs?|fortnight|pay ?(?:period|cycle))\b"
)


DIGITS = "0123456789"


COUNT_STARTS = DIGITS + "aotfsenchlmpwgdu"  # what a count of units can begin with


def weekday_of(word: str) -> int:
    return ("mo", "tu", "we", "th", "fr", "sa", "su").index({"fi": "fr"}.get(word[:2], word[:2]))


def month_number(word: str) -> int:
    return _MONTHS.index(word[:3]) + 1


def number_of(word: str) -> int:
    word = word.strip()
    if word in _ORDINALS:
        return _ORDINALS[word]
    if word in _WORDS:
        return _WORDS[word]
    digits = re.match(r"\d+", word)
    return int(digits[0]) if digits else 0


def year_number(word: str) -> int:
    if word.startswith("'"):
        return 2000 + int(word[1:])
    value = en_number(word)
    return int(value) if value is not None else 0


def count_of(word: str) -> tuple[float, bool]:
    """How many, and whether that is vague (a few, several)."""
    word = re.split(r"-|\bto\b|\bor\b", word)[-1].strip()
    if word.endswith("few") or word == "several":
        return 3, True
    if "couple" in word:
        return 2, True
    if "half" in word:
        return (2.5 if word.startswith("two") else 0.5), False
    value = en_number(word)
    return (float(value) if value is not None else 1.0), False


def kind_of(unit: str) -> str:
    """day, work (working day), week, fortnight, month, quarter, year, weekend or a part of a day."""
    if unit.startswith(("business", "work")):
        return "work"
    if unit.startswith(("weekend", "week-end", "week end", "wkend", "wknd")):
        return "weekend"
    for kind, starts in (
        ("week", "w"),
        ("fortnight", "f"),
        ("year", "y"),
        ("quarter", "q"),
        ("hour", "h"),
        ("second", "s"),
    ):
        if unit.startswith(starts):
            return kind
    if unit.startswith("mi"):
        return "minute"
    return "month" if unit.startswith("m") else "fortnight" if unit.startswith("p") else "day"


def shift(start: date, count: float, unit: str, now: datetime | None = None) -> date:
    """A date so many units on (negative: back); hours count from the time of day where one is given."""
    kind = kind_of(unit)
    if kind == "work":
        step = ONE_DAY if count > 0 else -ONE_DAY
        left = abs(int(count))
        while left:
            start += step
            left -= start.weekday() < 5
        return start
    if kind in ("month", "quarter", "year"):
        months = count * {"month": 1, "quarter": 3, "year": 12}[kind]
        return add_months(start, int(months)) + timedelta(days=15 if months % 1 else 0)
    if kind in ("hour", "minute", "second"):
        seconds = count * {"hour": 3600, "minute": 60, "second": 1}[kind]
        return (now + timedelta(seconds=seconds)).date() if now else start
    days = count * {"day": 1, "week": 7, "fortnight": 14}.get(kind, 7)
    return start + timedelta(days=int(days))


def period(now: date, kind: str, steps: int) -> Stretch:
    if kind == "week":
        return week_of(now + timedelta(weeks=steps))
    if kind == "weekend":
        return weekend_of(now + timedelta(weeks=steps))
    if kind == "month":
        return month_of(now.year, now.month + steps)
    if kind == "quarter":
        return quarter_of(now.year, (now.month + 2) // 3 + steps)
    if kind == "fortnight":
        monday = week_of(now + timedelta(weeks=2 * steps)).start
        assert monday is not None
        return Stretch(monday, monday + timedelta(days=13), Grain.WEEK)
    return year_of(now.year + steps)


_HOUR = r"(?:1[0-2]|0?[1-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"


_CLOCK = (
    rf"(?:{_HOUR}(?:[:.h]\d\d)?\s?(?:[ap]\.?m\b\.?|o'? ?clock\b|h\b)|{_HOUR}:\d\d[ap]\b|"
    rf"[01]?\d:\d\d|2[0-3]:\d\d|\d{{1,2}}h\d\d|noon\b|midnight\b|midday\b|lunchtime\b)"
)


_DAYPART = (
    r"(?:in the |at )?(?:(?:early|late)[ -]?(?:in the )?)?(?:morning|afternoon|evening|"
    r"night|lunch(?:time)?|midday)\b"
)


TIME = re.compile(
    rf"(?<![\w$£])(?:(?:at|@|by|before|after|around|from|between|until|till?|later than|"
    rf"but before)\s?)*(?:{_CLOCK}(?:\s?(?:-|to|and|till?|until|untill)\s?{_CLOCK})?|"
    rf"\d{{1,2}}(?::\d\d)?\s?(?:-|to|and|until)\s?{_CLOCK}|{_CLOCK}\s?(?:-|to|and|"
    rf"until)\s?\d{{1,2}}(?!\d|/)|(?:at|@)\s?{_HOUR}(?![\w:/%]|[.,]\d))"
    rf"(?:\s(?:gmt|pst|cet|ist|jst|est|utc))?(?:\s{_DAYPART})?"
)


_TIMEISH = re.compile(
    rf"{TIME.pattern}|{_DAYPART}|\b(?:from|between)?\s?\d{{1,2}}\s?(?:-|to|"
    rf"and)\s?\d{{1,2}}\b|\bat {_HOUR}\b|\b(?:gmt|pst|est|cet|ist|jst)\b"
)


def without_times(gap: str) -> str:
    """The gap between two date words without the times of day in it."""
    return _TIMEISH.sub("", gap)
