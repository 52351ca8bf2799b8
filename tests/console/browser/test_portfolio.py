"""A portfolio's way in a real browser, from the file to the record; and axe-core on each of its screens."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from playwright.async_api import expect

from bot.console import Office
from bot.intake import Runner
from tests.console.browser.conftest import Open
from tests.console.browser.screens import BAD
from tests.console.conftest import Bank, Serve, Time
from tests.console.test_portfolio_flow import lines
from tests.console.uploading import HEADER, address, rehearsed

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@asynccontextmanager
async def with_runner(bank: Bank, office: Office, time: Time, serve: Serve) -> AsyncIterator[Bank]:
    """The bank with its background task running, a few rows at a time."""
    runner = Runner(bank.database, office.mind, office.reception, time, poll_seconds=0.2, rows_at_once=4)
    served = replace(office, upload_waits=runner.wake)
    working = asyncio.create_task(runner.run())
    try:
        yield Bank(bank.database, served, time, await serve(served))
    finally:
        runner.stop()
        await working


async def test_a_portfolio_is_uploaded_mapped_checked_rehearsed_approved_and_imported(
    bank: Bank, office: Office, time: Time, serve: Serve, open_as: Open
) -> None:
    async with with_runner(bank, office, time, serve) as served:
        bank.client = served.client
        boss = await open_as("boss", "/portfolio", "supervisor")
        await expect(boss.get_by_text("No customers yet")).to_be_visible()
        text = f"{HEADER}\n{lines(40)}\n{BAD}\n".replace("name,", "Wer?,")
        await boss.get_by_label("CSV file").set_input_files(
            {"name": "十一月.csv", "mimeType": "text/csv", "buffer": text.encode("gb18030")}
        )
        await boss.get_by_role("button", name="Upload").click()
        await boss.get_by_role("button", name="Check all rows").click()
        await expect(boss.get_by_role("alert")).to_contain_text("Nothing is chosen yet for: Name")
        await boss.get_by_label("Name required").select_option(label="Wer?")
        await boss.get_by_role("button", name="Check all rows").click()
        await expect(boss.get_by_text("40 rows can be imported.")).to_be_visible()
        await expect(boss.get_by_role("cell", name="is no amount abc")).to_be_visible()
        await boss.get_by_role("button", name="Dry run").click()
        await expect(boss.get_by_text("40 customers would be contacted.")).to_be_visible()
        await boss.get_by_role("button", name="Ask for approval").click()
        await expect(boss.get_by_text("nobody approves their own upload")).to_be_visible()

        second = await open_as("second", "/portfolio", "supervisor")
        await second.get_by_role("link", name="十一月.csv").click()
        await second.get_by_role("link", name="40", exact=True).first.click()
        await expect(second.get_by_role("cell", name="C40")).to_be_visible()
        await second.get_by_role("link", name="Back to 十一月.csv").click()
        await second.get_by_role("button", name="Approve and import").click()
        await expect(second.get_by_text("Accounts: 40 new")).to_be_visible(timeout=15_000)
        await expect(boss.get_by_text("Accounts: 40 new")).to_be_visible(timeout=15_000)  # nobody reloaded this page
        await expect(boss.locator(".badge.u-applied")).to_be_visible()


async def test_progress_is_shown_while_it_is_made_and_can_be_halted(
    bank: Bank, office: Office, time: Time, serve: Serve, open_as: Open
) -> None:
    boss, second = await bank.browser("boss", "supervisor"), await bank.browser("second", "supervisor")
    path = address(await rehearsed(bank, boss, f"{HEADER}\n{lines(1500)}\n"))
    await boss.post(f"{path}/ask")
    mark = (await second.get(path)).field("fingerprint")
    await second.post(f"{path}/decide", verdict="approve", fingerprint=mark)
    async with with_runner(bank, office, time, serve) as served:
        bank.client = served.client
        page = await open_as("third", path, "supervisor")
        bar = page.locator("progress")
        await expect(bar).to_be_visible()
        first = int(await bar.get_attribute("value") or 0)
        await expect(bar).not_to_have_attribute("value", str(first), timeout=15_000)
        await page.get_by_role("button", name="Pause").click()
        await expect(page.get_by_role("button", name="Resume")).to_be_visible()
        assert re.search(r"[\d,]+ of 1,500 rows", await page.locator("section.progress").inner_text())
        await page.get_by_role("button", name="Stop the import").click()
        await expect(page.get_by_text("What was imported stays")).to_be_visible()
