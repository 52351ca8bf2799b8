"""Every screen on 320 px and at 200 % zoom, in both languages and in one whose words are 40 % longer; Tab alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from playwright.async_api import Page

from bot.console import words
from bot.core.case import Owner
from tests.console.browser.conftest import Open
from tests.console.browser.looking import LAYOUT, speak, unfold
from tests.console.browser.screens import SCREENS
from tests.console.conftest import Bank

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SIZES: dict[str, dict[str, Any]] = {
    "320px": {"viewport": {"width": 320, "height": 640}},
    "zoomed": {"viewport": {"width": 683, "height": 384}, "device_scale_factor": 2},  # 1366 × 768 at 200 %
}
FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  if (one === document.body) return { name: "", seen: true }; // beyond the last, the browser's own buttons come
  return { name: one.id || one.textContent.trim().slice(0, 30), seen: style.outlineStyle !== "none" &&
    parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.bottom > 0 && box.top < innerHeight };
}"""


def longer(text: str) -> str:
    """40 % more of it, with marks that no English text has; what is filled in stays."""
    more = -(-len(text) * 2 // 5)
    return text + ("ē" * more if more < 6 else "".join(" " if n % 8 == 7 else "ē" for n in range(more)))


@pytest.fixture
def long_words(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """English, with every text 40 % longer."""
    plain = words.catalog

    def stretched(language: str) -> Catalog:
        found = plain(language)
        for message in found if language == "en" else ():
            if message.id and message.string:
                texts = message.string
                message.string = longer(texts) if isinstance(texts, str) else tuple(map(longer, texts))
        return found

    monkeypatch.setattr(words, "catalog", stretched)
    words.words.cache_clear()
    yield
    words.words.cache_clear()


async def walk(bank: Bank, open_as: Open, language: str, size: str) -> list[str]:
    """What is wrong on any screen of this size."""
    id = await bank.customer()
    await bank.called(id)
    await bank.wrote(id, "我失业了，真的还不上，https://example.com/" + "a" * 90)
    found = []
    for role, paths in SCREENS.items():
        page = await open_as(role, paths[0], role, **SIZES[size])
        await speak(page, language)
        for path in paths:
            await page.goto(str(bank.client.make_url(path)))
            if path == f"/customers/{id}":
                take = page.locator(f"form[action='/customers/{id}/take'] button")
                if role == "agent" and await take.count():
                    await take.click()
                await unfold(page)
            found += [f"{role} {path}: {one}" for one in await page.evaluate(LAYOUT)]
    return found


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_nothing_is_clipped_or_out_of_reach(bank: Bank, open_as: Open, language: str, size: str) -> None:
    found = await walk(bank, open_as, language, size)
    assert not found, "\n".join(found)


@pytest.mark.usefixtures("long_words")
@pytest.mark.parametrize("size", SIZES)
async def test_nor_where_every_word_is_forty_percent_longer(bank: Bank, open_as: Open, size: str) -> None:
    found = await walk(bank, open_as, "en", size)
    assert not found, "\n".join(found)


async def test_a_customer_is_taken_answered_and_resolved_by_tab_and_enter(bank: Bank, open_as: Open) -> None:
    id = await bank.customer()
    await bank.called(id)
    await bank.wrote(id, "我失业了")
    page = await open_as("wang", "/queue")
    await tab_to(page, "Take next")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/customers/{id}*")
    await tab_to(page, "reply-text")
    await page.keyboard.type("您好，我们一起看看办法。")
    await page.keyboard.press("Control+Enter")
    await page.get_by_text("Your reply is queued.").wait_for()
    await tab_to(page, "Resolve")
    await page.keyboard.press("Enter")
    await tab_to(page, "resolve-outcome")
    await page.keyboard.press("ArrowDown")
    await tab_to(page, "resolve-text")
    await page.keyboard.type("talked it over")
    await page.keyboard.press("Enter")
    await page.get_by_text("talked it over").first.wait_for()
    assert await bank.owner(id) == (Owner.BOT, None)
    assert [row.text for row in await bank.texts(id)] == ["您好，我们一起看看办法。"]


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until this has the focus; whatever has it on the way can be seen to have it."""
    for _ in range(150):
        focused = await page.evaluate(FOCUSED)
        assert focused["seen"], f"nobody sees that this has the focus: {focused['name']}"
        if focused["name"].startswith(name):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {name}")
