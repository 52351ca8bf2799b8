"""What gateways bring is stored once, in order, under the right customer, whatever it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.case import State
from bot.store import cases
from bot.store import tables as t
from bot.store.inbox import DeadLetterRow, ReceiptRow, ReplyRow, Row, e164, store
from bot.store.session import Database
from tests.machine import STRANGER

NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)
PHONE = "+8613800138000"
REPLY = ReplyRow("bank", "m1", PHONE, "1069", "我周五还500", NOW, False, NOW)
WITHOUT_ID = replace(REPLY, provider_id="")
inbound, receipt, letter = t.Inbound.__table__, t.Receipt.__table__, t.DeadLetter.__table__  # type: ignore[attr-defined]


async def put(database: Database, *rows: Row) -> int:
    """Store rows in one transaction."""
    async with database.write() as connection:
        return await store(connection, rows, STRANGER)


async def all_of(database: Database, table: Any) -> list[Any]:
    """Rows of a table."""
    async with database.read() as connection:
        return list(await connection.execute(table.select().order_by(*table.primary_key.columns)))


async def test_a_reply_is_stored_once_by_its_id_in_one_batch_or_in_several(database: Database) -> None:
    assert await put(database, REPLY, REPLY) == 1
    assert await put(database, REPLY) == 0
    assert [row.text for row in await all_of(database, inbound)] == ["我周五还500"]


async def test_the_same_id_on_another_channel_is_another_reply(database: Database) -> None:
    assert await put(database, REPLY, replace(REPLY, channel="twilio")) == 2


async def test_without_an_id_a_reply_is_known_by_sender_time_text_and_destination(database: Database) -> None:
    assert await put(database, WITHOUT_ID, WITHOUT_ID) == 1
    later = NOW + timedelta(seconds=40)
    others = [
        replace(WITHOUT_ID, text="好的"),
        replace(WITHOUT_ID, provider_at=later),
        replace(WITHOUT_ID, sender="+8613900139000"),
        replace(WITHOUT_ID, destination="1070"),
    ]
    assert await put(database, *others) == 4
    assert await put(database, *others, replace(WITHOUT_ID, received_at=later)) == 0


async def test_without_id_and_time_the_minute_of_arrival_stands_in(database: Database) -> None:
    bare = replace(WITHOUT_ID, provider_at=None)
    assert await put(database, bare, replace(bare, received_at=NOW + timedelta(seconds=30))) == 1
    assert await put(database, replace(bare, received_at=NOW + timedelta(minutes=2))) == 1


async def test_a_stranger_gets_a_file_of_their_own_once(database: Database) -> None:
    other = replace(REPLY, provider_id="m2", sender="+8613900139000")
    await put(database, REPLY, replace(REPLY, provider_id="m3"), other)
    await put(database, replace(REPLY, provider_id="m4"))
    assert [row.state for row in await all_of(database, cases.case_file)] == [State.UNKNOWN_SENDER] * 2
    assert [row.customer_id for row in await all_of(database, inbound)] == [1, 1, 2, 1]


@pytest.mark.parametrize("text", ["", "\x00", "\ud83d", "💣" * 2000, "'; DROP TABLE inbound; --", "a\u202eb"])
async def test_any_text_is_kept_as_it_came(database: Database, text: str) -> None:
    await put(database, replace(REPLY, text=text))
    assert [row.text for row in await all_of(database, inbound)] == [text]


async def test_a_report_is_stored_once_and_an_unreadable_request_each_time(database: Database) -> None:
    report = ReceiptRow("bank", "p1", "", "delivered", "", None, NOW)
    broken = DeadLetterRow("bank", "not JSON", "{\x00", NOW)
    await put(database, report, report, broken, replace(report, status="sent"), broken)
    assert [row.status for row in await all_of(database, receipt)] == ["delivered", "sent"]
    assert [row.body for row in await all_of(database, letter)] == ["{\x00"] * 2


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("13800138000", "CN", PHONE),
        ("+86 138-0013-8000", "CN", PHONE),
        ("008613800138000", "CN", PHONE),
        ("8613800138000", "CN", PHONE),
        ("(415) 555-0199", "US", "+14155550199"),
        ("07911 123456", "GB", "+447911123456"),
        ("955", "CN", "955"),
        ("BANK", "CN", "BANK"),
        ("", "CN", ""),
        ("x" * 300, "CN", "x" * 64),
    ],
)
def test_numbers_are_brought_into_one_form_and_what_is_none_stays(written: str, region: str, number: str) -> None:
    assert e164(written, region) == number
