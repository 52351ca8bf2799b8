"""One page for everything that waits for a second person; nobody decides on what they proposed themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.console import pending
from bot.console.pending import Pending
from bot.core.case import Owner
from bot.store import cases, thread
from bot.store.agents import Person
from bot.store.scope import EVERYONE
from tests.console.conftest import NOON, Bank, Browser
from tests.console.test_conversation import taken

MANY = "2027-01-01 150.08\n" + "\n".join(f"2027-{month:02d}-01 150.06" for month in range(2, 9))


async def hold(bank: Bank, customer: int, opened_by: str = "bot") -> None:
    row = {"customer_id": customer, "kind": "hardship", "placed_at": NOON, "until_at": NOON + timedelta(days=30)}
    async with bank.database.write() as connection:
        await connection.execute(insert(cases.hold).values(row | {"category": "job_loss", "opened_by": opened_by}))


async def hardship(bank: Bank) -> Any:
    async with bank.database.read() as connection:
        query = select(cases.hold).where(cases.hold.c.kind == "hardship")
        return (await connection.execute(query)).one()


async def test_a_supervisor_approves_a_hardship_and_the_journal_says_so(bank: Bank) -> None:
    customer = await bank.customer()
    await hold(bank, customer)
    browser = await bank.browser("chen", "supervisor")
    page = await browser.get("/approvals")
    assert "Hardships (1)" in page.words and "proposed by the bot" in page.words and "李小明" not in page.html
    assert "Approvals 1" in (await browser.get("/queue")).words
    page = await browser.post(f"/approvals/{customer}/approve_hardship")
    assert "Recorded." in page.words and "Hardships (0)" in page.words and "Approvals 1" not in page.words
    assert ((await hardship(bank)).approved_by, (await hardship(bank)).lifted_at) == ("chen", None)
    journal = await browser.get(f"/customers/{customer}/journal")
    assert "Hardship: approved" in journal.words and "Hardship approved" in journal.words
    assert ("chen", None, "approvals") in await bank.readings()


async def test_a_declined_hardship_stands_and_waits_for_a_person(bank: Bank) -> None:
    customer = await bank.customer()
    await hold(bank, customer)
    browser = await bank.browser("chen", "supervisor")
    page = await browser.post(f"/approvals/{customer}/decline_hardship", text=" ")
    assert page.status == 422 and (await hardship(bank)).judged_at is None
    page = await browser.post(f"/approvals/{customer}/decline_hardship", text="the branch saw a wage slip")
    assert "Hardships (0)" in page.words
    row = await hardship(bank)
    assert (row.declined_by, row.lifted_at, row.until_at) == ("chen", None, NOON + timedelta(days=30))
    async with bank.database.read() as connection:
        view = await thread.view(connection, EVERYONE, customer, bank.time())
    assert view.case.handoff_queue == "hardship" and view.handoff is not None
    assert "the branch saw a wage slip" in view.handoff.reason


async def test_nobody_judges_a_hardship_that_they_opened(bank: Bank) -> None:
    customer = await bank.customer()
    await hold(bank, customer, "chen")
    browser = await bank.browser("chen", "supervisor")
    page = await browser.get("/approvals")
    assert "somebody else decides" in page.words and "approve_hardship" not in page.html
    assert "Approvals 1" not in page.words
    for act in ("approve_hardship", "decline_hardship"):
        page = await browser.post(f"/approvals/{customer}/{act}", text="mine")
        assert page.status == 409 and "another person with the authority" in page.words
    assert (await hardship(bank)).judged_at is None
    other = await bank.browser("wei", "supervisor")
    assert "Hardships (0)" in (await other.post(f"/approvals/{customer}/approve_hardship")).words


async def plan(bank: Bank) -> tuple[Browser, int]:
    browser, customer, _ = await taken(bank)
    await browser.post(f"/customers/{customer}/plan", rows=MANY, agreed="yes")
    return browser, customer


async def statuses(bank: Bank) -> list[str]:
    async with bank.database.read() as connection:
        return [row.status for row in await connection.execute(select(cases.plan).order_by(cases.plan.c.id))]


async def test_a_plan_above_the_limits_is_listed_and_approved(bank: Bank) -> None:
    _, customer = await plan(bank)
    browser = await bank.browser("chen", "supervisor")
    page = await browser.get("/approvals")
    assert "Plans above the limits (1)" in page.words and "8 instalments" in page.words
    assert "proposed by fang" in page.words and "¥1,200.50" in page.words
    page = await browser.post(f"/approvals/{customer}/approve_plan")
    assert "Plans above the limits (0)" in page.words and await statuses(bank) == ["active"]


async def test_a_declined_plan_is_off_the_table_and_collection_stays_paused(bank: Bank) -> None:
    _, customer = await plan(bank)
    browser = await bank.browser("chen", "supervisor")
    page = await browser.post(f"/approvals/{customer}/decline_plan", text="too long")
    assert "Plans above the limits (0)" in page.words and await statuses(bank) == ["declined"]
    async with bank.database.read() as connection:
        view = await thread.view(connection, EVERYONE, customer, bank.time())
    assert "plan_request" in {one.kind for one in view.holds} and view.case.owner is Owner.AGENT


async def test_nobody_approves_a_plan_that_they_proposed(bank: Bank) -> None:
    _, customer = await plan(bank)
    browser = await bank.browser("chen", "supervisor")
    async with bank.database.write() as connection:
        await connection.execute(update(cases.plan).values(proposed_by="chen"))
    assert "somebody else decides" in (await browser.get("/approvals")).words
    for act in ("approve_plan", "decline_plan"):
        assert (await browser.post(f"/approvals/{customer}/{act}", text="mine")).status == 409
    assert await statuses(bank) == ["pending"]


@pytest.mark.parametrize("role", ["agent", "auditor", "admin"])
async def test_only_supervisors_decide(bank: Bank, role: str) -> None:
    customer = await bank.customer()
    await hold(bank, customer)
    browser = await bank.browser("somebody", role)
    assert (await browser.get("/approvals")).status == (200 if role == "auditor" else 403)
    for act in ("approve_hardship", "decline_hardship", "approve_plan", "decline_plan"):
        assert (await browser.post(f"/approvals/{customer}/{act}", text="x")).status == 403
    assert (await hardship(bank)).judged_at is None


async def test_a_customer_who_does_not_exist_is_not_judged(bank: Bank) -> None:
    browser = await bank.browser("chen", "supervisor")
    assert (await browser.post("/approvals/999/approve_hardship")).status == 404


async def test_what_is_judged_already_stays_as_it_is(bank: Bank) -> None:
    customer = await bank.customer()
    await hold(bank, customer)
    first, second = await bank.browser("chen", "supervisor"), await bank.browser("wei", "supervisor")
    await first.post(f"/approvals/{customer}/approve_hardship")
    await second.post(f"/approvals/{customer}/decline_hardship", text="late")
    assert ((await hardship(bank)).approved_by, (await hardship(bank)).declined_by) == ("chen", "")


@pytest.fixture
def upload() -> Iterator[None]:
    async def waits(connection: AsyncConnection, person: Person) -> list[Pending]:
        return [Pending("portfolio", "<b>4812 rows</b>", "/portfolio/7", "wei", NOON)]

    pending.source(waits)
    yield
    pending.SOURCES.remove(waits)


async def test_other_pages_pending_matters_are_listed_and_counted_for_others_only(bank: Bank, upload: None) -> None:
    browser = await bank.browser("chen", "supervisor")
    page = await browser.get("/approvals")
    assert "Portfolio upload · <b>4812 rows</b>" in page.words and "<b>4812" not in page.html
    assert 'href="/portfolio/7"' in page.html and "Approvals 1" in page.words
    own = await bank.browser("wei", "supervisor")
    assert "Approvals 1" not in (await own.get("/approvals")).words
