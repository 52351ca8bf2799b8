"""Labelled replies: what a row of a JSON Lines file for scoring holds, and reading such files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bot.core.reading import Asked, Intent, by_rank

LANGUAGES = ("zh", "en")
Amount = int | float | str | dict[str, float] | None


class RowError(ValueError):
    """A labelled reply is not what it must be; says the file, the line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Row:
    """One reply and what it means. `heard_at` is aware, on the customer's clock; `amount` as in `SaidAmount.as_json`.

    `note` names the trap or the rule behind the label; it is empty for everyday replies.
    """

    id: str
    lang: str
    text: str
    heard_at: datetime
    intents: tuple[Intent, ...]
    asked: Asked | None = None
    date: date | None = None
    date_vague: bool = False
    amount: Amount = None
    note: str = ""

    @property
    def primary(self) -> Intent:
        """The meaning that decides what happens."""
        return self.intents[0]

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Row:
        """Check one row; raise ValueError that names the field and says what it should be."""
        _no_others(fields)
        heard_at = _parsed(fields, "heard_at", datetime.fromisoformat, "a moment like 2026-11-23T10:00:00+08:00")
        if heard_at is None or heard_at.tzinfo is None:
            raise ValueError("heard_at: a moment with its offset from UTC is needed")
        lang = _text(fields, "lang")
        if lang not in LANGUAGES:
            raise ValueError(f"lang: {lang!r} is unknown; known are {', '.join(LANGUAGES)}")
        vague = fields.get("date_vague", False)
        if not isinstance(vague, bool):
            raise ValueError(f"date_vague: {vague!r} is neither true nor false")
        return cls(
            id=_text(fields, "id"),
            lang=lang,
            text=_text(fields, "text"),
            heard_at=heard_at,
            intents=_intents(fields),
            asked=_parsed(fields, "asked", Asked, f"one of {', '.join(Asked)}"),
            date=_parsed(fields, "date", date.fromisoformat, "a day like 2026-11-23"),
            date_vague=vague,
            amount=_amount(fields.get("amount")),
            note=_text(fields, "note") if "note" in fields else "",
        )


def read_rows(*paths: Path) -> list[Row]:
    """Every row of these JSON Lines files, in order; blank lines do not count. Ids are unique over all of them."""
    rows: list[Row] = []
    seen: dict[str, str] = {}
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise RowError(f"{path}: cannot be read ({error})") from None
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            where = f"{path}:{number}"
            row = _row(line, where)
            if row.id in seen:
                raise RowError(f"{where}: the id {row.id!r} was already given at {seen[row.id]}")
            seen[row.id] = where
            rows.append(row)
    if not rows:
        raise RowError(f"{', '.join(map(str, paths))}: no labelled replies in there")
    return rows


def _row(line: str, where: str) -> Row:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RowError(f"{where}: not JSON ({error})") from None
    if not isinstance(fields, dict):
        raise RowError(f"{where}: each line is a JSON object, not {type(fields).__name__}")
    try:
        return Row.of(fields)
    except ValueError as error:
        raise RowError(f"{where}: {error}") from None


def _no_others(fields: dict[str, Any]) -> None:
    known = {*Row.__dataclass_fields__, "primary"}
    for name in fields:
        if name not in known:
            raise ValueError(f"unknown field {name!r}; known are {', '.join(sorted(known))}")


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or (name == "id" and not value):
        raise ValueError(f"{name}: text is needed, not {value!r}")
    return value


def _parsed(fields: dict[str, Any], name: str, parse: Any, wanted: str) -> Any:
    value = fields.get(name)
    if value is None:
        return None
    try:
        return parse(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: {value!r} is not {wanted}") from None


def _intents(fields: dict[str, Any]) -> tuple[Intent, ...]:
    names = fields.get("intents")
    if not isinstance(names, list) or not names:
        raise ValueError(f"intents: a list of one or more is needed, not {names!r}")
    for name in names:
        if name not in list(Intent):
            raise ValueError(f"intents: {name!r} is unknown; known are {', '.join(Intent)}")
    intents = by_rank(frozenset(map(Intent, names)))
    if fields.get("primary") != intents[0].value:
        raise ValueError(
            f"primary: {fields.get('primary')!r} should be {intents[0].value!r}, which wins of its intents"
        )
    return intents


def _amount(value: Any) -> Amount:
    match value:
        case None | "full" | "minimum":
            return value
        case {"fraction": int() | float() as share, **rest} if not rest and 0 < share < 1:
            return {"fraction": float(share)}
        case bool():
            pass
        case int() | float() if 0 < value < float("inf"):
            return value
    raise ValueError(f'amount: {value!r} is no number above 0, "full", "minimum" or {{"fraction": 0.5}}')
