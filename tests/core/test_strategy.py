"""Reminders adapt to the customer, and only ever by becoming rarer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import dialogues
from bot.core.calendar import local_day
from bot.core.case import Account, Case, Contact, Preference, Product, State, Timer
from bot.core.decide import decide
from bot.core.decision import OpenHandoff, Say
from bot.core.event import Heard, TimerDue
from bot.core.reading import AmountKind, Habits, Intent, Reading, SaidAmount
from bot.core.strategy import next_payday, next_reminder, silent_in_a_row, tier
from tests.core import worlds as w

RULES = dialogues.load().rules
STRATEGY = RULES.strategy


def owing(days: int, amount: str = "1200", product: Product = Product.PERSONAL_LOAN, **more: Any) -> Case:
    """A customer so many days past due."""
    account = Account(1, product, Decimal(amount), Decimal(amount), None, w.TODAY - timedelta(days=days), tail="1234")
    return Case(customer_id=1, state=State.CONTACTED, accounts=(account,), **more)


def unanswered(count: int) -> tuple[Contact, ...]:
    return tuple(Contact(w.NOW - timedelta(days=4 * ago + 4)) for ago in reversed(range(count)))


@w.quick
@given(w.cases(), w.moments, st.data())
def test_adaptation_never_makes_reminders_more_frequent_than_the_tier(
    case: Case, now: datetime, data: st.DataObject
) -> None:
    case = replace(
        case,
        contacts=data.draw(w.histories(now)),
        payday=data.draw(st.none() | st.integers(1, 31)),
        annoyed_at=data.draw(st.none() | st.just(now - timedelta(days=2))),
        kept_promises=data.draw(st.integers(0, 3)),
    )
    today = local_day(now, case.zone)
    step, found = tier(case, STRATEGY, today), next_reminder(case, STRATEGY, now)
    if step is None or found is None:
        return
    day = local_day(found.at, case.zone)
    assert (day - today).days >= step.every_days
    if case.preference is not None and case.preference.weekdays:
        assert day.weekday() in case.preference.weekdays


@pytest.mark.parametrize(
    ("changes", "days", "why"),
    [
        ({}, 4, ()),
        ({"contacts": unanswered(2)}, 4, ()),
        ({"contacts": unanswered(3)}, 8, ("silent",)),
        ({"contacts": unanswered(3), "opened_at": w.NOW - timedelta(hours=1)}, 4, ()),
        ({"annoyed_at": w.NOW - timedelta(days=3)}, 8, ("annoyed",)),
        ({"annoyed_at": w.NOW - timedelta(days=31)}, 4, ()),
        ({"kept_promises": 2}, 6, ("kept",)),
        ({"kept_promises": 2, "broken_in_a_row": 1}, 4, ()),
        ({"payday": 30}, 7, ("payday",)),
        ({"payday": 20}, 4, ()),
        ({"preference": Preference(opens=time(18))}, 4, ("preference",)),
        ({"preference": Preference(weekdays=frozenset({5, 6}))}, 5, ("preference",)),
        ({"annoyed_at": w.NOW, "contacts": unanswered(3)}, 16, ("silent", "annoyed")),
    ],
)
def test_what_is_known_of_a_customer_moves_the_next_reminder(
    changes: dict[str, Any], days: int, why: tuple[str, ...]
) -> None:
    found = next_reminder(owing(8, **changes), STRATEGY, w.NOW)
    assert found is not None
    assert ((local_day(found.at, "Asia/Shanghai") - w.TODAY).days, found.why) == (days, why)


def test_a_small_debt_is_reminded_of_less_and_one_in_parts_is_asked_for_a_part() -> None:
    small = next_reminder(owing(8, "120"), STRATEGY, w.NOW)
    assert small is not None and small.why == ("small",)
    step = tier(owing(20), STRATEGY, w.TODAY)
    assert step is not None
    assert step.wording(owing(20, ability=Decimal(300))) == "reminder_in_parts"
    assert step.wording(owing(20, ability=Decimal(5000))) == step.wording(owing(20)) == "reminder_m1_late"


def test_a_card_is_told_its_minimum_until_it_is_a_month_past_due() -> None:
    def said(days: int) -> str:
        step = tier(owing(days, product=Product.CREDIT_CARD), STRATEGY, w.TODAY)
        return step.response if step else ""

    assert [said(days) for days in (-2, 2, 8, 20, 40)] == [
        "reminder_pre_due_card", "reminder_grace_card", "reminder_m1_early_card", "reminder_m1_late_card",
        "reminder_m2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("case", "reason"),
    [(owing(17, "60000"), "pace:large"), (owing(8, contacts=unanswered(6)), "pace:silent"), (owing(8), "")],
)
def test_a_large_debt_or_long_silence_calls_a_person(case: Case, reason: str) -> None:
    case = replace(case, contacts=tuple(replace(one, at=one.at - timedelta(days=4)) for one in case.contacts))
    decision = decide(case, TimerDue(Timer.REMINDER), RULES, w.NOW)
    assert [one.reason for one in decision.effects if isinstance(one, OpenHandoff)] == ([reason] if reason else [])


def test_at_a_stage_of_calls_no_text_goes_and_a_person_has_the_task() -> None:
    decision = decide(owing(95, product=Product.BUSINESS_LOAN), TimerDue(Timer.REMINDER), RULES, w.NOW)
    assert not [one for one in decision.effects if isinstance(one, Say)]
    assert "by-a-person:call" in decision.why
    assert [one.queue for one in decision.effects if isinstance(one, OpenHandoff)] == ["late_stage"]


def test_what_a_reply_says_of_the_customers_ways_is_kept() -> None:
    habits = Habits(hours=(time(18), time(20)), weekdays=frozenset({5, 6}), payday=15)
    reading = Reading(
        "…", "zh", (Intent.HARDSHIP, Intent.CONTACT_PREFERENCE), dict.fromkeys(Intent, 1.0),
        amount=SaidAmount(AmountKind.EXACT, Decimal(300)), habits=habits,
    )  # fmt: skip
    decision = decide(owing(34), Heard(reading), RULES, w.NOW)
    case = decision.case
    assert case.preference == Preference(time(18), time(20), frozenset({5, 6}))
    assert (case.payday, case.ability) == (15, Decimal(300))
    assert {"learned:payday 15", "learned:preference", "learned:ability 300.00"} <= set(decision.why)
    angry = Reading("…", "zh", (Intent.ABUSE,), {Intent.ABUSE: 1.0})
    assert decide(owing(34), Heard(angry), RULES, w.NOW).case.annoyed_at == w.NOW


def test_a_promise_on_a_time_barred_debt_is_left_to_a_person() -> None:
    case = owing(34)
    barred = replace(case, accounts=(replace(case.accounts[0], time_barred=True),))
    reading = Reading(
        "…", "zh", (Intent.PROMISE_TO_PAY,), {Intent.PROMISE_TO_PAY: 1.0}, date=w.TODAY + timedelta(days=3),
        amount=SaidAmount(AmountKind.EXACT, Decimal(500)),
    )  # fmt: skip
    assert decide(case, Heard(reading), RULES, w.NOW).case.promise is not None
    decision = decide(barred, Heard(reading), RULES, w.NOW)
    assert decision.case.promise is None and decision.case.state is State.CONTACTED
    assert not [one for one in decision.effects if isinstance(one, Say)]
    assert [one.queue for one in decision.effects if isinstance(one, OpenHandoff)] == ["general"]


@pytest.mark.parametrize(
    ("payday", "today", "wanted"),
    [
        (15, date(2026, 11, 10), date(2026, 11, 15)),
        (15, date(2026, 11, 15), date(2026, 11, 15)),
        (10, date(2026, 12, 20), date(2027, 1, 10)),
        (31, date(2026, 2, 3), date(2026, 2, 28)),
        (31, date(2026, 1, 31), date(2026, 1, 31)),
    ],
)
def test_payday_comes_every_month(payday: int, today: date, wanted: date) -> None:
    assert next_payday(payday, today) == wanted


def test_silence_counts_reminders_since_the_customer_last_wrote() -> None:
    case = owing(34, contacts=unanswered(4), opened_at=datetime(2026, 11, 12, 0, 0, tzinfo=UTC))
    assert silent_in_a_row(case, w.NOW) == 2
