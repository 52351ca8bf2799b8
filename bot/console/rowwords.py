"""What is wrong with a row of an uploaded file and how to mend it, in the reader's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.console.words import Words

LONGEST_VALUE = 40


@dataclass(frozen=True, slots=True)
class Told:
    """A row for the page: where it stands, what is wrong with it, or what would become of it."""

    line: int
    column: str
    problem: str
    value: str
    fix: str
    customer: str
    account: str
    person: str | None
    ledger: str | None
    outcome: str | None
    next_at: datetime | None


def told(words: Words, row: Any) -> Told:
    """A stored row in words."""
    said = json.loads(row.problem) if row.problem else None
    about = json.loads(row.about) if row.about else {}
    column, wrong, value, fix = "", "", "", ""
    if said is not None:
        column, value = words.name("column", row.at_column or ""), said["values"].get("value", "")[:LONGEST_VALUE]
        wrong, fix = words(f"row.{said['code']}"), words(f"fix.{said['code']}", **said["values"])
    return Told(
        row.line, column, wrong, value, fix, about.get("customer", ""), about.get("account", ""),
        row.person, row.ledger, row.outcome, row.next_at,
    )  # fmt: skip


def counted(words: Words, problems: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Each kind of problem: the column, what is wrong in general, how many rows; the most frequent first."""
    found = []
    for key, count in sorted(problems.items(), key=lambda one: -one[1]):
        column, _, code = key.partition(":")
        found.append((words.name("column", column), words(f"row.{code}"), count))
    return found
