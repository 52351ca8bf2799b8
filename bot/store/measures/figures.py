"""Counts over the rows of a measure: all of them, by day, by week, by age; and how long people waited."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import ceil

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.calendar import local_day
from bot.store.cases import customer, handoff, promise
from bot.store.measures.moments import QUARTER, quarter_of
from bot.store.measures.rows import answered, open_handoffs, promises, rows
from bot.store.measures.slices import Slice, age_of


@dataclass(frozen=True, slots=True)
class Sum:
    """How many rows, and what their amounts add up to."""

    count: int = 0
    amount: Decimal = Decimal(0)

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.count + other.count, self.amount + other.amount)


async def count(connection: AsyncConnection, name: str, chosen: Slice) -> int:
    """How many rows a measure counts."""
    query = select(func.count()).select_from(rows(name, chosen).subquery())
    return int((await connection.execute(query)).scalar_one())


async def total(connection: AsyncConnection, name: str, chosen: Slice) -> Sum:
    """How many rows a measure counts, and what their amounts add up to."""
    found = rows(name, chosen).subquery()
    query = select(func.count(), func.sum(found.c.amount)).select_from(found)
    many, amount = (await connection.execute(query)).one()
    return Sum(int(many), Decimal(amount or 0))


async def by_day(connection: AsyncConnection, name: str, chosen: Slice) -> dict[tuple[date, str], Sum]:
    """The rows of a measure by their day on the clock of the slice and their word."""
    found = rows(name, chosen).subquery()
    quarter = quarter_of(found.c.at)
    query = select(quarter.label("quarter"), found.c.what, func.count(), func.sum(found.c.amount))
    sums: defaultdict[tuple[date, str], Sum] = defaultdict(Sum)
    for number, what, many, amount in await connection.execute(query.group_by(quarter, found.c.what)):
        day = local_day(datetime.fromtimestamp(number * QUARTER, UTC), chosen.zone)
        sums[day, what] += Sum(many, Decimal(amount or 0))
    return dict(sums)


async def by_week(connection: AsyncConnection, chosen: Slice) -> dict[tuple[date, str], int]:
    """Promises by the Monday of the week in which they were made, and by what became of them."""
    weeks: defaultdict[tuple[date, str], int] = defaultdict(int)
    for (day, status), sum_ in (await by_day(connection, "promises", chosen)).items():
        weeks[day - timedelta(days=day.weekday()), status] += sum_.count
    return dict(weeks)


async def by_tier(connection: AsyncConnection, chosen: Slice) -> dict[tuple[str, str], int]:
    """Promises by the age of the arrears on the day of the promise (empty: not noted), and what became of them."""
    days = promise.c.days_past_due
    query = promises(chosen).with_only_columns(days, promise.c.status, func.count()).group_by(days, promise.c.status)
    tiers: defaultdict[tuple[str, str], int] = defaultdict(int)
    for age, status, many in await connection.execute(query):
        tiers[age_of(age) if age is not None else "", status] += many
    return dict(tiers)


async def waits(connection: AsyncConnection, chosen: Slice) -> dict[date, list[timedelta]]:
    """How long customers waited until a person came, by the day of the call; each day's in order."""
    query = answered(chosen).with_only_columns(handoff.c.opened_at, handoff.c.answered_at)
    found: defaultdict[date, list[timedelta]] = defaultdict(list)
    for opened_at, answered_at in await connection.execute(query):
        found[local_day(opened_at, chosen.zone)].append(answered_at - opened_at)
    return {day: sorted(mine) for day, mine in found.items()}


async def zones(connection: AsyncConnection) -> tuple[str, ...]:
    """Every zone, or list of zones, that a customer's file names."""
    return tuple(sorted((await connection.execute(select(customer.c.zones).distinct())).scalars()))


async def by_word(connection: AsyncConnection, name: str, chosen: Slice) -> dict[str, int]:
    """The rows of a measure by their word."""
    found = rows(name, chosen).subquery()
    query = select(found.c.what, func.count()).group_by(found.c.what)
    return {what: int(many) for what, many in await connection.execute(query)}


async def oldest(connection: AsyncConnection, chosen: Slice) -> tuple[int, datetime | None]:
    """How many calls nobody has taken, and since when the oldest of them waits."""
    found = open_handoffs(chosen).subquery()
    many, since = (await connection.execute(select(func.count(), func.min(found.c.at)).select_from(found))).one()
    return int(many), since


def percentile(values: Sequence[timedelta], share: float) -> timedelta | None:
    """The wait that so large a share of all (in order) does not exceed; None where there is none."""
    return values[max(0, ceil(share * len(values)) - 1)] if values else None
