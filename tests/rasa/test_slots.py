"""A case survives its journey through Rasa's slots."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.agreement import Offer, Promise
from bot.core.case import Account, Case, Hold, HoldKind, Owner, Product, State
from bot.core.reading import Asked
from bot.rasa_slots import CONVERSATION, FORM, LEDGER, OUTCOME, BadSlot, case_of, slots_of

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ACCOUNT = Account(
    0, Product.CREDIT_CARD, Decimal("5000.00"), Decimal("1200.00"), Decimal("120"), date(2026, 11, 1), "HKD", "8812"
)
BOOKS = {
    "product": "credit_card", "balance": "5000.00", "amount_due": "1200.00", "minimum_due": "120",
    "due_on": "2026-11-01", "currency": "HKD", "tail": "8812", "zone": "Asia/Hong_Kong", "jurisdiction": "hk",
}  # fmt: skip

money = st.decimals(1, 10**6, places=2)
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
conversations = st.builds(
    Case,
    customer_id=st.just(0),
    state=st.sampled_from(State),
    owner=st.sampled_from(Owner),
    language=st.sampled_from(["zh", "en"]),
    zones=st.just(("Asia/Hong_Kong",)),
    jurisdiction=st.just("hk"),
    known=st.booleans(),
    reachable=st.booleans(),
    accounts=st.just((ACCOUNT,)),
    promise=st.none() | st.builds(Promise, money, days, moments, money, st.none()),
    broken_in_a_row=st.integers(0, 9),
    holds=st.lists(st.builds(Hold, st.sampled_from(HoldKind), st.none() | moments), max_size=3).map(tuple),
    handoff_queue=st.none() | st.sampled_from(["crisis", "general"]),
    asked=st.none() | st.sampled_from(Asked),
    offer=st.none() | st.builds(Offer, money, st.none() | days),
    unclear_in_a_row=st.integers(0, 9),
    opened_at=st.none() | moments,
)


@given(conversations)
def test_slots_hold_the_whole_conversation(case: Case) -> None:
    slots: dict[str, Any] = json.loads(json.dumps(slots_of(case)))
    assert slots.keys() == CONVERSATION.keys()
    assert case_of(slots | BOOKS, NOW) == case


def test_no_slot_is_named_twice() -> None:
    names = [*LEDGER, *CONVERSATION, *OUTCOME, *FORM]
    assert len(names) == len(set(names))


def test_a_float_is_read_as_it_is_written() -> None:
    assert case_of({"amount_due": 1200.1}, NOW).amount_due == Decimal("1200.1")
    assert case_of({"amount_due": 1200}, NOW).amount_due == Decimal(1200)


def test_a_debt_without_a_day_is_due_today_where_the_customer_is() -> None:
    late = NOW + timedelta(hours=15)
    assert case_of({"amount_due": "5"}, late).accounts[0].due_on == date(2026, 11, 24)


def test_without_slots_the_sender_is_unknown() -> None:
    case = case_of({}, NOW)
    assert case.state is State.UNKNOWN_SENDER and case.accounts == () and case.reachable


@pytest.mark.parametrize(
    ("slot", "value"),
    [
        ("amount_due", "NaN"), ("amount_due", -5), ("amount_due", "1e99"), ("amount_due", True), ("amount_due", []),
        ("due_on", "27.11.2026"), ("due_on", 20261127), ("state", "happy"), ("asked", 3), ("holds", "dispute"),
        ("holds", [{"kind": "tea"}]), ("opened_at", "2026-11-23T02:00:00"), ("known", "false"), ("zone", 8),
        ("broken_in_a_row", "many"), ("product", {}), ("unclear_in_a_row", float("inf")), ("handoff_queue", 1),
    ],
)  # fmt: skip
def test_what_cannot_be_a_value_is_refused_by_name(slot: str, value: Any) -> None:
    with pytest.raises(BadSlot, match=f"slot '{slot}' cannot be .*; write .+, or empty it"):
        case_of({"amount_due": "5", slot: value}, NOW)
