"""Paging by keys: the next page begins after the last row that was shown, however the list has changed meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, literal, tuple_

from bot.store.columns import UtcMoment


@dataclass(frozen=True, slots=True)
class Order:
    """By what a list is sorted; the last key tells rows apart. The keys of a row are its place in the list."""

    keys: tuple[ColumnElement[Any], ...]
    falling: bool = False

    def by(self) -> list[ColumnElement[Any]]:
        """What a query is ordered by."""
        return [key.desc() if self.falling else key for key in self.keys]

    def place(self, values: Sequence[Any]) -> str:
        """A row's place, as an address carries it."""
        return "~".join(value.isoformat() if isinstance(value, datetime) else str(value) for value in values)

    def beyond(self, place: str) -> ColumnElement[bool] | None:
        """The rows that come after this place; None where it is none."""
        said = place.split("~")
        if len(said) != len(self.keys):
            return None
        try:
            values = [_key(key, one) for key, one in zip(self.keys, said, strict=True)]
        except (ValueError, OverflowError):
            return None
        mine, theirs = tuple_(*self.keys), tuple_(*values)
        return mine < theirs if self.falling else mine > theirs


def _key(key: ColumnElement[Any], said: str) -> ColumnElement[Any]:
    if isinstance(key.type, UtcMoment):
        at = datetime.fromisoformat(said)
        if at.tzinfo is None:
            raise ValueError(said)
        return literal(at, UtcMoment)
    if not 0 <= int(said) < 2**63:
        raise ValueError(said)
    return literal(int(said), key.type)
