"""The demonstration's phone: what its owner writes goes through the real webhook, and time can pass."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot import console, receive
from bot.console import Demo, Login, Office
from bot.demo import WORKERS
from bot.gateways.base import Outgoing
from bot.gateways.channel import Channel
from bot.gateways.simulator import Simulator
from bot.receive import Inbox
from bot.store.agents import Role
from bot.store.inbox import StrangerDefaults
from bot.turn import turn
from tests.console.conftest import PASSWORD, Bank, Browser, Time

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
async def demo(office: Office, time: Time) -> AsyncIterator[Bank]:
    """An office with a phone, whose texts come back through its webhook."""

    async def deliver(body: bytes, headers: Mapping[str, str]) -> int:
        async with client.post("/hooks/phone", data=body, headers=dict(headers)) as answer:
            return answer.status

    def move(by: timedelta) -> None:
        time.now += by

    simulator = Simulator(SECRET, deliver)
    office = replace(
        office,
        demo=Demo(simulator, "1069", [Login("fang", PASSWORD), Login("he", PASSWORD, sees_customers=False)], move),
    )
    box = Inbox(office.database, StrangerDefaults("zh", "Asia/Shanghai", "cn"), lambda: None)
    app = web.Application()
    console.mount(app, office)
    receive.mount(app, {"phone": Channel("phone", simulator, "1069", "")}, box, "http://phone", time)
    client = TestClient(TestServer(app))
    await client.start_server()
    running = asyncio.create_task(box.run())
    yield Bank(office.database, office, time, client)
    box.stop()
    await running
    await client.close()


async def test_what_is_typed_on_the_phone_reaches_the_bank_by_webhook_and_is_answered(demo: Bank) -> None:
    customer = await demo.customer()
    browser = Browser(demo.client)
    page = await browser.post("/demo/phone", customer=str(customer), text="我这周五还500")
    assert "The text went to the bank." in page.words
    assert "我这周五还500" in page.words
    demo.time.now += timedelta(seconds=1)
    assert await turn(demo.database, demo.office.mind, demo.time()) == 1
    page = await browser.get(f"/demo/phone?customer={customer}")
    assert "Texts that have not left" in page.words
    assert "○ queued" in page.words


async def test_the_phone_shows_what_arrived_on_it(demo: Bank) -> None:
    assert demo.office.demo is not None
    customer = await demo.customer()
    simulator = demo.office.demo.phones
    assert isinstance(simulator, Simulator)
    await simulator.send(Outgoing("o-1", "+8613800000001", "您好 <b>", 3600), demo.time())
    page = await Browser(demo.client).get(f"/demo/phone?customer={customer}")
    assert "您好 <b>" in page.words
    assert "+8613800000001" in page.words


async def test_time_passes_at_the_press_of_a_button_and_never_runs_back(demo: Bank) -> None:
    customer, before = str(await demo.customer()), demo.time()
    browser = Browser(demo.client)
    await browser.post("/demo/clock", customer=customer, by="hour")
    await browser.post("/demo/clock", customer=customer, by="day")
    assert demo.time() - before == timedelta(hours=25)
    await browser.post("/demo/clock", customer=customer, by="promise")
    await browser.post("/demo/clock", customer="x", by="century")
    assert demo.time() - before == timedelta(hours=25)


async def test_whoever_works_in_the_console_is_not_locked_out_by_a_clock_that_was_moved(demo: Bank) -> None:
    customer, agent = str(await demo.customer()), await demo.browser("wang")
    for by in ("hour", "day", "night"):
        await Browser(demo.client).post("/demo/clock", customer=customer, by=by)
        assert "Queue" in (await agent.get("/queue")).words
    demo.time.now += timedelta(minutes=16)
    assert "Queue" not in (await agent.get("/queue")).words


@pytest.mark.parametrize("garbage", ["9" * 5000, "9" * 20, "-1", "\0", "C1"])
async def test_a_phone_that_is_none_moves_no_clock(demo: Bank, garbage: str) -> None:
    before = demo.time()
    assert (await Browser(demo.client).post("/demo/clock", customer=garbage, by="morning")).status < 500
    assert demo.time() == before


async def test_the_log_in_page_of_a_demonstration_names_its_log_ins(demo: Bank) -> None:
    await demo.person("fang")
    page = await Browser(demo.client).get("/login")
    assert f"Log in as fang {PASSWORD}" in page.words
    assert f"Log in as he {PASSWORD}" in page.words
    assert "DEMO" in page.words


async def test_the_phone_offers_the_log_ins_of_those_who_see_customers(demo: Bank) -> None:
    await demo.customer()
    page = await Browser(demo.client).get("/demo/phone")
    assert "Log in as fang" in page.words and "Log in as he" not in page.words


def test_a_reviewer_of_the_demonstration_is_never_the_one_who_proposed() -> None:
    """Every role can be looked at, and what a supervisor proposes can be approved."""
    roles = [role for _, role, _ in WORKERS]
    assert set(roles) == set(Role)
    assert roles.count("supervisor") == 2


@pytest.mark.parametrize(("language", "title"), [("zh", "待办队列"), ("en", "Queue")])
async def test_a_visitor_reads_the_console_in_the_language_of_the_page_they_came_from(
    demo: Bank, language: str, title: str
) -> None:
    await demo.person("fang")
    browser = Browser(demo.client, headers={"Accept-Language": language})
    page = await browser.get("/login")
    page = await browser.post("/login", login="fang", password=PASSWORD, language=page.field("language"))
    assert page.status == 200
    assert title in page.words


async def test_without_a_demonstration_there_is_no_phone(bank: Bank) -> None:
    assert (await Browser(bank.client).get("/demo/phone")).status == 404
