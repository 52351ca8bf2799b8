"""axe-core finds nothing on any screen, in either theme, language and width; nothing scrolls sideways or is cut off."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from bot.console import Demo, Office, routes
from bot.console.access import Route
from bot.gateways.simulator import Simulator
from bot.store import totp
from tests.console.browser.conftest import Open
from tests.console.browser.looking import look, speak, unfold
from tests.console.browser.screens import NO_PAGES, SCREENS, STEPS, furnish, uploads
from tests.console.browser.test_lock import pass_time
from tests.console.conftest import PASSWORD, Bank, Serve, Time, template
from tests.console.test_phone import SECRET
from tests.console.test_phone import demo as demo  # the fixture: an office with phones
from tests.console.uploading import HEADER, ROW

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def nobody(_: bytes, __: object) -> int:
    """Takes no text."""
    return 503


def matching(route: Route) -> str:
    """An expression that matches the addresses of this route."""
    return re.sub(r"\{\w+:(.*?)\}(?=/|$)", r"\1", route.path)


in_both_languages = pytest.mark.parametrize("language", ["zh", "en"])


def test_every_page_that_the_console_has_is_looked_at(office: Office) -> None:
    demo = Demo(Simulator(SECRET, deliver=nobody), "1069", [], lambda _: None)
    found = {template(one): matching(one) for one in routes(replace(office, demo=demo)) if one.method == "GET"}
    paths = [urlsplit(path).path for path in [*STEPS, *(path for each in SCREENS.values() for path in each)]]
    unseen = {name for name, form in found.items() if not any(re.fullmatch(form, one) for one in paths)}
    assert unseen - set(NO_PAGES) == set(), "put these among the SCREENS of screens.py"
    assert set(NO_PAGES) - set(found) == set()


@in_both_languages
@pytest.mark.parametrize("role", SCREENS)
async def test_no_screen_keeps_anybody_out(bank: Bank, open_as: Open, language: str, role: str) -> None:
    id = await furnish(bank)
    page = await open_as(role, SCREENS[role][0], role)
    await speak(page, language)
    found = []
    for path in SCREENS[role]:
        await page.goto(str(bank.client.make_url(path)))
        take = page.locator(f"form[action='/customers/{id}/take'] button.main")
        if role == "agent" and await take.count():
            await take.click()
        await unfold(page)
        found += await look(page, f"{role} {path}", language)
    assert not found, "\n".join(found)


@in_both_languages
async def test_nor_do_screens_with_nothing_on_them(bank: Bank, open_as: Open, language: str) -> None:
    page = await open_as("boss", "/queue", "supervisor")
    await speak(page, language)
    found = []
    for path in ("/queue", "/customers?q=x", "/desks", "/approvals", "/dashboard", "/rules/editions", "/portfolio"):
        await page.goto(str(bank.client.make_url(path)))
        found += await look(page, f"empty {path}", language)
    assert not found, "\n".join(found)


@in_both_languages
async def test_nor_does_any_step_of_logging_in(
    office: Office, time: Time, serve: Serve, chromium: Chromium, language: str
) -> None:
    strict = replace(office, code_roles=frozenset({"admin"}))
    client = await serve(strict)
    context = await chromium.new_context(locale="zh-CN" if language == "zh" else "en-GB")
    page, found = await context.new_page(), []

    async def given(step: str, **fields: str) -> None:
        """Look at the page that one is at, then fill in its form and send it."""
        found.extend(await look(page, step, language))
        for name, value in fields.items():
            await page.locator(f"main [name={name}]").fill(value)
        await page.locator("main button.main").click()

    await page.goto(str(client.make_url("/login")))
    new = {"name": "王芳", "login": "fang", "password": PASSWORD}
    await given("first run", token="guess", **new)
    await given("first run, wrong token", token="one-time", **new)
    await page.wait_for_url("**/login")
    await given("log-in", login="fang", password="guess")
    await given("wrong password", login="fang", password=PASSWORD)
    await given("a second step is asked for")
    secret = (await page.locator("code").first.inner_text()).replace(" ", "")
    await unfold(page)
    await given("setting up the second step", code="000000")
    await given("a wrong first code", code=totp.code_at(secret, time()))
    await page.locator(".codes").wait_for()
    found += await look(page, "recovery codes", language)
    await page.locator("main a.button").click()
    await page.locator("form[action='/logout'] button").click()
    time.now += timedelta(minutes=1)
    await given("log-in again", login="fang", password=PASSWORD)
    await given("code", code="000000")
    await given("wrong code", code=totp.code_at(secret, time()))
    await page.wait_for_url("**/people")
    await page.goto(str(client.make_url("/account")))
    await unfold(page)
    found += await look(page, "account with a second step", language)
    time.now += timedelta(minutes=16)
    await page.goto(str(client.make_url("/people")))
    found += await look(page, "locked", language)
    await context.close()
    assert not found, "\n".join(found)


@in_both_languages
async def test_nor_does_any_state_of_the_reply_box_or_the_page_around_it(
    bank: Bank, open_as: Open, language: str
) -> None:
    id = await bank.customer()
    await bank.called(id)
    await bank.wrote(id, "我失业了")
    page = await open_as("wang", f"/customers/{id}")
    await speak(page, language)
    await page.goto(str(bank.client.make_url(f"/customers/{id}")))
    await page.locator(f"form[action='/customers/{id}/take'] button").click()
    box, found = page.locator("#reply-text"), []
    await page.locator("#link", has_text="●").wait_for()
    await page.locator("#pick").click()
    await page.locator("#picker-find").press("ArrowDown")
    found += await look(page, "choosing a template", language)
    await page.locator("#picker-find").fill("no such template")
    found += await look(page, "no template is found", language)
    await page.locator("#picker-find").press("Escape")
    await box.fill("可以减免罚息")
    await expect(page.locator("#reply-reason")).to_be_visible()
    found += await look(page, "a reason is asked for", language)
    await box.fill("再不还就后果自负")
    await expect(page.locator("#checks .stop")).to_be_visible()
    await page.locator(".note-box summary").click()
    await bank.wrote(id, "还在吗", pending=True)
    found += await look(page, "must not be said", language)
    await box.press("Control+Enter")
    await expect(page.locator(".composer [role=alert]")).to_contain_text("还在吗")
    found += await look(page, "the customer wrote meanwhile", language)
    for dialog, key in (("keys", "?"), ("menu", "Control+k")):
        await page.locator("#who").click()
        await page.evaluate("document.activeElement.blur()")
        await page.keyboard.press(key)
        await page.locator(f"#{dialog}").wait_for()
        found += await look(page, dialog, language)
        await page.keyboard.press("Escape")
    await page.evaluate("document.dispatchEvent(new CustomEvent('toast', { detail: 'No connection' }))")
    found += await look(page, "said in passing", language)
    await pass_time(bank, page, 14.2)
    await page.locator("#lock-soon").wait_for()
    found += await look(page, "soon locked", language)
    await pass_time(bank, page, 2)
    await page.locator("#lock[open]").wait_for()
    await page.locator("#lock-password").fill("guess")
    await page.keyboard.press("Enter")
    await page.locator("#lock-problem").wait_for()
    found += await look(page, "locked", language)
    assert not found, "\n".join(found)


@in_both_languages
async def test_nor_does_any_state_of_a_portfolio(bank: Bank, open_as: Open, language: str) -> None:
    paths = await uploads(bank)
    page = await open_as("third", "/portfolio", "supervisor")
    await speak(page, language)
    found = []
    for path in paths:
        await page.goto(str(bank.client.make_url(path)))
        found += await look(page, path, language)
    await page.goto(str(bank.client.make_url("/portfolio")))
    await page.locator("input[type=file]").set_input_files(
        {"name": "mine.csv", "mimeType": "text/csv", "buffer": f"{HEADER}\n{ROW}\n".encode()}
    )
    await page.locator("form[enctype] button").click()
    await page.locator("select[id^='c-']").first.wait_for()
    await unfold(page)
    found += await look(page, "which column is what", language)
    assert not found, "\n".join(found)


@in_both_languages
async def test_nor_does_the_phone_of_a_demonstration(demo: Bank, chromium: Chromium, language: str) -> None:
    context = await chromium.new_context(locale="zh-CN" if language == "zh" else "en-GB")
    page = await context.new_page()
    await page.goto(str(demo.client.make_url("/demo/phone")))
    found = await look(page, "a phone that nobody has", language)
    await demo.customer()
    await page.goto(str(demo.client.make_url("/demo/phone")))
    found += await look(page, "a phone", language)
    await page.locator("#type").fill("我失业了，https://example.com/" + "a" * 90)
    await page.locator(".type button").click()
    await page.locator(".bubble.out").wait_for()
    found += await look(page, "a phone that was used", language)
    await page.goto(str(demo.client.make_url("/login")))
    await demo.person("fang")
    found += await look(page, "log-in of a demonstration", language)
    await context.close()
    assert not found, "\n".join(found)
