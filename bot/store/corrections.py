"""Corrections of readings: written beside what was decided, which they never change, and read again for training."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.reading import Intent
from bot.store import tables as t
from bot.store.cases import File, customer
from bot.store.journal import append_journal

correction = t.Correction.__table__  # type: ignore[attr-defined]
inbound = t.Inbound.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a reply meant: its intents, and the day and the sum that it named."""

    intents: tuple[Intent, ...]
    day: date | None = None
    sum: Decimal | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values, as the journal and the training files have them."""
        day, sum_ = self.day.isoformat() if self.day else None, str(self.sum) if self.sum is not None else None
        return {"intents": [str(intent) for intent in self.intents], "date": day, "amount": sum_}

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Meaning:
        """What `as_json` wrote."""
        day, sum_ = said.get("date"), said.get("amount")
        return cls(
            tuple(Intent(name) for name in said["intents"]),
            date.fromisoformat(day) if day else None,
            Decimal(sum_) if sum_ else None,
        )


@dataclass(frozen=True, slots=True)
class Correction:
    """A reply, what the reader made of it, and what a person says that it meant."""

    inbound_id: int
    language: str
    text: str
    read: Meaning
    meant: Meaning
    by: str
    at: datetime
    content: str


async def correct(connection: AsyncConnection, file: File, made: Correction) -> None:
    """Keep a correction and write it into the journal of the customer, who is locked."""
    row = {
        "customer_id": file.case.customer_id, "inbound_id": made.inbound_id, "language": made.language,
        "text": made.text, "read": json.dumps(made.read.as_json()), "meant": json.dumps(made.meant.as_json()),
        "by": made.by, "at": made.at, "content": made.content,
    }  # fmt: skip
    await connection.execute(insert(correction).values(row))
    said = {"agent": made.by, "reply": made.inbound_id, "read": made.read.as_json(), "meant": made.meant.as_json()}
    await append_journal(connection, [(file, "correction", said)], made.at)


async def corrections_of(connection: AsyncConnection, customer_id: int) -> dict[int, Correction]:
    """The newest correction of each of a customer's replies that has one, by the reply's id."""
    query = select(correction).where(correction.c.customer_id == customer_id).order_by(correction.c.id)
    return {row.inbound_id: _correction(row) for row in await connection.execute(query)}


async def all_corrections(connection: AsyncConnection) -> AsyncIterator[tuple[Correction, str, datetime]]:
    """The newest correction of each reply, oldest reply first, with the customer's name and when the reply came."""
    later = correction.alias("later")
    newest = (
        ~select(later.c.id).where(later.c.inbound_id == correction.c.inbound_id, later.c.id > correction.c.id).exists()
    )
    query = (
        select(correction, customer.c.name, inbound.c.received_at)
        .join(customer, customer.c.id == correction.c.customer_id)
        .join(inbound, inbound.c.id == correction.c.inbound_id)
        .where(newest)
        .order_by(correction.c.inbound_id)
    )
    for row in await connection.execute(query):
        yield _correction(row), row.name, row.received_at


def _correction(row: Any) -> Correction:
    return Correction(
        row.inbound_id, row.language, row.text, Meaning.from_json(json.loads(row.read)),
        Meaning.from_json(json.loads(row.meant)), row.by, row.at, row.content,
    )  # fmt: skip
