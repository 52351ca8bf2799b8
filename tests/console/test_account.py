"""One's own log-in: the second step with its codes, the password, the sessions, and what an administrator may undo."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.console import Office
from bot.store import agents, attempts, passwords, sessions, totp
from bot.store import tables as t
from bot.store.agents import agent
from tests.console.conftest import PASSWORD, Bank, Browser, Page, Serve, Time

LOG = t.AccessLog.__table__  # type: ignore[attr-defined]


@pytest.fixture
async def strict(office: Office, serve: Serve, time: Time) -> AsyncIterator[Bank]:
    """A bank whose supervisors must log in with a second step."""
    must = replace(office, code_roles=frozenset({"supervisor"}))
    yield Bank(must.database, must, time, await serve(must))


def secret_on(page: Page) -> str:
    """The secret that a page shows in groups of four."""
    found = re.search(r"<code>((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})</code>", page.html)
    assert found, page.words
    return found[1].replace(" ", "")


async def enrolled(bank: Bank, login: str = "fang", role: str = "agent") -> tuple[Browser, str, list[str]]:
    """Somebody who has just set up their second step: their browser, the secret, the recovery codes."""
    browser = await bank.browser(login, role)
    page = await browser.post("/account/code", password=PASSWORD)
    secret = secret_on(page)
    page = await browser.post("/account/code/confirm", code=totp.code_at(secret, bank.time()))
    assert page.status == 200
    codes = re.findall(r"<li><code>([a-z0-9]{5}-[a-z0-9]{5})</code>", page.html)
    assert len(set(codes)) == 10
    bank.time.now += timedelta(minutes=1)
    return browser, secret, codes


async def logging_in(bank: Bank, login: str = "fang") -> Browser:
    """A browser in which the password was given."""
    browser = Browser(bank.client)
    await browser.post("/login", login=login, password=PASSWORD, next="/queue")
    return browser


async def test_setting_up_shows_the_secret_in_groups_as_an_address_and_as_a_picture(bank: Bank) -> None:
    browser = await bank.browser("fang")
    page = await browser.post("/account/code", password=PASSWORD)
    secret = secret_on(page)
    assert f"otpauth://totp/Huixin:fang?secret={secret}&amp;issuer=Huixin" in page.html
    assert [tag for tag, _ in page.elements].count("svg") == 1
    assert "style=" not in page.html
    async with bank.database.read() as connection:
        raw = await connection.exec_driver_sql("SELECT totp_offered FROM agent")
        assert secret.encode() not in bytes(raw.scalar_one())


async def test_a_phone_is_added_only_with_the_password_and_a_first_code(bank: Bank) -> None:
    browser = await bank.browser("fang")
    assert (await browser.post("/account/code", password="guess")).status == 401
    page = await browser.post("/account/code", password=PASSWORD)
    assert (await browser.post("/account/code/confirm", code="000000")).status == 422
    assert (await browser.get("/account/code")).status == 200
    other = await logging_in(bank)
    assert "Queue" in (await other.get("/queue")).words  # nothing is asked for until it is confirmed
    assert secret_on(await browser.get("/account/code")) == secret_on(page)


async def test_logging_in_then_takes_password_and_code_and_the_id_changes_at_each_step(bank: Bank) -> None:
    _, secret, _ = await enrolled(bank)
    browser = await logging_in(bank)
    first = browser.sid
    for path in ("/queue", "/account", "/account/code", "/customers/1", "/live"):
        assert "Second step" in (await browser.get(path)).words, path
    page = await browser.post("/login/code", code=totp.code_at(secret, bank.time()), next="/queue")
    assert "Take next" in page.words
    assert browser.sid != first
    stale = Browser(bank.client, first)
    assert "User name" in (await stale.get("/queue")).words


async def test_a_code_is_good_for_once_and_half_a_minute_off_at_most(bank: Bank) -> None:
    _, secret, _ = await enrolled(bank)
    for off, good in ((-60, False), (-30, True), (60, False), (30, True), (0, False), (30, False)):
        browser = await logging_in(bank)
        code = totp.code_at(secret, bank.time() + timedelta(seconds=off))
        page = await browser.post("/login/code", code=code, next="/queue")
        assert ("Take next" in page.words) is good, off
    bank.time.now += timedelta(minutes=16)
    browser = await logging_in(bank)
    spaced = " ".join(totp.code_at(secret, bank.time()))
    assert "Take next" in (await browser.post("/login/code", code=spaced, next="/queue")).words


@pytest.mark.parametrize("garbage", ["", "x", "12345", "1234567", "١٢٣٤٥٦", "\ud800" * 6, "' OR 1=1", "0" * 5000])
async def test_garbage_is_no_code(bank: Bank, garbage: str) -> None:
    id = await bank.person("fang")
    async with bank.database.write() as connection:
        secret = await totp.offer(connection, id)
        assert await totp.confirm(connection, id, garbage, bank.time()) == []
        assert not await totp.accept(connection, id, garbage, bank.time())
        assert await totp.confirm(connection, id, totp.code_at(secret, bank.time()), bank.time())
        assert not await totp.accept(connection, id, garbage, bank.time() + timedelta(minutes=5))


async def test_codes_are_slowed_down_like_passwords_and_the_right_password_does_not_help(bank: Bank) -> None:
    _, secret, _ = await enrolled(bank)
    browser = await logging_in(bank)
    statuses = [(await browser.post("/login/code", code="000000")).status for _ in range(7)]
    assert statuses == [401] * 6 + [429]
    again = await logging_in(bank)
    assert "Take next" not in (await again.post("/login/code", code=totp.code_at(secret, bank.time()))).words
    bank.time.now += timedelta(seconds=3)
    again = await logging_in(bank)
    page = await again.post("/login/code", code=totp.code_at(secret, bank.time()), next="/queue")
    assert "Take next" in page.words


async def test_a_recovery_code_stands_in_once_and_is_stored_as_a_hash(bank: Bank) -> None:
    _, _, codes = await enrolled(bank)
    browser = await logging_in(bank)
    page = await browser.post("/login/code", code=f" {codes[0].upper()} ", next="/account")
    assert "9 recovery codes left" in page.words
    again = await logging_in(bank)
    assert (await again.post("/login/code", code=codes[0])).status == 401
    await bank.person("chen")
    async with bank.database.write() as connection:
        stored = (await connection.execute(select(totp.recovery_code.c.code_hash))).scalars().all()
        chen = next(one for one in await agents.people(connection) if one.login == "chen")
        assert not await totp.accept(connection, chen.id, codes[1], bank.time())
    assert not set(stored) & {code for one in codes for code in (one, one.replace("-", ""))}


async def test_what_was_typed_survives_password_and_code(bank: Bank) -> None:
    browser, secret, _ = await enrolled(bank)
    customer = await bank.customer()
    await browser.post(f"/customers/{customer}/take")
    bank.time.now += timedelta(minutes=20)
    page = await browser.post(f"/customers/{customer}/reply", text="我们商量一下", seen="0", after="0")
    back = page.field("next")
    page = await browser.post("/login", login="fang", password=PASSWORD, next=back, kept="我们商量一下")
    assert "我们商量一下" in page.words
    code = totp.code_at(secret, bank.time())
    after = await browser.post("/login/code", code=code, next=page.field("next"), kept="我们商量一下")
    assert "我们商量一下</textarea>" in after.html


async def test_a_role_that_must_have_a_second_step_sees_nothing_until_it_has_one(strict: Bank) -> None:
    await strict.person("boss", "supervisor")
    customer = await strict.customer()
    browser = Browser(strict.client)
    page = await browser.post("/login", login="boss", password=PASSWORD, next="/queue")
    assert "Your role must log in with a second step" in page.words
    for path in ("/queue", f"/customers/{customer}", "/account", "/desks", "/customers?q=13800000001"):
        page = await browser.get(path)
        assert "李" not in page.html
        assert "Your role must log in with a second step" in page.words, path
    first = browser.sid
    page = await browser.post("/account/code")
    page = await browser.post("/account/code/confirm", code=totp.code_at(secret_on(page), strict.time()))
    assert "Recovery codes" in page.words
    assert browser.sid != first
    assert "Take next" in (await browser.get("/queue")).words
    assert "End the second step" not in (await browser.get("/account")).words
    strict.time.now += timedelta(minutes=1)
    assert (await browser.post("/account/code/end", password=PASSWORD, code="x")).status == 403


async def test_a_half_done_log_in_is_over_after_ten_minutes(bank: Bank) -> None:
    _, secret, _ = await enrolled(bank)
    browser = await logging_in(bank)
    bank.time.now += timedelta(minutes=11)
    page = await browser.post("/login/code", code=totp.code_at(secret, bank.time()), next="/queue")
    assert "User name" in page.words


async def test_ending_the_second_step_takes_password_and_code(bank: Bank) -> None:
    browser, secret, _ = await enrolled(bank)
    code = totp.code_at(secret, bank.time())
    assert (await browser.post("/account/code/end", password="guess", code=code)).status == 401
    assert (await browser.post("/account/code/end", password=PASSWORD, code="000000")).status == 401
    assert (await browser.post("/account/code/end", password=PASSWORD, code=code)).status == 200
    assert "Take next" in (await (await logging_in(bank)).get("/queue")).words


async def test_an_administrator_resets_a_lost_second_step_and_that_is_logged(bank: Bank) -> None:
    browser, _, _ = await enrolled(bank)
    boss = await bank.browser("root", "admin")
    assert "Reset second step" in (await boss.get("/people")).words
    await boss.post("/people/1/code")
    assert "User name" in (await browser.get("/queue")).words
    assert "Take next" in (await (await logging_in(bank)).get("/queue")).words
    assert ("root", None, "fang: second step reset") in await bank.readings()
    assert (await boss.post("/people/2/code")).status == 404  # nobody undoes their own


async def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(bank: Bank) -> None:
    browser = await bank.browser("fang")
    other = await logging_in(bank)
    first = browser.sid
    fields = {"password": PASSWORD, "new": "battery staple", "again": "battery staple"}
    assert (await browser.post("/account/password", **{**fields, "password": "guess"})).status == 401
    assert (await browser.post("/account/password", **{**fields, "again": "battery stable"})).status == 422
    assert (await browser.post("/account/password", **{**fields, "new": "short", "again": "short"})).status == 422
    assert "Take next" in (await other.get("/queue")).words
    assert "Your password is changed" in (await browser.post("/account/password", **fields)).words
    assert browser.sid != first
    assert "User name" in (await other.get("/queue")).words
    fresh = Browser(bank.client)
    assert (await fresh.post("/login", login="fang", password=PASSWORD)).status == 401
    assert (await fresh.post("/login", login="fang", password="battery staple")).status == 200


async def test_guessing_the_old_password_is_slowed_down_too(bank: Bank) -> None:
    browser = await bank.browser("fang")
    fields = {"new": "battery staple", "again": "battery staple"}
    tries = [(await browser.post("/account/password", password=f"guess{n}", **fields)).status for n in range(7)]
    assert tries == [401] * 6 + [429]


async def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses(bank: Bank) -> None:
    here, there = await bank.browser("fang"), await logging_in(bank)
    stranger = await bank.browser("chen")
    page = await here.get("/account")
    assert [attrs.get("name") for tag, attrs in page.elements if tag == "button"].count("place") == 2
    await here.post("/account/sessions", place=sessions.hash_of(stranger.sid))
    assert "Take next" in (await stranger.get("/queue")).words
    for garbage in ("", "x", "%", "\x00"):
        await here.post("/account/sessions", place=garbage)
    assert "Take next" in (await there.get("/queue")).words
    await here.post("/account/sessions", place=sessions.hash_of(there.sid))
    assert "User name" in (await there.get("/queue")).words
    third = await logging_in(bank)
    await here.post("/account/sessions", place="others")
    assert "User name" in (await third.get("/queue")).words
    assert "Take next" in (await here.get("/queue")).words
    assert there.sid not in page.html + here.sid


async def test_another_role_or_team_ends_the_sessions_and_gives_back_whom_they_had(bank: Bank) -> None:
    boss, fang = await bank.browser("root", "admin"), await bank.browser("fang")
    customer = await bank.customer()
    await fang.post(f"/customers/{customer}/take")
    await boss.post("/people/2/role", role="agent", team="B")
    assert "User name" in (await fang.get("/queue")).words
    owner, holder = await bank.owner(customer)
    assert (owner.value, holder) == ("bot", None)
    assert ("root", None, "fang: is agent B") in await bank.readings()
    for garbage in ({"role": "king", "team": ""}, {"role": "agent", "team": "x" * 40}, {}):
        assert (await boss.post("/people/2/role", **garbage)).status == 422
    for nobody in ("1", "99"):  # oneself, and nobody
        assert (await boss.post(f"/people/{nobody}/role", role="agent", team="")).status == 404


async def test_an_administrator_gives_a_new_first_password(bank: Bank) -> None:
    boss, fang = await bank.browser("root", "admin"), await bank.browser("fang")
    assert (await boss.post("/people/2/password", password="short")).status == 422
    await boss.post("/people/2/password", password="battery staple")
    assert "User name" in (await fang.get("/queue")).words
    assert (await Browser(bank.client).post("/login", login="fang", password="battery staple")).status == 200


async def test_an_outdated_hash_is_made_anew_when_its_owner_logs_in(bank: Bank) -> None:
    from argon2 import PasswordHasher

    id = await bank.person("fang")
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    async with bank.database.write() as connection:
        await agents.set_password(connection, id, weak)
    await logging_in(bank)
    async with bank.database.read() as connection:
        stored = (await connection.execute(select(agent.c.password_hash))).scalar_one()
    assert stored != weak
    assert not passwords.is_outdated(stored)
    assert await passwords.is_password(PASSWORD, stored)


async def test_failures_that_repeat_are_shown_to_those_who_can_act_and_no_typed_secret_with_them(bank: Bank) -> None:
    await bank.person("fang")
    for known, login in (("fang", "fang"), ("", "my password typed in the wrong box")):
        for _ in range(9):
            bank.time.now += timedelta(seconds=20)
            async with bank.database.write() as connection:
                assert await attempts.attempt(connection, [f"login:{login}"], bank.time(), known) is None
    boss, chief = await bank.browser("root", "admin"), await bank.browser("chief", "supervisor")
    for page in (await boss.get("/people"), await chief.get("/desks")):
        assert "Log-ins fail again and again" in page.words
        assert re.search(r"login:fang: \d+ times", page.words)
        assert "a user name that does not exist" in page.words
        assert "wrong box" not in page.html
    bank.time.now += timedelta(hours=2)
    async with bank.database.read() as connection:
        assert await attempts.repeated(connection, bank.time()) == []


async def test_the_sessions_of_one_process_end_in_all(bank: Bank, database_url: str) -> None:
    """What is asked at each request is the database: a session that another process ended is gone here too."""
    from bot.store.session import Database

    browser, other = await bank.browser("fang"), Database(database_url)
    async with other.write() as connection:
        await agents.set_active(connection, 1, False)
    await other.close()
    assert "User name" in (await browser.get("/queue")).words
