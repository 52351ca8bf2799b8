"""Sending when carriers misbehave: what is retried, what is looked up, what is never sent twice, who gets to know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from bot.core.case import HoldKind, Product, State
from bot.core.decision import Purpose, urgency
from bot.core.event import AgentActed, AgentAction
from bot.dialogues import Content
from bot.gateways.base import Accepted, Delivery, ErrorClass, Outgoing, SendError
from bot.gateways.channel import Opening
from bot.gateways.simulator import Faults, Simulator
from bot.nlu.read import Reader
from bot.receipts import apply_receipts, settle_unknown
from bot.send import ATTEMPTS, send_due
from bot.store import cases, flow
from bot.store import tables as t
from bot.store.inbox import ReceiptRow, ReplyRow, store
from bot.store.portfolio import PortfolioRow
from bot.store.session import Database
from bot.turn import turn
from tests.machine import NUMBER, STRANGER, Machine, act, add_customer, machine

NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)  # Monday, 10:02 in Shanghai
PHONE = "+8613800138000"
handoff, receipt, suppression = t.Handoff.__table__, t.Receipt.__table__, t.Suppression.__table__  # type: ignore[attr-defined]
letter = t.DeadLetter.__table__  # type: ignore[attr-defined]
Start = Callable[..., AbstractAsyncContextManager[Machine]]


def customer(n: int = 1, **changes: Any) -> PortfolioRow:
    """A customer who owes 1,200 and is 34 days past due."""
    row = PortfolioRow(
        f"C{n}", "王强", f"+86138001380{n - 1:02}", "zh", "Asia/Shanghai", "cn", f"A{n}", Product.PERSONAL_LOAN,
        Decimal(1200), Decimal(1200), None, date(2026, 10, 20), "CNY", "1234",
    )  # fmt: skip
    return replace(row, **changes)


@pytest.fixture
def start(database: Database, reader: Reader, content: Content) -> Start:
    """Start a machine with these faults."""
    return lambda faults=None, now=NOW: machine(database, reader, content, now, faults)


@pytest.fixture
async def one(start: Start) -> AsyncIterator[Machine]:
    """A machine whose carrier does as it should."""
    async with start() as started:
        yield started


def always(kind: ErrorClass, **more: Any) -> Faults:
    """Every send fails like this."""
    return Faults(fail={kind: 1.0}, **more)


async def texts(one: Machine) -> list[Any]:
    """The rows of the outbox."""
    return await one.rows(cases.outbox)


async def send(one: Machine) -> int:
    """One round of sending, nothing else."""
    return await send_due(one.database, one.mind, one.channels, one.clock)


async def test_what_failed_for_a_moment_is_tried_again_later_and_later_and_then_a_person_is_called(
    start: Start,
) -> None:
    async with start(always(ErrorClass.RETRYABLE)) as one:
        id = await add_customer(one, customer())
        waits = []
        await one.work()
        for attempt in range(1, ATTEMPTS):
            [row] = await texts(one)
            assert (row.state, row.attempts) == ("queued", attempt)
            waits.append((row.due_at - one.now).total_seconds())
            await one.wait(row.due_at)
        assert waits == [30, 60, 120, 240]
        [row] = await texts(one)
        assert (row.state, row.attempts) == ("failed", ATTEMPTS)
        assert (await one.case(id)).handoff_queue == "undelivered"


async def test_a_carrier_that_recovers_gets_the_text_once(start: Start) -> None:
    async with start(always(ErrorClass.RETRYABLE)) as one:
        await add_customer(one, customer())
        await one.work()
        one.simulator.faults = Faults()
        await one.wait(NOW + timedelta(hours=1))
        assert len(one.texts(PHONE)) == 1
        [row] = await texts(one)
        assert (row.state, row.delivery, row.attempts) == ("sent", "delivered", 2)


async def test_a_throttled_text_waits_as_long_as_it_is_told_and_that_is_no_attempt(start: Start) -> None:
    async with start(always(ErrorClass.THROTTLED, retry_after_seconds=90)) as one:
        await add_customer(one, customer())
        await one.wait(NOW + timedelta(minutes=30))
        [row] = await texts(one)
        assert (row.state, row.attempts) == ("queued", 0)
        one.simulator.faults = Faults()
        await one.wait(row.due_at)
        assert len(one.texts(PHONE)) == 1


async def test_bad_credentials_pause_the_channel_burn_nothing_and_sending_goes_on_when_it_is_resumed(
    start: Start,
) -> None:
    async with start(always(ErrorClass.CONFIG)) as one:
        for n in (1, 2, 3):
            await add_customer(one, customer(n))
        await one.wait(NOW + timedelta(minutes=10))
        async with one.database.read() as connection:
            assert "config" in (await flow.paused(connection))["phone"]
        assert {(row.state, row.attempts) for row in await texts(one)} == {("queued", 0)}
        one.simulator.faults = Faults()
        await one.wait(NOW + timedelta(minutes=20))
        assert one.texts(PHONE) == []
        async with one.database.write() as connection:
            await flow.resume(connection, "phone", one.now)
        await one.work()
        assert {row.state for row in await texts(one)} == {"sent"}


async def test_a_number_that_refused_at_the_carrier_is_an_opt_out_on_the_file(start: Start) -> None:
    async with start(Faults(refused_numbers=frozenset({PHONE}))) as one:
        id = await add_customer(one, customer())
        await one.wait(NOW + timedelta(days=40))
        case = await one.case(id)
        assert case.state is State.OPTED_OUT and case.held(HoldKind.OPT_OUT) and not case.reachable
        assert [row.reason for row in await one.rows(suppression)] == ["opt_out"]
        assert [row.state for row in await texts(one)] == ["failed"]


async def test_a_number_that_does_not_exist_is_stopped_and_a_person_looks_for_another(start: Start) -> None:
    async with start(Faults(dead_numbers=frozenset({PHONE}))) as one:
        id = await add_customer(one, customer())
        await one.wait(NOW + timedelta(days=10))
        [row] = await texts(one)
        assert (row.state, row.attempts) == ("failed", 1)
        case = await one.case(id)
        assert (case.handoff_queue, case.reachable, case.state) == ("contact_data", False, State.CONTACTED)
        assert [row.reason for row in await one.rows(suppression)] == ["number_dead"]
        # The number is stopped, not the person: with another one they are reachable again.
        assert await add_customer(one, customer(number="+8613900139000")) == id
        assert (await one.case(id)).reachable


async def test_a_text_that_may_never_go_calls_a_person_and_leaves_the_number_alone(start: Start) -> None:
    async with start(always(ErrorClass.PERMANENT)) as one:
        id = await add_customer(one, customer())
        await one.work()
        case = await one.case(id)
        assert (case.handoff_queue, case.reachable) == ("undelivered", True)


async def test_a_lost_answer_is_looked_up_and_never_sent_again(start: Start) -> None:
    async with start(Faults(lost_answer=1.0, delay_seconds=600)) as one:
        await add_customer(one, customer())
        await one.work()
        [row] = await texts(one)
        assert row.state == "unknown"
        one.now += timedelta(minutes=1)
        await settle_unknown(one.database, one.mind, one.channels, one.now)
        [row] = await texts(one)
        assert row.state == "sent" and row.provider_id
        assert len(one.texts(PHONE)) == 1


async def test_a_text_that_the_gateway_never_saw_is_sent_again_but_not_for_ever(start: Start) -> None:
    async with start(always(ErrorClass.UNKNOWN)) as one:
        id = await add_customer(one, customer())
        for _ in range(2 * ATTEMPTS):
            await one.work()
            one.now += timedelta(minutes=6)
            await settle_unknown(one.database, one.mind, one.channels, one.now)
        [row] = await texts(one)
        assert (row.state, row.attempts) == ("failed", ATTEMPTS)
        assert (await one.case(id)).handoff_queue == "undelivered"


class NoBooks(Simulator):
    """A carrier that cannot say what became of a text."""

    can_look_up = False


async def test_without_a_look_up_an_unknown_text_waits_a_day_from_its_sending_for_a_receipt(start: Start) -> None:
    async with start(always(ErrorClass.UNKNOWN)) as one:
        one.simulator.__class__ = NoBooks
        id = await add_customer(one, customer())
        await one.work()
        async with one.database.write() as connection:  # it had been held for days before it went
            await connection.execute(update(cases.outbox).values(queued_at=NOW - timedelta(days=3)))
        one.now = NOW + timedelta(hours=23)
        await settle_unknown(one.database, one.mind, one.channels, one.now)
        assert [row.state for row in await texts(one)] == ["unknown"]
        one.now = NOW + timedelta(hours=25)
        await settle_unknown(one.database, one.mind, one.channels, one.now)
        assert [row.state for row in await texts(one)] == ["failed"]
        assert (await one.case(id)).handoff_queue == "undelivered"


async def test_a_text_whose_sender_died_is_unknown_and_the_gateways_books_settle_it(one: Machine) -> None:
    await add_customer(one, customer())
    await turn(one.database, one.mind, one.now)
    [row] = await texts(one)
    await one.simulator.send(Outgoing(row.our_ref, PHONE, row.text, 60), one.now)  # it left, and then we died
    lease = one.now + timedelta(seconds=60)
    async with one.database.write() as connection:
        await connection.execute(update(cases.outbox).values(state="submitting", lease_at=lease, sent_at=one.now))
    await one.wait(NOW + timedelta(seconds=59))
    assert [row.state for row in await texts(one)] == ["submitting"]
    one.now = NOW + timedelta(seconds=61)
    await settle_unknown(one.database, one.mind, one.channels, one.now)
    assert [row.state for row in await texts(one)] == ["sent"]
    assert len(one.simulator.phone(PHONE).inbox) == 1


class Overtaking(Simulator):
    """A carrier whose receipts are stored and worked on before the answer to the send is written."""

    async def send(self, message: Outgoing, now: datetime) -> Accepted:
        answer = await super().send(message, now)
        await self.hurry()
        return answer

    hurry: Any = None


async def test_a_receipt_that_overtakes_the_answer_is_parked_and_then_moves_the_text_forward(start: Start) -> None:
    async with start(Faults(early_receipt=1.0)) as one:
        one.simulator.__class__ = Overtaking
        matched: list[int] = []

        async def hurry() -> None:
            matched.append(await apply_receipts(one.database, one.mind, one.now))

        one.simulator.hurry = hurry  # type: ignore[attr-defined]
        await add_customer(one, customer())
        await turn(one.database, one.mind, one.now)
        await send(one)
        assert matched == [0]
        assert [row.delivery for row in await texts(one)] == ["queued"]
        await one.work()
        [row] = await texts(one)
        assert (row.state, row.delivery, row.delivered_at) == ("sent", "delivered", one.now)


class Settling(Simulator):
    """A carrier whose receipt is worked on while it is asked what became of the text."""

    async def look_up(self, our_ref: str, now: datetime) -> Accepted | None:
        await self.hurry(our_ref)
        return None

    hurry: Any = None


async def test_a_receipt_that_comes_during_a_look_up_wins_and_nothing_is_sent_twice(start: Start) -> None:
    async with start(Faults(lost_answer=1.0, delay_seconds=600)) as one:
        one.simulator.__class__ = Settling

        async def hurry(ref: str) -> None:
            async with one.database.write() as connection:
                await store(connection, [report("delivered", ref)], STRANGER)
            await apply_receipts(one.database, one.mind, one.now)

        one.simulator.hurry = hurry  # type: ignore[attr-defined]
        await add_customer(one, customer())
        await one.work()
        one.now += timedelta(minutes=1)
        await settle_unknown(one.database, one.mind, one.channels, one.now)
        await one.work()
        assert [(row.state, row.delivery) for row in await texts(one)] == [("sent", "delivered")]
        assert len(one.texts(PHONE)) == 1


def report(status: str, ref: str, code: str = "", kind: str | None = None) -> ReceiptRow:
    """A delivery report."""
    return ReceiptRow("phone", "", ref, status, code, kind, NOW)


@pytest.mark.parametrize(
    ("order", "end"),
    [
        (("sent", "delivered"), "delivered"),
        (("delivered", "sent", "queued"), "delivered"),
        (("undelivered", "sent"), "undelivered"),
        (("undelivered", "delivered"), "delivered"),
        (("delivered", "failed"), "delivered"),
    ],
)
@pytest.mark.parametrize("together", [True, False])
async def test_receipts_only_move_forward_in_whatever_order_they_come(
    one: Machine, order: tuple[str, ...], end: str, together: bool
) -> None:
    one.simulator.faults = Faults(delay_seconds=10**6)
    await add_customer(one, customer())
    await one.work()
    [row] = await texts(one)
    for status in order:
        async with one.database.write() as connection:
            await store(connection, [report(status, row.our_ref)], STRANGER)
        if not together:
            one.now += timedelta(seconds=1)
            await apply_receipts(one.database, one.mind, one.now)
    await apply_receipts(one.database, one.mind, one.now)
    [row] = await texts(one)
    assert row.delivery == end
    assert (row.delivered_at is not None) == (end == "delivered")


async def test_a_receipt_for_nothing_of_ours_stays_parked_and_harms_nothing(one: Machine) -> None:
    async with one.database.write() as connection:
        await store(connection, [report("delivered", "nobody's")], STRANGER)
    assert await apply_receipts(one.database, one.mind, one.now) == 0
    assert [row.matched_at for row in await one.rows(receipt)] == [None]


async def test_a_receipt_that_waited_a_day_for_its_text_is_laid_before_a_person_once(one: Machine) -> None:
    async with one.database.write() as connection:
        await store(connection, [report("delivered", "nobody's", "000")], STRANGER)
    one.now += timedelta(hours=25)
    rounds = [await apply_receipts(one.database, one.mind, one.now) for _ in range(3)]
    assert rounds == [1, 0, 0]
    [kept] = await one.rows(letter)
    assert kept.reason == "a receipt that belongs to no text of ours"
    assert '"our_ref": "nobody\'s"' in kept.body


async def test_a_report_that_nobody_has_the_number_stops_it_and_calls_a_person_for_another(one: Machine) -> None:
    id = await add_customer(one, customer())
    await one.work()
    [row] = await texts(one)
    async with one.database.write() as connection:
        dead = [report(status, row.our_ref, "MK:0001", ErrorClass.DEAD_NUMBER) for status in ("undelivered", "failed")]
        await store(connection, dead, STRANGER)
    await one.work()
    case = await one.case(id)
    assert (case.handoff_queue, case.reachable) == ("contact_data", False)
    assert [row.reason for row in await one.rows(suppression)] == ["number_dead"]


@pytest.mark.parametrize(
    ("kind", "reason"), [(ErrorClass.DEAD_NUMBER, "number_dead"), (ErrorClass.OPTED_OUT, "opt_out")]
)
async def test_a_report_on_a_number_that_was_replaced_since_stops_the_old_number_alone(
    one: Machine, kind: ErrorClass, reason: str
) -> None:
    id = await add_customer(one, customer())
    await one.work()
    [row] = await texts(one)
    await add_customer(one, customer(number="+8613900139000"))
    async with one.database.write() as connection:
        await store(connection, [report("failed", row.our_ref, "x", kind)], STRANGER)
    await one.work()
    case = await one.case(id)
    assert (case.reachable, case.state) == (True, State.CONTACTED)
    assert [(s.number_hash, s.reason) for s in await one.rows(suppression)] == [(row.number_hash, reason)]


async def test_reports_that_name_a_fault_of_ours_pause_the_channel_unless_it_was_mended_since(one: Machine) -> None:
    await add_customer(one, customer())
    await one.work()
    [row] = await texts(one)

    async def told(code: str) -> dict[str, str]:
        async with one.database.write() as connection:
            await store(connection, [report("failed", row.our_ref, code, ErrorClass.CONFIG)], STRANGER)
        await one.work()
        async with one.database.read() as connection:
            return await flow.paused(connection)

    assert await told("30034") == {"phone": "config: reports name a fault of ours [30034]"}
    async with one.database.write() as connection:
        await flow.resume(connection, "phone", one.now + timedelta(minutes=1))
    assert await told("30032") == {}  # of a text that left before it was mended


async def test_a_report_that_the_number_is_gone_calls_a_person_once(one: Machine) -> None:
    id = await add_customer(one, customer())
    await one.work()
    [row] = await texts(one)
    gone = report("failed", row.our_ref, "404", ErrorClass.PERMANENT)
    async with one.database.write() as connection:
        await store(connection, [gone, gone], STRANGER)
    await one.work()
    assert (await one.case(id)).handoff_queue == "undelivered"
    assert len(await one.rows(handoff)) == 1


async def test_a_report_that_the_carrier_took_an_opt_out_stops_the_number(one: Machine) -> None:
    id = await add_customer(one, customer())
    await one.work()
    [row] = await texts(one)
    async with one.database.write() as connection:
        await store(connection, [report("undelivered", row.our_ref, "21610", ErrorClass.OPTED_OUT)], STRANGER)
    await one.work()
    assert (await one.case(id)).state is State.OPTED_OUT


async def test_webhooks_that_come_twice_and_in_any_order_change_nothing(start: Start) -> None:
    async with start(Faults(duplicate=1.0, reorder=1.0, delay_seconds=20)) as one:
        id = await add_customer(one, customer(), State.CONTACTED)
        await one.say("我周五还500", PHONE)
        await one.simulator.deliver_receipts(one.now + timedelta(seconds=30))
        await one.wait(NOW + timedelta(minutes=2))
        assert (await one.case(id)).state is State.PROMISED
        assert len(one.texts(PHONE)) == 1
        assert [row.delivery for row in await texts(one)] == ["delivered"]


async def test_two_senders_together_keep_the_channels_limit_of_each_second(one: Machine) -> None:
    one.channels["phone"] = replace(one.channels["phone"], per_second=3)
    for n in range(1, 9):
        await add_customer(one, customer(n))
    while await turn(one.database, one.mind, one.now):
        continue
    sent = []
    for _ in range(3):
        for _ in range(4):  # two processes, twice each
            await send(one)
        sent.append(len([row for row in await texts(one) if row.state == "sent"]))
        one.now += timedelta(seconds=1)
    assert sent == [3, 6, 8]


async def test_when_the_second_is_used_up_there_is_nothing_to_do_until_the_next(one: Machine) -> None:
    one.channels["phone"] = replace(one.channels["phone"], per_second=1)
    for n in (1, 2):
        await add_customer(one, customer(n))
    await turn(one.database, one.mind, one.now)
    assert [await send(one) for _ in range(3)] == [1, 0, 0]


async def test_texts_that_may_not_go_now_use_up_nothing_of_the_limit(one: Machine) -> None:
    one.channels["phone"] = replace(one.channels["phone"], per_second=1)
    for n in (1, 2, 3):
        await add_customer(one, customer(n, zones="America/New_York" if n < 3 else "Asia/Shanghai"))
    async with one.database.write() as connection:
        for n in (1, 2, 3):
            await queue(connection, n)
    await send(one)
    assert [row.state for row in await texts(one)] == ["held", "held", "sent"]


async def test_a_channel_sends_no_more_than_its_day_allows_and_goes_on_the_next_day(one: Machine) -> None:
    one.channels["phone"] = replace(one.channels["phone"], per_day=2)
    for n in (1, 2, 3):
        await add_customer(one, customer(n), State.CONTACTED)
    async with one.database.write() as connection:
        for n in (1, 2, 3):
            await queue(connection, n)
    await asyncio.gather(*(send(one) for _ in range(3)))
    assert [await send(one) for _ in range(3)] == [0, 0, 0]
    assert sorted(row.state for row in await texts(one)) == ["queued", "sent", "sent"]
    one.now += timedelta(hours=14, minutes=10)  # past midnight, when customers sleep: a reply waits for the morning
    await send(one)
    one.now += timedelta(hours=9)
    await send(one)
    assert [row.state for row in await texts(one)] == ["sent"] * 3


async def test_outside_its_hours_a_channel_sends_nothing_and_then_all_that_may_still_go(one: Machine) -> None:
    hours = Opening(time(10, 30), time(12), frozenset(range(7)))
    one.channels["phone"] = replace(one.channels["phone"], opening=hours)
    await add_customer(one, customer(), State.CONTACTED)
    async with one.database.write() as connection:
        await queue(connection, 1)
    assert await send(one) == 0
    one.now += timedelta(minutes=28)
    assert await send(one) == 1
    [row] = await texts(one)
    assert row.state == "sent" and row.sent_at == one.now


async def test_an_answer_goes_before_any_number_of_reminders(one: Machine) -> None:
    one.channels["phone"] = replace(one.channels["phone"], per_second=1)
    for n in range(1, 21):
        await add_customer(one, customer(n), State.CONTACTED)
    async with one.database.write() as connection:
        for n in range(1, 20):
            await queue(connection, n, "promise_reminder")
        await queue(connection, 20, "reply", at=NOW + timedelta(seconds=5))
    one.now += timedelta(seconds=5)
    await send_due(one.database, one.mind, one.channels, one.clock, limit=2)
    assert [row.customer_id for row in await texts(one) if row.state == "sent"] == [20]


async def test_a_reminder_waits_while_parts_of_what_the_customer_wrote_are_on_their_way(one: Machine) -> None:
    for n in (1, 2):
        await add_customer(one, customer(n), State.CONTACTED)
    first = ReplyRow("phone", "m#1", PHONE, "1069", "退订", NOW, False, NOW, ("8", 1, 2))
    async with one.database.write() as connection:
        await store(connection, [first], STRANGER)
        await queue(connection, 1, "promise_reminder")
        await queue(connection, 2, "promise_reminder")
    await send(one)
    assert [row.state for row in await texts(one)] == ["queued", "sent"]
    await one.wait(NOW + timedelta(minutes=4))
    assert (await one.case(1)).state is State.OPTED_OUT
    assert [row.state for row in await texts(one) if row.purpose == "promise_reminder"] == ["cancelled", "sent"]


@pytest.mark.parametrize("purpose", ["promise_reminder", "agent"])
async def test_nothing_but_an_answer_leaves_before_what_the_customer_wrote_was_read(one: Machine, purpose: str) -> None:
    for n in (1, 2):
        await add_customer(one, customer(n), State.CONTACTED)
    said = ReplyRow("phone", "m", PHONE, "1069", "别再给我发了", NOW, False, NOW)
    async with one.database.write() as connection:
        await store(connection, [said], STRANGER)
        await queue(connection, 1, purpose)
        await queue(connection, 2, purpose)
    await send(one)
    assert [row.state for row in await texts(one)] == ["queued", "sent"]
    await one.wait(NOW + timedelta(minutes=1))
    assert (await one.case(1)).state is State.OPTED_OUT
    states = {row.customer_id: row.state for row in await texts(one) if row.purpose == purpose}
    assert states == {1: "cancelled", 2: "sent"}


async def test_a_reply_to_a_number_that_shares_a_webhook_is_answered_from_that_number(one: Machine) -> None:
    one.channels["cards"] = replace(
        one.channels["phone"], name="cards", number=f"{NUMBER}5", signature="【信用卡中心】"
    )
    one.channels["phone"] = replace(one.channels["phone"], beside={f"{NUMBER}5": "cards"})
    await add_customer(one, customer(), State.CONTACTED)
    await one.simulator.phone_replies(PHONE, "我周五还500", f"{NUMBER}5", one.now)
    one.now += timedelta(seconds=4)
    await one.work()
    assert [row.channel for row in await one.rows(t.Inbound.__table__)] == ["cards"]  # type: ignore[attr-defined]
    assert [text.text[:7] for text in one.simulator.phone(PHONE).inbox] == ["【信用卡中心】"]


async def test_a_slow_channel_does_not_hold_up_another(one: Machine) -> None:
    slow = replace(one.channels["phone"], name="slow", per_second=1)
    one.channels["slow"] = slow
    for n in range(1, 14):
        await add_customer(one, customer(n), State.CONTACTED)
    async with one.database.write() as connection:
        for n in range(1, 14):
            await queue(connection, n, at=NOW - timedelta(minutes=14 - n))
        o = cases.outbox
        await connection.execute(update(o).where(o.c.customer_id < 13).values(channel="slow"))
    for _ in range(2):
        await send_due(one.database, one.mind, one.channels, one.clock, limit=2)
    assert [row.customer_id for row in await texts(one) if row.state == "sent"] == [1, 13]


async def queue(connection: Any, n: int, purpose: str = "reply", seq: int = 100, at: datetime = NOW) -> None:
    """A text in the outbox, as a turn leaves it."""
    row = {
        "customer_id": n, "seq": seq, "our_ref": f"r{n}-{seq}", "channel": "phone", "purpose": purpose,
        "response": "clarify", "slots": "{}", "text": f"第{seq}条", "author": "bot", "state": "queued",
        "urgency": urgency(Purpose(purpose)),
        "queued_at": at, "due_at": at, "attempts": 0, "segments": 0,
    }  # fmt: skip
    await connection.execute(cases.outbox.insert(), row)


async def test_a_held_text_shows_its_reason_and_its_next_moment_and_leaves_then(start: Start) -> None:
    night = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai
    async with start(now=night) as one:
        await add_customer(one, customer(), State.CONTACTED)
        await one.say("我周五还500", PHONE)
        await one.wait(night + timedelta(minutes=1))
        [row] = await texts(one)
        assert (row.state, row.due_at) == ("held", datetime(2026, 11, 24, 1, 0, tzinfo=UTC))
        assert "BANK-HOURS" in row.reason
        await one.wait(row.due_at)
        [received] = one.simulator.phone(PHONE).inbox
        assert received.at == row.due_at


async def test_texts_to_a_customer_keep_their_order_when_the_first_must_be_tried_again(start: Start) -> None:
    async with start(always(ErrorClass.RETRYABLE)) as one:
        id = await add_customer(one, customer(), State.CONTACTED)
        for seq in (101, 102):
            async with one.database.write() as connection:
                await queue(connection, id, seq=seq)
            await one.work()
        one.simulator.faults = Faults()
        await one.wait(NOW + timedelta(hours=1))
        assert one.texts(PHONE) == ["第101条", "第102条"]


async def test_the_confirmation_of_an_opt_out_does_not_queue_behind_an_agents_failing_text(start: Start) -> None:
    async with start(always(ErrorClass.THROTTLED, retry_after_seconds=3600)) as one:
        id = await add_customer(one, customer(), State.CONTACTED)
        await act(one.database, one.mind, id, AgentActed(AgentAction.REPLY, "li", "您好，我是小李"), one.now)
        await one.work()
        one.simulator.faults = Faults()
        await one.say("退订", PHONE)
        await one.wait(NOW + timedelta(minutes=1))
        assert len(one.texts(PHONE)) == 1 and "退订" in one.texts(PHONE)[0]
        await one.wait(NOW + timedelta(hours=3))
        assert len(one.texts(PHONE)) == 1


async def test_a_confirmation_that_comes_later_than_five_minutes_is_not_sent(start: Start) -> None:
    async with start(always(ErrorClass.THROTTLED, retry_after_seconds=301)) as one:
        await add_customer(one, customer(), State.CONTACTED)
        await one.say("退订", PHONE)
        await one.wait(NOW + timedelta(seconds=3))
        one.simulator.faults = Faults()
        await one.wait(NOW + timedelta(minutes=10))
        assert one.texts(PHONE) == []
        [row] = await texts(one)
        assert row.state == "cancelled" and "too late" in row.reason


async def test_a_reminders_figures_are_those_of_the_moment_at_which_it_leaves(one: Machine) -> None:
    id = await add_customer(one, customer())
    await turn(one.database, one.mind, one.now)
    async with one.database.write() as connection:
        changed = update(cases.account).where(cases.account.c.customer_id == id)
        await connection.execute(changed.values(balance=Decimal(900), amount_due=Decimal("700.50")))
    one.now = NOW + timedelta(days=1)
    await send(one)
    [text] = one.texts(PHONE)
    assert "700.50元" in text and "35天" in text and "11月24日" in text
    [row] = await texts(one)
    assert "700.50元" in row.text


async def test_a_reminder_of_what_was_paid_meanwhile_is_not_sent(one: Machine) -> None:
    await add_customer(one, customer())
    await turn(one.database, one.mind, one.now)
    async with one.database.write() as connection:
        await connection.execute(update(cases.account).values(amount_due=Decimal(0)))
    await send(one)
    [row] = await texts(one)
    assert (row.state, row.reason) == ("cancelled", "nothing is due any more")


async def test_a_text_on_a_channel_that_is_gone_is_held_with_its_reason_and_leaves_when_it_is_back(
    one: Machine,
) -> None:
    await add_customer(one, customer())
    channels = dict(one.channels)
    one.channels.clear()
    await turn(one.database, one.mind, one.now)
    await send(one)
    [row] = await texts(one)
    assert row.state == "held" and "not configured" in row.reason
    one.channels.update(channels)
    await one.wait(row.due_at)
    assert len(one.texts(PHONE)) == 1


class Broken(Simulator):
    """An adapter with a bug."""

    async def send(self, message: Outgoing, now: datetime) -> Accepted:
        raise KeyError("status")

    async def look_up(self, our_ref: str, now: datetime) -> Accepted | None:
        raise SendError(ErrorClass.RETRYABLE, "cannot say")


async def test_an_adapter_that_breaks_leaves_the_text_unknown_and_the_others_go_on(one: Machine) -> None:
    one.simulator.__class__ = Broken
    await add_customer(one, customer())
    await one.work()
    assert [row.state for row in await texts(one)] == ["unknown"]
    one.now += timedelta(minutes=1)
    await settle_unknown(one.database, one.mind, one.channels, one.now)
    assert [row.state for row in await texts(one)] == ["unknown"]


async def test_what_the_books_call_undelivered_calls_a_person(start: Start) -> None:
    async with start(Faults(lost_answer=1.0, undelivered=1.0)) as one:
        id = await add_customer(one, customer())
        await turn(one.database, one.mind, one.now)
        await send(one)
        one.now += timedelta(minutes=1)
        await settle_unknown(one.database, one.mind, one.channels, one.now)
        [row] = await texts(one)
        assert (row.state, row.delivery) == ("sent", Delivery.UNDELIVERED)
        assert (await one.case(id)).handoff_queue == "undelivered"
