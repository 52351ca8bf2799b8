"""Values out of the journal: what `journal.canonical` wrote of a dataclass becomes that dataclass again.

Fields that an older entry does not have take their defaults; names that are no fields any more are left out.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar, Union

T = TypeVar("T")
PLAIN: dict[Any, Any] = {
    Decimal: Decimal,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    float: float,
}


class Unreadable(ValueError):
    """The entry cannot be understood as what it claims to be."""


def thaw(kind: type[T], content: Any) -> T:
    """The value of this type that the journal holds. Raise Unreadable where it holds something else."""
    try:
        value: T = _value(kind, content)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise Unreadable(f"{kind.__name__}: {type(error).__name__}") from None
    return value


@lru_cache(maxsize=256)
def _hints(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _value(kind: Any, content: Any) -> Any:
    if kind is Any:
        return content
    if dataclasses.is_dataclass(kind):
        whole: Any = kind
        known = {name: hint for name, hint in _hints(whole).items() if name in content}
        return whole(**{name: _value(hint, content[name]) for name, hint in known.items()})
    if kind in PLAIN:
        return PLAIN[kind](content)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(content)
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return _one_of(inner, content)
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_value(inner[0], one) for one in content)
        return tuple(_value(each, one) for each, one in zip(inner, content, strict=True))
    if origin in (dict, Mapping):
        return {_value(inner[0], key): _value(inner[1], one) for key, one in content.items()}
    if origin is frozenset:
        return frozenset(_value(inner[0], one) for one in content)
    if kind is timedelta or not isinstance(content, kind):
        raise Unreadable(f"{kind} is not {type(content).__name__}")
    return content


def _one_of(kinds: tuple[Any, ...], content: Any) -> Any:
    """A union is told by the name that stands with a dataclass; else it is the one type beside None."""
    if content is None and type(None) in kinds:
        return None
    if isinstance(content, Mapping) and "type" in content:
        for kind in kinds:
            if getattr(kind, "__name__", "") == content["type"]:
                return _value(kind, content)
    others = [kind for kind in kinds if kind is not type(None) and not dataclasses.is_dataclass(kind)]
    if len(others) != 1:
        others = [kind for kind in kinds if kind is not type(None)]
    if len(others) != 1:
        raise Unreadable(f"{kinds} cannot be told apart")
    return _value(others[0], content)
