"""Calendar arithmetic that both date grammars share: stretches of days, and how words pick one out."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

ONE_DAY = timedelta(days=1)


class Grain(IntEnum):
    """How coarse an expression is; a finer one beside a coarser one is read inside it (next month, the 5th)."""

    TIME = 0
    DAY = 1
    WEEK = 2
    MONTH = 3
    QUARTER = 4
    YEAR = 5


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some days in a row, both ends included; an open end is None."""

    start: date | None
    end: date | None
    grain: Grain = Grain.DAY
    ambiguous: bool = False
    vague: bool = False


def day(of: date, *, ambiguous: bool = False) -> Stretch:
    """A single day."""
    return Stretch(of, of, Grain.DAY, ambiguous)


def week_of(of: date) -> Stretch:
    """The Monday-to-Sunday week that holds a day."""
    monday = of - timedelta(days=of.weekday())
    return Stretch(monday, monday + timedelta(days=6), Grain.WEEK)


def weekend_of(of: date) -> Stretch:
    """Saturday and Sunday of the week that holds a day."""
    monday = of - timedelta(days=of.weekday())
    return Stretch(monday + timedelta(days=5), monday + timedelta(days=6), Grain.DAY)


def month_of(year: int, month: int) -> Stretch:
    """A whole month; `month` may run over (13 is next January)."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return Stretch(date(year, month, 1), date(year, month, monthrange(year, month)[1]), Grain.MONTH)


def quarter_of(year: int, quarter: int) -> Stretch:
    """A calendar quarter, 1 to 4; may run over."""
    first, last = month_of(year, quarter * 3 - 2), month_of(year, quarter * 3)
    return Stretch(first.start, last.end, Grain.QUARTER)


def year_of(year: int) -> Stretch:
    """A whole calendar year."""
    return Stretch(date(year, 1, 1), date(year, 12, 31), Grain.YEAR)


def add_months(to: date, months: int) -> date:
    """The same day some months on; the last of the month where there is no such day."""
    month = month_of(to.year, to.month + months)
    assert month.start is not None and month.end is not None
    return min(month.start + timedelta(days=to.day - 1), month.end)


def exact(year: int, month: int, number: int) -> date | None:
    """The date, or None where the calendar has none (30 February)."""
    try:
        return date(year, month, number)
    except ValueError:
        return None


def coming_weekday(reference: date, weekday: int) -> date:
    """The next such weekday after today (Monday is 0)."""
    return reference + timedelta(days=(weekday - reference.weekday() - 1) % 7 + 1)


def coming_day_number(reference: date, number: int) -> date | None:
    """The next such day of a month that is not past."""
    for ahead in range(13):
        month = month_of(reference.year, reference.month + ahead).start
        assert month is not None
        found = exact(month.year, month.month, number)
        if found is not None and found >= reference:
            return found
    return None


def coming_month_day(reference: date, month: int, number: int) -> date | None:
    """The next such day of that month that is not past (29 February may be years away)."""
    for year in range(reference.year, reference.year + 9):
        found = exact(year, month, number)
        if found is not None and found >= reference:
            return found
    return None


def coming_month(reference: date, month: int) -> Stretch:
    """This month where it is the one named, else the next of that name."""
    return month_of(reference.year + (month < reference.month), month)


def weekday_and_number(reference: date, weekday: int, number: int) -> date | None:
    """The next day that is both, such as Friday the 26th."""
    for ahead in range(24):
        month = month_of(reference.year, reference.month + ahead).start
        assert month is not None
        found = exact(month.year, month.month, number)
        if found is not None and found >= reference and found.weekday() == weekday:
            return found
    return None


def nth_weekday(within: Stretch, nth: int, weekday: int) -> date | None:
    """The nth such weekday of a stretch; -1 is the last."""
    if within.start is None or within.end is None:
        return None
    first = within.start + timedelta(days=(weekday - within.start.weekday()) % 7)
    last = within.end - timedelta(days=(within.end.weekday() - weekday) % 7)
    found = last + timedelta(weeks=nth + 1) if nth < 0 else first + timedelta(weeks=nth - 1)
    return found if within.start <= found <= within.end else None


def nth_week(within: Stretch, nth: int, *, holds: int = 0) -> Stretch | None:
    """The nth week of a month or year; a week is its own where it `holds` that weekday there (Monday is 0)."""
    if within.start is None or within.end is None:
        return None
    held = nth_weekday(within, nth, holds)
    return week_of(held) if held else None


def part_of(within: Stretch, part: str) -> Stretch | None:
    """`start`, `mid` or `end` of a week (3 days each), month (ten each), quarter or year (four months each)."""
    first, last = within.start, within.end
    if first is None or last is None:
        return None
    if within.grain is Grain.WEEK:
        bounds = {
            "start": (first, first + timedelta(days=2)),
            "mid": (first + timedelta(days=1), first + timedelta(days=4)),
            "end": (first + timedelta(days=4), last),
        }
    elif within.grain is Grain.MONTH:
        bounds = {
            "start": (first, first.replace(day=10)),
            "mid": (first.replace(day=11), first.replace(day=20)),
            "end": (first.replace(day=21), last),
        }
    elif within.grain >= Grain.QUARTER:
        months = (last.year - first.year) * 12 + last.month - first.month + 1
        third = max(months // 3, 1)
        bounds = {
            "start": (first, add_months(first, third) - ONE_DAY),
            "mid": (add_months(first, third), add_months(first, months - third) - ONE_DAY),
            "end": (add_months(first, months - third), last),
        }
    else:
        return within
    begin, finish = bounds[part]
    return Stretch(begin, finish, within.grain, ambiguous=part != "end")
