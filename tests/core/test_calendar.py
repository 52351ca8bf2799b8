"""The customer's clock: days, moments and business days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.calendar import Holidays, business_days_later, local, local_day, moment, wall_moments, zone_info
from bot.dialogues.contact import load_holidays
from tests.core import worlds as w


@w.quick
@given(st.sampled_from(w.ZONES), st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.times(timezones=st.none()))
def test_a_wall_clock_time_comes_back_unless_the_clock_skipped_it(zone: str, day: date, at: time) -> None:
    there = local(moment(day, at, zone), zone)
    if there.replace(tzinfo=None) != datetime.combine(day, at):
        assert there.replace(tzinfo=None) - datetime.combine(day, at) in (timedelta(hours=1), timedelta(minutes=30))


def test_a_time_that_the_clock_skips_is_the_one_after_the_gap() -> None:
    assert moment(date(2026, 3, 8), time(2, 30), "America/New_York") == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


def test_a_time_that_comes_twice_is_the_first() -> None:
    assert moment(date(2026, 11, 1), time(1, 30), "America/New_York") == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_a_customers_day_is_the_one_on_their_own_calendar() -> None:
    late = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    assert local_day(late, "Asia/Shanghai") == date(2026, 11, 24)
    assert local_day(late, "America/New_York") == date(2026, 11, 23)


@pytest.mark.parametrize("name", ["", "Nowhere/Land", "../../etc/passwd", "Asia", "\x00", "Asia/Shanghai\n", "\ud800"])
def test_a_name_that_is_no_zone_is_none_and_never_an_error(name: str) -> None:
    assert zone_info(name) is None
    assert local(w.NOW, name) == w.NOW


def test_business_days_leave_out_week_ends_and_holidays() -> None:
    friday = date(2026, 11, 27)
    assert business_days_later(friday, 1, Holidays()) == date(2026, 11, 30)
    assert business_days_later(friday, 3, Holidays("", frozenset({date(2026, 12, 1)}))) == date(2026, 12, 3)
    assert business_days_later(friday, 0, Holidays()) == friday


def test_a_weekend_day_that_is_worked_is_a_business_day() -> None:
    china = load_holidays("cn.yml", "CN")
    assert business_days_later(date(2026, 10, 9), 1, china) == date(2026, 10, 10)  # a Saturday worked for Golden Week
    assert business_days_later(date(2026, 9, 30), 1, china) == date(2026, 10, 8)


@pytest.mark.parametrize(
    ("zone", "day", "at", "wanted"),
    [
        ("America/New_York", date(2026, 3, 8), time(2, 30), ["07:00"]),  # skipped: the moment of the jump
        ("America/New_York", date(2026, 11, 1), time(1, 30), ["05:30", "06:30"]),  # twice
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), ["15:30"]),  # a jump of half an hour
        ("Asia/Shanghai", date(2026, 11, 23), time(9), ["01:00"]),
    ],
)
def test_the_wall_clock_comes_to_a_time_once_twice_or_at_the_jump(
    zone: str, day: date, at: time, wanted: list[str]
) -> None:
    assert [f"{moment:%H:%M}" for moment in wall_moments(day, at, zone)] == wanted
