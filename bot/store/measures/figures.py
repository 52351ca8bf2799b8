"""Counts over the rows of a measure: all of them, by day, by week, by age; and how long people waited."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any, cast

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.calendar import local_day
from bot.store.cases import account, case_file, customer, handoff, promise
from bot.store.measures.moments import QUARTER, quarter_of
from bot.store.measures.rows import answered, open_handoffs, promises, rows, texted
from bot.store.measures.slices import Slice, age_of

BY_CURRENCY = ("segments", "payments")  # the word of these rows


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
    quarter, word, source = quarter_of(found.c.at), cast(Any, found.c.what), cast(Any, found)
    if name in BY_CURRENCY:  # looking up each row's is for a page of them; for all, every account is read once
        money = select(account.c.customer_id, func.min(account.c.currency).label("currency"))
        of = money.group_by(account.c.customer_id).subquery()
        source = found.outerjoin(of, of.c.customer_id == found.c.customer_id)
        word = func.coalesce(of.c.currency, "")
    query = select(quarter.label("quarter"), word, func.count(), func.sum(found.c.amount)).select_from(source)
    sums: defaultdict[tuple[date, str], Sum] = defaultdict(Sum)
    for number, what, many, amount in await connection.execute(query.group_by(quarter, word)):
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


async def funnel(connection: AsyncConnection, chosen: Slice) -> tuple[int, int, int, int]:
    """How many rows `texted`, `replied`, `promised` and `kept` count: each is a part of the one before."""
    made = select(promise.c.customer_id, func.max(_one(promise.c.status == "kept")).label("kept"))
    made_ = made.where(chosen.within(promise.c.made_at)).group_by(promise.c.customer_id).subquery()
    wrote, promised = case_file.c.opened_at >= chosen.since, made_.c.customer_id.is_not(None)
    steps = (wrote, wrote & promised, wrote & (made_.c.kept == 1))
    query = texted(chosen).outerjoin(made_, made_.c.customer_id == customer.c.id)
    counts = (func.count(), *(func.coalesce(func.sum(_one(step)), 0) for step in steps))
    first, *others = (await connection.execute(query.with_only_columns(*counts, maintain_column_froms=True))).one()
    return int(first), int(others[0]), int(others[1]), int(others[2])


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


async def whereabouts(connection: AsyncConnection) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Every zone, or list of zones, that a customer's file names; and every jurisdiction with a place in it."""
    c = customer.c
    found = (await connection.execute(select(c.zones, c.jurisdiction, c.place).distinct())).all()
    return tuple(sorted({row.zones for row in found})), tuple(sorted({(row.jurisdiction, row.place) for row in found}))


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
