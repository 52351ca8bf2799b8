"""Plans in the console: proposed, recorded, refused by the table, and approved by a second person."""

from __future__ import annotations

from sqlalchemy import select

from bot.store import cases
from tests.console.conftest import Bank
from tests.console.test_conversation import taken


async def statuses(bank: Bank) -> list[str]:
    async with bank.database.read() as connection:
        return [row.status for row in await connection.execute(select(cases.plan).order_by(cases.plan.c.id))]


async def test_what_was_agreed_by_phone_stands_on_the_file_with_its_terms(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    rows = "2026-12-01 1,000.50\n2027-01-01 200"
    page = await browser.post(f"/customers/{customer}/plan", rows=rows, kind="instalments", agreed="yes")
    assert "Plan recorded." in page.words and "agreed by phone" in page.words
    assert "Interest and fees 约定期间利息按原合同计收，不另收手续费。" in page.words  # in the customer's language
    assert await statuses(bank) == ["active"]
    page = await browser.post(f"/customers/{customer}/cancel_plan", text="asked for it")
    assert await statuses(bank) == ["cancelled"]


async def test_a_plan_outside_the_table_is_refused_with_what_stands_in_its_way(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    page = await browser.post(f"/customers/{customer}/plan", rows="2026-12-01 1\n2030-01-01 1", agreed="yes")
    assert page.status == 409
    for words in ("Not recorded.", "the instalments do not add up to what is due", "the last day is too late"):
        assert words in page.words
    assert await statuses(bank) == []


async def test_a_plan_that_cannot_be_read_is_refused(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    for rows in (
        "",
        "500",
        "tomorrow 500",
        "2026-12-01 NaN",
        "2026-12-01 -5",
        "2026-12-01 1e99",
        "a b c\nd",
        "x " * 900,
    ):
        page = await browser.post(f"/customers/{customer}/plan", rows=rows)
        assert page.status == 422, rows
    assert await statuses(bank) == []


async def test_above_an_agents_limits_a_supervisor_approves_and_nobody_else(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    rows = "2027-01-01 150.08\n" + "\n".join(f"2027-{month:02d}-01 150.06" for month in range(2, 9))
    await browser.post(f"/customers/{customer}/plan", rows=rows, agreed="yes")
    assert await statuses(bank) == ["pending"]
    assert (await browser.post(f"/customers/{customer}/approve_plan")).status == 403
    supervisor = await bank.browser("wei", "supervisor")
    page = await supervisor.get(f"/customers/{customer}")
    assert "Approve the plan of fang" in page.words
    page = await supervisor.post(f"/customers/{customer}/approve_plan")
    assert "Plan approved." in page.words
    assert await statuses(bank) == ["active"]
    auditor = await bank.browser("an", "auditor")
    assert (await auditor.post(f"/customers/{customer}/approve_plan")).status == 403
