"""Taking over: one transaction that silences the bot; from then on it never talks over the person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from bot.core.case import Owner, Product, State
from bot.core.event import AgentActed, AgentAction
from bot.dialogues import Content
from bot.gateways.base import ErrorClass
from bot.gateways.simulator import Faults
from bot.nlu.read import Reader
from bot.send import send_due
from bot.store import cases, thread
from bot.store.portfolio import PortfolioRow
from bot.store.session import Database
from bot.turn import turn
from tests.machine import Machine, act, add_customer, machine

NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)  # Monday, 10:02 in Shanghai
PHONE = "+8613800138000"
TAKE = AgentActed(AgentAction.TAKE_OVER, "fang")


@pytest.fixture
async def one(database: Database, reader: Reader, content: Content) -> AsyncIterator[Machine]:
    """A machine whose carrier does as it should."""
    async with database.write() as connection:
        person = {"login": "fang", "name": "Fang", "role": "agent", "password_hash": "", "active": True}
        await connection.execute(insert(thread.agent).values(person))
    async with machine(database, reader, content, NOW) as started:
        yield started


def customer(n: int = 0) -> PortfolioRow:
    """Someone who owes 1,200 and is 34 days past due."""
    return PortfolioRow(
        f"C{n}", "王强", f"+861380013{8000 + n}", "zh", "Asia/Shanghai", "cn", f"A{n}", Product.PERSONAL_LOAN,
        Decimal(1200), Decimal(1200), None, date(2026, 10, 20), "CNY", "1234",
    )  # fmt: skip


async def answered(one: Machine, n: int = 0) -> int:
    """A customer to whom the bot's answer is queued and has not left."""
    id = await add_customer(one, customer(n), State.CONTACTED)
    await one.say("我还欠多少", f"+861380013{8000 + n}")
    await turn(one.database, one.mind, one.now + timedelta(seconds=4))
    return id


async def texts(one: Machine, id: int) -> list[tuple[str, str, str]]:
    return [
        (row.author, row.state, row.reason or "")
        for row in await one.rows(cases.outbox, cases.outbox.c.customer_id == id)
    ]


async def test_taking_over_cancels_what_the_bot_has_queued_and_nothing_that_a_person_wrote(one: Machine) -> None:
    id = await answered(one)
    row = {
        "customer_id": id, "seq": 9, "our_ref": "x", "channel": "phone", "purpose": "agent", "slots": "{}",
        "response": "agent", "text": "您好", "author": "chen", "state": "held", "queued_at": NOW, "due_at": NOW,
    }  # fmt: skip
    async with one.database.write() as connection:
        await connection.execute(insert(cases.outbox).values(row))
    await act(one.database, one.mind, id, TAKE, one.now, 1)
    assert await texts(one, id) == [("bot", "cancelled", "cancelled: taken-over"), ("chen", "held", "")]


async def test_a_take_over_that_fails_half_way_leaves_the_customer_with_the_bot_and_its_text_queued(
    one: Machine,
) -> None:
    id = await answered(one)
    there = (await one.rows(cases.customer))[0].journal_seq
    async with one.database.write() as connection:  # an entry that stands where the next would be written
        row = {"customer_id": id, "seq": there + 1, "at": NOW, "kind": "note", "sealed": b"", "hash": ""}
        await connection.execute(insert(thread.journal_table).values(row))
    with pytest.raises(IntegrityError):
        await act(one.database, one.mind, id, TAKE, one.now, 1)
    assert (await one.case(id)).owner is Owner.BOT
    assert [state for _, state, _ in await texts(one, id)] == ["queued"]


async def test_the_bot_goes_on_reading_and_says_nothing(one: Machine) -> None:
    id = await answered(one)
    await act(one.database, one.mind, id, TAKE, one.now, 1)
    await one.say("那我周五还500", PHONE)
    await one.wait(NOW + timedelta(days=3))
    assert one.texts(PHONE) == []
    assert [state for _, state, _ in await texts(one, id)] == ["cancelled"]


async def test_a_text_that_was_on_the_wire_and_failed_is_not_tried_again_once_a_person_has_the_customer(
    one: Machine,
) -> None:
    one.simulator.faults = Faults(fail={ErrorClass.RETRYABLE: 1.0})
    id = await answered(one)
    one.now += timedelta(seconds=5)
    await send_due(one.database, one.mind, one.channels, one.clock)
    assert [state for _, state, _ in await texts(one, id)] == ["queued"]
    async with one.database.write() as connection:  # as if it had been on the wire while somebody took over
        await connection.execute(update(cases.outbox).values(state="submitting"))
    await act(one.database, one.mind, id, TAKE, one.now, 1)
    async with one.database.write() as connection:
        await connection.execute(update(cases.outbox).values(state="queued"))
    one.simulator.faults = Faults()
    await one.wait(NOW + timedelta(days=2))
    assert one.texts(PHONE) == []
    assert await texts(one, id) == [("bot", "cancelled", "an agent took over")]


async def test_whoever_is_faster_the_sender_or_the_person_nothing_of_the_bots_leaves_after_a_take_over(
    one: Machine,
) -> None:
    """Each customer's take-over, the sender and further turns at the same time: a text left before, or never does."""
    ids = [await answered(one, n) for n in range(12)]
    one.now += timedelta(seconds=5)
    taking = [act(one.database, one.mind, id, TAKE, one.now, 1) for id in ids]
    sending: list[Any] = [send_due(one.database, one.mind, one.channels, one.clock, limit=3) for _ in range(4)]
    await asyncio.gather(*taking, *sending, turn(one.database, one.mind, one.now))
    left = {id: len(one.texts(f"+861380013{8000 + n}")) for n, id in enumerate(ids)}
    for id in ids:
        [(author, state, _)] = await texts(one, id)
        assert (author, state, left[id]) in (("bot", "sent", 1), ("bot", "cancelled", 0))
    await one.wait(NOW + timedelta(days=2))
    assert left == {id: len(one.texts(f"+861380013{8000 + n}")) for n, id in enumerate(ids)}
