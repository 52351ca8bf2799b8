"""A visitor's minute: a reminder is on the phone, a scenario button answers it, and an agent's answer arrives there."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, expect

from tests.ports import free_port

ROOT = Path(__file__).parents[3]
PEOPLE = {
    "zh": (1, "我失业了，月底先还500行吗"),
    "en": (17, "I lost my job. Can I pay 500 first, at the end of the month?"),
}


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[str]:
    """`huixin demo`, in a folder of its own; its address."""
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--port", str(port), cwd=tmp_path, env=environment,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(120):
        while b"is ready" not in (line := await process.stdout.readline()):
            assert line, f"`huixin demo` ended with {await process.wait()}"
    reading = asyncio.create_task(process.stdout.read())
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 40) == 0
    await reading


@pytest.mark.parametrize("language", PEOPLE)
async def test_reminder_reply_file_handoff_and_an_agents_answer(served: str, chromium: Chromium, language: str) -> None:
    customer, words = PEOPLE[language]
    context = await chromium.new_context(locale="zh-CN" if language == "zh" else "en-GB")
    phone = await context.new_page()
    await phone.goto(f"{served}/demo/phone?customer={customer}")
    received = phone.locator(".bubble.in")
    await expect(received).not_to_have_count(0, timeout=30_000)  # the reminder
    before = await received.count()
    await phone.locator("button[name=text]", has_text=words).click()
    await expect(phone.locator(".bubble.out")).to_have_count(1, timeout=10_000)
    await expect(received).to_have_count(before + 1, timeout=30_000)  # what the bot answers
    async with context.expect_page() as opened:
        await phone.locator("form[target=console] button").first.click()
    console = await opened.value
    await expect(console).to_have_url(f"{served}/customers/{customer}")
    await expect(console.locator("#state-line .badge.s-hardship, #state-line .h-hardship").first).to_be_visible()
    await expect(console.locator("#file")).to_contain_text("500.00")  # the promise is on the file
    await answer(console, customer, "您好，我们一起看看办法。")
    await expect(received.filter(has_text="我们一起看看办法")).to_have_count(1, timeout=30_000)
    clock = phone.locator(".phone header small")
    was = await clock.inner_text()
    await phone.locator("button[value=hour]").click()
    await expect(clock).not_to_have_text(was)
    assert re.search(r"\d\d:\d\d", await clock.inner_text())
    await context.close()


async def answer(console: Page, customer: int, words: str) -> None:
    """Take the customer over, and write to them."""
    await console.locator(f"form[action='/customers/{customer}/take'] button").click()
    await console.locator("#reply-text").fill(words)
    await console.locator("#reply-text").press("Control+Enter")
    await expect(console.locator("#texts")).to_contain_text(words)
