"""The customer's clock: local days and the moments that belong to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SATURDAY = 5


@lru_cache(maxsize=512)
def zone_info(name: str) -> ZoneInfo | None:
    """The zone of this name; None where there is no such zone (the caller then fails closed)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def local(moment: datetime, zone: str) -> datetime:
    """An aware moment on the customer's clock; an unknown zone reads as UTC."""
    return moment.astimezone(zone_info(zone) or UTC)


def local_day(moment: datetime, zone: str) -> date:
    """The customer's calendar day at this moment."""
    return local(moment, zone).date()


def moment(day: date, at: time, zone: str) -> datetime:
    """The UTC moment of a local wall-clock time. A time skipped by a clock change is read as the one after the gap."""
    return datetime.combine(day, at, zone_info(zone) or UTC).astimezone(UTC)


def wall_moments(day: date, at: time, zone: str) -> tuple[datetime, ...]:
    """Every UTC moment at which the wall clock comes to this time: two where it is set back over it.

    Where it is set forward over it, that is the moment of the jump, at which the clock is past it.
    """
    info = zone_info(zone) or UTC
    first = datetime.combine(day, at, info).astimezone(UTC)
    second = datetime.combine(day, at, info).replace(fold=1).astimezone(UTC)
    if first <= second:
        return (first,) if first == second else (first, second)
    before, after = second, first  # a gap: the jump lies between the two
    offset = before.astimezone(info).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        before, after = (middle, after) if middle.astimezone(info).utcoffset() == offset else (before, middle)
    return (after.replace(microsecond=0),)


@dataclass(frozen=True, slots=True)
class Holidays:
    """A country's days off, and the weekend days that are worked in their stead (China's make-up workdays)."""

    name: str = ""
    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def is_off(self, day: date) -> bool:
        """Days off, and a weekend between two of them, which calendars do not name as it is off anyway: it belongs to
        the holiday unless it is worked."""
        if day in self.off or day.weekday() < SATURDAY or day in self.worked:
            return day in self.off
        return all(self._beside(day, step) in self.off for step in (-1, 1))

    def _beside(self, day: date, step: int) -> date:
        """The nearest day before or after a weekend day that is a weekday or off."""
        day += timedelta(days=step)
        while day.weekday() >= SATURDAY and day not in self.off:
            day += timedelta(days=step)
        return day

    def is_business_day(self, day: date) -> bool:
        """Monday to Friday without the days off, and the weekend days that are worked."""
        return day in self.worked or (day.weekday() < 5 and day not in self.off)


def business_days_later(day: date, count: int, holidays: Holidays) -> date:
    """The day `count` business days after `day`."""
    while count > 0:
        day += timedelta(days=1)
        if holidays.is_business_day(day):
            count -= 1
    return day
