"""The customer's clock: days, moments and business days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.calendar import business_days_later, local, local_day, moment, zone_info
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
    assert business_days_later(friday, 1, frozenset()) == date(2026, 11, 30)
    assert business_days_later(friday, 3, frozenset({date(2026, 12, 1)})) == date(2026, 12, 3)
    assert business_days_later(friday, 0, frozenset()) == friday
