"""The queue: what is due first stands first, and each customer has one agent at most."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.console.customer.clocks import clock_of
from bot.core.case import Owner, State
from bot.dialogues import Content
from bot.store import queue
from bot.store.clocks import Waiting
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


async def test_the_clock_to_the_first_reply_runs_until_a_person_wrote_and_then_the_clock_to_the_next(
    bank: Bank,
) -> None:
    customer = await bank.customer()
    await bank.called(customer, timedelta(hours=4))
    await bank.wrote(customer, "我失业了")
    browser = await bank.browser("fang")
    page = await browser.post(f"/customers/{customer}/take")
    assert "first reply 4 h 0 min left" in page.words
    for hours, state in ((3.02, "soon"), (4.02, "late")):  # 75 % of the time is over; all of it
        bank.time.now = NOON + timedelta(hours=hours)
        page = await (await bank.browser(f"boss{state}", "supervisor")).get("/queue?folder=taken")
        assert [attrs["class"] for tag, attrs in page.elements if tag == "time"] == [f"due {state}"]
    bank.time.now = NOON + timedelta(minutes=1)
    page = await browser.get(f"/customers/{customer}")
    page = await browser.post(
        f"/customers/{customer}/reply", text="您好", seen=page.field("seen"), after=page.field("after")
    )
    assert 'class="running"' not in page.html
    bank.time.now += timedelta(minutes=1)
    await bank.wrote(customer, "在吗")
    assert "next reply 30 min left" in (await browser.get(f"/customers/{customer}")).words


def test_hours_in_which_nobody_works_do_not_count_save_where_people_are_called_at_once(content: Content) -> None:
    service, handoffs = content.rules.service, content.rules.handoffs
    late = NOON + timedelta(hours=8, minutes=50)  # 20:50; people are there until 21:00 and again from 8:00
    asked = Waiting(None, None, None, late - timedelta(minutes=1), late)
    found = clock_of(asked, "Asia/Shanghai", service, handoffs)
    assert found is not None
    assert (found.kind, found.due_at - late) == ("next", timedelta(hours=11, minutes=30))
    assert [found.state(late + timedelta(minutes=m)) for m in (0, 9, 660 + 23, 660 + 30)] == [
        "calm",
        "calm",
        "soon",
        "late",
    ]
    night = NOON + timedelta(hours=14)
    called = Waiting("crisis", night, night + timedelta(minutes=4), None, None)
    found = clock_of(called, "Asia/Shanghai", service, handoffs)
    assert found is not None
    assert (found.kind, found.amber_at - night) == ("first", timedelta(minutes=3))


async def test_pages_of_a_long_queue_hold_everybody_once_though_the_queue_changes(bank: Bank) -> None:
    ids = [await bank.customer(f"+86138000{n:05}", "王") for n in range(7)]
    for n, id in enumerate(ids):
        await bank.called(id, timedelta(minutes=10 * (n // 2)))  # two and two are due at the same moment
    seen: list[int] = []
    after = ""
    async with bank.database.read() as connection:
        while found := await queue.rows(connection, EVERYONE, Folder.NEXT, 0, NOON, NOON, 3, after=after):
            seen += [row.customer_id for row in found]
            after = found[-1].place
        assert seen == ids
        for broken in (
            "x",
            "1~2~3~4",
            "1~2026-11-23T04:00:00~3~1",
            "1~2026-11-23T04:00:00+00:00~3~-1",
            "~~~",
            "0~" * 9,
        ):
            first = await queue.rows(connection, EVERYONE, Folder.NEXT, 0, NOON, NOON, 3, after=broken)
            assert [row.customer_id for row in first] == ids[:3]
    fang = await bank.browser("fang")
    for id in ids[:4]:
        await fang.post(f"/customers/{id}/take")
        await fang.post(f"/customers/{id}/resolve", outcome="other", text="x")
    for folder in Folder:
        async with bank.database.read() as connection:
            every = await queue.rows(connection, EVERYONE, folder, 1, NOON, NOON)
            paged: list[int] = []
            after = ""
            while found := await queue.rows(connection, EVERYONE, folder, 1, NOON, NOON, 1, after=after):
                paged.append(found[0].customer_id)
                after = found[0].place
        assert paged == [row.customer_id for row in every], folder


async def test_a_supervisor_pins_a_customer_to_the_front_with_a_reason_and_nobody_else_can(bank: Bank) -> None:
    soon, later = await bank.customer("+8613800000001"), await bank.customer("+8613800000002", "赵")
    await bank.called(soon, timedelta(minutes=5))
    await bank.called(later, timedelta(hours=5))
    fang, boss = await bank.browser("fang"), await bank.browser("boss", "supervisor")
    assert (await fang.post(f"/customers/{later}/pin", pin="yes", text="me first")).status == 403
    page = await boss.post(f"/customers/{later}/pin", pin="yes", text=" ")
    assert "Say why it is pinned." in page.words
    page = await boss.post(f"/customers/{later}/pin", pin="yes", text="press has called")
    assert "Pinned to the front of the queue." in page.words
    queue_page = await fang.get("/queue")
    assert "pinned : press has called".replace(" :", ":") in queue_page.words
    assert queue_page.html.index(f"/customers/{later}") < queue_page.html.index(f"/customers/{soon}")
    assert "Pinned to the front" in (await boss.get(f"/customers/{later}/journal")).words
    await fang.post("/queue/next")
    assert (await bank.owner(later))[1] is not None
    await boss.post(f"/customers/{soon}/pin", pin="no")
    assert (await boss.post("/customers/999/pin", pin="yes", text="x")).status == 404
