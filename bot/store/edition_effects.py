"""What an edition would change: who is due soon, and how far the work of looking at them has come."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.case import Timer
from bot.store import tables as t
from bot.store.cases import customer
from bot.store.scope import Scope
from bot.store.session import upsert

agenda, effect = t.Agenda.__table__, t.EditionEffect.__table__  # type: ignore[attr-defined]
STALLED = timedelta(seconds=30)  # work that has noted nothing for so long goes on no more


@dataclass(frozen=True, slots=True)
class Effect:
    """What was found so far; `against` is the fingerprint of the content that it was held against."""

    edition_id: int
    against: str
    run: str
    begun_by: str
    begun_at: datetime
    until_at: datetime
    total: int
    every: int
    looked: int
    counts: dict[str, Any]
    noted_at: datetime
    ended_at: datetime | None

    def is_running(self, now: datetime) -> bool:
        """Whether somebody still works on it."""
        return self.ended_at is None and now - self.noted_at < STALLED


async def find(connection: AsyncConnection, edition_id: int) -> Effect | None:
    """The last look at an edition's effect."""
    row = (await connection.execute(select(effect).where(effect.c.edition_id == edition_id))).first()
    return Effect(**{**row._asdict(), "counts": json.loads(row.counts)}) if row is not None else None


async def begin(
    connection: AsyncConnection, edition_id: int, against: str, who: str, now: datetime, until: datetime, most: int
) -> Effect | None:
    """Begin to look anew, at no more than about `most` customers; None where somebody does already."""
    before = await find(connection, edition_id)
    if before is not None and before.is_running(now):
        return None
    due = select(func.count(agenda.c.customer_id.distinct())).where(agenda.c.due_at <= until)
    total = int((await connection.execute(due)).scalar_one())
    row: dict[str, Any] = {
        "against": against, "run": secrets.token_hex(8), "begun_by": who, "begun_at": now, "until_at": until,
        "total": total, "every": max(1, -(-total // most)), "looked": 0, "counts": "{}", "noted_at": now,
        "ended_at": None,
    }  # fmt: skip
    put = upsert(connection, effect).values(edition_id=edition_id, **row)
    await connection.execute(put.on_conflict_do_update(index_elements=["edition_id"], set_=row))
    return Effect(edition_id, **{**row, "counts": {}})


async def note(
    connection: AsyncConnection, one: Effect, looked: int, counts: dict[str, Any], now: datetime, ended: bool
) -> bool:
    """Write down how far it is; False where somebody else has begun anew meanwhile."""
    mine = (effect.c.edition_id == one.edition_id) & (effect.c.run == one.run)
    values = {"looked": looked, "counts": json.dumps(counts), "noted_at": now, "ended_at": now if ended else None}
    return (await connection.execute(update(effect).where(mine).values(values))).rowcount == 1


async def due_after(connection: AsyncConnection, one: Effect, after: int, limit: int) -> list[int]:
    """The next customers for whom something falls due, by id."""
    a = agenda.c
    query = select(a.customer_id).distinct().where(a.due_at <= one.until_at, a.customer_id > after)
    if one.every > 1:
        query = query.where(a.customer_id % one.every == 0)
    return list((await connection.execute(query.order_by(a.customer_id).limit(limit))).scalars())


async def timers_of(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, dict[Timer, datetime]]:
    """What is on the agenda of these customers."""
    found: defaultdict[int, dict[Timer, datetime]] = defaultdict(dict)
    for row in await connection.execute(select(agenda).where(agenda.c.customer_id.in_(ids))):
        found[row.customer_id][Timer(row.timer)] = row.due_at
    return found


@dataclass(frozen=True, slots=True)
class Person:
    """A customer as an example."""

    reference: str
    name: str
    zone: str


async def people(connection: AsyncConnection, scope: Scope, ids: Sequence[int]) -> dict[int, Person]:
    """Those of these customers whom somebody may see."""
    query = select(customer).where(customer.c.id.in_(ids), scope.lets(customer.c.team))
    rows = await connection.execute(query)
    return {row.id: Person(row.reference, row.name, row.zones.split(",")[0]) for row in rows}
