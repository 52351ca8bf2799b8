"""What one channel cannot send leaves by another: once, with that one's signature, and never if it may have left."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.case import State
from bot.core.event import NumberRefused
from bot.dialogues import Content
from bot.gateways.base import ErrorClass
from bot.gateways.channel import Channel
from bot.gateways.simulator import Faults, Simulator
from bot.nlu.read import Reader
from bot.receipts import settle_unknown
from bot.send import ATTEMPTS
from bot.store import cases, flow
from bot.store.inbox import store
from bot.store.session import Database
from tests.machine import STRANGER, Machine, act, add_customer, machine
from tests.test_send import NOW, PHONE, always, customer, handoff, queue, report

SECRET = "whsec_" + "B" * 44


@asynccontextmanager
async def two_lines(
    database: Database, reader: Reader, content: Content, first: Faults | None = None, second: Faults | None = None
) -> AsyncIterator[tuple[Machine, Simulator]]:
    """A machine whose channel "phone" is taken over by "reserve", and the carrier behind that one."""

    async def nobody(body: bytes, headers: Mapping[str, str]) -> int:
        return 200

    reserve = Simulator(SECRET, nobody, second)
    other = Channel("reserve", reserve, "95000", "【备用银行】", per_second=1000)
    async with machine(database, reader, content, NOW, first, {"reserve": other}) as one:
        one.channels["phone"] = replace(one.channels["phone"], failover="reserve")
        yield one, reserve


async def queued(one: Machine) -> None:
    """One customer, and one answer that waits for them."""
    await add_customer(one, customer(), State.CONTACTED)
    async with one.database.write() as connection:
        await queue(connection, 1)


async def rounds(one: Machine, number: int = 12) -> None:
    for _ in range(number):
        await one.work()
        await settle_unknown(one.database, one.mind, one.channels, one.now)
        one.now += timedelta(minutes=10)


async def row_of(one: Machine) -> Any:
    [row] = await one.rows(cases.outbox)
    return row


async def test_what_a_paused_channel_holds_leaves_by_the_other_with_its_signature_alone(
    database: Database, reader: Reader, content: Content
) -> None:
    async with two_lines(database, reader, content) as (one, reserve):
        await queued(one)
        async with one.database.write() as connection:
            await flow.pause(connection, "phone", "being mended", one.now)
        await one.work()
        row = await row_of(one)
        assert (row.state, row.channel, row.moved_from) == ("sent", "reserve", "phone")
        assert [text.text for text in reserve.phone(PHONE).inbox] == ["【备用银行】第100条"]
        assert one.texts(PHONE) == []


async def test_a_refused_account_moves_what_waits(database: Database, reader: Reader, content: Content) -> None:
    async with two_lines(database, reader, content, always(ErrorClass.CONFIG)) as (one, reserve):
        await queued(one)
        await rounds(one, 2)
        assert [text.text for text in reserve.phone(PHONE).inbox] == ["【备用银行】第100条"]


async def test_what_failed_at_every_try_leaves_by_the_other_and_nobody_is_called(
    database: Database, reader: Reader, content: Content
) -> None:
    async with two_lines(database, reader, content, always(ErrorClass.RETRYABLE)) as (one, reserve):
        await queued(one)
        await rounds(one)
        row = await row_of(one)
        assert (row.state, row.channel, row.attempts) == ("sent", "reserve", 1)
        assert [text.text for text in reserve.phone(PHONE).inbox] == ["【备用银行】第100条"]
        assert await one.rows(handoff) == []


async def test_a_text_moves_once_and_then_a_person_is_called(
    database: Database, reader: Reader, content: Content
) -> None:
    broken = always(ErrorClass.RETRYABLE)
    async with two_lines(database, reader, content, broken, broken) as (one, _):
        one.channels["reserve"] = replace(one.channels["reserve"], failover="phone")
        await queued(one)
        await rounds(one, 2 * ATTEMPTS + 4)
        row = await row_of(one)
        assert (row.state, row.channel, row.attempts) == ("failed", "reserve", ATTEMPTS)
        assert [one.queue for one in await one.rows(handoff)] == ["undelivered"]


async def test_what_may_have_left_never_moves_even_if_the_books_say_that_it_did_not(
    database: Database, reader: Reader, content: Content
) -> None:
    async with two_lines(database, reader, content, always(ErrorClass.UNKNOWN)) as (one, reserve):
        await queued(one)
        await one.work()
        assert (await row_of(one)).state == "unknown"
        one.simulator.faults = always(ErrorClass.RETRYABLE)
        await rounds(one)
        row = await row_of(one)
        assert (row.state, row.channel, row.doubted_at) == ("failed", "phone", NOW)
        async with one.database.write() as connection:
            await flow.pause(connection, "phone", "by hand", one.now)
        await rounds(one, 2)
        assert reserve.phone(PHONE).inbox == []


@pytest.mark.parametrize("kind", [ErrorClass.PERMANENT, ErrorClass.DEAD_NUMBER, ErrorClass.OPTED_OUT])
async def test_what_the_number_or_the_words_forbid_is_forbidden_on_every_channel(
    database: Database, reader: Reader, content: Content, kind: ErrorClass
) -> None:
    async with two_lines(database, reader, content, always(kind)) as (one, reserve):
        await queued(one)
        await rounds(one)
        assert (await row_of(one)).state == "failed"
        assert reserve.phone(PHONE).inbox == []


async def test_the_rules_are_asked_again_before_the_other_channel_sends(
    database: Database, reader: Reader, content: Content
) -> None:
    async with two_lines(database, reader, content, always(ErrorClass.RETRYABLE)) as (one, reserve):
        await queued(one)
        await one.work()
        await act(database, one.mind, 1, NumberRefused(opted_out=True), one.now)
        await rounds(one)
        assert (await row_of(one)).state == "cancelled"
        assert reserve.phone(PHONE).inbox == []


async def test_a_report_proves_that_a_text_left_which_we_were_about_to_send_again(
    database: Database, reader: Reader, content: Content
) -> None:
    async with two_lines(database, reader, content, always(ErrorClass.RETRYABLE)) as (one, reserve):
        await queued(one)
        await one.work()
        assert (await row_of(one)).state == "queued"
        async with one.database.write() as connection:
            await store(connection, [report("delivered", "r1-100")], STRANGER)
        await rounds(one)
        row = await row_of(one)
        assert (row.state, row.delivery, row.channel) == ("sent", "delivered", "phone")
        assert reserve.phone(PHONE).inbox == []


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_two_carriers_do_nobody_gets_a_text_twice(
    database: Database, reader: Reader, content: Content, seed: int
) -> None:
    mixed = {ErrorClass.RETRYABLE: 0.4, ErrorClass.UNKNOWN: 0.1, ErrorClass.CONFIG: 0.05, ErrorClass.THROTTLED: 0.1}
    faults = Faults(fail=mixed, lost_answer=0.3, duplicate=0.3, early_receipt=0.3, delay_seconds=900)
    async with two_lines(database, reader, content, faults, faults) as (one, reserve):
        one.simulator._seed = reserve._seed = seed
        numbers = [customer(n).number for n in range(1, 13)]
        for n in range(1, 13):
            await add_customer(one, customer(n), State.CONTACTED)
        async with one.database.write() as connection:
            for n in range(1, 13):
                await queue(connection, n)
        for _ in range(10):
            await rounds(one, 1)
            async with one.database.write() as connection:  # operations mend what paused
                for name in await flow.paused(connection):
                    await flow.resume(connection, name, one.now)
        got = [
            text.our_ref for number in numbers for sim in (one.simulator, reserve) for text in sim.phone(number).inbox
        ]
        assert got and max(Counter(got).values()) == 1
        assert {row.state for row in await one.rows(cases.outbox)} <= {"sent", "failed", "unknown", "queued"}
