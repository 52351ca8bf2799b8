"""An unknown number is merged into a customer: linked in both files, and no opt-out is loosened by it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.core.case import State
from bot.core.event import AgentActed, AgentAction
from bot.store import cases
from tests.console.conftest import NOON, Bank, Browser, Page
from tests.machine import act

THEIRS, OTHER = "+8613800000001", "+8613900000002"


async def two(bank: Bank, state: State = State.UNKNOWN_SENDER) -> tuple[Browser, int, int]:
    """An agent who has an unknown sender that wrote, and a known customer."""
    known = await bank.customer(THEIRS, state=State.CONTACTED)
    stranger = await bank.customer(OTHER, "", state, reference="unknown-abc")
    async with bank.database.write() as connection:
        await connection.execute(cases.account.delete().where(cases.account.c.customer_id == stranger))
        await connection.execute(
            cases.phone.update().where(cases.phone.c.customer_id == stranger).values(source="unknown")
        )
    await bank.called(stranger, queue="unknown_number")
    await bank.wrote(stranger, "我是李小明，换号了")
    browser = await bank.browser("fang")
    await browser.post(f"/customers/{stranger}/take")
    return browser, stranger, known


async def merge(browser: Browser, stranger: int, needle: str = "C000001") -> Page:
    return await browser.post(f"/customers/{stranger}/merge", needle=needle, text="told us on the phone")


async def reachable(bank: Bank, *ids: int) -> list[bool]:
    async with bank.database.read() as connection:
        files = await cases.load(connection, list(ids), bank.time())
    return [files[id].case.reachable for id in ids]


async def test_the_texts_of_the_number_stand_in_the_customers_thread_and_both_journals_say_so(bank: Bank) -> None:
    browser, stranger, known = await two(bank)
    page = await merge(browser, stranger)
    assert "The unknown number is linked to this customer" in page.words
    assert "From 139****0002 (merged, unverified) 12:00 我是李小明，换号了" in page.words
    assert "139****0002 merged by fang, unverified; no text goes there" in page.words
    for id, said in ((known, "An unknown number was merged"), (stranger, "Merged into a customer")):
        journal = await browser.get(f"/customers/{id}/journal")
        assert said in journal.words and "The chain is whole" in journal.words
    assert f"/customers/{known}" in (await browser.get(f"/customers/{stranger}")).html
    bank.time.now += timedelta(minutes=1)
    await bank.wrote(stranger, "收到了吗")
    assert "收到了吗" in (await browser.get(f"/customers/{known}")).words
    async with bank.database.read() as connection:
        query = select(cases.phone.c.source, cases.phone.c.current).where(cases.phone.c.customer_id == known)
        numbers = sorted(tuple(row) for row in await connection.execute(query))
    assert numbers == [("merged", False), ("reserved", True)]
    assert await bank.texts(known) == []


@pytest.mark.parametrize("first", ["stranger", "known"])
async def test_an_opt_out_on_either_side_stops_both_before_the_merge_and_after_it(bank: Bank, first: str) -> None:
    browser, stranger, known = await two(bank)
    opted_out = AgentActed(AgentAction.OPT_OUT, "fang", "said so")
    await act(bank.database, bank.office.mind, {"stranger": stranger, "known": known}[first], opted_out, NOON)
    assert sorted(await reachable(bank, stranger, known)) == [False, True]
    assert (await merge(browser, stranger)).status == 200
    assert await reachable(bank, stranger, known) == [False, False]


@pytest.mark.parametrize("later", ["stranger", "known"])
async def test_an_opt_out_after_the_merge_stops_both(bank: Bank, later: str) -> None:
    browser, stranger, known = await two(bank)
    await merge(browser, stranger)
    assert await reachable(bank, stranger, known) == [True, True]
    opted_out = AgentActed(AgentAction.OPT_OUT, "fang", "said so")
    await act(bank.database, bank.office.mind, {"stranger": stranger, "known": known}[later], opted_out, NOON)
    assert await reachable(bank, stranger, known) == [False, False]


async def test_what_cannot_be_merged_is_refused_and_leaves_no_trace(bank: Bank) -> None:
    browser, stranger, known = await two(bank)
    chen = await bank.browser("chen")
    assert (await merge(chen, stranger)).status == 409
    assert (await merge(browser, stranger, "nobody")).status == 422
    assert (await browser.post(f"/customers/{stranger}/merge", needle="C000001", text="")).status == 422
    assert (await merge(browser, stranger, OTHER)).status == 409  # itself
    await browser.post(f"/customers/{known}/take")
    assert (await merge(browser, known, "C000001")).status == 409  # a known customer is nobody's number
    assert (await merge(browser, stranger)).status == 200
    await browser.post(f"/customers/{stranger}/take")
    again = await merge(browser, stranger)
    assert again.status == 409 and "merged already" in again.words
    journal = await browser.get(f"/customers/{known}/journal")
    assert journal.words.count("An unknown number was merged") == 1
