"""The keyboard alone: every shortcut of the list, none inside boxes, none while an input method composes."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from bot.core.case import Owner
from tests.console.browser.conftest import Open
from tests.console.conftest import Bank

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def focused(page: Page) -> str:
    """The id of what has the focus, or else the start of its text."""
    return str(
        await page.evaluate("document.activeElement.id || document.activeElement.textContent.trim().slice(0, 20)")
    )


async def waiting(bank: Bank, n: int) -> list[int]:
    """So many customers who wait for a person."""
    ids = []
    for number in range(n):
        ids.append(await bank.customer(f"+86138000000{number:02}", name=f"客户{number}"))
        await bank.called(ids[-1])
    return ids


async def test_a_conversation_is_found_taken_and_left_without_a_mouse(bank: Bank, open_as: Open) -> None:
    first, second, _ = await waiting(bank, 3)
    page = await open_as("wang", "/queue")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/customers/{second}")
    await page.keyboard.press("t")
    await page.locator("#reply-text").wait_for()
    assert await bank.owner(second) == (Owner.AGENT, 1)
    await page.wait_for_load_state()
    await page.keyboard.press("Escape")  # whoever takes a customer is in the reply box at once
    await page.keyboard.press("r")
    await page.keyboard.type("jtn?gi")  # letters are letters inside a box
    assert (await focused(page), await page.locator("#reply-text").input_value()) == ("reply-text", "jtn?gi")
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("i")
    await page.wait_for_url("**/queue")
    await page.keyboard.press("Enter")  # nothing has the focus: take next
    await page.wait_for_url(f"**/customers/{first}*")
    assert await bank.owner(first) == (Owner.AGENT, 1)


@pytest.mark.parametrize(
    ("key", "field"),
    [("m", "amount"), ("p", "plan-kind"), ("s", "follow-up-at"), ("u", "release-outcome"), ("e", "resolve-outcome"),
     ("n", "note-text"), ("r", "reply-text"), ("f", "file"), ("/", "q")],
)  # fmt: skip
async def test_a_key_unfolds_its_form_and_goes_to_its_first_field(
    bank: Bank, open_as: Open, key: str, field: str
) -> None:
    [id] = await waiting(bank, 1)
    page = await open_as("wang", f"/customers/{id}")
    await page.keyboard.press("t")
    await page.locator("#reply-text").wait_for()
    await page.wait_for_load_state()
    await page.keyboard.press("Escape")
    await page.keyboard.press(key)
    assert await focused(page) == field


async def test_keys_are_listed_found_by_name_and_can_be_switched_off(bank: Bank, open_as: Open) -> None:
    [id] = await waiting(bank, 1)
    page = await open_as("wang", f"/customers/{id}")
    await page.keyboard.press("?")
    assert await page.locator("#keys").is_visible()
    await page.keyboard.press("Escape")
    assert not await page.locator("#keys").is_visible()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("take")
    await page.keyboard.press("Enter")
    await page.locator("#reply-text").wait_for()
    await page.goto(str(bank.client.make_url("/settings")))
    await page.locator("input[name=keys]").uncheck()
    await page.get_by_role("button", name="Save").click()
    await page.goto(str(bank.client.make_url(f"/customers/{id}")))
    for key in ("?", "r", "n", "j"):
        await page.keyboard.press(key)
    assert not await page.locator("#keys").is_visible()
    assert await page.evaluate("document.activeElement === document.body")
    await page.keyboard.press("Control+k")  # with a modifier it is no single key
    assert await page.locator("#menu").is_visible()


async def test_alt_and_a_composing_input_method_reach_nothing(bank: Bank, open_as: Open) -> None:
    [id] = await waiting(bank, 1)
    page = await open_as("wang", f"/customers/{id}")
    await page.keyboard.press("Alt+t")
    await page.evaluate("""document.body.dispatchEvent(new KeyboardEvent("keydown",
        {key: "t", isComposing: true, bubbles: true, cancelable: true}))""")
    await page.evaluate("""document.body.dispatchEvent(new KeyboardEvent("keydown",
        {key: "Process", keyCode: 229, bubbles: true, cancelable: true}))""")
    assert await bank.owner(id) == (Owner.BOT, None)
    assert page.url.endswith(f"/customers/{id}")


@pytest.mark.parametrize(("theme", "shown"), [("light", "rgb(243, 245, 248)"), ("dark", "rgb(18, 23, 29)")])
async def test_the_theme_that_a_person_chose_holds_whatever_their_system_says(
    bank: Bank, open_as: Open, theme: str, shown: str
) -> None:
    other = "dark" if theme == "light" else "light"
    page = await open_as("wang", "/settings", color_scheme=other)
    await page.locator("#theme").select_option(theme)
    await page.get_by_role("button", name="Save").click()
    await page.get_by_text("Your settings are saved").wait_for()
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == shown
