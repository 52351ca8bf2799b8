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
    outcome: str
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
        row.person, row.ledger, outcome(words, row.outcome) if row.outcome else "", row.next_at,
    )  # fmt: skip


def counted(words: Words, problems: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Each kind of problem: the column, what is wrong in general, how many rows; the most frequent first."""
    found = []
    for key, count in sorted(problems.items(), key=lambda one: -one[1]):
        column, _, code = key.partition(":")
        found.append((words.name("column", column), words(f"row.{code}"), count))
    return found


@dataclass(frozen=True, slots=True)
class Fates:
    """What a rehearsal found: who would be texted now, who is held and by what, and who is neither."""

    contacted: int
    held: list[tuple[str, str, int]]
    others: list[tuple[str, str, int]]

    @property
    def held_in_all(self) -> int:
        """All who are held."""
        return sum(count for _, _, count in self.held)


OTHERS = ("later", "person", "nothing_due", "agent")


def fates(words: Words, outcomes: Mapping[str, int]) -> Fates:
    """The outcomes by value, words and count, the most frequent first."""
    found = [(code, outcome(words, code), count) for code, count in sorted(outcomes.items(), key=lambda one: -one[1])]
    held = [one for one in found if one[0] not in (*OTHERS, "contacted")]
    return Fates(outcomes.get("contacted", 0), held, [one for one in found if one[0] in OTHERS])


def outcome(words: Words, code: str) -> str:
    """What would become of a customer's reminder: hold:dispute, state:opted_out, hours, cap, rule:US-CONSENT …"""
    kind, _, detail = code.partition(":")
    if kind == "hold":
        return words.name("hold", detail)
    if kind == "state":
        return words.name("state", detail)
    return words("outcome_of.rule", rule=detail) if kind == "rule" else words.name("outcome_of", code)


def title(words: Words, kind: str, value: str) -> str:
    """What the rows behind a number have in common."""
    if kind == "outcome":
        return outcome(words, value)
    return words("rejects.title") if kind == "refused" else words.name(f"{kind}_change", value)
