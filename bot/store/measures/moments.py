"""What the two databases say differently about moments."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from bot.store.columns import UtcMoment

QUARTER = 900  # seconds; every zone's days begin at a whole quarter of an hour


class quarter_of(GenericFunction[int]):
    """The number of the quarter of an hour, since 1970, in which a moment lies."""

    type = BigInteger()
    inherit_cache = True


class days_before(GenericFunction[Any]):
    """The moment so many whole days before another."""

    type = UtcMoment()
    inherit_cache = True


@compiles(quarter_of)
def _quarter(element: Any, compiler: Any, **options: Any) -> str:
    (at,) = element.clauses
    return f"CAST(FLOOR(EXTRACT(EPOCH FROM {compiler.process(at, **options)}) / {QUARTER}) AS BIGINT)"


@compiles(quarter_of, "sqlite")
def _quarter_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    (at,) = element.clauses
    return f"(CAST(strftime('%s', {compiler.process(at, **options)}) AS INTEGER) / {QUARTER})"


@compiles(days_before)
def _before(element: Any, compiler: Any, **options: Any) -> str:
    at, days = element.clauses
    return f"({compiler.process(at, **options)} - make_interval(days => {compiler.process(days, **options)}))"


@compiles(days_before, "sqlite")
def _before_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    at, days = element.clauses
    back = f"'-' || {compiler.process(days, **options)} || ' days'"
    # Milliseconds are all that SQLite counts in; three more digits give what is stored its own length.
    return f"(strftime('%Y-%m-%d %H:%M:%f', {compiler.process(at, **options)}, {back}) || '000')"
