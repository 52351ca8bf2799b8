"""kill -9 in the middle of a load: no reply and no text is lost, doubled or out of order."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from sqlalchemy import delete, func, select

from bot.core.case import Product
from bot.core.strategy import Strategy
from bot.dialogues import Content
from bot.gateways.carrier import carrier_app
from bot.gateways.simulator import Simulator
from bot.store import cases
from bot.store import tables as t
from bot.store.portfolio import PortfolioRow, put_portfolio
from bot.store.session import Database
from tests.fleet import KEY, Fleet, awake_zone, until

SECRET = "whsec_" + "B" * 44
CUSTOMERS, WAVES = 60, 3
NUMBER = "106900001234"


def number(place: int) -> str:
    """The phone of one customer."""
    return f"+86138001{place:05}"


@asynccontextmanager
async def carrier(hook: str) -> AsyncIterator[tuple[Simulator, str]]:
    """A carrier that lives on while the product is killed; it repeats webhooks that were not answered."""
    async with aiohttp.ClientSession() as session:

        async def deliver(body: bytes, headers: Any) -> int:
            async with session.post(hook, data=body, headers=dict(headers)) as response:
                return response.status

        simulator = Simulator(SECRET, deliver)
        app = web.Application()
        app.add_subapp("/carrier", carrier_app(simulator, SECRET, lambda: datetime.now(UTC)))
        server = TestServer(app)
        await server.start_server()
        stopped = asyncio.Event()

        async def retry() -> None:
            while not stopped.is_set():
                await simulator.deliver_receipts(datetime.now(UTC))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopped.wait(), 0.2)

        retrying = asyncio.create_task(retry())
        try:
            yield simulator, str(server.make_url("/carrier"))
        finally:
            stopped.set()
            await retrying
            await server.close()


async def seed(database: Database, strategy: Strategy) -> None:
    """Customers in arrears, nobody due a reminder."""
    now = datetime.now(UTC)
    rows = [
        PortfolioRow(
            customer=f"C{place}", name="客户", number=number(place), language="zh", zones=awake_zone(now),
            jurisdiction="cn", account=f"A{place}", product=Product.PERSONAL_LOAN, balance=Decimal(9000),
            amount_due=Decimal(9000), minimum_due=None, due_on=date.today() - timedelta(days=20), currency="CNY",
            tail="1234",
        )
        for place in range(CUSTOMERS)
    ]  # fmt: skip
    async with database.write() as connection:
        await put_portfolio(connection, rows, strategy, now)
        await connection.execute(delete(t.Agenda.__table__))  # type: ignore[attr-defined]


async def test_nothing_is_lost_doubled_or_reordered_when_processes_are_killed(
    database: Database, content: Content, tmp_path: Path
) -> None:
    await seed(database, content.rules.strategy)
    port = unused_port()
    async with carrier(f"http://127.0.0.1:{port}/hooks/bank") as (simulator, address):
        channels = tmp_path / "channels.toml"
        options = {"secrets": SECRET, "send_url": f"{address}/send", "look_up_url": f"{address}/look-up"}
        lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in options.items())
        channels.write_text(
            f'[bank]\ngateway = "generic"\nnumber = "{NUMBER}"\nper_second = 1000\n[bank.options]\n{lines}\n'
        )
        fleet = Fleet(
            {
                "HUIXIN_DATABASE": database.url.render_as_string(hide_password=False), "HUIXIN_DATA_KEY": KEY,
                "HUIXIN_PORT": str(port), "HUIXIN_PUBLIC_URL": f"http://127.0.0.1:{port}",
                "HUIXIN_CHANNELS": str(channels), "HUIXIN_SETTLE_SECONDS": "0", "HUIXIN_POLL_SECONDS": "0.1",
                "HUIXIN_LEASE_SECONDS": "2",
            }
        )  # fmt: skip
        commands = ["serve"] if database.is_sqlite else ["serve", "work", "work"]
        if database.is_sqlite:
            await database.close()
        try:
            for command in commands:
                await fleet.start(command)
            await fleet.ready()
            for wave in range(WAVES):
                for place in range(CUSTOMERS):
                    text = f"明天还{100 + wave}{place:02}元"
                    await simulator.phone_replies(number(place), text, NUMBER, datetime.now(UTC))
                    if wave < WAVES - 1 and place == CUSTOMERS // 2:
                        # in the middle of the load, whatever the processes are just doing
                        await until(lambda w=wave: some_answered(simulator, w + 1), 120, "a first answer of the wave")
                        await fleet.kill(wave % len(commands))
                await until(lambda w=wave: all_answered(simulator, w + 1), 120, f"every answer of wave {wave + 1}")
            await fleet.ready()
        finally:
            codes = await fleet.stop()
    for place in range(CUSTOMERS):
        answers = [received.text for received in simulator.phone(number(place)).inbox]
        assert len(answers) == WAVES
        for wave, answer in enumerate(answers):
            assert f"还款{100 + wave}{place:02}元" in answer
    assert codes == [0] * len(commands)
    await check_store(database)


async def some_answered(simulator: Simulator, count: int) -> bool:
    return any(len(simulator.phone(number(place)).inbox) >= count for place in range(CUSTOMERS))


async def all_answered(simulator: Simulator, count: int) -> bool:
    return all(len(simulator.phone(number(place)).inbox) >= count for place in range(CUSTOMERS))


async def check_store(database: Database) -> None:
    """The books agree with what the phones got."""
    inbound = t.Inbound.__table__  # type: ignore[attr-defined]
    async with database.read() as connection:
        states = (await connection.execute(select(inbound.c.state, func.count()).group_by(inbound.c.state))).all()
        sent = select(cases.outbox.c.state, func.count()).group_by(cases.outbox.c.state)
        texts = (await connection.execute(sent)).all()
    assert [tuple(row) for row in states] == [("handled", CUSTOMERS * WAVES)]
    assert [tuple(row) for row in texts] == [("sent", CUSTOMERS * WAVES)]
