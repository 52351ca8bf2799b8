"""The customer's clock: local days and the moments that belong to them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


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


def business_days_later(day: date, count: int, holidays: frozenset[date]) -> date:
    """The day `count` business days after `day`: Monday to Friday, no holidays."""
    while count > 0:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in holidays:
            count -= 1
    return day
