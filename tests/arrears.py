"""Customers in arrears to whom the product would text nothing of its own accord today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import update

from bot.core.case import Product
from bot.core.strategy import Strategy
from bot.store import tables as t
from bot.store.portfolio import PortfolioRow, put_portfolio
from bot.store.session import Database

agenda = t.Agenda.__table__  # type: ignore[attr-defined]


def awake_zone(now: datetime) -> str:
    """A zone in which it is about noon, so that no text is held for the morning."""
    offset = 12 - now.hour
    offset -= 24 if offset > 12 else 0
    return f"Etc/GMT{-offset:+d}"


async def seed(database: Database, strategy: Strategy, numbers: Mapping[str, str]) -> None:
    """Import them: reference and number. It is about noon where they live, and their reminders are a month away."""
    now = datetime.now(UTC)
    rows = [
        PortfolioRow(
            customer=reference, name="李小明", number=number, language="zh", zones=awake_zone(now), jurisdiction="cn",
            account=f"A-{reference[-5:]}", product=Product.PERSONAL_LOAN, balance=Decimal(9000),
            amount_due=Decimal(9000), minimum_due=None, due_on=date.today() - timedelta(days=20), currency="CNY",
            tail="1234",
        )
        for reference, number in numbers.items()
    ]  # fmt: skip
    async with database.write() as connection:
        await put_portfolio(connection, rows, strategy, now)
        await connection.execute(update(agenda).values(due_at=now + timedelta(days=30)))
