"""Second opinions beside the replies that they are about: waiting for one, keeping it, reading it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.opinion import Opinion
from bot.core.reading import AmountKind, Intent, SaidAmount
from bot.store import tables as t

inbound = t.Inbound.__table__  # type: ignore[attr-defined]


def may_go_on(now: datetime) -> ColumnElement[bool]:
    """Whether a pending reply waits for no second opinion: none was asked for, it has come, or patience is over."""
    return or_(inbound.c.opinion_until_at.is_(None), inbound.c.opinion_until_at <= now, inbound.c.opinion.is_not(None))


async def wait(connection: AsyncConnection, rows: Sequence[int], until: datetime) -> None:
    """Let these replies of a locked customer wait; an opinion on fewer fragments is forgotten."""
    change = update(inbound).where(inbound.c.id.in_(rows), inbound.c.state == "pending")
    await connection.execute(change.values(opinion_until_at=until, opinion=None))


async def keep(connection: AsyncConnection, rows: Sequence[int], opinion: Opinion) -> None:
    """Put an opinion beside the replies that it is about, sealed like them. One that comes too late changes nothing."""
    change = update(inbound).where(inbound.c.id.in_(rows), inbound.c.state == "pending")
    await connection.execute(change.values(opinion=written(opinion)))


def written(opinion: Opinion) -> str:
    """An opinion as it is kept."""
    amount = opinion.amount
    return json.dumps(
        {
            "reader": opinion.reader,
            "about": opinion.about,
            "intents": opinion.intents,
            "confidence": opinion.confidence,
            "date": opinion.date and opinion.date.isoformat(),
            "amount": amount and [amount.kind, None if amount.value is None else str(amount.value)],
            "disputed": opinion.disputed,
            "failure": opinion.failure,
        },
        separators=(",", ":"),
    )


def kept(text: str) -> Opinion:
    """An opinion as it was written."""
    said: dict[str, Any] = json.loads(text)
    day, amount = said["date"], said["amount"]
    return Opinion(
        reader=said["reader"],
        about=said["about"],
        intents=tuple(map(Intent, said["intents"])),
        confidence=said["confidence"],
        date=date.fromisoformat(day) if day else None,
        amount=SaidAmount(AmountKind(amount[0]), amount[1] and Decimal(amount[1])) if amount else None,
        disputed=tuple(said["disputed"]),
        failure=said["failure"],
    )
