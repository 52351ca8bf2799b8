"""Two agents reach for the same customer at once, 200 times over HTTP: one has them, the other is told who."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from bot.console.access import COOKIE
from bot.core.case import Owner
from bot.store import thread
from tests.console.conftest import Bank, Browser

TRIALS = 200


async def claim(browser: Browser, customer: int) -> tuple[int, str]:
    """Press Take over once: where it leads, or the page that says why not."""
    headers = {"Sec-Fetch-Site": "same-origin", "Cookie": f"{COOKIE}={browser.sid}", **browser.headers}
    path, form = f"/customers/{customer}/take", {"csrf": browser.csrf}
    async with browser.client.post(path, data=form, headers=headers, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def test_of_two_agents_who_claim_at_once_exactly_one_wins_two_hundred_times(bank: Bank) -> None:
    browsers = {name: await bank.browser(name) for name in ("fang", "chen")}
    async with bank.database.write() as connection:
        await connection.execute(thread.agent.update().values(most=TRIALS))
        ids = {row.login: row.id for row in await connection.execute(select(thread.agent))}
    won = dict.fromkeys(browsers, 0)
    for n in range(TRIALS):
        customer = await bank.customer(f"+8613800{n:06}")
        await bank.called(customer)
        order = list(browsers) if n % 2 else list(browsers)[::-1]
        answers = dict(
            zip(order, await asyncio.gather(*(claim(browsers[name], customer) for name in order)), strict=True)
        )
        assert sorted(status for status, _ in answers.values()) == [303, 409]
        winner = next(name for name, (status, _) in answers.items() if status == 303)
        loser = next(html for status, html in answers.values() if status == 409)
        assert f"{winner.title()} took this." in loser
        assert await bank.owner(customer) == (Owner.AGENT, ids[winner])
        won[winner] += 1
    assert sum(won.values()) == TRIALS
    async with bank.database.read() as connection:
        entries = list(await connection.execute(select(thread.journal_table)))
    assert len(entries) == TRIALS  # who lost left no trace on the file
