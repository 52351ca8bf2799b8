"""The same words inside a coarser stretch: 5号 in 下个月, March in 2027, the second Friday of a month.

Each function makes a reader for `Piece.within`; with `only` it reads inside stretches of that grain alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from bot.nlu.calendar_words import Grain, Stretch, day, exact, month_of, nth_weekday
from bot.nlu.festivals import Festival
from bot.nlu.pieces import Within


def day_number_of(number: int, only: Grain | None = None) -> Within:
    """The day with this number in the month that the stretch begins in."""
    return _day(lambda start: exact(start.year, start.month, number), only)


def month_day_of(month: int, number: int, only: Grain | None = None) -> Within:
    """This day of the year that the stretch begins in."""
    return _day(lambda start: exact(start.year, month, number), only)


def festival_of(festival: Festival, only: Grain | None = None) -> Within:
    """The festival in the year that the stretch begins in."""
    return _day(lambda start: festival.on(start.year), only)


def _day(find: Callable[[date], date | None], only: Grain | None) -> Within:
    def within(outer: Stretch) -> Stretch | None:
        found = find(outer.start) if outer.start and only in (None, outer.grain) else None
        return day(found) if found else None

    return within


def month_in(month: int, only: Grain | None = None) -> Within:
    """This month of the year that the stretch begins in."""

    def within(outer: Stretch) -> Stretch | None:
        return month_of(outer.start.year, month) if outer.start and only in (None, outer.grain) else None

    return within


def nth_weekday_of(nth: int, weekday: int, only: Grain | None = None) -> Within:
    """The nth such weekday of the stretch; -1 is the last."""

    def within(outer: Stretch) -> Stretch | None:
        found = nth_weekday(outer, nth, weekday) if only in (None, outer.grain) else None
        return day(found) if found else None

    return within
