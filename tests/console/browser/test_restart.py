"""The server is killed while a customer writes: the open page shows every text once and in order, and keeps the draft.

On PostgreSQL two servers share the work: the customer's texts reach one, the agent's browser talks to the other.
"""

from __future__ import annotations

import asyncio
import json
import signal
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from aiohttp.test_utils import unused_port
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page
from sqlalchemy import delete, select

from bot.console.access import COOKIE
from bot.core.case import Product
from bot.dialogues import Content
from bot.store import agents, cases, sessions
from bot.store import tables as t
from bot.store.portfolio import PortfolioRow, put_portfolio
from bot.store.session import Database
from tests.crash.test_kill import NUMBER, SECRET, carrier
from tests.fleet import KEY, Fleet, awake_zone

PHONE = "+8613800100000"
TEXTS = [f"第{n}条：您好，请问" for n in range(16)]
DRAFT = "您好，我们一起看看办法"
SHOWN = """() => [...document.querySelectorAll("#texts li.text.in .words")].map((one) => one.textContent.trim())"""


async def seeded(database: Database, content: Content) -> tuple[int, str]:
    """One customer in arrears, and the cookie of an agent who is logged in."""
    now = datetime.now(UTC)
    row = PortfolioRow(
        customer="C1", name="李小明", number=PHONE, language="zh", zones=awake_zone(now), jurisdiction="cn",
        account="A1", product=Product.PERSONAL_LOAN, balance=Decimal(9000), amount_due=Decimal(9000), minimum_due=None,
        due_on=date.today() - timedelta(days=20), currency="CNY", tail="1234",
    )  # fmt: skip
    async with database.write() as connection:
        await put_portfolio(connection, [row], content.rules.strategy, now)
        await connection.execute(delete(t.Agenda.__table__))  # type: ignore[attr-defined]
        agent = await agents.create_agent(connection, "wang", "Wang", "agent", "correct horse", "en")
        sid, _ = await sessions.begin(connection, agent, now)
        id = (await connection.execute(select(cases.customer.c.id))).scalar_one()
    return int(id), sid


def fleet(database: Database, channels: Path, port: int) -> Fleet:
    """Servers on this port."""
    return Fleet({
        "HUIXIN_DATABASE": database.url.render_as_string(hide_password=False), "HUIXIN_DATA_KEY": KEY,
        "HUIXIN_PORT": str(port), "HUIXIN_PUBLIC_URL": f"http://127.0.0.1:{port}", "HUIXIN_CHANNELS": str(channels),
        "HUIXIN_SETTLE_SECONDS": "0", "HUIXIN_POLL_SECONDS": "0.1",
    })  # fmt: skip


async def test_a_killed_server_costs_an_open_page_no_text_and_no_draft(
    database: Database, content: Content, chromium: Chromium, tmp_path: Path
) -> None:
    id, sid = await seeded(database, content)
    await database.close()
    seen_by, called_by = unused_port(), unused_port()
    if database.is_sqlite:
        called_by = seen_by
    async with carrier(f"http://127.0.0.1:{called_by}/hooks/bank") as (simulator, address):
        channels = tmp_path / "channels.toml"
        options = {"secrets": SECRET, "send_url": f"{address}/send", "look_up_url": f"{address}/look-up"}
        lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in options.items())
        channels.write_text(
            f'[bank]\ngateway = "generic"\nnumber = "{NUMBER}"\nper_second = 1000\n[bank.options]\n{lines}\n'
        )
        servers = [fleet(database, channels, port) for port in sorted({seen_by, called_by})]
        victim = servers[sorted({seen_by, called_by}).index(seen_by)]
        try:
            for one in servers:
                await one.start("serve")
            await asyncio.gather(*(one.ready() for one in servers))
            page = await opened(chromium, seen_by, id, sid)
            writing = asyncio.create_task(page.locator("#reply-text").press_sequentially(DRAFT, delay=150))
            for place, text in enumerate(TEXTS):
                await simulator.phone_replies(PHONE, text, NUMBER, datetime.now(UTC))
                if place == len(TEXTS) // 3:
                    victim.running[0].process.send_signal(signal.SIGKILL)
                    await victim.running.pop().process.wait()
                    await victim.start("serve")
                await asyncio.sleep(0.1)
            await victim.ready()
            async with asyncio.timeout(60):
                while len(await page.evaluate(SHOWN)) < len(TEXTS):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            await writing
            await page.locator("#link.live").wait_for()
            assert sorted(await page.evaluate(SHOWN)) == sorted(TEXTS)
            assert await page.evaluate(SHOWN) == await in_store(database, id)
            assert await page.locator("#reply-text").input_value() == DRAFT
            assert await page.evaluate("window.neverLeft") is True
            await page.context.close()
        finally:
            for one in servers:
                await one.stop()


async def opened(chromium: Chromium, port: int, id: int, sid: str) -> Page:
    """The customer's page, once the agent has taken them and the stream lives."""
    context = await chromium.new_context()
    url = f"http://127.0.0.1:{port}"
    cookie = {"name": COOKIE, "value": sid, "url": url.replace("http:", "https:"), "secure": True, "httpOnly": True}
    await context.add_cookies([cookie])  # type: ignore[list-item]
    page = await context.new_page()
    await page.goto(f"{url}/customers/{id}")
    await page.get_by_role("button", name="Take over").click()
    await page.locator("#link.live").wait_for()
    await page.evaluate("window.neverLeft = true")
    return page


async def in_store(database: Database, id: int) -> list[str]:
    """The customer's texts in the order of the conversation."""
    inbound = t.Inbound.__table__  # type: ignore[attr-defined]
    query = select(inbound).where(inbound.c.customer_id == id).order_by(inbound.c.seq)
    async with database.read() as connection:
        return [row.text for row in await connection.execute(query)]
