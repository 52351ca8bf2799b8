"""Connections of gateways that have them: one process holds each, what arrives is stored first, texts wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.core.case import State
from bot.dialogues import Content
from bot.gateways.channel import Channel
from bot.gateways.cmpp import CmppGateway
from bot.gateways.smpp import SmppGateway
from bot.hold import hold_connections
from bot.nlu.read import Reader
from bot.receipts import apply_receipts
from bot.receive import Inbox
from bot.send import send_due
from bot.store import cases
from bot.store import tables as t
from bot.store.session import Database
from bot.turn import turn
from tests.gateways.holding import until
from tests.gateways.ismg import SECRET, SP_ID, Ismg, ismg
from tests.gateways.test_smpp import Smsc, smsc
from tests.machine import STRANGER, Machine, add_customer, machine
from tests.test_worker import PHONE, customer

NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)  # Monday, 10:02 in Shanghai
inbound, dead_letter, receipt = t.Inbound.__table__, t.DeadLetter.__table__, t.Receipt.__table__  # type: ignore[attr-defined]


def line(there: Smsc, **options: str) -> Channel:
    """A channel to this SMSC."""
    given = {"host": "127.0.0.1", "port": str(there.port), "system_id": "bank", "password": "pw", "from_number": "1069"}
    return Channel("line", SmppGateway.from_options(given | options), "1069", "【示例银行】")


@asynccontextmanager
async def process(database: Database, channel: Channel, box: Inbox | None = None) -> AsyncIterator[None]:
    """What a process with workers does about connections."""
    box = box or Inbox(database, STRANGER, lambda: None)
    tasks = [
        asyncio.create_task(box.run()),
        asyncio.create_task(hold_connections(database, {channel.name: channel}, box, lambda: NOW)),
    ]
    try:
        yield
    finally:
        tasks[1].cancel()
        box.stop()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def there() -> AsyncIterator[Smsc]:
    """An SMSC that others wrote."""
    async with smsc() as one:
        yield one


@pytest.fixture
async def one(database: Database, reader: Reader, content: Content, there: Smsc) -> AsyncIterator[Machine]:
    """A machine whose texts leave over the SMSC."""
    channel = line(there)
    async with machine(database, reader, content, NOW, more_channels={"line": channel}) as started:
        started.mind = replace(started.mind, settle=timedelta(0), channel="line")
        yield started


async def say(there: Smsc, words: str) -> int:
    answer = await there.bound[-1].deliver_sm(
        "1069", words.encode("utf-16-be"), source_addr=PHONE.removeprefix("+"), dest_addr_ton=0, data_coding=8
    )
    return answer.command_status


async def test_a_conversation_over_a_connection(one: Machine, there: Smsc) -> None:
    id = await add_customer(one, customer(), State.CONTACTED)
    async with process(one.database, one.channels["line"]):
        await until(lambda: bool(there.bound))
        assert await say(there, "我周五还500") == 0
        assert await turn(one.database, one.mind, NOW) == 1
        assert await send_due(one.database, one.mind, one.channels, lambda: NOW) == 1
        (sent,) = there.submits
        assert "11月27日" in sent.short_message.decode("utf-16-be") or sent.short_message[:3] == b"\x05\x00\x03"
        words = b"id:id-%d stat:DELIVRD err:000" % len(there.submits)
        answer = await there.bound[-1].deliver_sm("1069", words, source_addr="1", esm_class=4)
        assert answer.command_status == 0
    assert await apply_receipts(one.database, one.mind, NOW) == 1
    (row,) = await one.rows(cases.outbox)
    assert (row.state, row.delivery, row.channel) == ("sent", "delivered", "line")
    assert (await one.case(id)).state is State.PROMISED


async def test_what_was_not_stored_is_asked_for_again_and_what_comes_twice_counts_once(
    one: Machine, there: Smsc
) -> None:
    full = Inbox(one.database, STRANGER, lambda: None, limit=0)
    async with process(one.database, one.channels["line"], full):
        await until(lambda: bool(there.bound))
        assert await say(there, "周五还500") == 0x64
    assert await one.rows(inbound) == []
    async with process(one.database, one.channels["line"]):
        await until(lambda: len(there.bound) == 2)
        assert [await say(there, "周五还500"), await say(there, "周五还500")] == [0, 0]
        assert (await there.bound[-1].deliver_sm("1069", b"\x01", data_coding=4)).command_status == 0
    assert [row.text for row in await one.rows(inbound)] == ["周五还500"]
    (letter,) = await one.rows(dead_letter)
    assert letter.channel == "line" and bytes.fromhex(letter.body).endswith(b"\x01\x01")


async def test_texts_wait_without_a_try_until_this_process_has_the_connection(one: Machine, there: Smsc) -> None:
    await add_customer(one, customer())
    await turn(one.database, one.mind, NOW)
    assert await send_due(one.database, one.mind, one.channels, lambda: NOW) == 0
    (row,) = await one.rows(cases.outbox)
    assert (row.state, row.attempts) == ("queued", 0)
    async with process(one.database, one.channels["line"]):
        await until(lambda: bool(there.bound))
        await asyncio.sleep(0.05)
        assert await send_due(one.database, one.mind, one.channels, lambda: NOW) == 1
    (row,) = await one.rows(cases.outbox)
    assert (row.state, row.provider_id) == ("sent", f"id-{len(there.submits)}")


async def test_of_many_processes_one_holds_the_connection_and_another_follows(database: Database, there: Smsc) -> None:
    if database.is_sqlite:
        async with process(database, line(there)):
            await until(lambda: len(there.bound) == 1)
        return
    first, second = line(there), line(there)
    other = Database(database.url.render_as_string(hide_password=False))
    async with process(other, second):
        await until(lambda: second.gateway.can_submit)  # type: ignore[attr-defined]
        async with process(database, first):
            await asyncio.sleep(0.5)
            assert len(there.bound) == 1
            async with database.write() as connection:  # the other's database connection dies, and with it its claim
                others = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                await connection.execute(text(others))
            await until(lambda: first.gateway.can_submit != second.gateway.can_submit and len(there.bound) == 2, 15)  # type: ignore[attr-defined]
            assert there.unbound == 1
    await other.close()


def mobile(there: Ismg, **options: str) -> Channel:
    """A channel to this gateway."""
    given = {"host": "127.0.0.1", "port": str(there.port), "sp_id": SP_ID, "shared_secret": SECRET, "src_id": "1069"}
    return Channel("line", CmppGateway.from_options(given | options), "1069", "【示例银行】")


async def test_an_answer_that_comes_late_names_the_text_so_that_its_report_finds_it(one: Machine) -> None:
    await add_customer(one, customer())
    await turn(one.database, one.mind, NOW)
    async with ismg(delay=0.6, delays=lambda taken: bool(taken.wants_report)) as there:
        one.channels["line"] = mobile(there, timeout_seconds="0.3")
        async with process(one.database, one.channels["line"]):
            await until(lambda: bool(there.logins))
            await asyncio.sleep(0.05)
            assert await send_due(one.database, one.mind, one.channels, lambda: NOW) == 1
            assert [row.state for row in await one.rows(cases.outbox)] == ["unknown"]
            async with asyncio.timeout(5):
                while await apply_receipts(one.database, one.mind, NOW) == 0:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            assert [row.state for row in await one.rows(cases.outbox)] == ["sent"]
            assert await there.report(there.taken[-1].id, b"DELIVRD") == 0
    assert await apply_receipts(one.database, one.mind, NOW) == 1
    (row,) = await one.rows(cases.outbox)
    assert (row.state, row.delivery) == ("sent", "delivered")


async def test_texts_of_a_channel_whose_operator_is_gone_leave_by_the_one_that_takes_over(one: Machine) -> None:
    await add_customer(one, customer())
    await turn(one.database, one.mind, NOW)
    gone = mobile(Ismg(0x20, port=1))
    gone.gateway.adrift_seconds = 0.2  # type: ignore[attr-defined]
    one.channels["line"] = replace(gone, failover="phone")
    async with process(one.database, one.channels["line"]):
        assert await send_due(one.database, one.mind, one.channels, lambda: NOW) == 0
        await asyncio.sleep(0.4)
        assert await send_due(one.database, one.mind, one.channels, lambda: NOW) == 2  # moved, then sent
    (row,) = await one.rows(cases.outbox)
    assert (row.state, row.channel, row.moved_from) == ("sent", "phone", "line")
    assert len(one.texts(PHONE)) == 1
