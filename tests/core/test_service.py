"""Service clocks count the hours in which people are at work, on the customer's clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.calendar import local
from bot.core.service import Service, amber_at, deadline, worked

OFFICE = Service((*[(time(9), time(17))] * 5, (time(10), time(12)), None), timedelta(minutes=30), 0.75)
SHANGHAI = "Asia/Shanghai"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment in November 2026 in Shanghai; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def test_time_in_which_nobody_works_does_not_count() -> None:
    for start, hours, due in (
        (at(23, 10), 4, at(23, 14)),
        (at(23, 16), 4, at(24, 12)),  # one hour today, three tomorrow
        (at(23, 3), 4, at(23, 13)),  # at night: from nine on
        (at(27, 16), 4, at(30, 10)),  # Friday: one hour, two on Saturday, none on Sunday, one on Monday
        (at(23, 9), 8, at(23, 17)),  # to the very end of the day
    ):
        assert deadline(start, timedelta(hours=hours), SHANGHAI, OFFICE) == due


def test_a_clock_is_amber_when_three_quarters_of_the_working_time_are_over() -> None:
    assert amber_at(at(23, 16), at(24, 12), SHANGHAI, OFFICE) == at(24, 11)
    assert amber_at(at(23, 1), at(23, 1, 4), SHANGHAI, OFFICE) == at(23, 1, 3)  # an alert, at night


ZONES = st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe"])
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


@given(MOMENTS, st.integers(1, 60 * 60), ZONES)
@settings(max_examples=300, deadline=None)
def test_a_deadline_lies_in_working_hours_and_exactly_that_much_work_before_it(
    start: datetime, minutes: int, zone: str
) -> None:
    allowed = timedelta(minutes=minutes)
    due = deadline(start, allowed, zone, OFFICE)
    there = local(due, zone)
    span = OFFICE.week[there.weekday()]
    assert span is not None and span[0] <= there.time() <= span[1]
    assert due - start >= allowed
    assert worked(start, due, zone, OFFICE) == allowed
    assert start <= amber_at(start, due, zone, OFFICE) <= due
