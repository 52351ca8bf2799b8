"""The server is killed while a customer writes: the open page shows every text once and in order, and keeps the draft.

On PostgreSQL two servers share the work: the customer's texts reach one, the agent's browser talks to the other.
"""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Browser as Chromium
from playwright.async_api import Page
from sqlalchemy import select

from bot.console.access import COOKIE
from bot.dialogues import Content
from bot.store import agents, cases, sessions
from bot.store import tables as t
from bot.store.session import Database
from tests.arrears import seed
from tests.carrier import NUMBER, carrier
from tests.fleet import AT_ONCE, Fleet, environment
from tests.ports import free_port

PHONE = "+8613800100000"
TEXTS = [f"第{n}条：您好，请问" for n in range(16)]
DRAFT = "您好，我们一起看看办法"
SHOWN = """() => [...document.querySelectorAll("#texts li.text.in .words")].map((one) => one.textContent.trim())"""


async def seeded(database: Database, content: Content) -> tuple[int, str]:
    """One customer in arrears, and the cookie of an agent who is logged in."""
    now = datetime.now(UTC)
    await seed(database, content.rules.strategy, {"C1": PHONE})
    async with database.write() as connection:
        agent = await agents.create_agent(connection, "wang", "Wang", "agent", "correct horse", "en")
        sid, _ = await sessions.begin(connection, agent, now)
        id = (await connection.execute(select(cases.customer.c.id))).scalar_one()
    return int(id), sid


async def test_a_killed_server_costs_an_open_page_no_text_and_no_draft(
    database: Database, content: Content, chromium: Chromium, tmp_path: Path
) -> None:
    id, sid = await seeded(database, content)
    await database.close()
    seen_by, called_by = free_port(), free_port()
    if database.is_sqlite:
        called_by = seen_by
    async with carrier(called_by, tmp_path) as (simulator, channels):
        ports = sorted({seen_by, called_by})
        more = {"HUIXIN_CHANNELS": str(channels), **AT_ONCE}
        servers = [Fleet(environment(database, more, port)) for port in ports]
        victim = servers[ports.index(seen_by)]
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
