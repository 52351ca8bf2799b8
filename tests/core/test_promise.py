"""Promises to pay: what was said becomes money from the ledger, and what became of it is judged by money alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import dialogues
from bot.core.agreement import Instalment, Promise, PromiseStatus
from bot.core.case import Account, Case, Product, State, Timer
from bot.core.decide import decide
from bot.core.event import AgentActed, AgentAction, PaymentPosted, TimerDue
from bot.core.payment import post_to_ledger
from bot.core.promise import is_plausible, is_within_horizon, judge, next_reminder_on, resolve_amount, series_fits
from bot.core.reading import AmountKind, SaidAmount
from tests.core import worlds as w

RULES = dialogues.load().rules
PROMISES = RULES.promises
CARD = Account(1, Product.CREDIT_CARD, Decimal(8000), Decimal("1200.01"), Decimal(120), date(2026, 10, 20))
CASE = Case(customer_id=1, accounts=(CARD,))


@pytest.mark.parametrize(
    ("said", "money"),
    [
        (SaidAmount(AmountKind.EXACT, Decimal(500)), "500.00"),
        (SaidAmount(AmountKind.FULL), "1200.01"),
        (SaidAmount(AmountKind.MINIMUM), "120.00"),
        (SaidAmount(AmountKind.FRACTION, Decimal("0.5")), "600.01"),
        (SaidAmount(AmountKind.EXACT, Decimal(0)), None),
        (SaidAmount(AmountKind.EXACT, Decimal("0.001")), None),
        (None, None),
    ],
)
def test_what_was_said_is_money_from_the_ledger(said: SaidAmount | None, money: str | None) -> None:
    assert resolve_amount(said, CASE) == (None if money is None else Decimal(money))


@w.quick
@given(w.amounts, w.cases())
def test_an_amount_is_whole_cents_and_more_than_nothing_or_none(said: SaidAmount | None, case: Case) -> None:
    amount = resolve_amount(said, case)
    assert amount is None or (amount > 0 and amount == amount.quantize(Decimal("0.01")))


@pytest.mark.parametrize(
    ("paid", "status"),
    [
        ("500", PromiseStatus.KEPT),
        ("475", PromiseStatus.KEPT),
        ("474.99", PromiseStatus.PARTIAL),
        ("0.01", PromiseStatus.PARTIAL),
        ("0", PromiseStatus.BROKEN),
        ("900", PromiseStatus.KEPT),
    ],
)
def test_a_promise_is_judged_by_what_was_paid_since(paid: str, status: PromiseStatus) -> None:
    assert judge(Promise(Decimal(500), w.TODAY, w.NOW, Decimal(paid)), PROMISES) is status


def test_money_from_before_the_promise_does_not_keep_it() -> None:
    case = replace(CASE, promise=Promise(Decimal(500), w.TODAY, w.NOW, id=1))
    for day, paid in ((w.TODAY - timedelta(days=1), 0), (w.TODAY, 500)):
        promise = post_to_ledger(case, 1, Decimal(500), day).promise
        assert promise is not None and promise.paid == paid


@w.quick
@given(w.cases(), w.sums, w.days)
def test_posting_takes_what_was_paid_off_the_balance_and_never_below_nothing(
    case: Case, amount: Decimal, paid_on: date
) -> None:
    after = post_to_ledger(case, 1, amount, paid_on)
    assert case.balance - after.balance == min(amount, case.balance)
    for account in after.accounts:
        assert min(account.balance, account.amount_due, account.minimum_due or Decimal(0)) >= 0
        assert account.amount_due <= account.balance
    assert [account.id for account in after.accounts] == [account.id for account in case.accounts]


def test_the_further_past_due_the_nearer_a_promise_must_be() -> None:
    young, old = (replace(CASE, accounts=(replace(CARD, due_on=w.TODAY - timedelta(days=n)),)) for n in (10, 70))
    for ahead, near_young, near_old in ((0, True, True), (7, True, True), (8, True, False), (15, False, False)):
        day = w.TODAY + timedelta(days=ahead)
        assert is_within_horizon(day, w.TODAY, young, PROMISES) is near_young
        assert is_within_horizon(day, w.TODAY, old, PROMISES) is near_old


def test_yesterday_is_no_day_to_promise() -> None:
    assert not is_within_horizon(w.TODAY - timedelta(days=1), w.TODAY, CASE, PROMISES)


def test_more_than_all_that_is_owed_is_not_plausible() -> None:
    assert is_plausible(Decimal(8000), CASE)
    assert not is_plausible(Decimal("8000.01"), CASE)


@w.quick
@given(w.days, st.integers(0, 40))
def test_a_promise_is_reminded_of_on_the_day_before_and_on_the_day(due_on: date, ago: int) -> None:
    today = due_on - timedelta(days=ago)
    expected = {0: None, 1: due_on}.get(ago, due_on - timedelta(days=1))
    assert next_reminder_on(due_on, today, PROMISES) == expected


def series(*ahead: int, amount: str = "100") -> tuple[Instalment, ...]:
    return tuple(Instalment(Decimal(amount), w.TODAY + timedelta(days=days)) for days in ahead)


@pytest.mark.parametrize(
    ("ahead", "fits"),
    [((4, 11), True), ((4, 11, 18, 25), True), ((4, 11, 18, 25, 32), False), ((4, 4), False), ((11, 4), False),
     ((4, 61), False), ((-1, 4), False), ((8, 15), False), ((), False)],
)  # fmt: skip
def test_a_series_is_short_near_and_in_order(ahead: tuple[int, ...], fits: bool) -> None:
    assert series_fits(series(*ahead), w.TODAY, CASE, PROMISES) is fits


def test_a_series_is_never_of_more_than_is_owed() -> None:
    assert series_fits(series(3, 5, amount="4000"), w.TODAY, CASE, PROMISES)
    assert not series_fits(series(3, 5, amount="4000.01"), w.TODAY, CASE, PROMISES)


@w.quick
@given(st.lists(w.sums, min_size=2, max_size=4), st.lists(w.sums, max_size=6))
def test_however_it_is_paid_a_series_opens_one_promise_after_the_other_and_counts_every_cent_once(
    amounts: list[Decimal], payments: list[Decimal]
) -> None:
    first, *later = (Instalment(a, w.TODAY + timedelta(days=n)) for n, a in enumerate(amounts, 2))
    owed = replace(CARD, balance=Decimal(10**7), amount_due=Decimal(10**7))
    promise = Promise(first.amount, first.due_on, w.NOW, id=1, later=tuple(later))
    case = replace(CASE, state=State.PROMISED, accounts=(owed,), promise=promise)
    total, paid = promise.total, Decimal(0)
    for payment in payments:
        case = post_to_ledger(case, 1, payment, w.TODAY)
        case = decide(case, PaymentPosted(payment, w.TODAY), RULES, w.NOW).case
        paid += payment
        if case.promise is None:
            assert paid >= total * PROMISES.kept_share
            return
        assert case.promise.paid <= paid
        assert judge(case.promise, PROMISES) is not PromiseStatus.KEPT
    assert case.promise is None or paid < total


def test_a_series_ends_where_one_of_it_is_broken() -> None:
    promise = Promise(Decimal(100), w.TODAY, w.NOW, id=1, later=series(7, 14))
    case = replace(CASE, state=State.PROMISED, promise=promise)
    late = w.NOW + timedelta(days=4)
    decision = decide(case, TimerDue(Timer.PROMISE_CHECK), RULES, late)
    assert (decision.case.promise, decision.case.state) == (None, State.CONTACTED)


def test_an_agent_records_a_series_within_the_limits_and_not_beyond() -> None:
    acted = AgentActed(AgentAction.RECORD_PROMISE, "li", amount=Decimal(100), due_on=w.TODAY, later=series(7, 14))
    kept = decide(CASE, acted, RULES, w.NOW).case.promise
    assert kept is not None and kept.later == series(7, 14)
    assert decide(CASE, replace(acted, later=series(90)), RULES, w.NOW).case.promise is None
