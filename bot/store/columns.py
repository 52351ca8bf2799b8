"""Column types: aware UTC moments, money in cents, and text that is sealed at rest."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, Text, TypeDecorator

from bot.core.agreement import Instalment
from bot.store.keys import KeyProblem, Keyring

BigId = BigInteger().with_variant(Integer(), "sqlite")

_keyring: Keyring | None = None


def use_keyring(keyring: Keyring) -> None:
    """Say, once at the start, which keys sealed columns are written and read with."""
    global _keyring
    _keyring = keyring


def keyring() -> Keyring:
    """The keys in use."""
    if _keyring is None:
        raise KeyProblem("no data key was given; set HUIXIN_DATA_KEY (make one with `huixin new-key`)")
    return _keyring


class UtcMoment(TypeDecorator[datetime]):
    """An aware moment, stored in UTC. SQLite forgets zones, so this refuses naive values and restores UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime was about to be stored; moments are aware")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Cents(TypeDecorator[Decimal]):
    """Money as whole cents: exact on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        cents = value * 100
        if cents != cents.to_integral_value():
            raise ValueError(f"{value} has fractions of a cent")
        return int(cents)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-2)


class Instalments(TypeDecorator[tuple[Instalment, ...]]):
    """Sums and their days in order, as JSON that a person can read."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[Instalment, ...] | None, dialect: Dialect) -> str | None:
        rows = [{"amount": str(i.amount), "due_on": i.due_on.isoformat(), "paid": str(i.paid)} for i in value or ()]
        return None if value is None else json.dumps(rows)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[Instalment, ...] | None:
        if value is None:
            return None
        rows = json.loads(value)
        return tuple(
            Instalment(Decimal(r["amount"]), date.fromisoformat(r["due_on"]), Decimal(r["paid"])) for r in rows
        )


class Sealed(TypeDecorator[str]):
    """Text that is encrypted at rest. It cannot be searched; numbers are found by their keyed hash."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else keyring().seal(value.encode("utf-8", "surrogatepass"))

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else keyring().open(bytes(value)).decode("utf-8", "surrogatepass")
