"""Log-ins that fail again and again reach whoever is called outside the console: once for a lock-out, not per try."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.alert import Alert
from bot.console import Office
from bot.store.attempts import ALARMING
from tests.console.conftest import PASSWORD, Bank, Browser, Serve, Time


@dataclass
class Watch:
    """A bank whose alerts are posted to somebody, and what they got."""

    bank: Bank
    alert: Alert
    got: list[object] = field(default_factory=list)

    async def tries(self, times: int, login: str = "fang", password: str = "guess") -> list[int]:
        """Log in so often, each time as soon as one may; the answers."""
        answers = []
        for _ in range(times):
            page = await Browser(self.bank.client).post("/login", login=login, password=password)
            answers.append(page.status)
            self.bank.time.now += timedelta(minutes=15)
        await self.alert.finish()
        return answers


@pytest.fixture
async def watch(office: Office, time: Time, serve: Serve) -> AsyncIterator[Watch]:
    got: list[object] = []

    async def take(request: web.Request) -> web.Response:
        got.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/alert", take)
    async with TestServer(app) as server:
        alert = Alert(url=str(server.make_url("/alert")))
        watched = replace(office, log_ins_fail=alert.log_ins_fail)
        yield Watch(Bank(office.database, watched, time, await serve(watched)), alert, got)
        await alert.finish()


FANG, ADDRESS = {"queue": "log_ins", "login": "fang"}, {"queue": "log_ins", "login": ""}


async def test_a_lock_out_is_told_once_with_the_login_and_nothing_else(watch: Watch) -> None:
    await watch.bank.person("fang", name="方晓")
    await watch.tries(ALARMING - 1)
    assert watch.got == []
    assert set(await watch.tries(12)) == {401}
    assert sorted(watch.got, key=str) == [ADDRESS, FANG]  # the log-in, and the address that all came from


async def test_tries_while_locked_out_tell_nothing_more(watch: Watch) -> None:
    await watch.bank.person("fang")
    await watch.tries(ALARMING)
    watch.bank.time.now -= timedelta(minutes=15)
    browser = Browser(watch.bank.client)
    assert {(await browser.post("/login", login="fang", password=PASSWORD)).status for _ in range(20)} == {429}
    await watch.alert.finish()
    assert len(watch.got) == 2


async def test_after_a_log_in_that_succeeds_a_new_lock_out_is_told_anew(watch: Watch) -> None:
    await watch.bank.person("fang")
    await watch.tries(ALARMING)
    assert await watch.tries(1, password=PASSWORD) == [200]
    await watch.tries(ALARMING)
    assert watch.got.count(FANG) == 2
    watch.bank.time.now += timedelta(hours=2)
    await watch.tries(ALARMING)
    assert (watch.got.count(FANG), watch.got.count(ADDRESS)) == (3, 2)


@pytest.mark.parametrize("login", ["hunter2-is-my-password", "' OR 1=1 --", "--help", "方晓", "\x00"])
async def test_what_was_typed_where_a_login_belongs_is_told_to_nobody(watch: Watch, login: str) -> None:
    await watch.tries(ALARMING + 1, login)
    assert watch.got == [ADDRESS]


async def test_tries_all_at_once_tell_once(watch: Watch) -> None:
    await watch.bank.person("fang")
    await watch.tries(ALARMING - 1)
    browsers = [Browser(watch.bank.client) for _ in range(10)]
    await asyncio.gather(*(browser.post("/login", login="fang", password="guess") for browser in browsers))
    await watch.alert.finish()
    assert sorted(watch.got, key=str) == [ADDRESS, FANG]
