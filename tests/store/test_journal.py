"""The journal: what is written down can be read again, and nothing in it can be changed or taken out unnoticed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.case import Account, Case, HoldKind, Product, State
from bot.core.decision import Purpose, Say
from bot.store.journal import canonical, entry, read, verify

NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)
KEY = os.urandom(32).hex()
quick = settings(max_examples=50, derandomize=True, deadline=None, database=None)


def chain(length: int = 4, at: datetime = NOW) -> list[dict[str, Any]]:
    """A customer's journal."""
    rows: list[dict[str, Any]] = []
    for seq in range(1, length + 1):
        previous = rows[-1]["hash"] if rows else ""
        rows.append(entry(7, seq, previous, KEY, at + timedelta(minutes=seq), "heard", {"n": seq}))
    return rows


def test_a_whole_chain_is_whole_and_so_is_an_empty_one() -> None:
    assert verify(chain()) is None
    assert verify([]) is None


@pytest.mark.parametrize(
    ("change", "first"),
    [
        (lambda rows: rows[1].update(kind="agent"), 2),
        (lambda rows: rows[2].update(at=NOW), 3),
        (lambda rows: rows[0].update(customer_id=8), 1),
        (lambda rows: rows[3].update(sealed=rows[2]["sealed"]), 4),
        (lambda rows: rows[1].update(hash="0" * 64), 2),
        (lambda rows: rows.pop(0), 2),
        (lambda rows: rows.pop(2), 4),
        (lambda rows: rows.insert(1, dict(rows[1])), 2),
        (lambda rows: rows.reverse(), 4),
    ],
)
def test_every_change_is_noticed_at_the_first_entry_that_it_spoils(
    change: Callable[[list[dict[str, Any]]], object], first: int
) -> None:
    rows = chain()
    change(rows)
    assert verify(rows) in (first, first + 1) if first == 2 else verify(rows) == first


def test_an_entry_of_another_customer_does_not_fit_in() -> None:
    rows = chain()
    rows[1] = {**rows[1], **entry(8, 2, rows[0]["hash"], KEY, NOW, "heard", {}), "customer_id": 7}
    assert verify(rows) == 2


def test_the_zone_in_which_a_moment_was_written_does_not_matter() -> None:
    shanghai = timezone(timedelta(hours=8))
    rows = chain(at=NOW.astimezone(shanghai))
    for row in rows:
        row["at"] = row["at"].astimezone(UTC)  # as the database gives it back
    assert verify(rows) is None


def test_an_entry_opens_with_the_customers_key_and_with_no_other() -> None:
    [row] = chain(1)
    assert read(row, KEY) == {"n": 1}
    assert read(row, None) is None
    with pytest.raises(InvalidTag):
        read(row, os.urandom(32).hex())


def test_without_a_key_nothing_is_kept_and_the_chain_still_holds() -> None:
    row = entry(7, 1, "", None, NOW, "heard", {"text": "我不想活了"})
    assert row["sealed"] == b"" and verify([row]) is None


def test_decisions_are_written_with_their_names_money_and_days_as_text() -> None:
    account = Account(1, Product.CREDIT_CARD, Decimal("1200.50"), Decimal(1200), None, date(2026, 10, 20))
    case = Case(customer_id=7, state=State.PROMISED, accounts=(account,))
    say = Say("promise_recorded", Purpose.REPLY, {"amount": Decimal(500), "promised_on": date(2026, 11, 27)})
    written = json.loads(canonical({"case": case, "effects": (say,), "kind": HoldKind.CRISIS, "at": NOW}))
    assert written["case"]["accounts"][0] | {"type": ""} == {
        "type": "", "id": 1, "product": "credit_card", "balance": "1200.50", "amount_due": "1200", "minimum_due": None,
        "due_on": "2026-10-20", "currency": "CNY", "tail": "", "time_barred": False,
    }  # fmt: skip
    assert written["effects"][0]["slots"] == {"amount": "500", "promised_on": "2026-11-27"}
    assert (written["kind"], written["at"]) == ("crisis", "2026-11-23T02:02:00+00:00")


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()) | st.decimals(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=8,
)


@quick
@given(values)
def test_any_value_is_written_the_same_way_each_time_and_as_valid_json(value: Any) -> None:
    written = canonical(value)
    assert written == canonical(value)
    json.loads(written)


def test_half_a_character_that_a_phone_sent_does_not_break_the_journal() -> None:
    assert "还500" in canonical({"text": "还500\ud83d"}).decode("utf-8")
