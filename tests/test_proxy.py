"""Behind our own proxies the caller is who they say it is; nobody else is believed, and doubt lets nobody in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from bot import receive
from bot.gateways import build
from bot.gateways.addresses import is_within, networks
from bot.gateways.channel import Channel
from bot.proxy import behind, caller
from bot.settings import SettingsError, load_settings
from bot.store.session import Database
from tests.machine import STRANGER

NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)
TRUSTED = networks("127.0.0.1 10.0.0.0/24, ::1")
TOKEN = "t" * 22


@pytest.mark.parametrize(
    ("remote", "forwarded", "found"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # no proxy of ours: what it says is not believed
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),  # the caller wrote the first
        ("127.0.0.1", ["6.6.6.6", "198.51.100.1, 10.0.0.7"], "198.51.100.1"),  # through two of ours
        ("::ffff:127.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("::1", ["2001:db8::1"], "2001:db8::1"),
        ("127.0.0.1", [], ""),
        ("127.0.0.1", [""], ""),
        ("127.0.0.1", ["unknown"], ""),
        ("127.0.0.1", ["198.51.100.1:443"], ""),
        ("127.0.0.1", ["198.51.100.1, bank.example"], ""),
        ("127.0.0.1", ["10.0.0.7, 10.0.0.8"], ""),  # our proxies alone: nobody called
        ("", ["198.51.100.1"], ""),
    ],
)
def test_the_last_hop_that_is_no_proxy_of_ours_is_the_caller(remote: str, forwarded: list[str], found: str) -> None:
    assert caller(remote, forwarded, TRUSTED) == found


@given(st.lists(st.text(max_size=30), max_size=4), st.sampled_from(["127.0.0.1", "10.0.0.9"]))
def test_whatever_a_caller_writes_it_is_never_taken_for_a_proxy_nor_breaks(lines: list[str], proxy: str) -> None:
    found = caller(proxy, lines, TRUSTED)
    assert found == "" or not is_within(found, TRUSTED)
    assert caller(proxy, [*lines, "198.51.100.1"], TRUSTED) == "198.51.100.1"
    assert caller(proxy, [*lines, "198.51.100.1"], ()) == proxy


@pytest.mark.parametrize(
    ("trusted", "forwarded", "status"),
    [
        ("127.0.0.1", "203.0.113.9", 200),
        ("127.0.0.1", "203.0.113.9, 6.6.6.6", 401),
        ("127.0.0.1", None, 401),
        ("127.0.0.1", "garbage", 401),
        ("", "203.0.113.9", 401),  # nobody said that a proxy stands there
    ],
)
async def test_a_gateways_address_list_holds_behind_a_proxy(
    database: Database, trusted: str, forwarded: str | None, status: int
) -> None:
    gateway = build("alibaba", {"path_token": TOKEN, "allowed_addresses": "203.0.113.0/24"})
    box = receive.Inbox(database, STRANGER, lambda: None)
    flusher = asyncio.create_task(box.run())
    app = web.Application(middlewares=[behind(networks(trusted))])
    receive.mount(app, {"alibaba": Channel("alibaba", gateway, "1069", "")}, box, "http://huixin.test", lambda: NOW)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
        async with session.post(server.make_url(f"/hooks/alibaba/{TOKEN}"), json=[], headers=headers) as answer:
            assert answer.status == status
    box.stop()
    await flusher
    await gateway.close()


@pytest.mark.parametrize("value", ["everywhere", "10.0.0.0/99", "10.0.0.1/24", "1.2.3"])
def test_a_setting_that_is_no_list_of_addresses_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match=r"HUIXIN_TRUSTED_PROXIES: .*write addresses or networks, for example"):
        load_settings(trusted_proxies=value)
