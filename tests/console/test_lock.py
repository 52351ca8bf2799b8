"""The lock over HTTP: the server says how a session stands, serves nothing while it is locked, and opens it again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.console.access import COOKIE
from bot.store import sessions
from tests.console.conftest import PASSWORD, Bank, Browser
from tests.console.test_account import enrolled

IDLE = timedelta(minutes=16)


async def asked(browser: Browser) -> dict[str, Any]:
    """How the session stands, as a page asks."""
    return dict(json.loads((await browser.get("/session", **{"X-Refresh": "1"})).html))


async def unlocked(browser: Browser, **fields: str) -> tuple[int, dict[str, Any]]:
    """What unlocking answers."""
    page = await browser.post("/session/unlock", **fields)
    return page.status, json.loads(page.html)


async def test_a_page_learns_how_long_it_has_and_asking_is_no_use_of_the_session(bank: Bank) -> None:
    browser = await bank.browser("fang")
    assert await asked(browser) == {"state": "open", "left": 900}
    bank.time.now += timedelta(minutes=14)
    assert await asked(browser) == {"state": "open", "left": 60}
    bank.time.now += timedelta(seconds=61)
    assert await asked(browser) == {"state": "locked", "left": 0}
    assert json.loads((await Browser(bank.client).get("/session")).html)["state"] == "over"


async def test_saying_that_somebody_is_there_gives_a_quarter_of_an_hour_more(bank: Bank) -> None:
    browser = await bank.browser("fang")
    bank.time.now += timedelta(minutes=14)
    assert json.loads((await browser.post("/session")).html) == {"state": "open", "left": 900}
    bank.time.now += timedelta(minutes=14)
    assert (await asked(browser))["state"] == "open"


async def test_the_server_serves_nothing_while_locked_whatever_the_page_does(bank: Bank) -> None:
    browser = await bank.browser("fang")
    customer = await bank.customer()
    await bank.wrote(customer, "我失业了")
    await browser.post(f"/customers/{customer}/take")
    bank.time.now += IDLE
    for path in (f"/customers/{customer}", "/queue", "/customers?q=13800000001", "/account", "/live", "/dashboard"):
        for headers in ({}, {"X-Refresh": "1"}):
            page = await browser.get(path, **headers)
            assert "李" not in page.html, path
            assert "失业" not in page.html, path
    assert (await browser.post(f"/customers/{customer}/note", text="x")).status == 401
    assert (await browser.post("/session")).status == 401
    assert (await asked(browser))["state"] == "locked"


async def test_the_password_opens_it_under_a_new_id_and_open_forms_still_hold(bank: Bank) -> None:
    browser = await bank.browser("fang")
    customer = await bank.customer()
    await browser.post(f"/customers/{customer}/take")
    csrf, first = browser.csrf, browser.sid
    bank.time.now += IDLE
    status, told = await unlocked(browser, password="guess")
    assert (status, told["state"]) == (401, "locked")
    assert told["problem"] == "The present password is not right."
    assert browser.sid == first
    status, told = await unlocked(browser, password=PASSWORD)
    assert (status, told) == (200, {"state": "open", "left": 900})
    assert browser.sid != first
    assert (await Browser(bank.client, first).get("/queue")).words.count("User name")
    page = await browser.post(f"/customers/{customer}/reply", csrf=csrf, text="我们商量一下", seen="0", after="0")
    assert "Your reply is queued" in page.words


async def test_whoever_has_a_second_step_gives_its_code_too(bank: Bank) -> None:
    from bot.store import totp

    browser, secret, _ = await enrolled(bank)
    bank.time.now += IDLE
    assert (await unlocked(browser, password=PASSWORD))[1]["code"] is True
    assert (await unlocked(browser, password=PASSWORD, code="000000"))[0] == 401
    code = totp.code_at(secret, bank.time())
    assert (await unlocked(browser, password="guess", code=code))[0] == 401
    assert (await unlocked(browser, password=PASSWORD, code=code))[1]["state"] == "open"
    bank.time.now += IDLE
    assert (await unlocked(browser, password=PASSWORD, code=code))[0] == 401  # once


async def test_guessing_at_a_locked_page_is_slowed_down(bank: Bank) -> None:
    browser = await bank.browser("fang")
    bank.time.now += IDLE
    assert [(await unlocked(browser, password=str(n)))[0] for n in range(7)] == [401] * 6 + [429]
    assert (await unlocked(browser, password=PASSWORD))[0] == 429


@pytest.mark.parametrize("site", ["cross-site", "same-site", None])
async def test_another_site_unlocks_nothing(bank: Bank, site: str | None) -> None:
    browser = await bank.browser("fang")
    bank.time.now += IDLE
    assert (await browser.post("/session/unlock", site=site, password=PASSWORD)).status == 403
    assert (await browser.post("/session/unlock", csrf="x", password=PASSWORD)).status == 403
    assert (await asked(browser))["state"] == "locked"


async def test_one_locks_at_once_and_a_request_that_was_on_its_way_does_not_open_it(bank: Bank) -> None:
    browser = await bank.browser("fang")
    page = await browser.post("/session/lock")
    assert "You were away for a while" in page.words
    assert page.field("login") == "fang"
    async with bank.database.write() as connection:
        await sessions.touch(connection, browser.sid, bank.time())
    assert (await asked(browser))["state"] == "locked"


async def test_after_twelve_hours_the_password_alone_opens_nothing(bank: Bank) -> None:
    browser = await bank.browser("fang")
    for _ in range(12):
        for _ in range(6):
            bank.time.now += timedelta(minutes=10)
            async with bank.database.write() as connection:
                await sessions.touch(connection, browser.sid, bank.time())
    assert (await unlocked(browser, password=PASSWORD))[1]["state"] == "over"


async def test_a_person_who_was_stopped_meanwhile_unlocks_nothing(bank: Bank) -> None:
    browser, boss = await bank.browser("fang"), await bank.browser("root", "admin")
    bank.time.now += IDLE
    boss = await bank.browser("root2", "admin")
    await boss.post("/people/1/active", active="no")
    assert (await unlocked(browser, password=PASSWORD))[1]["state"] == "over"


@pytest.mark.parametrize("cookie", ["x", "a" * 5000, "'; DROP TABLE agent_session --"])
async def test_garbage_for_a_session_is_no_session(bank: Bank, cookie: str) -> None:
    async with bank.client.get("/session", headers={"Cookie": f"{COOKIE}={cookie}"}) as answer:
        assert answer.status in (200, 400)
        if answer.status == 200:
            assert (await answer.json())["state"] == "over"
