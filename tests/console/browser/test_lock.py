"""The lock in a real browser: the page is gone from sight, and comes back with everything that was typed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from bot.store import totp
from tests.console.browser.conftest import Open
from tests.console.conftest import PASSWORD, Bank

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def pass_time(bank: Bank, page: Page, minutes: float) -> None:
    """Let time pass for both: the server's clock and the one that the page counts by."""
    bank.time.now += timedelta(minutes=minutes)
    await page.evaluate("seconds => { const real = Date.now; Date.now = () => real() + seconds * 1000; }", minutes * 60)


async def writing(bank: Bank, open_as: Open, **options: Any) -> tuple[Page, int]:
    """An agent in the middle of a reply, and of a promise."""
    id = await bank.customer()
    await bank.called(id)
    page = await open_as("wang", f"/customers/{id}", **options)
    await page.get_by_role("button", name="Take over").click()
    await page.get_by_text("● Live").wait_for()
    await page.locator("#reply-text").fill("您好，我们一起")
    return page, id


async def test_the_page_is_hidden_until_the_password_and_nothing_typed_is_lost(bank: Bank, open_as: Open) -> None:
    page, id = await writing(bank, open_as)
    title = await page.title()
    await pass_time(bank, page, 16)
    dialog = page.get_by_role("dialog", name="Locked")
    await dialog.wait_for()
    await expect(page.locator("#reply-text")).not_to_be_visible()
    await expect(page.locator("main")).not_to_be_visible()
    assert "李" not in await page.title()
    tree = await page.locator("body").aria_snapshot()
    assert "李" not in tree
    assert "Password" in tree
    for _ in range(3):
        await page.keyboard.press("Escape")
    await expect(dialog).to_be_visible()
    assert await page.locator("#lock-password").evaluate("one => one === document.activeElement")
    await page.locator("#lock-password").fill("guess")
    await page.keyboard.press("Enter")
    await page.get_by_text("The present password is not right.").wait_for()
    await page.locator("#lock-password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(dialog).not_to_be_visible()
    assert await page.locator("#reply-text").input_value() == "您好，我们一起"
    assert await page.title() == title
    await page.get_by_text("● Live").wait_for()
    await page.locator("#reply-text").press("Control+Enter")
    await page.get_by_text("Your reply is queued.").wait_for()
    assert [row.text for row in await bank.texts(id)] == ["您好，我们一起"]


async def test_a_minute_before_there_is_a_warning_and_any_key_keeps_the_page_open(bank: Bank, open_as: Open) -> None:
    page, _ = await writing(bank, open_as)
    await page.wait_for_timeout(1200)
    await pass_time(bank, page, 14.2)
    await page.get_by_text("Without use this page locks within a minute.").wait_for()
    await page.get_by_role("button", name="I am here").click()
    await expect(page.locator("#lock-soon")).not_to_be_visible()
    await pass_time(bank, page, 14.2)
    await page.locator("#reply-text").press("a")
    await expect(page.locator("#lock-soon")).not_to_be_visible()
    await page.wait_for_timeout(1500)
    assert (await page.request.get(str(bank.client.make_url("/session")), headers={"X-Refresh": "1"})).ok
    await expect(page.locator("#lock")).not_to_be_visible()


async def test_a_code_is_asked_for_where_there_is_a_second_step(bank: Bank, open_as: Open) -> None:
    page, _ = await writing(bank, open_as)
    async with bank.database.write() as connection:
        secret = await totp.offer(connection, 1)
        await totp.confirm(connection, 1, totp.code_at(secret, bank.time()), bank.time())
    await pass_time(bank, page, 16)
    await page.get_by_role("dialog", name="Locked").wait_for()
    await page.locator("#lock-password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_label("Code").fill(totp.code_at(secret, bank.time()))
    await page.keyboard.press("Enter")
    await expect(page.locator("#lock")).not_to_be_visible()
    assert await page.locator("#reply-text").input_value() == "您好，我们一起"


async def test_a_session_ended_elsewhere_leads_to_log_in_with_the_reply_kept(bank: Bank, open_as: Open) -> None:
    page, id = await writing(bank, open_as)
    async with bank.database.write() as connection:
        from bot.store import sessions

        await sessions.end_all(connection, 1)
    await pass_time(bank, page, 16)
    await page.get_by_text("What you typed is kept").wait_for()
    await page.get_by_label("User name").fill("wang")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in", exact=True).click()
    assert await page.locator("#reply-text").input_value() == "您好，我们一起"
    assert await bank.texts(id) == []


async def test_a_name_shown_in_clear_is_masked_again_when_the_page_is_left(bank: Bank, open_as: Open) -> None:
    page, _ = await writing(bank, open_as)
    await page.get_by_role("button", name="Show name and number").click()
    name, number = page.locator("#who bdi"), page.locator("#who .tel")
    await expect(name).to_have_text("李小明")
    assert "李小明" not in await page.title()
    await page.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    await expect(name).to_have_text("李**")
    assert "13800000001" not in (await number.inner_text())
