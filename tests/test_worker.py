"""The loops around turns and sends: they wake, they stop in order, they outlive the database, and poison costs one."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import make_url
from structlog.testing import capture_logs

from bot.core.case import Product, State, Timer
from bot.core.reading import Asked, Reading
from bot.dialogues import Content
from bot.gateways.base import Accepted, Outgoing
from bot.gateways.simulator import Simulator
from bot.nlu.read import Reader
from bot.receive import Inbox
from bot.send import send_due
from bot.store import cases
from bot.store import tables as t
from bot.store.inbox import ReplyRow, store
from bot.store.portfolio import PaymentRow, PortfolioRow, put_payments
from bot.store.session import Database
from bot.turn import turn
from bot.worker import Worker
from tests.machine import NUMBER, STRANGER, Machine, add_customer, machine

NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)  # Monday, 10:02 in Shanghai
PHONE, OTHER = "+8613800138000", "+8613900139000"
POISON = "毒"
agenda, inbound, handoff = t.Agenda.__table__, t.Inbound.__table__, t.Handoff.__table__  # type: ignore[attr-defined]


def customer(n: int = 1, number: str = PHONE) -> PortfolioRow:
    """A customer who owes 1,200 and is 34 days past due."""
    return PortfolioRow(
        f"C{n}", "王强", number, "zh", "Asia/Shanghai", "cn", f"A{n}", Product.PERSONAL_LOAN,
        Decimal(1200), Decimal(1200), None, date(2026, 10, 20), "CNY", "1234",
    )  # fmt: skip


@pytest.fixture
async def one(database: Database, reader: Reader, content: Content) -> AsyncIterator[Machine]:
    """A machine that does not wait for fragments."""
    async with machine(database, reader, content, NOW) as started:
        started.mind = replace(started.mind, settle=timedelta(0))
        yield started


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Wait until this is so."""
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110  (what is waited for is in a database)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def working(one: Machine, database: Database | None = None, poll: float = 30) -> AsyncIterator[Worker]:
    """A worker that runs, and looks by itself only every half minute."""
    worker = Worker(database or one.database, one.mind, one.channels, one.clock, poll)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await asyncio.wait_for(task, 10)


async def test_a_worker_that_is_woken_does_at_once_what_waits(one: Machine) -> None:
    id = await add_customer(one, customer(), State.CONTACTED)
    async with working(one) as worker:
        await asyncio.sleep(0.1)
        await one.say("我周五还500", PHONE)
        worker.wake()

        async def answered() -> bool:
            return len(one.texts(PHONE)) == 1

        await until(answered, 5)
    assert (await one.case(id)).state is State.PROMISED


async def test_a_worker_that_is_stopped_before_it_runs_does_nothing(one: Machine) -> None:
    await add_customer(one, customer())
    worker = Worker(one.database, one.mind, one.channels, one.clock)
    worker.stop()
    await asyncio.wait_for(worker.run(), 5)
    assert await one.rows(cases.outbox) == []


class Slow(Simulator):
    """A carrier that answers when it is let."""

    async def send(self, message: Outgoing, now: datetime) -> Accepted:
        self.asked.set()
        await self.let.wait()
        return await super().send(message, now)

    asked: asyncio.Event
    let: asyncio.Event


async def test_stopping_lets_the_text_in_hand_be_sent_and_noted(one: Machine) -> None:
    one.simulator.__class__ = Slow
    asked, let = asyncio.Event(), asyncio.Event()
    one.simulator.asked, one.simulator.let = asked, let  # type: ignore[attr-defined]
    await add_customer(one, customer())
    worker = Worker(one.database, one.mind, one.channels, one.clock, poll_seconds=0.05)
    task = asyncio.create_task(worker.run())
    await asyncio.wait_for(asked.wait(), 5)
    worker.stop()
    await asyncio.sleep(0.1)
    assert not task.done()
    let.set()
    await asyncio.wait_for(task, 5)
    assert [row.state for row in await one.rows(cases.outbox)] == ["sent"]


class Line:
    """A line to the database that can be cut and mended."""

    def __init__(self, target: str, folder: str):
        self.target, self.path = target, str(Path(folder) / ".s.PGSQL.5432")
        self._server: asyncio.Server | None = None
        self._open: list[asyncio.StreamWriter] = []

    async def mend(self) -> None:
        """Let connections through."""
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def cut(self) -> None:
        """Break every connection and take no more."""
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()
        Path(self.path).unlink(missing_ok=True)  # noqa: ASYNC240
        await asyncio.sleep(0.05)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_unix_connection(self.target)
        self._open += [writer, there_writer]
        await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer), return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_worker_outlives_the_database_and_goes_on_when_it_is_back(one: Machine) -> None:
    id = await add_customer(one, customer(), State.CONTACTED)
    url = make_url(one.database.url)
    target = str(Path(str(url.query["host"])) / ".s.PGSQL.5432")
    with TemporaryDirectory(prefix="hx", dir="/tmp") as folder:
        line = Line(target, folder)
        await line.mend()
        reached = url.set(query={"host": folder}).render_as_string(hide_password=False)
        database = Database(reached)
        async with working(one, database, poll=0.05):

            async def promised() -> bool:
                return (await one.case(id)).state is State.PROMISED

            await asyncio.sleep(0.2)
            await line.cut()
            await one.say("我周五还500", PHONE)
            await asyncio.sleep(0.5)
            assert not await promised()
            await line.mend()
            await until(promised)
        await database.close()
        await line.cut()


class Choking(Reader):
    """A reader with a bug that one text brings out."""

    def read(
        self, texts: str | Sequence[str], heard_at: datetime, asked: Asked | None = None, language: str | None = None
    ) -> Reading:
        if POISON in "".join(texts):
            raise ZeroDivisionError
        return super().read(texts, heard_at, asked, language)


def choking(reader: Reader) -> Reader:
    """The same reader, which chokes on poison."""
    choking = copy.copy(reader)
    choking.__class__ = Choking
    return choking


async def test_a_customer_who_poisons_a_turn_is_parked_with_a_person_and_the_others_go_on(one: Machine) -> None:
    one.mind = replace(one.mind, reader=choking(one.mind.reader))
    poisoned = await add_customer(one, customer(1), State.CONTACTED)
    other = await add_customer(one, customer(2, OTHER), State.CONTACTED)
    await one.say(POISON, PHONE)
    await one.say("我周五还500", OTHER)
    with capture_logs():
        await one.work()
    assert (await one.case(other)).state is State.PROMISED
    case = await one.case(poisoned)
    assert (case.state, case.handoff_queue) == (State.CONTACTED, "poisoned")
    assert [row.state for row in await one.rows(inbound)] == ["poisoned", "handled"]
    assert "ZeroDivisionError" in (await one.rows(handoff))[0].reason
    await one.say("我周五还500", PHONE)
    await one.work()
    assert (await one.case(poisoned)).state is State.PROMISED


async def test_money_that_waits_beside_a_poisonous_reply_still_counts(one: Machine) -> None:
    one.mind = replace(one.mind, reader=choking(one.mind.reader))
    id = await add_customer(one, customer(), State.CONTACTED)
    await one.say("我周五还500", PHONE)
    await one.work()
    await one.say(POISON, PHONE)
    async with one.database.write() as connection:
        await put_payments(connection, [PaymentRow("P1", "A1", Decimal(500), date(2026, 11, 23))], one.now)
    with capture_logs():
        await one.work()
    assert (await one.case(id)).amount_due == Decimal(700)
    assert [row.status for row in await one.rows(cases.promise)] == ["kept"]


async def test_ten_days_of_downtime_are_one_reminder_not_ten(one: Machine) -> None:
    await add_customer(one, customer())
    one.now = NOW + timedelta(days=10)
    await one.work()
    await one.wait(one.now + timedelta(hours=20))
    assert len(one.texts(PHONE)) == 1
    assert [row.due_at > one.now for row in await one.rows(agenda)] == [True]


async def test_after_downtime_a_promise_that_passed_is_one_text_and_not_three(one: Machine) -> None:
    await add_customer(one, customer(), State.CONTACTED)
    await one.say("我周五还500", PHONE)
    await one.work()
    one.now = NOW + timedelta(days=14)
    await one.work()
    assert len(one.texts(PHONE)) == 2
    assert "还没有收到" in one.texts(PHONE)[-1]


async def test_a_reminder_queued_before_a_downtime_leaves_once_and_with_todays_figures(one: Machine) -> None:
    await add_customer(one, customer())
    await turn(one.database, one.mind, one.now)
    one.now = NOW + timedelta(days=10)
    await send_due(one.database, one.mind, one.channels, one.clock)
    await one.work()
    [text] = one.texts(PHONE)
    assert "44天" in text


async def test_nobody_is_reminded_while_what_they_just_wrote_is_not_read_yet(one: Machine) -> None:
    one.mind = replace(one.mind, settle=timedelta(seconds=3))
    await add_customer(one, customer())
    row = ReplyRow("phone", "m1", PHONE, NUMBER, "我周五还500", NOW, False, NOW)
    async with one.database.write() as connection:
        await store(connection, [row], STRANGER)
    one.now = NOW + timedelta(seconds=1)
    await one.work()
    assert one.texts(PHONE) == []
    await one.wait(NOW + timedelta(seconds=3))
    assert len(one.texts(PHONE)) == 1 and "500元" in one.texts(PHONE)[0]
    assert Timer.REMINDER not in {row.timer for row in await one.rows(agenda)}


async def test_two_workers_on_one_database_do_each_thing_once(one: Machine) -> None:
    for n in range(1, 21):
        await add_customer(one, customer(n, f"+86138001381{n:02}"))
    rounds: list[Any] = []
    for _ in range(3):
        rounds += await asyncio.gather(*(turn(one.database, one.mind, one.now, limit=7) for _ in range(3)))
    await one.work()
    assert sum(rounds) == 20
    assert len(await one.rows(cases.outbox)) == 20


async def test_an_opt_out_is_read_at_once_while_other_texts_wait_for_what_may_follow(
    database: Database, reader: Reader, content: Content
) -> None:
    async with machine(database, reader, content, NOW) as slow:
        slow.mind = replace(slow.mind, settle=timedelta(seconds=3))
        box = Inbox(database, STRANGER, lambda: None, is_urgent=reader.is_urgent)
        running = asyncio.create_task(box.run())
        for n, (number, words) in enumerate(((PHONE, "退订"), (OTHER, "我周五还500"))):
            await add_customer(slow, customer(n, number))
            await box.put([ReplyRow("phone", f"u{n}", number, NUMBER, words, None, False, NOW)])
        assert await turn(database, slow.mind, NOW) == 1
        assert (await slow.case(1)).state is State.OPTED_OUT
        assert (await slow.case(2)).state is not State.PROMISED
        box.stop()
        await running
        assert await turn(database, slow.mind, NOW + timedelta(seconds=3)) == 1
        assert (await slow.case(2)).state is State.PROMISED


@pytest.mark.parametrize(
    "words", ["退订", "STOP", "别再给我发短信了", "stop texting me", "我不想活了", "i want to die"]
)
def test_an_opt_out_and_despair_are_urgent(reader: Reader, words: str) -> None:
    assert reader.is_urgent(words)


@pytest.mark.parametrize("words", ["", "我周五还500", "can't stop, busy", "好的", "\0", "🙂" * 500, "at the bus stop"])
def test_other_texts_wait_for_what_may_follow(reader: Reader, words: str) -> None:
    assert not reader.is_urgent(words)
