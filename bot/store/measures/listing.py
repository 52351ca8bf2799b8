"""The rows behind a number, as people see them: names masked, newest first, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.cases import account, customer
from bot.store.fileview import mask_name
from bot.store.measures.rows import rows
from bot.store.measures.slices import Slice


@dataclass(frozen=True, slots=True)
class Line:
    """One row: whose it is, when it was, its word and its amount where it has one."""

    key: int
    customer_id: int
    reference: str
    name: str
    at: datetime | None
    what: str
    amount: Decimal | None
    currency: str


async def lines(
    connection: AsyncConnection, name: str, chosen: Slice, before: int | None = None, limit: int = 50
) -> list[Line]:
    """A measure's rows with a smaller key than `before`, largest key first."""
    found = rows(name, chosen).subquery()
    query = select(found, customer.c.reference, customer.c.name).join(customer, customer.c.id == found.c.customer_id)
    if before is not None:
        query = query.where(found.c.key < before)
    listed = (await connection.execute(query.order_by(found.c.key.desc()).limit(limit))).all()
    money = select(account.c.customer_id, account.c.currency).where(
        account.c.customer_id.in_({row.customer_id for row in listed})
    )
    currencies = {row.customer_id: row.currency for row in await connection.execute(money)}
    return [
        Line(
            row.key, row.customer_id, row.reference, mask_name(row.name), row.at, row.what,
            None if row.amount is None else Decimal(row.amount), currencies.get(row.customer_id, "CNY"),
        )
        for row in listed
    ]  # fmt: skip


async def everything(connection: AsyncConnection, name: str, chosen: Slice, page: int = 1000) -> AsyncIterator[Line]:
    """All rows of a measure, fetched page by page."""
    before: int | None = None
    while listed := await lines(connection, name, chosen, before, page):
        for one in listed:
            yield one
        before = listed[-1].key
