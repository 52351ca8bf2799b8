"""Explicit days in languages that have no grammar of their own."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.nlu.dates import extract

MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("pago el 5 de diciembre", date(2026, 12, 5)),
        ("je paie le 12 janvier", date(2027, 1, 12)),
        ("ich zahle am 3. februar 2027", date(2027, 2, 3)),
        ("saya bayar 30 november", date(2026, 11, 30)),
        ("bayar 9 disember", date(2026, 12, 9)),
    ],
)
def test_a_number_beside_a_month_of_another_language_is_a_day(text: str, day: date) -> None:
    found = extract(text, "en", MONDAY)
    assert found is not None and found.end == day


@pytest.mark.parametrize(
    "text", ["pago 50 manana quizas", "12 monkeys", "31 abril", "hasta luego", "2 amigos", "50 dolares"]
)
def test_other_words_beside_numbers_are_no_day(text: str) -> None:
    found = extract(text, "en", MONDAY)
    assert found is None or found.rule != "other language"
