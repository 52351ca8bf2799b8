"""Reading labelled replies: what is taken, and what is refused with its file and line."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.core.reading import Asked, Intent
from bot.nlu.evaluate import Row, RowError, read_rows

HEARD_AT = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
GOOD: dict[str, Any] = {
    "id": "a", "lang": "zh", "text": "我周五还500", "heard_at": "2026-11-23T10:00:00+08:00", "asked": None,
    "intents": ["promise_to_pay"], "primary": "promise_to_pay", "date": "2026-11-27", "date_vague": False,
    "amount": 500, "note": "",
}  # fmt: skip


def test_rows_are_read_from_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    second = {**GOOD, "id": "b", "text": "先还一半\u2028", "asked": "amount", "date": None, "amount": {"fraction": 0.5}}
    path.write_text(
        "\ufeff" + json.dumps(GOOD) + "\r\n\n" + json.dumps(second, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    first, half = read_rows(path)
    assert first == Row(
        "a", "zh", "我周五还500", HEARD_AT, (Intent.PROMISE_TO_PAY,), date=date(2026, 11, 27), amount=500
    )
    assert (half.asked, half.amount, half.text[-1]) == (Asked.AMOUNT, {"fraction": 0.5}, "\u2028")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "each line is a JSON object, not list"),
        ("null", "each line is a JSON object, not NoneType"),
        ({"id": ""}, "id: text is needed, not ''"),
        ({"text": 5}, "text: text is needed, not 5"),
        ({"lang": "fr"}, "lang: 'fr' is unknown; known are zh, en"),
        ({"heard_at": "yesterday"}, "heard_at: 'yesterday' is not a moment like"),
        ({"heard_at": "2026-11-23T10:00:00"}, "heard_at: a moment with its offset from UTC is needed"),
        ({"heard_at": None}, "heard_at: a moment with its offset from UTC is needed"),
        ({"asked": "name"}, "asked: 'name' is not one of date, amount"),
        ({"intents": []}, "intents: a list of one or more is needed"),
        ({"intents": ["promise"]}, "intents: 'promise' is unknown"),
        ({"intents": [["promise_to_pay"]]}, "is unknown"),
        ({"primary": "hardship"}, "primary: 'hardship' should be 'promise_to_pay'"),
        ({"date": "2026-02-30"}, "date: '2026-02-30' is not a day like"),
        ({"date": 20261127}, "date: 20261127 is not a day like"),
        ({"date_vague": "no"}, "date_vague: 'no' is neither true nor false"),
        ({"amount": True}, "amount: True is no number"),
        ({"amount": -5}, "amount: -5 is no number"),
        ({"amount": "half"}, "amount: 'half' is no number"),
        ({"amount": {"fraction": 2}}, "amount: {'fraction': 2} is no number"),
        ({"note": None}, "note: text is needed, not None"),
        ({"intent": "hardship"}, "unknown field 'intent'"),
    ],
)
def test_a_row_that_is_wrong_is_refused_with_file_and_line(tmp_path: Path, line: Any, complaint: str) -> None:
    path = tmp_path / "rows.jsonl"
    wrong = line if isinstance(line, str) else json.dumps({**GOOD, **line})
    path.write_text(json.dumps({**GOOD, "id": "first"}) + "\n" + wrong + "\n", encoding="utf-8")
    with pytest.raises(RowError) as caught:
        read_rows(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert complaint in str(caught.value)


def test_an_id_that_stands_twice_is_refused_with_both_places(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    for path in (one, two):
        path.write_text(json.dumps(GOOD) + "\n", encoding="utf-8")
    with pytest.raises(RowError) as caught:
        read_rows(one, two)
    assert str(caught.value) == f"{two}:1: the id 'a' was already given at {one}:1"


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\xfa"])
def test_a_file_without_rows_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    with pytest.raises(RowError, match=r"rows\.jsonl"):
        read_rows(path)
    with pytest.raises(RowError, match=r"none\.jsonl: cannot be read"):
        read_rows(tmp_path / "none.jsonl")
