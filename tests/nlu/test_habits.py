"""What customers say of their own ways: hours, days and payday, only where it is beyond doubt."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.reading import Habits
from bot.nlu.habits import habits_of
from tests.core import worlds as w

DAY = time(23, 59)
WORK, WEEKEND = frozenset(range(5)), frozenset({5, 6})


@pytest.mark.parametrize(
    ("text", "hours", "weekdays"),
    [
        ("请晚上7点以后联系我", (time(19), DAY), None),
        ("早上9点之前别发", (time(9), DAY), None),
        ("晚上八点以后不要发短信", (time(0), time(20)), None),
        ("上午9点到11点半联系", (time(9), time(11, 30)), None),
        ("下午2点到5点不方便", (time(17), DAY), None),
        ("周末再联系我", None, WEEKEND),
        ("周末别打扰", None, WORK),
        ("工作日晚上6点以后", (time(18), DAY), WORK),
        ("please text me after 6pm", (time(18), DAY), None),
        ("don't text before 9 am", (time(9), DAY), None),
        ("don't text me after 8pm please", (time(0), time(20)), None),
        ("between 10am and 12pm is fine", (time(10), time(12)), None),
        ("weekends only", None, WEEKEND),
        ("no texts on weekends", None, WORK),
        ("别老发短信", None, None),
        ("晚点再说", None, None),
        ("call me later", None, None),
    ],
)
def test_hours_and_days_are_read(text: str, hours: object, weekdays: object) -> None:
    found = habits_of(text, speaks_of_contact=True)
    assert (found.hours, found.weekdays) == (hours, weekdays)
    assert habits_of(text, speaks_of_contact=False) == Habits()


@pytest.mark.parametrize(
    ("text", "payday"),
    [
        ("我每个月15号发工资", 15),
        ("10号才发工资", 10),
        ("工资是每月5号", 5),
        ("I get paid on the 25th", 25),
        ("my payday is on the 1st", 1),
        ("15号还500", None),
        ("发工资就还", None),
        ("32号发工资", None),
        ("I paid on Friday", None),
    ],
)
def test_payday_is_read(text: str, payday: int | None) -> None:
    assert habits_of(text, speaks_of_contact=False).payday == payday


@w.quick
@given(st.text(alphabet="早晚上下午0123456789十一两点半到以后前别周末发工资号 apm:-afterbefore", max_size=40))
def test_any_text_gives_hours_that_are_in_order(text: str) -> None:
    found = habits_of(text, speaks_of_contact=True)
    assert found.hours is None or found.hours[0] < found.hours[1]
    assert found.payday is None or 1 <= found.payday <= 31
