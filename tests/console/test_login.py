"""Logging in, staying logged in, and being kept out."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.store import agents, attempts, sessions
from tests.console.conftest import PASSWORD, Bank, Browser


async def test_the_right_password_opens_the_queue_with_a_cookie_that_scripts_and_other_sites_never_see(
    bank: Bank,
) -> None:
    await bank.person("fang")
    options = {"data": {"login": "fang", "password": PASSWORD}, "headers": {"Sec-Fetch-Site": "same-origin"}}
    async with bank.client.post("/login", **options, allow_redirects=False) as answer:  # type: ignore[arg-type]
        assert answer.status == 303
        cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-sid=")
    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    browser = Browser(bank.client)
    assert "Queue" in (await browser.post("/login", login="fang", password=PASSWORD)).words


async def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(bank: Bank) -> None:
    await bank.person("fang")
    browser = Browser(bank.client)
    wrong = await browser.post("/login", login="fang", password="guess")
    unknown = await browser.post("/login", login="nobody", password="guess")
    assert wrong.status == unknown.status == 401
    assert wrong.words == unknown.words
    assert not browser.sid


async def attempt(bank: Bank, subject: str) -> timedelta:
    """One more failed log-in; how long the next one must then wait."""
    async with bank.database.write() as connection:
        assert await attempts.attempt(connection, [subject], bank.time()) is None
    async with bank.database.write() as connection:
        rows = await connection.execute(select(attempts.login_attempt.c.blocked_until_at))
        until: datetime = max(rows.scalars())
    return until - bank.time()


async def test_after_five_free_attempts_each_further_one_must_wait_twice_as_long(bank: Bank) -> None:
    waits = []
    for _ in range(17):
        waits.append((await attempt(bank, "login:fang")).total_seconds())
        bank.time.now += timedelta(seconds=waits[-1])
    assert waits == [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


async def test_an_attempt_while_blocked_is_refused_and_does_not_count(bank: Bank) -> None:
    for _ in range(6):
        wait = await attempt(bank, "address:1")
    for _ in range(3):
        async with bank.database.write() as connection:
            until = await attempts.attempt(connection, ["login:new", "address:1"], bank.time())
        assert until == bank.time() + wait


async def test_an_hour_without_attempts_makes_five_free_again(bank: Bank) -> None:
    for _ in range(8):
        bank.time.now += await attempt(bank, "address:1")
    bank.time.now += timedelta(hours=1, seconds=1)
    assert [await attempt(bank, "address:1") for _ in range(5)] == [timedelta(0)] * 5


async def test_a_blocked_login_is_told_to_wait_even_with_the_right_password(bank: Bank) -> None:
    await bank.person("fang")
    async with bank.database.write() as connection:
        for _ in range(6):
            await attempts.attempt(connection, ["login:fang"], bank.time())
    browser = Browser(bank.client)
    assert (await browser.post("/login", login="fang", password=PASSWORD)).status == 429
    bank.time.now += timedelta(seconds=3)
    assert (await browser.post("/login", login="fang", password=PASSWORD)).status == 200


async def test_a_quarter_of_an_hour_without_use_ends_the_session_and_logging_in_returns_to_the_page(bank: Bank) -> None:
    browser = await bank.browser("fang")
    customer = await bank.customer()
    bank.time.now += timedelta(minutes=14)
    assert "Log out" in (await browser.get("/queue")).words
    bank.time.now += timedelta(minutes=14)
    assert (await browser.get(f"/customers/{customer}")).status == 200
    bank.time.now += timedelta(minutes=16)
    page = await browser.get(f"/customers/{customer}")
    assert "Log in" in page.words
    back = await browser.post("/login", login="fang", password=PASSWORD, next=page.field("next"))
    assert "李**" in back.words


async def test_a_page_that_refreshes_itself_does_not_keep_a_session_alive(bank: Bank) -> None:
    browser = await bank.browser("fang")
    for _ in range(4):
        bank.time.now += timedelta(minutes=4)
        page = await browser.get("/queue", **{"X-Refresh": "1"})
    assert page.status == 401


async def test_no_session_lasts_longer_than_twelve_hours(bank: Bank) -> None:
    browser = await bank.browser("fang")
    for _ in range(72):
        bank.time.now += timedelta(minutes=10)
        async with bank.database.write() as connection:
            session = await sessions.find(connection, browser.sid, bank.time())
            await sessions.touch(connection, browser.sid, bank.time())
    assert session is None


async def test_what_was_typed_when_the_session_ended_is_still_in_the_box_after_logging_in(bank: Bank) -> None:
    browser = await bank.browser("fang")
    customer = await bank.customer()
    await browser.post(f"/customers/{customer}/take")
    bank.time.now += timedelta(minutes=20)
    page = await browser.post(f"/customers/{customer}/reply", text="我们商量一下", seen="0", after="0")
    assert page.status == 401
    assert "我们商量一下" in page.words
    fields = {"login": "fang", "password": PASSWORD, "next": page.field("next"), "kept": "我们商量一下"}
    after = await browser.post("/login", **fields)
    assert '<textarea id="reply-text"' in after.html
    assert "我们商量一下</textarea>" in after.html
    assert await bank.texts(customer) == []


async def test_logging_in_leads_to_no_other_site(bank: Bank) -> None:
    await bank.person("fang")
    for target in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        options = {
            "data": {"login": "fang", "password": PASSWORD, "next": target},
            "headers": {"Sec-Fetch-Site": "same-origin"},
        }
        async with bank.client.post("/login", **options, allow_redirects=False) as answer:  # type: ignore[arg-type]
            assert answer.headers["Location"] == "/"


async def test_logging_out_and_being_deactivated_end_the_session(bank: Bank) -> None:
    browser = await bank.browser("fang")
    assert "Queue" in (await browser.get("/queue")).words
    sid = browser.sid
    await browser.post("/logout")
    browser.sid = sid
    assert "User name" in (await browser.get("/queue")).words
    other = await bank.browser("chen")
    boss = await bank.browser("root", "admin")
    async with bank.database.read() as connection:
        chen = next(one for one in await agents.people(connection) if one.login == "chen")
    await boss.get("/people")
    await boss.post(f"/people/{chen.id}/active", active="no")
    assert "User name" in (await other.get("/queue")).words


async def test_the_first_administrator_needs_the_token_that_the_server_printed(bank: Bank) -> None:
    browser = Browser(bank.client)
    assert "one-time token" in (await browser.get("/login")).words
    fields = {"name": "Root", "login": "root", "password": PASSWORD}
    assert (await browser.post("/setup", token="guess", **fields)).status == 403
    assert "Log in" in (await browser.post("/setup", token="one-time", **fields)).words
    assert (await browser.post("/setup", token="one-time", **{**fields, "login": "second"})).status == 403


async def test_a_login_that_could_be_mistaken_is_not_created(bank: Bank) -> None:
    for login in ("bot", "", "a", "x" * 41, "white space", "é"):
        with pytest.raises(ValueError, match="a login is"):
            await bank.person(login)
    await bank.person("fang")
    with pytest.raises(ValueError, match="taken"):
        await bank.person(" Fang ")


async def test_the_language_is_chosen_before_and_remembered_after_logging_in(bank: Bank) -> None:
    await bank.person("fang")
    browser = Browser(bank.client, headers={"Accept-Language": "zh-CN"})
    assert "用户名" in (await browser.get("/login")).words
    page = await browser.post("/login", login="fang", password=PASSWORD)
    assert "Take next" in page.words  # Fang's own choice, whatever the browser asks for
    assert "接手下一位" in (await browser.post("/language", language="zh", next="/queue")).words
    assert "接手下一位" in (await browser.post("/language", language="xx", next="/queue")).words
