"""How many wait: counted for whoever asks, told anew when it changes, and it names nobody."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import ClientResponse

from bot.console import notices
from bot.console.access import COOKIE
from tests.console.conftest import Bank, Browser


async def opened(bank: Bank, browser: Browser) -> ClientResponse:
    """The stream, as a page opens it."""
    return await bank.client.get("/notices?auto=1", headers={"Cookie": f"{COOKIE}={browser.sid}"})


async def told(answer: ClientResponse) -> Any:
    """The next counts."""
    async with asyncio.timeout(5):
        while not (line := (await answer.content.readline()).decode()).startswith("data: "):
            pass
    return json.loads(line.removeprefix("data: "))


async def test_ones_own_who_wait_and_the_queues_are_counted(bank: Bank, monkeypatch: Any) -> None:
    monkeypatch.setattr(notices, "EVERY", 0.05)
    browser, other = await bank.browser("wang"), await bank.browser("li")
    mine, free = await bank.customer(), await bank.customer("+8613800000002")
    for id in (mine, free):
        await bank.called(id)
    await browser.post(f"/customers/{mine}/take")
    async with await opened(bank, browser) as one, await opened(bank, other) as two:
        assert await told(one) == {"mine": 0, "queue": 1}
        assert await told(two) == {"mine": 0, "queue": 1}
        await bank.wrote(mine, "还在吗")
        bank.office.hub.tell(frozenset({mine}))
        assert await told(one) == {"mine": 1, "queue": 1}
        await other.post(f"/customers/{free}/take")
        bank.office.hub.tell(frozenset({free}))
        assert await told(one) == {"mine": 1, "queue": 0}
        assert await told(two) == {"mine": 0, "queue": 0}


async def test_only_those_who_act_are_told_and_listening_is_no_use_of_the_session(bank: Bank) -> None:
    for role in ("auditor", "admin"):
        assert (await opened(bank, await bank.browser(role, role))).status == 403
    assert (await bank.client.get("/notices?auto=1", allow_redirects=False)).status == 401
