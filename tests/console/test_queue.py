"""The queue: what is due first stands first, and each customer has one agent at most."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.core.case import Owner, State
from bot.store import queue
from bot.store.queue import Folder
from bot.store.scope import EVERYONE
from tests.console.conftest import NOON, Bank


async def test_what_is_due_first_stands_first_whatever_came_first(bank: Bank) -> None:
    late, soon, over = [await bank.customer(f"+861380000000{n}", f"王{n}") for n in range(3)]
    await bank.called(late, timedelta(hours=8))
    await bank.called(soon, timedelta(minutes=5), "crisis")
    await bank.called(over, timedelta(minutes=-12))
    async with bank.database.read() as connection:
        rows = await queue.rows(connection, EVERYONE, Folder.NEXT, 0, NOON, NOON)
    assert [row.customer_id for row in rows] == [over, soon, late]
    browser = await bank.browser("fang")
    page = await browser.get("/queue")
    assert page.words.index("12 min overdue") < page.words.index("5 min left") < page.words.index("8 h 0 min left")


async def test_the_list_shows_the_masked_name_the_last_text_and_what_is_due(bank: Bank) -> None:
    customer = await bank.customer()
    await bank.called(customer)
    await bank.wrote(customer, "我失业了")
    browser = await bank.browser("fang")
    page = await browser.get("/queue")
    assert "李**" in page.words
    assert "李小明" not in page.html
    assert "我失业了" in page.words
    assert "¥1,200.50" in page.words
    assert "34 days past due" in page.words
    assert ("fang", None, "queue next") in await bank.readings()


async def test_of_two_agents_who_take_the_same_customer_at_once_exactly_one_has_them(bank: Bank) -> None:
    customer = await bank.customer()
    await bank.called(customer)
    fang, chen = await bank.browser("fang"), await bank.browser("chen")
    pages = await asyncio.gather(fang.post(f"/customers/{customer}/take"), chen.post(f"/customers/{customer}/take"))
    assert sorted(page.status for page in pages) == [200, 409]
    loser = next(page for page in pages if page.status == 409)
    winner = "Fang" if pages[1] is loser else "Chen"
    assert f"{winner} took this." in loser.words
    owner, agent_id = await bank.owner(customer)
    assert owner is Owner.AGENT
    assert agent_id is not None


async def test_take_next_takes_what_is_due_first_and_passes_over_what_others_have(bank: Bank) -> None:
    first, second = await bank.customer("+8613800000001"), await bank.customer("+8613800000002", "赵")
    await bank.called(first, timedelta(minutes=1))
    await bank.called(second, timedelta(minutes=2))
    fang, chen = await bank.browser("fang"), await bank.browser("chen")
    await fang.post("/queue/next")
    await chen.post("/queue/next")
    assert (await bank.owner(first))[1] != (await bank.owner(second))[1]
    assert "Nobody is waiting." in (await chen.post("/queue/next")).words


async def test_whoever_was_taken_over_uncalled_is_among_mine_until_released(bank: Bank) -> None:
    customer = await bank.customer(state=State.CONTACTED)
    browser = await bank.browser("fang")
    await browser.post(f"/customers/{customer}/take")
    assert "李**" in (await browser.get("/queue?folder=mine")).words
    await browser.post(f"/customers/{customer}/release", text="end of shift")
    assert "李**" not in (await browser.get("/queue?folder=mine")).words
    assert await bank.owner(customer) == (Owner.BOT, None)


async def test_a_supervisor_takes_a_customer_from_the_agent_they_name_and_no_agent_can(bank: Bank) -> None:
    customer = await bank.customer()
    await bank.called(customer)
    fang, chen, boss = await bank.browser("fang"), await bank.browser("chen"), await bank.browser("boss", "supervisor")
    await fang.post(f"/customers/{customer}/take")
    holder = str((await bank.owner(customer))[1])
    assert (await chen.post(f"/customers/{customer}/take", **{"from": holder})).status == 409
    assert (await boss.post(f"/customers/{customer}/take", **{"from": "999"})).status == 409
    assert (await boss.post(f"/customers/{customer}/take", **{"from": holder})).status == 200
    assert (await bank.owner(customer))[1] != int(holder)
    assert (await fang.post(f"/customers/{customer}/reply", text="您好", seen="0", after="9")).status == 409


async def test_an_empty_queue_says_what_else_there_is_to_do(bank: Bank) -> None:
    browser = await bank.browser("wang")
    assert "There are no customers yet. A supervisor loads them" in (await browser.get("/queue")).words
    boss = await bank.browser("boss", "supervisor")
    assert ("a", "/portfolio") in [(tag, attrs.get("href")) for tag, attrs in (await boss.get("/queue")).elements]
    for place in (1, 2):
        id = await bank.customer(f"+861380000000{place}")
        await bank.called(id)
        await browser.post(f"/customers/{id}/take")
    assert "Nobody is waiting." in (await browser.get("/queue")).words
    await bank.wrote(1, "还在吗")
    bank.time.now += timedelta(minutes=10)
    await bank.wrote(2, "你好")
    calm = (await browser.get("/queue")).words
    assert "2 customers of yours wait for your answer, the longest since 12:00." in calm
    at = (bank.time() + timedelta(hours=8, minutes=10)).strftime("%Y-%m-%dT%H:%M")  # by Shanghai's clock
    await browser.post("/customers/1/follow_up", at=at)
    assert "is due" not in (await browser.get("/queue?folder=resolved")).words
    bank.time.now += timedelta(minutes=11)
    assert "1 follow-up is due." in (await browser.get("/queue?folder=resolved")).words
