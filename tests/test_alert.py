"""An alert reaches people outside the console at once, says nothing of the customer, and never breaks the work."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.alert import FAILED, Alert
from bot.core.case import State
from bot.dialogues import Content
from bot.nlu.read import Reader
from bot.store.session import Database
from tests.conversations.replay import SETTLED, goldens
from tests.conversations.test_machine import PHONE, row
from tests.machine import add_customer, machine

NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[str, list[object]]]:
    """Where alerts are posted, and what came."""
    got: list[object] = []

    async def take(request: web.Request) -> web.Response:
        got.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/alert", take)
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("/alert")), got
    await server.close()


async def test_a_command_and_an_address_get_the_queue_and_our_number_of_the_customer(
    tmp_path: Path, receiver: tuple[str, list[object]]
) -> None:
    url, got = receiver
    script = tmp_path / "alert.py"
    script.write_text("import json, sys\njson.dump(sys.argv[2:], open(sys.argv[1], 'w'))\n")
    alert = Alert(f"{sys.executable} {script} {tmp_path / 'out'}", url)
    alert("crisis", 7)
    await alert.finish()
    assert got == [{"queue": "crisis", "customer": 7}]
    assert json.loads((tmp_path / "out").read_text()) == ["crisis", "7"]


async def test_what_cannot_be_passed_on_is_counted_and_breaks_nothing(tmp_path: Path) -> None:
    def failed(way: str) -> float:
        return float(FAILED.labels(way)._value.get())

    before = failed("command"), failed("url")
    alert = Alert(str(tmp_path / "no-such-command"), "http://127.0.0.1:1/")
    alert("crisis", 7)
    await alert.finish()
    assert (failed("command"), failed("url")) == (before[0] + 1, before[1] + 1)


async def test_a_message_of_despair_sounds_once_after_it_is_on_the_file(
    database: Database, reader: Reader, content: Content
) -> None:
    sounded: list[tuple[str, int]] = []
    async with machine(database, reader, content, NOW) as one:
        one.mind = replace(one.mind, alert=lambda queue, customer: sounded.append((queue, customer)))
        customer = await add_customer(one, row(goldens()[0]), State.CONTACTED)
        await one.say("别再发了，我不想活了", PHONE)
        await one.wait(NOW + SETTLED)
        assert sounded == [("crisis", customer)]
        assert len(one.texts(PHONE)) == 1 and "12356" in one.texts(PHONE)[0]
        case = await one.case(customer)
        assert not case.reachable and {"crisis", "opt_out"} == {str(hold.kind) for hold in case.holds}
