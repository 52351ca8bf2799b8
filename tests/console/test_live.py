"""Live pages: a stream says whose page is out of date, in this process and, on PostgreSQL, in others."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientResponse
from sqlalchemy import update

from bot.console import live
from bot.console.access import COOKIE
from bot.console.customer import action
from bot.console.hub import Hub
from bot.store import agents
from bot.store.session import Database, touch
from tests.console.conftest import Bank, Browser


async def opened(bank: Bank, browser: Browser, query: str = "") -> ClientResponse:
    """A stream, as a page opens it."""
    return await bank.client.get(f"/live{query}", headers={"Cookie": f"{COOKIE}={browser.sid}"})


async def told(answer: ClientResponse) -> dict[str, Any]:
    """The next event of a stream."""
    async with asyncio.timeout(5):
        while True:
            line = (await answer.content.readline()).decode()
            if line.startswith("data: "):
                return dict(json.loads(line.removeprefix("data: ")))


async def named(answer: ClientResponse) -> str:
    """The name of the next event of a stream."""
    async with asyncio.timeout(5):
        while True:
            line = (await answer.content.readline()).decode()
            if line.startswith("event: "):
                return line.removeprefix("event: ").strip()


async def heard(bank: Bank) -> None:
    """Until the hub has heard what was committed: PostgreSQL's notification takes its way."""
    await asyncio.sleep(0 if bank.database.is_sqlite else 0.2)


@pytest.fixture(autouse=True)
async def listening(bank: Bank) -> AsyncIterator[None]:
    """What app.py runs: on PostgreSQL, even this process hears of its own commits by the database."""
    ended = asyncio.Event()
    begun = asyncio.Event()
    bank.database.watch(lambda _: begun.set())
    task = asyncio.create_task(bank.database.listen(ended))
    if not bank.database.is_sqlite:
        await asyncio.wait_for(begun.wait(), 10)
    yield
    ended.set()
    await task


async def silent(answer: ClientResponse) -> None:
    """For half a second nothing is told."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await told(answer)


async def asked_by(bank: Bank, browser: Browser, path: str) -> str:
    """What the page at this path asks its stream with."""
    page = await browser.get(path)
    address = next(value for _, attrs in page.elements for name, value in attrs.items() if name == "hx-sse:connect")
    return str(address).removeprefix("/live")


async def test_right_after_a_page_load_there_is_nothing_to_tell(bank: Bank) -> None:
    browser = await bank.browser("wang")
    id = await bank.customer()
    await bank.wrote(id, "还在吗", pending=True)
    for path in (f"/customers/{id}", "/queue"):
        async with await opened(bank, browser, await asked_by(bank, browser, path)) as answer:
            assert (answer.status, answer.content_type) == (200, "text/event-stream")
            await silent(answer)


async def test_what_happened_between_page_and_stream_is_told_first(bank: Bank) -> None:
    browser = await bank.browser("wang")
    mine, other = await bank.customer(), await bank.customer("+8613800000002")
    query = await asked_by(bank, browser, f"/customers/{mine}")
    async with bank.database.read() as connection:
        person = (await agents.people(connection))[0]
    await action.write_note(bank.office, person, other, "called the branch", bank.time())
    await heard(bank)
    async with await opened(bank, browser, query) as answer:
        assert await told(answer) == {"customer": False, "version": None, "lists": True}
    await action.write_note(bank.office, person, mine, "called the branch", bank.time())
    await heard(bank)
    async with await opened(bank, browser, query) as answer:
        assert await told(answer) == {"customer": True, "version": 1, "lists": True}
        await silent(answer)


async def test_a_page_of_another_process_learns_only_what_is_newer(bank: Bank) -> None:
    browser = await bank.browser("wang")
    id = await bank.customer()
    async with await opened(bank, browser, f"?mark=gone-7&customer={id}&since=0") as answer:
        assert await told(answer) == {"customer": False, "version": None, "lists": True}
    async with await opened(bank, browser, f"?mark=gone-7&customer={id}") as answer:
        assert await told(answer) == {"customer": True, "version": 0, "lists": True}


async def test_a_change_tells_its_own_customer_apart_from_others(bank: Bank) -> None:
    browser = await bank.browser("wang")
    mine, other = await bank.customer(), await bank.customer("+8613800000002")
    async with bank.database.read() as connection:
        person = (await agents.people(connection))[0]
    async with await opened(bank, browser, await asked_by(bank, browser, f"/customers/{mine}")) as answer:
        await action.write_note(bank.office, person, other, "called the branch", bank.time())
        assert await told(answer) == {"customer": False, "version": None, "lists": True}
        await action.write_note(bank.office, person, mine, "called the branch", bank.time())
        assert await told(answer) == {"customer": True, "version": 1, "lists": False}
        async with bank.database.write() as connection:
            touch(connection, [mine])  # something that the version does not count
        assert await told(answer) == {"customer": True, "version": None, "lists": False}


async def test_changes_of_others_are_told_once_a_second_and_ones_own_at_once(bank: Bank) -> None:
    browser = await bank.browser("wang")
    mine, other = await bank.customer(), await bank.customer("+8613800000002")
    async with await opened(bank, browser, await asked_by(bank, browser, f"/customers/{mine}")) as answer:
        time = asyncio.get_running_loop().time
        began, events = time(), []
        while time() - began < 2.5:
            bank.office.hub.tell(frozenset({other}))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    events.append(await told(answer))
        assert 2 <= len(events) <= 4
        bank.office.hub.tell(frozenset({other, mine}))
        began = time()
        while not (await told(answer))["customer"]:
            pass
        assert time() - began < 0.5


async def test_a_person_who_may_no_longer_read_hears_nothing_more(bank: Bank, monkeypatch: Any) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.2)
    browser, boss = await bank.browser("wang"), await bank.browser("boss", "supervisor")
    query = f"?mark={bank.office.hub.mark}"
    async with await opened(bank, browser, query) as one, await opened(bank, boss, query) as two:
        assert await named(one) == "beat"
        async with bank.database.write() as connection:
            await agents.set_active(connection, 1, False)
            await connection.execute(update(agents.agent).where(agents.agent.c.id == 2).values(role="admin"))
        async with asyncio.timeout(5):
            rest = (await one.content.read()).decode()
            assert rest.rstrip().endswith("event: locked\ndata:") and rest.count("event: locked") == 1
            assert "locked" not in (await two.content.read()).decode()
    assert (await opened(bank, boss)).status == 403


async def test_a_page_that_went_away_is_let_go(bank: Bank, monkeypatch: Any) -> None:
    monkeypatch.setattr(live, "BREATH", 0.1)
    browser = await bank.browser("wang")
    answer = await opened(bank, browser)
    assert bank.office.hub.open == 1
    answer.close()
    async with asyncio.timeout(5):
        while bank.office.hub.open:  # noqa: ASYNC110  (nothing tells a test of it)
            await asyncio.sleep(0.05)


async def test_no_more_pages_listen_than_a_process_can_bear(bank: Bank, monkeypatch: Any) -> None:
    monkeypatch.setattr("bot.console.hub.MOST_STREAMS", 1)
    browser = await bank.browser("wang")
    async with await opened(bank, browser):
        refused = await opened(bank, browser)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "10")


async def test_nothing_is_streamed_to_whoever_may_not_read(bank: Bank) -> None:
    assert (await bank.client.get("/live", allow_redirects=False)).status == 303
    admin = await bank.browser("boss", "admin")
    assert (await opened(bank, admin)).status == 403


async def test_a_stream_ends_when_the_server_stops(bank: Bank) -> None:
    browser = await bank.browser("wang")
    async with await opened(bank, browser, f"?mark={bank.office.hub.mark}") as answer:
        assert (await answer.content.readline()).strip() == b": open"
        bank.office.hub.close()
        async with asyncio.timeout(5):
            assert (await answer.content.read()).strip() == b""


async def test_garbage_for_a_customer_is_a_stream_of_lists(bank: Bank) -> None:
    browser = await bank.browser("wang")
    for query in ("?customer=%27%20OR%201&since=x", "?customer=-1", "?customer=" + "9" * 18, "?customer=\u0661"):
        async with await opened(bank, browser, query) as answer:
            event = await told(answer)
            assert (event["version"], event["lists"]) == (None, True)


async def test_changes_of_another_process_are_heard(bank: Bank, database_url: str) -> None:
    """PostgreSQL tells every listener; SQLite has one process, whose commits are told directly."""
    if bank.database.is_sqlite:
        return
    other, heard, begun, ended = Database(database_url), Hub(), asyncio.Event(), asyncio.Event()
    id = await bank.customer()
    other.watch(heard.tell)
    other.watch(lambda _: begun.set())
    listening = asyncio.create_task(other.listen(ended))
    try:
        await asyncio.wait_for(begun.wait(), 5)
        with heard.page(id, heard.mark) as page:
            await bank.person("wang")
            async with bank.database.read() as connection:
                person = (await agents.people(connection))[0]
            await action.write_note(bank.office, person, id, "x", bank.time() + timedelta(seconds=1))
            await asyncio.wait_for(page.changed.wait(), 5)
            assert page.take() == frozenset({id})
    finally:
        ended.set()
        await listening
        await other.close()
