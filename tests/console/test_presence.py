"""Whoever has a customer's page open is named on the others' pages, and no longer once it is closed or hidden."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.console.access import COOKIE
from bot.store import presence
from tests.console.conftest import NOON, Bank, Browser

OPEN = "Also open"


@asynccontextmanager
async def looking(browser: Browser, customer: int) -> AsyncIterator[None]:
    """Have this customer's page open, as a visible tab has: with its stream."""
    cookie = {"Cookie": f"{COOKIE}={browser.sid}"}
    async with browser.client.get(f"/live?customer={customer}", headers=cookie) as answer:
        await answer.content.readline()
        yield


async def rows(bank: Bank) -> int:
    async with bank.database.read() as connection:
        return len((await connection.execute(select(presence.presence))).all())


async def until(bank: Bank, count: int) -> None:
    """Wait until so many pages are open."""
    async with asyncio.timeout(20):
        while await rows(bank) != count:  # noqa: ASYNC110  (what is waited for is in a database)
            await asyncio.sleep(0.05)


async def test_each_sees_the_others_and_not_themselves_for_as_long_as_their_page_is_open(bank: Bank) -> None:
    customer, other = await bank.customer(), await bank.customer("+8613800000002")
    fang, li = await bank.browser("fang"), await bank.browser("li", "supervisor")
    async with looking(fang, customer):
        await until(bank, 1)
        assert OPEN not in (await fang.get(f"/customers/{customer}")).words
        assert "Also open: Fang" in (await li.get(f"/customers/{customer}")).words
        assert OPEN not in (await li.get(f"/customers/{other}")).words
        async with looking(li, customer), looking(li, customer):
            await until(bank, 3)
            assert (await fang.get(f"/customers/{customer}")).words.count("Li") == 1
        await until(bank, 1)
        assert OPEN not in (await fang.get(f"/customers/{customer}")).words
    await until(bank, 0)


async def test_an_open_page_hears_that_somebody_came_and_other_pages_hear_nothing(bank: Bank) -> None:
    customer, other = await bank.customer(), await bank.customer("+8613800000002")
    fang, li = await bank.browser("fang"), await bank.browser("li")
    told: list[frozenset[int]] = []
    bank.database.watch(told.append)
    async with looking(fang, customer), looking(li, other):
        await until(bank, 2)
        await asyncio.sleep(0.3)
        assert [ids for ids in told if ids] == []  # nobody looks at what somebody else has open
        async with looking(li, customer):
            await until(bank, 3)
    if bank.database.is_sqlite:
        assert frozenset({customer}) in told and frozenset({other}) not in told
    await until(bank, 0)


async def test_who_only_looks_is_not_shown_and_another_team_is_told_nothing(bank: Bank) -> None:
    customer = await bank.customer(team="north")
    fang, audit = await bank.browser("fang", team="north"), await bank.browser("audit", "auditor")
    stranger = await bank.browser("chen", team="south")
    async with looking(audit, customer), looking(stranger, customer), looking(fang, customer):
        await until(bank, 1)
        assert "Also open: Fang" in (await audit.get(f"/customers/{customer}")).words
        assert OPEN not in (await fang.get(f"/customers/{customer}")).words
        assert (await stranger.get(f"/customers/{customer}")).status == 404
    await until(bank, 0)


async def test_a_page_whose_process_was_killed_runs_out(bank: Bank) -> None:
    customer, agent = await bank.customer(), await bank.person("fang")
    li = await bank.browser("li")
    async with bank.database.write() as connection:
        await presence.arrive(connection, "gone", customer, agent, NOON)
    assert "Also open: Fang" in (await li.get(f"/customers/{customer}")).words
    bank.time.now += presence.LASTS + timedelta(seconds=1)
    assert OPEN not in (await li.get(f"/customers/{customer}")).words
    async with looking(li, customer):
        await until(bank, 1)  # and is thrown away by whoever comes next


@pytest.mark.parametrize("asked", ["", "0", "-1", "999999999999999999", "1e3", "%00", "1%20or%201=1", "李"])
async def test_a_page_of_nobody_leaves_no_trace(bank: Bank, asked: str) -> None:
    await bank.customer()
    fang = await bank.browser("fang")
    headers = {"Cookie": f"{COOKIE}={fang.sid}"}
    async with fang.client.get(f"/live?customer={asked}", headers=headers) as answer:
        await answer.content.readline()
        assert await rows(bank) == 0
