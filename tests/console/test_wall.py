"""The wall: queues and desks at a glance, any thread to follow, and customers moved with a reason."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import FormData

from bot.console.access import COOKIE
from bot.core.case import Owner
from bot.store import thread
from bot.store.scope import EVERYONE
from tests.console.conftest import Bank, Browser, Page


async def called(bank: Bank, place: int, queue: str = "hardship", due: int = 4) -> int:
    id = await bank.customer(f"+861380000{place:04}", f"客户{place}")
    await bank.called(id, timedelta(hours=due), queue)
    return id


async def take(browser: Browser, *ids: int) -> None:
    await browser.get("/queue")
    for id in ids:
        await browser.post(f"/customers/{id}/take")


async def move(browser: Browser, holder: int, ids: list[int], to: object, text: str = "ill today") -> Page:
    """Tick several customers of somebody and send the form."""
    await browser.get(f"/desks/{holder}")
    form = FormData([("csrf", browser.csrf), ("to", str(to)), ("text", text), *(("customer", str(id)) for id in ids)])
    headers = {"Cookie": f"{COOKIE}={browser.sid}", "Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
    async with browser.client.post(f"/desks/{holder}/reassign", data=form, headers=headers) as answer:
        return Page(answer.status, await answer.text(), answer.headers)


async def test_the_wall_shows_how_many_wait_since_when_and_who_is_late(bank: Bank) -> None:
    for place, due in ((1, 1), (2, 9), (3, -1)):
        await called(bank, place, due=due)
    await called(bank, 4, "dispute")
    bank.time.now += timedelta(minutes=90)
    browser = await bank.browser("boss", "supervisor")
    page = await browser.get("/desks")
    assert "Hardship 3 1 h 30 min 2 h 30 min overdue · 2 late" in page.words
    assert "Dispute 1 1 h 30 min 2 h 30 min left" in page.words
    assert "Nobody waits: " in page.words
    assert page.html.index("Hardship") < page.html.index("Dispute")  # what is due first in front
    rows = await browser.get("/dashboard/rows?measure=open_handoffs&what=hardship")
    assert "· 3 rows" in rows.words


async def test_several_customers_are_moved_at_once_with_the_reason_in_the_journal(bank: Bank) -> None:
    wang, chen = await bank.browser("wang"), await bank.person("chen")
    ids = [await called(bank, place) for place in (1, 2, 3)]
    await take(wang, *ids)
    boss = await bank.browser("boss", "supervisor")
    page = await boss.get("/desks/1")
    assert page.html.count('type="checkbox"') == 3 and "客户1" not in page.html
    page = await move(boss, 1, ids[:2], chen)
    assert page.status == 200 and "2 customers reassigned." in page.words
    assert [(await bank.owner(id))[1] for id in ids] == [chen, chen, 1]
    journal = await boss.get(f"/customers/{ids[0]}/journal")
    assert "boss → chen: ill today" in journal.words
    assert "boss" in {who for who, customer, what in await bank.readings() if what == "desk of 1"}


async def test_customers_go_back_to_the_queue(bank: Bank) -> None:
    wang = await bank.browser("wang")
    id = await called(bank, 1)
    await take(wang, id)
    boss = await bank.browser("boss", "supervisor")
    page = await move(boss, 1, [id], "queue", "shift is over")
    assert "1 customer reassigned." in page.words and await bank.owner(id) == (Owner.BOT, None)
    async with bank.database.read() as connection:
        view = await thread.view(connection, EVERYONE, id, bank.time())
    assert view.handoff is not None and "shift is over" in view.handoff.reason
    assert "shift is over" in (await boss.get(f"/customers/{id}/journal")).words


async def test_who_cannot_be_moved_stays_and_the_others_go(bank: Bank) -> None:
    wang, chen = await bank.browser("wang"), await bank.person("chen")
    ids = [await called(bank, place) for place in (1, 2)]
    await take(wang, *ids)
    boss = await bank.browser("boss", "supervisor")
    await wang.post(f"/customers/{ids[0]}/release", text="done for today")
    page = await move(boss, 1, ids, chen)
    assert page.status == 409 and "1 customer reassigned." in page.words and "was not moved" in page.words
    assert await bank.owner(ids[0]) == (Owner.BOT, None) and (await bank.owner(ids[1]))[1] == chen


async def test_a_full_or_absent_colleague_gets_nobody(bank: Bank) -> None:
    wang, chen = await bank.browser("wang"), await bank.browser("chen")
    id = await called(bank, 1)
    await take(wang, id)
    boss = await bank.browser("boss", "supervisor")
    await chen.get("/queue")
    await chen.post("/away", away="yes")
    assert (await move(boss, 1, [id], 2)).status == 409
    assert (await bank.owner(id))[1] == 1


async def test_a_move_needs_customers_a_reason_and_somebody_else(bank: Bank) -> None:
    wang = await bank.browser("wang")
    id = await called(bank, 1)
    await take(wang, id)
    boss = await bank.browser("boss", "supervisor")
    for ids, to, text in (([], "queue", "x"), ([id], "queue", " "), ([id], 1, "x"), ([id], 99, "x"), ([id], "", "x")):
        assert (await move(boss, 1, ids, to, text)).status == 422
    assert (await bank.owner(id))[1] == 1
    assert (await boss.get("/desks/99")).status == 404


async def test_agents_see_no_wall_and_auditors_only_look(bank: Bank) -> None:
    wang = await bank.browser("wang")
    id = await called(bank, 1)
    await take(wang, id)
    assert (await wang.get("/desks")).status == 403
    assert (await move(wang, 1, [id], "queue")).status == 403
    auditor = await bank.browser("an", "auditor")
    page = await auditor.get("/desks/1")
    assert page.status == 200 and "checkbox" not in page.html and f"/customers/{id}" in page.html
    assert (await move(auditor, 1, [id], "queue")).status == 403
    thread_page = await auditor.get(f"/customers/{id}")
    assert thread_page.status == 200 and "reply-text" not in thread_page.html
    assert (await bank.owner(id))[1] == 1
