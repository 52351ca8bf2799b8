"""Service clocks count the hours in which people are at work, on the customer's clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot import dialogues
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


CHINA = dialogues.load().rules.service


def test_public_holidays_stop_the_clock_and_make_up_workdays_count() -> None:
    """The National Day of 2026: the 1st to the 7th of October are off, Saturday the 10th is worked."""
    assert date(2026, 10, 1) in CHINA.holidays.off and date(2026, 10, 10) in CHINA.holidays.worked
    evening = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)  # 20:00 on the day before; people answer until 21:00
    assert deadline(evening, timedelta(hours=2), SHANGHAI, CHINA) == datetime(2026, 10, 8, 1, tzinfo=UTC)
    assert worked(evening, datetime(2026, 10, 8, 1, tzinfo=UTC), SHANGHAI, CHINA) == timedelta(hours=2)
    assert amber_at(evening, datetime(2026, 10, 8, 1, tzinfo=UTC), SHANGHAI, CHINA) == datetime(
        2026, 10, 8, 0, 30, tzinfo=UTC
    )
    made_up = datetime(2026, 10, 9, 23, 30, tzinfo=UTC)  # Saturday, 07:30: a worked one begins at eight, others at nine
    assert deadline(made_up, timedelta(hours=1), SHANGHAI, CHINA) == datetime(2026, 10, 10, 1, tzinfo=UTC)
    other = datetime(2026, 10, 16, 23, 30, tzinfo=UTC)
    assert deadline(other, timedelta(hours=1), SHANGHAI, CHINA) == datetime(2026, 10, 17, 2, tzinfo=UTC)


def test_people_may_answer_for_some_hours_on_holidays() -> None:
    some = replace(CHINA, on_holidays=(time(10), time(12)))
    night = datetime(2026, 9, 30, 15, 0, tzinfo=UTC)
    assert deadline(night, timedelta(hours=1), SHANGHAI, some) == datetime(2026, 10, 1, 3, tzinfo=UTC)


ZONES = st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe"])
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


@given(MOMENTS, st.integers(1, 60 * 60), ZONES, st.sampled_from([OFFICE, CHINA]))
@settings(max_examples=300, deadline=None)
def test_a_deadline_lies_in_working_hours_and_exactly_that_much_work_before_it(
    start: datetime, minutes: int, zone: str, service: Service
) -> None:
    allowed = timedelta(minutes=minutes)
    due = deadline(start, allowed, zone, service)
    there = local(due, zone)
    span = service.span(there.date())
    assert span is not None and span[0] <= there.time() <= span[1]
    assert due - start >= allowed
    assert worked(start, due, zone, service) == allowed
    assert start <= amber_at(start, due, zone, service) <= due
