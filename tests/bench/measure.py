"""The measurements: turns, acknowledgements, replies, timers, import and reading."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select, update

from bot.core.case import Product
from bot.dialogues import Content
from bot.mind import Mind
from bot.nlu.read import Reader
from bot.store import inbox, migrate
from bot.store import tables as t
from bot.store.portfolio import PortfolioRow, put_portfolio
from bot.store.session import Database
from bot.turn import turn
from bot.worker import Worker
from tests.bench.bare import recording, replay, snapshot
from tests.bench.figure import Figure
from tests.bench.postgres import empty
from tests.bench.webhooks import measure_sends
from tests.machine import NUMBER, STRANGER, machine

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
CUSTOMERS, DUE, WEBHOOKS = 20_000, 5_000, 1_500
REPLIES = ("我周五还500", "被裁了,实在还不上", "还欠多少", "能不能分期", "昨天已经还了", "好的")
agenda, outbox, inbound = t.Agenda.__table__, t.Outbox.__table__, t.Inbound.__table__  # type: ignore[attr-defined]


async def measure_all(name: str, url: str, folder: Path, reader: Reader, content: Content) -> list[Figure]:
    """Everything on one database."""
    database = Database(url)
    if not database.is_sqlite:
        await empty(database)
    await migrate.upgrade(database)
    mind = Mind(reader, content, timedelta(0), "phone")
    figures = [await _import(name, database, content)]
    figures.append(await _turns(name, database, mind, folder))
    figures += await measure_sends(name, database, mind)
    figures.append(await _timers(name, database, mind, folder))
    figures += await _latency(name, database, reader, content)
    await database.close()
    return figures


def person(place: int) -> PortfolioRow:
    """One of many customers, a month in arrears."""
    return PortfolioRow(
        customer=f"C{place}", name="客户", number=f"+861380{place:07}", language="zh", zones="Asia/Shanghai",
        jurisdiction="cn", account=f"A{place}", product=Product.PERSONAL_LOAN, balance=Decimal(1200),
        amount_due=Decimal(1200), minimum_due=None, due_on=date(2026, 10, 20), currency="CNY", tail="1234",
    )  # fmt: skip


async def _import(name: str, database: Database, content: Content) -> Figure:
    started = time.perf_counter()
    for first in range(0, CUSTOMERS, 2000):
        async with database.write() as connection:
            rows = [person(place) for place in range(first, first + 2000)]
            await put_portfolio(connection, rows, content.rules.strategy, NOW)
    rate = CUSTOMERS / (time.perf_counter() - started)
    async with database.write() as connection:
        await connection.execute(update(agenda).values(due_at=NOW + timedelta(days=30)))
    return Figure(name, "import, accounts a second", f"{rate:,.0f}", "", "")


async def _turns(name: str, database: Database, mind: Mind, folder: Path) -> Figure:
    rows = [
        inbox.ReplyRow("phone", f"m{place}", person(place).number, NUMBER, REPLIES[place % 6], NOW, False, NOW)
        for place in range(DUE)
    ]
    async with database.write() as connection:
        assert await inbox.store(connection, rows, STRANGER) == DUE
    return await _against_bare(name, "replies read, decided, answered a second", database, mind, folder, NOW)


async def _timers(name: str, database: Database, mind: Mind, folder: Path) -> Figure:
    async with database.write() as connection:
        some = select(agenda.c.customer_id).where(agenda.c.timer == "reminder", agenda.c.customer_id > DUE).limit(DUE)
        ids = list((await connection.execute(some)).scalars())
        for first in range(0, DUE, 1000):
            chosen = agenda.c.customer_id.in_(ids[first : first + 1000])
            await connection.execute(update(agenda).where(chosen).values(due_at=NOW))
    what = f"due reminders a second, among {CUSTOMERS:,} timers"
    return await _against_bare(name, what, database, mind, folder, NOW + timedelta(seconds=1))


async def _against_bare(name: str, what: str, database: Database, mind: Mind, folder: Path, now: datetime) -> Figure:
    copy = await snapshot(database, folder)
    with recording(database) as recorded:
        started, done = time.perf_counter(), 0
        while worked := await turn(database, mind, now):
            done += worked
        seconds = time.perf_counter() - started
    assert done == DUE, f"{done} of {DUE} were done"
    bare = await replay(recorded, copy)
    limit = f"{done / bare:,.0f} ({recorded.rows / done:.1f} rows each)"
    return Figure(name, what, f"{done / seconds:,.0f}", limit, f"{bare / seconds:.2f}")


async def _latency(name: str, database: Database, reader: Reader, content: Content) -> list[Figure]:
    """Webhooks over HTTP, fifty at a time, with a worker running beside them."""
    async with machine(database, reader, content, NOW) as one:
        one.mind = replace(one.mind, settle=timedelta(0))
        now = _Ticking(NOW + timedelta(minutes=1))
        one.ticking = now
        worker = Worker(database, one.mind, {}, now, poll_seconds=0.05)
        one.inboxes[0]._wake = worker.wake
        async with database.write() as connection:
            await connection.execute(delete(outbox))
        working = asyncio.create_task(worker.run())
        acknowledged: list[float] = []
        gate = asyncio.Semaphore(50)

        async def post(place: int) -> None:
            async with gate:
                started = time.perf_counter()
                number = person(DUE * 2 + place).number
                status = await one.simulator.phone_replies(number, "我周五还500", NUMBER, NOW, message_id=f"b{place}")
                assert status == 200
                acknowledged.append(time.perf_counter() - started)

        started = time.perf_counter()
        await asyncio.gather(*(post(place) for place in range(WEBHOOKS)))
        seconds = time.perf_counter() - started
        queued = await _until_answered(database)
        worker.stop()
        await working
    one_row = await _single_commits(database)
    p50, p99 = _percentiles(acknowledged)
    r50, r99 = _percentiles(queued)
    bare50, bare99 = _percentiles(one_row)
    return [
        Figure(name, "webhooks acknowledged a second, 50 at a time", f"{WEBHOOKS / seconds:,.0f}", "", ""),
        Figure(name, "  request to acknowledgement, p50 / p99", f"{p50:.1f} / {p99:.1f} ms",
               f"{bare50:.1f} / {bare99:.1f} ms, one row committed alone", f"{bare50 / p50:.2f}"),
        Figure(name, "  stored to answer queued, p50 / p99", f"{r50:.0f} / {r99:.0f} ms", "", ""),
    ]  # fmt: skip


class _Ticking:
    """A clock that starts at a lawful hour and runs with the real one."""

    def __init__(self, start: datetime):
        self._start, self._began = start, time.perf_counter()

    def __call__(self) -> datetime:
        return self._start + timedelta(seconds=time.perf_counter() - self._began)


async def _until_answered(database: Database) -> list[float]:
    """Wait until every reply has its answer queued; milliseconds from stored to queued are in the rows themselves."""
    answered = (
        select(inbound.c.received_at, outbox.c.queued_at)
        .join(outbox, (outbox.c.customer_id == inbound.c.customer_id) & (outbox.c.seq > inbound.c.seq))
        .where(inbound.c.provider_id.like("b%"))
    )
    for _ in range(600):
        async with database.read() as connection:
            rows = list(await connection.execute(answered))
        if len(rows) >= WEBHOOKS:
            return [(row.queued_at - row.received_at).total_seconds() for row in rows]
        await asyncio.sleep(0.05)
    raise AssertionError(f"only {len(rows)} of {WEBHOOKS} replies were answered")


async def _single_commits(database: Database) -> list[float]:
    """One small row, one commit, nobody else: the least that an acknowledgement after a commit can take."""
    table, took = t.DeadLetter.__table__, []  # type: ignore[attr-defined]
    for _ in range(200):
        started = time.perf_counter()
        async with database.write() as connection:
            row: dict[str, Any] = {"channel": "bench", "received_at": NOW, "reason": "bench", "body": "x"}
            await connection.execute(table.insert(), [row])
        took.append(time.perf_counter() - started)
    async with database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(table))).scalar_one() >= 200
    return took


def _percentiles(seconds: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return cuts[49] * 1000, cuts[98] * 1000
