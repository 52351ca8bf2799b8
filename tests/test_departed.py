"""Whoever goes away in the middle of a request leaves no error behind; what of our own is lost still does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from bot.app import running
from bot.console.access import COOKIE
from bot.departed import departed
from bot.dialogues import Content
from bot.gateways import build
from bot.gateways.channel import Channel
from bot.nlu.read import Reader
from bot.parts import open_parts
from bot.rasa_actions import action_app
from bot.settings import load_settings
from bot.store import agents, sessions
from bot.store.session import Database
from tests.fleet import KEY

TOKEN = "t" * 22
FORM = "application/x-www-form-urlencoded"
ASKED = [
    ("/login", FORM, "/login"),
    ("/portfolio", "multipart/form-data; boundary=x", "/portfolio"),
    ("/hooks/alibaba/" + TOKEN, "application/json", "/hooks/{channel}/{token}"),
    ("/api/customers", "application/json", "/api/customers"),
]


@pytest.fixture
async def served(database: Database) -> AsyncIterator[tuple[int, str]]:
    """Everything that is served, as in earnest: its port, and a supervisor's session."""
    now = datetime.now(UTC)
    async with database.write() as connection:
        boss = await agents.create_agent(connection, "boss", "Boss", "supervisor", "correct horse", "en")
        sid, _ = await sessions.begin(connection, boss, now)
    settings = load_settings(database=str(database.url), data_key=KEY, port=0, api_tokens="token")
    channels = {"alibaba": Channel("alibaba", build("alibaba", {"path_token": TOKEN}), "1069", "")}
    async with open_parts(settings, channels=channels) as parts, running(parts, web_too=True, work=False) as at:
        yield at, sid


async def half(port: int, path: str, content_type: str, sid: str, reset: bool) -> None:
    """Send half of a request and go away: by a reset, as when a page stops asking, or by hanging up."""
    head = [
        f"POST {path} HTTP/1.1", "Host: x", f"Content-Type: {content_type}", "Content-Length: 100",
        "Sec-Fetch-Site: same-origin", "Authorization: Bearer token", f"Cookie: {COOKIE}={sid}",
    ]  # fmt: skip
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("\r\n".join([*head, "", "--x\r\n"]).encode())
    await writer.drain()
    await asyncio.sleep(0.2)  # until the other side waits for the rest
    if reset:
        writer.transport.abort()
    else:
        writer.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("reset", [True, False], ids=["reset", "hung up"])
@pytest.mark.parametrize(("path", "content_type", "route"), ASKED, ids=[path for path, *_ in ASKED])
async def test_half_a_request_is_no_error(
    served: tuple[int, str], caplog: pytest.LogCaptureFixture, path: str, content_type: str, route: str, reset: bool
) -> None:
    with capture_logs() as lines, caplog.at_level(logging.WARNING):
        await half(served[0], path, content_type, served[1], reset)
        async with asyncio.timeout(10):
            while not lines:  # noqa: ASYNC110  (nothing else tells of it)
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
    assert lines == [{"event": "the client went away", "log_level": "debug", "method": "POST", "route": route}]
    assert caplog.records == []


async def test_nor_is_it_for_the_action_server(
    reader: Reader, content: Content, caplog: pytest.LogCaptureFixture
) -> None:
    actions = action_app(reader, content, lambda: datetime.now(UTC))
    runner = web.AppRunner(actions)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    with capture_logs() as lines, caplog.at_level(logging.WARNING):
        await half(int(runner.addresses[0][1]), "/webhook", "application/json", "", reset=True)
        async with asyncio.timeout(10):
            while not lines:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    await runner.cleanup()
    assert [line["event"] for line in lines] == ["the client went away"]
    assert caplog.records == []


async def test_a_connection_of_our_own_that_is_lost_stays_an_error(caplog: pytest.LogCaptureFixture) -> None:
    async def lose(_: web.Request) -> web.Response:
        raise ConnectionResetError("ours")

    site = web.Application(middlewares=[departed])
    site.router.add_post("/", lose)
    async with TestClient(TestServer(site)) as client, client.post("/") as answer:
        assert answer.status == 500
    assert "Error handling request" in caplog.text
