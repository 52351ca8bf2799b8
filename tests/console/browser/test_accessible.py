"""axe-core finds nothing on any screen, in either theme, language and width; nothing scrolls sideways."""

from __future__ import annotations

import os
from itertools import product
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from bot.dialogues.bundle import Bundle
from bot.store import editions
from bot.store.editions import Origin
from bot.turn import turn
from tests.console.browser.conftest import Open
from tests.console.conftest import NOON, Bank

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SCREENS = {
    "agent": ("/queue", "/queue?folder=mine", "/queue?folder=follow_up", "/customers?q=C000001", "/customers/1",
              "/customers/1/journal", "/customers/1/texts/2/correct", "/settings"),
    "supervisor": ("/desks", "/desks/1", "/approvals", "/dashboard",
                   "/dashboard?days=7&product=personal_loan", "/dashboard/rows?measure=open_handoffs", "/customers/1",
                   "/rules/try?customer=1", "/rules/editions", "/rules/editions/1"),
    "auditor": ("/access", "/rules", "/rules?q=BANK", "/rules/contact", "/rules/plans", "/rules/wording",
                "/rules/words", "/rules/try"),
    "admin": ("/people", "/settings", "/account"),
}  # fmt: skip


# Every pair of theme, language and width; with HUIXIN_BOTH=1 all eight together.
EVERY = list(product(["light", "dark"], ["zh", "en"], [390, 1366]))
PAIRS = [("light", "zh", 390), ("dark", "en", 390), ("dark", "zh", 1366), ("light", "en", 1366)]


@pytest.mark.parametrize(("theme", "language", "width"), EVERY if os.environ.get("HUIXIN_BOTH") else PAIRS)
async def test_no_screen_keeps_anybody_out(bank: Bank, open_as: Open, theme: str, language: str, width: int) -> None:
    id = await bank.customer()
    await bank.called(id)
    await bank.wrote(id, "我失业了，真的还不上")
    await bank.wrote(id, "我周五还500，别再发了", pending=True)
    await turn(bank.database, bank.office.mind, bank.time())
    await _proposed(bank)
    found = []
    for role, paths in SCREENS.items():
        options: dict[str, Any] = {"color_scheme": theme, "viewport": {"width": width, "height": 800}}
        page = await open_as(role, paths[0], role, **options)
        if await page.locator("html").get_attribute("lang") != language:
            await page.locator("form[action='/language'] button").click()
        for path in paths:
            await page.goto(str(bank.client.make_url(path)))
            if path == "/customers/1" and role == "agent":
                take = page.locator(f"form[action='/customers/{id}/take'] button")
                if await take.count():
                    await take.click()
                await _open_all(page)
            result = await Axe().run(page, options=RULES)
            found += [f"{path}: {one['id']}: {one['nodes'][0]['html'][:120]}" for one in result.response["violations"]]
            wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            if await page.evaluate(wide):
                found.append(f"{path}: scrolls sideways at {width} px")
    assert found == []


async def _proposed(bank: Bank) -> None:
    """Somebody proposed other wording, which waits for a second person."""
    files = dict(bank.office.mind.content.files.files)
    name = "responses/zh.yml"
    async with bank.database.write() as connection:
        await editions.propose(
            connection, Bundle({**files, name: files[name] + "# end"}), Origin.UPLOAD, "wang", "a closing line", NOON
        )


async def _open_all(page: Page) -> None:
    """Unfold every form, so that it is looked at too."""
    for box in await page.locator("details > summary").all():
        if await box.is_visible():
            await box.click()
