"""Service clocks: until when a person should answer, counted in the hours in which people are at work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.core.calendar import Holidays, local_day, moment

FURTHEST = 60  # days that are looked ahead; the loader refuses a week without an hour of work
Span = tuple[time, time]
NO_HOLIDAYS = Holidays()


@dataclass(frozen=True, slots=True)
class Service:
    """When people answer, Monday first, on the customer's clock; how soon to a customer whom they have; and from which
    share of the time on a clock is amber.

    On a day off of `holidays`, and on a weekend between two of them, they answer in `on_holidays`, or not at all; a
    weekend day that is worked counts as `worked`, or as the weekday that it is.
    """

    week: tuple[Span | None, ...]
    next_reply: timedelta
    amber: float
    holidays: Holidays = NO_HOLIDAYS
    on_holidays: Span | None = None
    worked: Span | None = None

    def span(self, day: date) -> Span | None:
        """The working hours of a day; None where nobody answers."""
        if self.holidays.is_off(day):
            return self.on_holidays
        if self.worked is not None and day in self.holidays.worked:
            return self.worked
        return self.week[day.weekday()]


def deadline(start: datetime, allowed: timedelta, zone: str, service: Service) -> datetime:
    """The moment at which so much working time has passed. Nothing allowed means `start` itself."""
    left, day = allowed, local_day(start, zone)
    for _ in range(FURTHEST):
        opens, closes = _hours(start, day, zone, service)
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
        day += timedelta(days=1)
    return start + allowed


def worked(start: datetime, end: datetime, zone: str, service: Service) -> timedelta:
    """How much working time lies between two moments; none where the second is not later."""
    total, day = timedelta(0), local_day(start, zone)
    for _ in range(FURTHEST):
        opens, closes = _hours(start, day, zone, service)
        if day > local_day(end, zone):
            break
        total += max(timedelta(0), min(closes, end) - opens)
        day += timedelta(days=1)
    return total


def amber_at(start: datetime, due_at: datetime, zone: str, service: Service) -> datetime:
    """When a clock that runs from `start` to `due_at` has used up its amber share of working time."""
    span = worked(start, due_at, zone, service)
    if not span:  # all of it outside of working hours: those who never close
        return start + (due_at - start) * service.amber
    return min(due_at, deadline(start, span * service.amber, zone, service))


def _hours(start: datetime, day: date, zone: str, service: Service) -> tuple[datetime, datetime]:
    """What is left of a day's working hours after `start`; an empty span where there is nothing left."""
    span = service.span(day)
    if span is None:
        return start, start
    opens, closes = moment(day, span[0], zone), moment(day, span[1], zone)
    return (max(opens, start), closes) if closes > start else (start, start)
