"""A Kannel as packaged, phones on its fake SMSC, and `huixin serve` behind it; or Kannel and phones alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from bot.gateways.base import Outgoing
from bot.gateways.kannel import KannelGateway
from bot.gateways.kannel_boxes import Kannel
from bot.gateways.kannel_phones import KannelPhones
from bot.store import tables as t
from bot.store.session import Database
from tests.fleet import Fleet, until
from tests.ports import free_port

PORT, TOKEN = "10691234", "t" * 22
WANG, LI, ZHANG = "+8613800010000", "+8613800010001", "+8613800010002"
inbound, outbox, agenda = t.Inbound.__table__, t.Outbox.__table__, t.Agenda.__table__  # type: ignore[attr-defined]


@dataclass(slots=True)
class Line:
    """A Kannel, the phones behind it, and the product in front of it."""

    kannel: Kannel
    fleet: Fleet
    database: Database
    arrived: list[tuple[str, str, str]] = field(default_factory=list)  # from, to, text
    reading: asyncio.Task[None] | None = None
    phones: KannelPhones | None = None

    async def connect(self) -> None:
        """Switch the phones on."""
        self.phones = KannelPhones(self.kannel.phones_port, lambda *sms: self.arrived.append(sms))
        self.reading = asyncio.create_task(self.phones.run())
        await asyncio.wait_for(self.phones.connected.wait(), 10)

    async def disconnect(self) -> None:
        """Switch the phones off."""
        if self.reading is not None:
            self.reading.cancel()
            await asyncio.gather(self.reading, return_exceptions=True)

    async def say(self, number: str, text: str) -> None:
        """A customer writes."""
        assert self.phones is not None
        await self.phones.text(number, PORT, text)

    def texts(self, number: str) -> list[str]:
        """What a phone got."""
        return [text for _, to, text in self.arrived if to == number]

    async def until_texts(self, number: str, amount: int) -> None:
        """Wait for what a phone gets."""

        async def enough() -> bool:
            return len(self.texts(number)) >= amount

        await until(enough, 30, f"text {amount} to {number}; so far {self.texts(number)}")

    async def remind(self, number: str) -> None:
        """Let a customer's reminder fall due, and wait until it could not be sent."""
        async with self.database.write() as connection:
            its = select(t.Customer.__table__.c.id).where(t.Customer.__table__.c.reference == number)  # type: ignore[attr-defined]
            due = update(agenda).where(agenda.c.customer_id == its.scalar_subquery(), agenda.c.timer == "reminder")
            assert (await connection.execute(due.values(due_at=datetime.now(UTC)))).rowcount == 1

        async def tried() -> bool:
            return any(row.state == "queued" and row.attempts for row in await self.rows(outbox))

        await until(tried, 30, "a text that could not be sent")

    async def try_again(self) -> None:
        """What waits for another try has waited long enough."""
        async with self.database.write() as connection:
            waiting = update(outbox).where(outbox.c.state == "queued")
            assert (await connection.execute(waiting.values(due_at=datetime.now(UTC)))).rowcount == 1

    async def rows(self, table: Any) -> list[Any]:
        """All rows of a table."""
        async with self.database.read() as connection:
            return list(await connection.execute(select(table).order_by(table.c.id)))

    async def until_all_delivered(self, amount: int) -> None:
        """Wait until every text is known to have arrived."""

        async def done() -> bool:
            rows = await self.rows(outbox)
            return len(rows) == amount and all(row.delivery == "delivered" for row in rows)

        await until(done, 30, "every text reported as delivered")


@asynccontextmanager
async def alone(
    folder: Path, hook: str, retries: int = 0
) -> AsyncIterator[tuple[Kannel, KannelPhones, list[tuple[str, str, str]]]]:
    """A Kannel and its phones without the product."""
    kannel, arrived = Kannel(folder, hook, free_port(), retries), list[tuple[str, str, str]]()
    kannel.configure()
    reading: asyncio.Task[None] | None = None
    try:
        await kannel.start()
        phones = KannelPhones(kannel.phones_port, lambda *sms: arrived.append(sms))
        reading = asyncio.create_task(phones.run())
        await asyncio.wait_for(phones.connected.wait(), 10)
        yield kannel, phones, arrived
    finally:
        if reading is not None:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        await kannel.stop()


async def send(kannel: Kannel, *texts: str) -> None:
    """Send as the product does, without the product."""
    gateway = KannelGateway.from_options({"path_token": TOKEN, "from_number": PORT, **kannel.options()})
    try:
        for place, text in enumerate(texts):
            await gateway.send(Outgoing(f"o-{place}", WANG, text, 3600), datetime.now(UTC))
    finally:
        await gateway.close()
