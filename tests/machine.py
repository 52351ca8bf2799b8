"""The whole machine in one process for tests: webhook server, database, turns, sender, and the simulator as carrier.

Time is moved by hand; nothing sleeps. Everything that a product process does is done by the product's own parts.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import delete, func, select, update

from bot import receive
from bot.core.case import Case, State
from bot.core.event import AgentActed, NumberRefused
from bot.dialogues import Content
from bot.gateways.channel import Channel
from bot.gateways.simulator import Faults, Simulator
from bot.mind import Mind
from bot.nlu.read import Reader
from bot.receipts import apply_receipts, settle_unknown
from bot.second import Second
from bot.send import send_due
from bot.store import cases
from bot.store import tables as t
from bot.store.inbox import StrangerDefaults
from bot.store.parts import join_parts
from bot.store.portfolio import PortfolioRow, put_portfolio
from bot.store.session import Database
from bot.turn import follow, turn

SECRET = "whsec_" + "A" * 44
NUMBER = "106900001234"
STRANGER = StrangerDefaults("zh", "Asia/Shanghai", "cn")
agenda, inbound = t.Agenda.__table__, t.Inbound.__table__  # type: ignore[attr-defined]


@dataclass(slots=True)
class Machine:
    """Everything wired together, and a clock."""

    database: Database
    mind: Mind
    simulator: Simulator
    channels: dict[str, Channel]
    now: datetime
    url: str = ""
    server: TestServer | None = None
    session: aiohttp.ClientSession | None = None
    inboxes: list[receive.Inbox] = field(default_factory=list)
    ticking: Callable[[], datetime] | None = None  # a clock that runs, instead of `now`
    second: Second | None = None

    def clock(self) -> datetime:
        """The moment that everything sees."""
        return self.ticking() if self.ticking else self.now

    async def say(self, text: str, number: str, **options: Any) -> int:
        """A customer writes from a phone: through the signed webhook. The answer's HTTP status."""
        return await self.simulator.phone_replies(number, text, NUMBER, self.now, **options)

    async def work(self) -> None:
        """Do everything that is due at this moment."""
        while await self._receive() or await self._ask() or await self._send():
            continue

    async def _receive(self) -> int:
        await join_parts(self.database, self.now)
        return await turn(self.database, self.mind, self.now)

    async def _ask(self) -> int:
        return await self.second.answer(self.database) if self.second else 0

    async def _send(self) -> int:
        done = await send_due(self.database, self.mind, self.channels, self.clock)
        await self.simulator.deliver_receipts(self.now)
        done += await apply_receipts(self.database, self.mind, self.now)
        return done

    async def wait(self, until: datetime) -> None:
        """Let time pass; what falls due on the way happens at its own moment."""
        await self.work()
        while (due := await self._next()) is not None and due <= until:
            self.now = max(self.now, due)
            await self.work()
            await settle_unknown(self.database, self.mind, self.channels, self.now)
        self.now = max(self.now, until)
        await self.work()

    async def _next(self) -> datetime | None:
        async with self.database.read() as connection:
            o = cases.outbox
            queries = (
                select(func.min(agenda.c.due_at)),
                select(func.min(o.c.due_at)).where(o.c.state.in_(("queued", "held"))),
                select(func.min(inbound.c.opinion_until_at)).where(inbound.c.state == "pending"),
                select(func.max(inbound.c.received_at)).where(inbound.c.state == "pending"),
            )
            *dues, reply = [(await connection.execute(query)).scalar() for query in queries]
        moments = [moment for moment in (*dues, reply + self.mind.settle if reply else None) if moment]
        return min((moment for moment in moments if moment > self.now), default=None)

    async def case(self, customer_id: int) -> Case:
        """A customer's case as it stands."""
        async with self.database.read() as connection:
            return (await cases.load(connection, [customer_id], self.now))[customer_id].case

    async def rows(self, table: Any, *conditions: Any) -> list[Any]:
        """Rows of a table, oldest first."""
        async with self.database.read() as connection:
            return list(await connection.execute(select(table).where(*conditions).order_by(*table.primary_key.columns)))

    def texts(self, number: str) -> list[str]:
        """What a phone got, without the signature."""
        return [received.text.partition("】")[2] for received in self.simulator.phone(number).inbox]


@asynccontextmanager
async def machine(
    database: Database,
    reader: Reader,
    content: Content,
    now: datetime,
    faults: Faults | None = None,
    more_channels: Mapping[str, Channel] | None = None,
    second: Second | None = None,
) -> AsyncIterator[Machine]:
    """Start a machine on an empty database."""
    session = aiohttp.ClientSession()

    async def deliver(body: bytes, headers: Mapping[str, str]) -> int:
        async with session.post(f"{one.url}/hooks/phone", data=body, headers=dict(headers)) as response:
            await response.read()
            return response.status

    simulator = Simulator(SECRET, deliver, faults)
    channels = {"phone": Channel("phone", simulator, NUMBER, "【示例银行】", per_second=1000), **(more_channels or {})}
    mind = Mind(reader, content, timedelta(seconds=3), "phone")
    if second is not None:
        mind = replace(mind, wonder=second.wonder, patience=second.patience)
    one = Machine(database, mind, simulator, channels, now, session=session, second=second)
    box = receive.Inbox(database, STRANGER, lambda: None)
    flusher = asyncio.create_task(box.run())
    app = web.Application()
    server = TestServer(app)
    receive.mount(app, channels, box, "http://huixin.test", one.clock)
    await server.start_server()
    one.url, one.server = str(server.make_url("")).rstrip("/"), server
    one.inboxes.append(box)
    try:
        yield one
    finally:
        await server.close()
        box.stop()
        await flusher
        await session.close()


async def add_customer(one: Machine, row: PortfolioRow, state: State = State.NEW) -> int:
    """Import a customer; in a later state than new, without the first reminder."""
    async with one.database.write() as connection:
        await put_portfolio(connection, [row], one.mind.content.rules.strategy, one.now)
        query = select(cases.customer.c.id).where(cases.customer.c.reference == row.customer)
        id = int((await connection.execute(query)).scalar_one())
        if state is not State.NEW:
            await connection.execute(delete(agenda).where(agenda.c.customer_id == id))
            file = cases.case_file
            await connection.execute(update(file).where(file.c.customer_id == id).values(state=state))
    return id


async def act(
    database: Database, mind: Mind, customer_id: int, event: AgentActed | NumberRefused, now: datetime, agent: int = 0
) -> None:
    """Decide and record one event of one customer, in a transaction of its own."""
    async with database.write() as connection:
        await cases.lock(connection, [customer_id], skip_locked=False)
        file = (await cases.load(connection, [customer_id], now))[customer_id]
        await follow(connection, mind, file, event, now, agent or None)
