"""What a person chooses for their own screen is theirs alone, and holds on every page."""

from __future__ import annotations

import pytest

from tests.console.conftest import Bank, Browser, Page


def marked(page: Page) -> tuple[str | None, str | None, str | None]:
    """Language, theme and habits, as every page carries them."""
    elements = dict(reversed(page.elements))
    return elements["html"]["lang"], elements["html"]["data-theme"], elements["body"].get("data-habits")


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "admin"])
async def test_everybody_chooses_for_themselves(bank: Bank, role: str) -> None:
    browser, other = await bank.browser("wang", role), await bank.browser("li", "agent")
    assert marked(await browser.get("/settings")) == ("en", "system", "keys")
    saved = await browser.post("/settings", language="zh", theme="dark", sound="yes", queue="yes")
    assert "设置已保存" in saved.words
    assert marked(await browser.get("/")) == ("zh-Hans", "dark", "queue sound")
    assert marked(await other.get("/settings")) == ("en", "system", "keys")


async def test_what_nobody_offers_changes_nothing(bank: Bank) -> None:
    browser = await bank.browser("wang")
    await browser.post("/settings", theme="light", keys="yes")
    page = await browser.post("/settings", language="tlh", theme="<b>", keys="maybe", notices="on", cookies="yes")
    assert page.status == 200
    assert marked(page) == ("en", "light", "")


async def test_settings_are_nobodys_without_a_log_in(bank: Bank) -> None:
    stranger = Browser(bank.client)
    assert "/login?next=" in (await bank.client.get("/settings", allow_redirects=False)).headers["Location"]
    assert (await stranger.post("/settings", theme="dark")).status == 401
    login = await stranger.get("/login")
    assert marked(login)[1:] == ("system", None)


async def test_who_sees_no_customers_is_offered_no_notices(bank: Bank) -> None:
    names = {attrs.get("name") for _, attrs in (await (await bank.browser("boss", "admin")).get("/settings")).elements}
    assert "keys" in names and "sound" not in names
