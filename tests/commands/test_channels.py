"""The channels from the command line."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from bot.gateways.carrier import carrier_app
from bot.gateways.simulator import Simulator
from bot.store import flow, outgoing
from bot.store import tables as t
from bot.store.columns import keyring
from bot.store.session import Database
from bot.store.standing import note_failures
from tests.commands.conftest import KEY, Huixin

NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)

TENCENT = """
[tencent]
gateway = "tencent"
number = "1069"
templates = "approved.yml"
options = {path_token = "tttttttttttttttttttttt", secret_id = "i", secret_key = "k", app_id = "1", sign_name = "示例"}
"""


@pytest.fixture
def channels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of channels, and beside it a file of templates."""
    path = tmp_path / "channels.toml"
    path.write_text(TENCENT, encoding="utf-8")
    (tmp_path / "approved.yml").write_text(
        "templates: {settled: {zh: {code: '77', params: [amount]}}}", encoding="utf-8"
    )
    monkeypatch.setenv("HUIXIN_CHANNELS", str(path))
    return path


def test_check_says_which_responses_have_no_template_on_a_channel(huixin: Huixin, channels: Path) -> None:
    ended = huixin("check", "--channel", "tencent")
    assert ended.code == 1
    assert "zh settled                      77 {'1': 'amount'}" in ended.out
    assert "en settled                      no template" in ended.out
    assert "tencent sends templates alone" in ended.out


def test_check_names_a_template_that_does_not_fit_and_a_channel_that_is_not_there(
    huixin: Huixin, channels: Path
) -> None:
    (channels.parent / "approved.yml").write_text("templates: {settled: {zh: {code: '77'}}}", encoding="utf-8")
    ended = huixin("check", "--channel", "tencent")
    assert ended.code == 1
    assert "settled: zh: the template leaves out amount, which the response says" in ended.out
    ended = huixin("check", "--channel", "twilio")
    assert (ended.code, ended.err) == (2, "error: there is no channel 'twilio'; HUIXIN_CHANNELS has tencent\n")


SECRET = "whsec_" + "A" * 44
PHONE = "+8613800138000"


@pytest.fixture
def platform() -> Iterator[tuple[str, Simulator]]:
    """A bank's SMS platform as a server of its own, and what is on its phones."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def nobody(body: bytes, headers: Mapping[str, str]) -> int:
        return 200

    async def start() -> tuple[TestServer, Simulator]:
        simulator = Simulator(SECRET, nobody)
        server = TestServer(carrier_app(simulator, SECRET, lambda: datetime.now(UTC)))
        await server.start_server()
        return server, simulator

    server, simulator = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    yield str(server.make_url("")).rstrip("/"), simulator
    asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def bank(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, huixin: Huixin, platform: tuple[str, Simulator]
) -> tuple[Huixin, Simulator, str]:
    """The command line of a bank with a channel to that platform, and a database."""
    url, simulator = platform
    path, database = tmp_path / "channels.toml", f"sqlite:///{tmp_path / 'huixin.db'}"
    path.write_text(
        f"""
        [bank]
        gateway = "generic"
        number = "106900001234"
        signature = "【示例银行】"
        per_day = 1000
        options = {{secrets = "{SECRET}", send_url = "{url}/send", look_up_url = "{url}/look-up"}}
        """
    )
    monkeypatch.setenv("HUIXIN_CHANNELS", str(path))
    monkeypatch.setenv("HUIXIN_DATABASE", database)
    monkeypatch.setenv("HUIXIN_DATA_KEY", KEY)
    assert huixin("migrate").code == 0
    run(database, lambda connection: flow.store_channels(connection, ["bank"]))
    return huixin, simulator, database


def run(url: str, work: Callable[[Any], Awaitable[Any]]) -> Any:
    """Do something in the database."""

    async def inside() -> Any:
        database = Database(url)
        try:
            async with database.write() as connection:
                return await work(connection)
        finally:
            await database.close()

    return asyncio.run(inside())


def test_a_channel_is_paused_seen_and_resumed(bank: tuple[Huixin, Simulator, str]) -> None:
    huixin, _, database = bank
    assert "sends" in huixin("channel", "list").out
    assert huixin("channel", "pause", "bank", "--reason", "provider is being changed").code == 0
    run(database, lambda connection: note_failures(connection, [("bank", "throttled: slowly [429]")], NOW))
    shown = huixin("channel", "list")
    assert "paused: provider is being changed" in shown.out and "11-23 02:02Z throttled: slowly [429]" in shown.out
    [row] = json.loads(huixin("channel", "list", "--json").out)
    assert row["paused_reason"] == "provider is being changed"
    assert (row["name"], row["gateway"], row["number"]) == ("bank", "generic", "106900001234")
    assert (row["waiting"], row["unknown"], row["sent_today"], row["per_day"]) == (0, 0, 0, 1000)
    assert huixin("channel", "resume", "bank").code == 0
    assert json.loads(huixin("channel", "list", "--json").out)[0]["paused_reason"] is None
    assert "there is no channel 'twilio'; there are bank" in huixin("channel", "resume", "twilio").err
    log = run(database, lambda connection: connection.execute(t.AccessLog.__table__.select()))  # type: ignore[attr-defined]
    assert [row.what for row in log] == ["channel bank: provider is being changed", "channel bank: resumed"]


def test_a_test_asks_the_platform_and_sends_nothing_unless_told_to(bank: tuple[Huixin, Simulator, str]) -> None:
    huixin, simulator, database = bank
    ended = huixin("channel", "test", "bank")
    assert (ended.code, ended.out) == (0, "bank: the platform takes our signature\n")
    assert huixin("channel", "test", "bank", "--to", "13800138000", lines="n\n").code == 1
    assert simulator.phone(PHONE).inbox == []
    ended = huixin("channel", "test", "bank", "--to", "13800138000", "--text", "您好", lines="y\n")
    assert ended.code == 0 and "bank: taken, as sim_" in ended.out
    assert [text.text for text in simulator.phone(PHONE).inbox] == ["【示例银行】您好"]
    assert huixin("channel", "test", "bank", "--to", PHONE, "--yes").code == 0
    log = run(database, lambda connection: connection.execute(t.AccessLog.__table__.select()))  # type: ignore[attr-defined]
    whats = [row.what for row in log]
    assert len(whats) == 2 and all("a test to" in what and "138000" not in what for what in whats)


def test_a_test_texts_nobody_who_was_stopped_and_nothing_that_is_no_number(
    bank: tuple[Huixin, Simulator, str],
) -> None:
    huixin, simulator, database = bank
    hash = keyring().number_hash(PHONE)
    run(database, lambda connection: outgoing.stop_number(connection, hash, "opt_out", NOW))
    ended = huixin("channel", "test", "bank", "--to", PHONE, "--yes")
    assert ended.code == 2 and "must not be texted" in ended.err
    assert "is no phone number" in huixin("channel", "test", "bank", "--to", "BANK", "--yes").err
    assert "has no template for 'settled'" in huixin(
        "channel", "test", "bank", "--to", "13900139000", "--yes", "--response", "settled"
    ).err  # fmt: skip
    assert "there is no channel 'x'; HUIXIN_CHANNELS has bank" in huixin("channel", "test", "x").err
    assert simulator.phone(PHONE).inbox == []


def test_a_channel_of_templates_names_the_response_to_try(
    huixin: Huixin, channels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUIXIN_DATA_KEY", KEY)
    ended = huixin("channel", "test", "tencent", "--to", "13800138000", "--yes")
    assert ended.code == 2 and "name a response that has one, --response" in ended.err
