"""A portfolio's way in a real browser, from the file to the record; and axe-core on each of its screens."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from bot.console import Office
from bot.intake import Runner
from tests.console.browser.conftest import Open
from tests.console.browser.test_accessible import RULES
from tests.console.conftest import Bank, Serve, Time
from tests.console.test_portfolio_flow import lines
from tests.console.uploading import HEADER, ROW, address, checked, rehearsed, uploaded, work

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BAD = ROW.replace("1200.00,1200.00", "abc,1")


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


async def _every_state(bank: Bank) -> list[str]:
    """Uploads in every state that has a page of its own; the pages' addresses."""
    boss, second = await bank.browser("boss", "supervisor"), await bank.browser("second", "supervisor")
    text = f"{HEADER}\n{lines(3)}\n{BAD}\n"
    paths = ["/portfolio", address(await uploaded(boss, text)), address(await checked(bank, boss, text))]
    for verdict in ("", "wait", "reject", "approve", "pause"):
        path = address(await rehearsed(bank, boss, text))
        paths.append(path)
        if verdict:
            await boss.post(f"{path}/ask")
        if verdict in ("reject", "approve", "pause"):
            mark = (await second.get(path)).field("fingerprint")
            verdict_ = "reject" if verdict == "reject" else "approve"
            await second.post(f"{path}/decide", verdict=verdict_, reason="x", fingerprint=mark)
        if verdict == "pause":
            await boss.post(f"{path}/pause")
        await work(bank)
    return [*paths, f"{paths[3]}/rows?kind=outcome&value=contacted", f"{paths[3]}/rows?kind=refused"]


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1366)])
async def test_no_screen_of_a_portfolio_keeps_anybody_out(bank: Bank, open_as: Open, theme: str, width: int) -> None:
    paths = await _every_state(bank)
    options: dict[str, Any] = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
    page = await open_as("third", "/portfolio", "supervisor", **options)
    own = await open_as("boss2", "/portfolio", "supervisor", **options)
    await own.get_by_label("CSV file").set_input_files(
        {"name": "mine.csv", "mimeType": "text/csv", "buffer": f"{HEADER}\n{ROW}\n".encode()}
    )
    await own.get_by_role("button", name="Upload").click()
    found = []
    for _ in range(2):
        for path in paths:
            await page.goto(str(bank.client.make_url(path)))
            found += await _violations(page, f"{path} at {width} px, {theme}")
        found += await _violations(own, f"mapping at {width} px, {theme}")
        for one in (page, own):
            await one.locator("form[action='/language'] button").click()
    assert found == []


async def _violations(page: Page, where: str) -> list[str]:
    result = await Axe().run(page, options=RULES)
    found = [f"{where}: {one['id']}: {one['nodes'][0]['html'][:120]}" for one in result.response["violations"]]
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return [*found, f"{where}: scrolls sideways"] if await page.evaluate(wide) else found
