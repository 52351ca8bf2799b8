"""The held-out replies are well formed: what a scorer relies on holds for every row."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.core.reading import RANK, Asked, Intent

Row = dict[str, Any]
HERE = Path(__file__).parent
SAID = ["id", "lang", "text", "heard_at", "asked"]
MEANT = ["intents", "primary", "date", "date_vague", "amount", "note"]


def rows_of(language: str) -> list[Row]:
    """Every row of one language, in file order."""
    lines = (HERE / f"heldout_{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


ROWS = {language: rows_of(language) for language in ("zh", "en")}
EVERY_ROW = [pytest.param(row, id=row["id"]) for rows in ROWS.values() for row in rows]


def is_amount(said: object) -> bool:
    """A positive figure, a share that the ledger resolves, or nothing."""
    match said:
        case None | "full" | "minimum":
            return True
        case {"fraction": float(share), **rest}:
            return 0 < share < 1 and not rest
        case bool():
            return False
        case int() | float():
            return said > 0
    return False


@pytest.mark.parametrize("row", EVERY_ROW)
def test_a_row_has_the_agreed_keys_and_kinds_of_value(row: Row) -> None:
    assert list(row) == SAID + MEANT
    assert row["text"].strip()
    assert row["asked"] is None or row["asked"] in set(Asked)
    assert isinstance(row["date_vague"], bool)
    assert isinstance(row["note"], str)
    assert is_amount(row["amount"])


@pytest.mark.parametrize("row", EVERY_ROW)
def test_intents_are_known_ranked_and_led_by_the_primary(row: Row) -> None:
    intents = [Intent(name) for name in row["intents"]]
    assert intents == sorted(set(intents), key=RANK.__getitem__)
    assert row["primary"] == intents[0]
    assert intents == [Intent.UNCLEAR] or Intent.UNCLEAR not in intents


@pytest.mark.parametrize("row", EVERY_ROW)
def test_a_date_is_a_day_that_is_not_past_where_the_customer_is(row: Row) -> None:
    heard_at = datetime.fromisoformat(row["heard_at"])
    assert heard_at.utcoffset() is not None
    if row["date"] is not None:
        assert date.fromisoformat(row["date"]) >= heard_at.date()
        assert not row["date_vague"]


@pytest.mark.parametrize("row", EVERY_ROW)
def test_only_a_promise_carries_a_date_or_an_amount(row: Row) -> None:
    if Intent.PROMISE_TO_PAY not in row["intents"]:
        assert (row["date"], row["date_vague"], row["amount"]) == (None, False, None)


@pytest.mark.parametrize("language", ROWS)
def test_ids_count_up_within_their_language(language: str) -> None:
    expected = [f"ho-{language}-{number:03d}" for number in range(1, 301)]
    assert [row["id"] for row in ROWS[language]] == expected
    assert {row["lang"] for row in ROWS[language]} == {language}


def test_no_text_stands_twice_however_it_is_written() -> None:
    plain = [
        re.sub(r"\s+", " ", unicodedata.normalize("NFKC", row["text"])).casefold().strip()
        for rows in ROWS.values()
        for row in rows
    ]
    assert [text for text, times in Counter(plain).items() if times > 1] == []


@pytest.mark.parametrize("language", ROWS)
def test_every_intent_is_heard_often_enough_to_be_scored(language: str) -> None:
    heard = Counter(name for row in ROWS[language] for name in row["intents"])
    assert {intent for intent in Intent if heard[intent] < 6} == set()
    assert heard[Intent.UNCLEAR] >= 25
    assert 0.25 <= heard[Intent.PROMISE_TO_PAY] / len(ROWS[language]) <= 0.35


@pytest.mark.parametrize("language", ROWS)
def test_about_half_of_the_rows_are_traps(language: str) -> None:
    noted = sum(bool(row["note"]) for row in ROWS[language])
    assert 0.45 <= noted / len(ROWS[language]) <= 0.65
