"""Live pages: a stream says whose page is out of date, in this process and, on PostgreSQL, in others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientResponse

from bot.console import action
from bot.console.access import COOKIE
from bot.console.hub import Hub
from bot.store import agents
from bot.store.session import Database
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


async def test_a_stream_begins_by_asking_for_everything(bank: Bank) -> None:
    browser = await bank.browser("wang")
    id = await bank.customer()
    async with await opened(bank, browser, f"?customer={id}") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        assert await told(answer) == {"customer": True, "lists": True}


async def test_a_change_tells_its_own_customer_apart_from_others(bank: Bank) -> None:
    browser = await bank.browser("wang")
    mine, other = await bank.customer(), await bank.customer("+8613800000002")
    async with bank.database.read() as connection:
        person = (await agents.people(connection))[0]
    async with await opened(bank, browser, f"?customer={mine}") as answer:
        await told(answer)
        await action.write_note(bank.office, person, other, "called the branch", bank.time())
        assert await told(answer) == {"customer": False, "lists": True}
        await action.write_note(bank.office, person, mine, "called the branch", bank.time())
        assert await told(answer) == {"customer": True, "lists": True}


async def test_nothing_is_streamed_to_whoever_may_not_read(bank: Bank) -> None:
    assert (await bank.client.get("/live", allow_redirects=False)).status == 303
    admin = await bank.browser("boss", "admin")
    assert (await opened(bank, admin)).status == 403


async def test_a_stream_ends_when_the_server_stops(bank: Bank) -> None:
    browser = await bank.browser("wang")
    async with await opened(bank, browser) as answer:
        await told(answer)
        bank.office.hub.close()
        async with asyncio.timeout(5):
            assert (await answer.content.read()).strip() == b""


async def test_garbage_for_a_customer_is_a_stream_of_lists(bank: Bank) -> None:
    browser = await bank.browser("wang")
    async with await opened(bank, browser, "?customer=%27%20OR%201") as answer:
        assert await told(answer) == {"customer": False, "lists": True}


async def test_changes_of_another_process_are_heard(bank: Bank, database_url: str) -> None:
    """PostgreSQL tells every listener; SQLite has one process, whose commits are told directly."""
    if bank.database.is_sqlite:
        return
    other, heard, ended = Database(database_url), Hub(), asyncio.Event()
    other.watch(heard.tell)
    listening = asyncio.create_task(other.listen(ended))
    try:
        with heard.page() as page:
            await asyncio.wait_for(page.changed.wait(), 5)
            page.take()
            id = await bank.customer()
            async with bank.database.read() as connection:
                pass
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
