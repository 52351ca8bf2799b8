"""Turning the strings of a content file into values, with errors that say where and what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import time, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from bot.dialogues.content import ContentError, load_yaml

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_UNITS = {"minute": 60, "hour": 3600, "day": 86400}


class Fields:
    """One mapping of a content file, and where it stands; every look-up that fails says so."""

    def __init__(self, values: Any, where: str):
        if not isinstance(values, Mapping):
            raise ContentError(f"{where}: a mapping of names to values is needed, not {values!r}")
        self.values: Mapping[str, Any] = values
        self.where = where

    @classmethod
    def of(cls, path: Path) -> Fields:
        """The top-level mapping of a file."""
        return cls(load_yaml(path), str(path))

    def only(self, *known: str) -> Fields:
        """Refuse names that nothing reads: they are typing errors."""
        for name in self.values:
            if name not in known:
                raise ContentError(f"{self.where}: unknown name {name!r}; known are {', '.join(known)}")
        return self

    def text(self, name: str, default: str | None = None) -> str:
        """A string; without a default it must be given."""
        value = self.values.get(name, default)
        if not isinstance(value, str) or not value:
            raise ContentError(f"{self.where}: {name!r} must be given, as text")
        return value

    def get(self, name: str, convert: Callable[[str], T], example: str) -> T:
        """A converted string."""
        value = self.text(name)
        try:
            return convert(value)
        except (ValueError, KeyError, ArithmeticError):
            raise ContentError(f"{self.where}: {name}: {value!r} is not valid; write for example {example}") from None

    def maybe(self, name: str) -> str | None:
        """A string that may be left out."""
        return self.text(name) if name in self.values else None

    def flag(self, name: str) -> bool:
        """`true` or `false`; left out means false."""
        value = self.text(name, "false")
        if value not in ("true", "false"):
            raise ContentError(f"{self.where}: {name}: {value!r} is not valid; write true or false")
        return value == "true"

    def number(self, name: str, least: int, most: int = 9999) -> int:
        """A whole number within bounds."""
        value = self.get(name, int, str(max(least, 3)))
        if not least <= value <= most:
            raise ContentError(f"{self.where}: {name}: {value} is out of range; it must be from {least} to {most}")
        return value

    def share(self, name: str, example: str) -> Decimal:
        """A share of 1, above 0."""
        value = self.get(name, Decimal, example)
        if not value.is_finite() or not 0 < value <= 1:
            raise ContentError(f"{self.where}: {name}: {value} is no share; write for example {example}")
        return value

    def part(self, name: str) -> Fields:
        """A mapping inside this one."""
        return Fields(self.values.get(name), f"{self.where}: {name}")

    def parts(self) -> dict[str, Fields]:
        """All mappings inside this one."""
        return {name: self.part(name) for name in self.values}

    def rows(self, name: str) -> list[Fields]:
        """A list of mappings."""
        rows = self.values.get(name)
        if not isinstance(rows, list) or not rows:
            raise ContentError(f"{self.where}: {name!r} must be a list with at least one line")
        return [Fields(row, f"{self.where}: {name}[{number}]") for number, row in enumerate(rows, 1)]

    def members(self, name: str, kind: type[E]) -> frozenset[E]:
        """A list of names out of a fixed set; left out means none."""
        values = self.values.get(name, [])
        if not isinstance(values, list):
            raise ContentError(f"{self.where}: {name}: {values!r} must be a list, such as [{next(iter(kind))}]")
        return frozenset(member(str(value), kind, f"{self.where}: {name}") for value in values)


def member(value: str, kind: type[E], where: str) -> E:
    """A name out of a fixed set."""
    try:
        return kind(value)
    except ValueError:
        raise ContentError(f"{where}: {value!r} is unknown; known are {', '.join(kind)}") from None


def duration(value: str) -> timedelta:
    """`30 days`, `24 hours`, `5 minutes`."""
    match = re.fullmatch(r"(\d+) (minute|hour|day)s?", value)
    if not match:
        raise ValueError(value)
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def clock(value: str) -> time:
    """`09:00`."""
    if not re.fullmatch(r"\d\d:\d\d", value):
        raise ValueError(value)
    return time.fromisoformat(value)


def weekdays(value: str) -> frozenset[int]:
    """`mon-sun`, `mon-fri`, `sat`."""
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    first, _, last = value.partition("-")
    days = frozenset(range(names.index(first), names.index(last or first) + 1))
    if not days:
        raise ValueError(value)
    return days
