"""Short ways through an upload, for tests: what a supervisor clicks, and what the background task then does."""

from __future__ import annotations

import re

from bot.intake import Runner
from tests.console.conftest import Bank, Browser, Page

HEADER = "customer,name,phone,account,product,balance,amount_due,due_date"
ROW = "C1,王强,13800138000,A1,personal_loan,1200.00,1200.00,2026-10-20"


def runner_of(bank: Bank, rows_at_once: int = 250) -> Runner:
    return Runner(bank.database, bank.office.mind, bank.office.reception, bank.time, rows_at_once=rows_at_once)


async def work(bank: Bank) -> None:
    """Let the background task do all that waits."""
    runner = runner_of(bank)
    while await runner.work():
        pass


async def uploaded(browser: Browser, text: str | bytes, name: str = "list.csv") -> Page:
    return await browser.upload("/portfolio", name, text if isinstance(text, bytes) else text.encode())


async def checked(bank: Bank, browser: Browser, text: str | bytes) -> Page:
    """Upload a file, take the mapping as guessed, and check its rows."""
    page = await uploaded(browser, text)
    assert page.status == 200, page.words
    path = address(page)
    await browser.post(f"{path}/columns", go="check", **as_guessed(page))
    await work(bank)
    return await browser.get(path)


async def rehearsed(bank: Bank, browser: Browser, text: str | bytes) -> Page:
    """The same, and rehearse it."""
    path = address(await checked(bank, browser, text))
    await browser.post(f"{path}/rehearse")
    await work(bank)
    return await browser.get(path)


def address(page: Page) -> str:
    """The upload that a page shows."""
    found = re.search(r'"(/portfolio/\d+)/', page.html)
    assert found, page.words
    return found[1]


def as_guessed(page: Page) -> dict[str, str]:
    """The fields of the mapping as the page shows them."""
    found = re.findall(r'<select id="(c-\w+)".*?</select>', page.html, re.DOTALL)
    chosen = {}
    for name in found:
        part = page.html.split(f'<select id="{name}"')[1].split("</select>")[0]
        chosen[name] = (re.findall(r'value="([^"]*)" selected', part) or [""])[0]
    return chosen
