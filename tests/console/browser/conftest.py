"""A real browser: Debian's Chromium, driven by Playwright, on the console of the bank in the neighbouring tests."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Page, async_playwright

from bot.console.access import COOKIE
from tests.console.conftest import Bank
from tests.needs import need

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
Open = Callable[..., Coroutine[Any, Any, Page]]


@pytest.fixture
async def chromium() -> AsyncIterator[Chromium]:
    """The browser; its policy reports and page errors make tests fail."""
    need("" if CHROMIUM else "Chromium is not installed: apt-get install chromium fonts-noto-cjk")
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
async def open_as(bank: Bank, chromium: Chromium) -> AsyncIterator[Open]:
    """Opens a page as somebody who is logged in; whatever the console complains of is an error."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    async def start(login: str, path: str, role: str = "agent", **options: Any) -> Page:
        known = await bank.browser(login, role)
        context = await chromium.new_context(locale="en-GB", **options)
        contexts.append(context)
        url = str(bank.client.make_url("/"))
        await context.add_cookies([{
            "name": COOKIE, "value": known.sid, "url": url.replace("http:", "https:"), "secure": True,
            "httpOnly": True,
        }])  # fmt: skip
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if _is_grave(said.type, said.text) else None)
        await page.goto(str(bank.client.make_url(path)))
        return page

    yield start
    for context in contexts:
        await context.close()
    assert complaints == []


def _is_grave(kind: str, text: str) -> bool:
    away = ("Failed to load resource", "SSE reconnect failed", "htmx:sse:error: Failed to fetch")
    if any(words in text for words in away):  # a server that is away is no fault of ours
        return False
    return "Content Security Policy" in text or kind == "error"
