"""The main job on real input: each gateway's own format in, the file changed, the next step on the calendar."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.core.case import HoldKind, Product, State, Timer
from bot.dialogues import Content
from bot.gateways import build
from bot.gateways.base import Gateway
from bot.gateways.channel import Channel
from bot.gateways.rehearsal import Rehearsal
from bot.gateways.sign import sign_generic, sign_twilio
from bot.nlu.read import Reader
from bot.receive import BODY_LIMIT, Inbox, QueueFull
from bot.store import cases
from bot.store import tables as t
from bot.store.inbox import ReplyRow
from bot.store.portfolio import PaymentRow, PortfolioRow, put_payments
from bot.store.session import Database
from tests.machine import NUMBER, SECRET, STRANGER, Machine, add_customer, machine

NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)  # Monday, 10:02 in Shanghai
PHONE = "+8613800138000"
TOKEN, PATH, SID = "0123456789abcdef", "a-path-that-nobody-guesses-0001", "AC" + "0" * 32
agenda, inbound, handoff = t.Agenda.__table__, t.Inbound.__table__, t.Handoff.__table__  # type: ignore[attr-defined]
dead_letter, suppression = t.DeadLetter.__table__, t.Suppression.__table__  # type: ignore[attr-defined]


def customer(**changes: Any) -> PortfolioRow:
    """Wang Qiang, who owes 1,200 and is 34 days past due."""
    row: dict[str, Any] = {
        "customer": "C1", "name": "王强", "number": PHONE, "language": "zh", "zones": "Asia/Shanghai",
        "jurisdiction": "cn", "account": "A1", "product": Product.PERSONAL_LOAN, "balance": Decimal(1200),
        "amount_due": Decimal(1200), "minimum_due": None, "due_on": date(2026, 10, 20), "currency": "CNY",
        "tail": "1234",
    }  # fmt: skip
    return PortfolioRow(**{**row, **changes})


@pytest.fixture
async def one(database: Database, reader: Reader, content: Content) -> AsyncIterator[Machine]:
    """A machine with the channels of three providers, whose texts all go to simulated phones."""
    async with machine(database, reader, content, NOW) as started:
        providers: dict[str, Gateway] = {
            "bank": build("generic", {"secrets": SECRET}),
            "twilio": build("twilio", {
                "account_sid": SID, "auth_tokens": TOKEN, "from_number": "+14155550199",
                "callback_url": "http://huixin.test/hooks/twilio",
            }),
            "alibaba": build("alibaba", {"path_token": PATH}),
        }  # fmt: skip
        for name, provider in providers.items():
            started.channels[name] = Channel(name, Rehearsal(provider, started.simulator), NUMBER, "【示例银行】")
        yield started
        for provider in providers.values():
            await provider.close()


async def post(one: Machine, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Post a webhook; status and body of the answer."""
    assert one.session is not None
    async with one.session.post(one.url + path, data=BytesIO(body), headers=dict(headers)) as response:
        return response.status, await response.read()


async def by_twilio(one: Machine, text: str, sid: str = "1", sender: str = PHONE) -> tuple[int, bytes]:
    """A reply as Twilio posts it: a form, signed over the public address."""
    fields = {"MessageSid": "SM" + sid.rjust(32, "0"), "AccountSid": SID, "From": sender, "To": "+14155550199"}
    fields |= {"Body": text, "NumMedia": "0"}
    signature = sign_twilio(TOKEN, "http://huixin.test/hooks/twilio", list(fields.items()))
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    return await post(one, "/hooks/twilio", urlencode(fields).encode(), headers)


async def by_bank(one: Machine, text: str, id: str = "1", sender: str = PHONE) -> tuple[int, bytes]:
    """A reply as a bank's own SMS platform posts it: JSON, signed by Standard Webhooks."""
    event = {"id": f"m{id}", "from": sender, "to": NUMBER, "text": text, "received_at": one.now.isoformat()}
    body = json.dumps({"type": "message.received", "timestamp": one.now.isoformat(), "data": event}).encode()
    headers = sign_generic(SECRET, f"evt_{id}", int(one.now.timestamp()), body)
    return await post(one, "/hooks/bank", body, {**headers, "Content-Type": "application/json"})


async def by_alibaba(one: Machine, *texts: str, sender: str = PHONE) -> tuple[int, bytes]:
    """Replies as Alibaba pushes them: an unsigned JSON array on a secret path."""
    sent = (one.now + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")
    items = [
        {
            "phone_number": sender.removeprefix("+86"),
            "content": text,
            "send_time": sent,
            "dest_code": "12",
            "sequence_id": n,
        }
        for n, text in enumerate(texts, 1)
    ]
    return await post(one, f"/hooks/alibaba/{PATH}", json.dumps(items).encode(), {"Content-Type": "application/json"})


WAYS: dict[str, Callable[..., Awaitable[tuple[int, bytes]]]] = {
    "twilio": by_twilio,
    "bank": by_bank,
    "alibaba": by_alibaba,
}


async def answered(one: Machine) -> None:
    """Let the settle window pass and everything be done."""
    await one.wait(one.now + one.mind.settle)


@pytest.mark.parametrize("way", WAYS)
async def test_a_promise_is_on_the_file_answered_and_on_the_calendar(one: Machine, way: str) -> None:
    id = await add_customer(one, customer(), State.CONTACTED)
    status, _ = await WAYS[way](one, "我周五还500")
    assert status == 200
    await answered(one)
    case = await one.case(id)
    assert case.state is State.PROMISED and case.held(HoldKind.PROMISE_OPEN)
    assert case.promise is not None
    assert (case.promise.amount, case.promise.due_on) == (Decimal(500), date(2026, 11, 27))
    [answer] = one.texts(PHONE)
    assert "11月27日（周五）" in answer and "500元" in answer
    timers = {row.timer: row.due_at for row in await one.rows(agenda)}
    assert timers == {
        Timer.PROMISE_REMINDER: datetime(2026, 11, 26, 2, tzinfo=UTC),  # the day before, 10:00 in Shanghai
        Timer.PROMISE_CHECK: datetime(2026, 11, 30, 16, tzinfo=UTC),  # when the third day of grace is over
    }


async def test_the_answer_to_each_provider_is_what_it_wants_and_quotes_nothing(one: Machine) -> None:
    await add_customer(one, customer(), State.CONTACTED)
    status, body = await by_twilio(one, "我周五还500")
    assert status == 200 and body.endswith((b"<Response/>", b"<Response></Response>")) and "500" not in body.decode()
    status, body = await by_alibaba(one, "我周五还600")
    assert status == 200 and json.loads(body)["code"] == 0
    status, body = await by_bank(one, "我周五还700")
    assert status == 200 and json.loads(body)["code"] == 0


async def test_hardship_holds_collection_and_calls_a_person_by_a_due_time(one: Machine) -> None:
    id = await add_customer(one, customer(), State.CONTACTED)
    await by_bank(one, "被裁了,实在还不上")
    await answered(one)
    case = await one.case(id)
    assert case.state is State.HARDSHIP and case.held(HoldKind.HARDSHIP)
    [row] = await one.rows(handoff)
    assert (row.queue, row.reason, row.closed_at) == ("hardship", "open_hardship", None)
    assert row.due_at == one.now + timedelta(hours=4)
    [answer] = one.texts(PHONE)
    assert "不容易" in answer


@pytest.mark.parametrize("words", ["退订", "STOP", "别再给我发短信了"])
async def test_an_opt_out_is_confirmed_once_and_ends_everything(one: Machine, words: str) -> None:
    id = await add_customer(one, customer())
    await one.wait(NOW)
    before = len(one.texts(PHONE))
    await by_twilio(one, words)
    await answered(one)
    assert len(one.texts(PHONE)) == before + 1
    for n, later in enumerate(("我周五还500", words, "你们是谁", "好的"), 2):
        await by_twilio(one, later, sid=str(n))
        await answered(one)
    await one.wait(one.now + timedelta(days=120))
    assert len(one.texts(PHONE)) == before + 1
    assert (await one.case(id)).state is State.OPTED_OUT
    assert not [row for row in await one.rows(cases.outbox) if row.state in ("queued", "held")]


async def test_an_opt_out_cancels_what_is_queued(one: Machine) -> None:
    await add_customer(one, customer())
    one.now = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai: answers are held until the morning
    await by_bank(one, "我周五还500")
    await answered(one)
    [held] = await one.rows(cases.outbox)
    assert held.state == "held" and "BANK-HOURS" in held.reason
    await by_bank(one, "退订", id="2")
    await answered(one)
    states = [row.state for row in await one.rows(cases.outbox)]
    assert states == ["cancelled", "sent"]
    await one.wait(one.now + timedelta(days=2))
    assert len(one.texts(PHONE)) == 1


async def test_a_wrong_number_is_never_texted_again_and_learns_nothing(one: Machine) -> None:
    id = await add_customer(one, customer(), State.CONTACTED)
    await by_alibaba(one, "打错了,我不是王强")
    await answered(one)
    await by_bank(one, "什么贷款？你们是谁")
    await one.wait(one.now + timedelta(days=60))
    assert one.texts(PHONE) == []
    assert (await one.case(id)).state is State.WRONG_NUMBER
    assert [row.reason for row in await one.rows(suppression)] == ["wrong_number"]


async def test_a_stopped_number_stays_stopped_on_another_customers_file(one: Machine) -> None:
    await add_customer(one, customer(), State.CONTACTED)
    await by_bank(one, "退订")
    await answered(one)
    await add_customer(one, customer(customer="C2", account="A2"))
    before = len(one.texts(PHONE))
    await one.wait(one.now + timedelta(days=30))
    assert len(one.texts(PHONE)) == before


async def test_fragments_sent_seconds_apart_are_read_together(one: Machine) -> None:
    id = await add_customer(one, customer(), State.CONTACTED)
    await by_bank(one, "28号", id="1")
    await one.wait(one.now + timedelta(seconds=2))
    await by_bank(one, "还500", id="2")
    await one.wait(one.now + timedelta(seconds=2))
    assert one.texts(PHONE) == []
    await answered(one)
    promise = (await one.case(id)).promise
    assert promise is not None and (promise.amount, promise.due_on) == (Decimal(500), date(2026, 11, 28))
    assert len(one.texts(PHONE)) == 1


async def test_a_payment_keeps_the_promise_and_a_full_one_closes_the_case(one: Machine) -> None:
    id = await add_customer(one, customer(), State.CONTACTED)
    await by_bank(one, "我周五还500")
    await answered(one)
    await pay(one, "P1", "500")
    case = await one.case(id)
    assert (case.state, case.promise, case.amount_due) == (State.CONTACTED, None, Decimal(700))
    assert [(row.status, row.paid) for row in await one.rows(cases.promise)] == [("kept", Decimal(500))]
    assert [row.timer for row in await one.rows(agenda)] == [Timer.REMINDER]
    await pay(one, "P2", "700")
    assert (await one.case(id)).state is State.SETTLED
    assert await one.rows(agenda) == []
    assert "结清" in one.texts(PHONE)[-1]


async def test_a_broken_promise_is_noticed_and_the_second_in_a_row_calls_a_person(one: Machine) -> None:
    id = await add_customer(one, customer(), State.CONTACTED)
    for n in ("1", "2"):
        await by_bank(one, "我明天还500", id=n)
        await answered(one)
        await one.wait(one.now + timedelta(days=5))
    assert [row.status for row in await one.rows(cases.promise)] == ["broken", "broken"]
    case = await one.case(id)
    assert case.handoff_queue == "broken_promises" and case.held(HoldKind.HANDOFF)


async def test_an_unknown_number_is_kept_and_handed_to_a_person_without_an_answer(one: Machine) -> None:
    await by_twilio(one, "我周五还500", sender="+8613999999999")
    await answered(one)
    assert one.texts("+8613999999999") == []
    [row] = await one.rows(handoff)
    assert row.queue == "unknown_number"
    [reply] = await one.rows(inbound)
    assert reply.state == "handled" and reply.text == "我周五还500"


async def test_an_unknown_number_that_the_bank_then_imports_is_that_customers(one: Machine) -> None:
    await by_bank(one, "我周五还500")
    await answered(one)
    id = await add_customer(one, customer(), State.CONTACTED)
    await by_bank(one, "我周五还500", id="2")
    await answered(one)
    assert (await one.case(id)).state is State.PROMISED


async def test_the_same_reply_twice_is_one_reply(one: Machine) -> None:
    await add_customer(one, customer(), State.CONTACTED)
    for _ in range(3):
        assert (await by_twilio(one, "我周五还500"))[0] == 200  # the same id
        assert (await by_alibaba(one, "我周五还500"))[0] == 200  # the same id
    await answered(one)
    assert len(await one.rows(inbound)) == 2
    assert len(one.texts(PHONE)) == 1


async def test_a_duplicate_drives_a_first_copy_that_was_never_handled(one: Machine) -> None:
    id = await add_customer(one, customer(), State.CONTACTED)
    await by_twilio(one, "我周五还500")
    assert (await one.case(id)).state is State.CONTACTED  # nobody worked yet
    await by_twilio(one, "我周五还500")
    await answered(one)
    assert (await one.case(id)).state is State.PROMISED


async def pay(one: Machine, reference: str, amount: str) -> None:
    """The bank posts a payment, and everything that follows happens."""
    async with one.database.write() as connection:
        day = (one.now + timedelta(hours=8)).date()
        await put_payments(connection, [PaymentRow(reference, "A1", Decimal(amount), day)], one.now)
    await one.work()


async def test_a_bad_signature_is_refused_and_stores_nothing(one: Machine) -> None:
    await add_customer(one, customer(), State.CONTACTED)
    body = urlencode({"MessageSid": "SM" + "1" * 32, "AccountSid": SID, "From": PHONE, "Body": "退订"}).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    wrong = base64.b64encode(b"0" * 20).decode()
    assert (await post(one, "/hooks/twilio", body, form))[0] == 401
    assert (await post(one, "/hooks/twilio", body, {**form, "X-Twilio-Signature": wrong}))[0] == 401
    assert (await post(one, "/hooks/bank", b"{}", {"Content-Type": "application/json"}))[0] == 401
    assert (await post(one, "/hooks/alibaba/guessed", b"[]", {}))[0] == 401
    assert (await post(one, "/hooks/nobody", b"", {}))[0] == 404
    assert await one.rows(inbound) == [] and await one.rows(dead_letter) == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1,2]", b"\xff\xfe\x00", b"[" * 50_000, '[{"content":"x"}]'.encode("utf-16"), b'{"a":1,"a":2}'],
)
async def test_authentic_garbage_is_acknowledged_and_kept_for_a_person(one: Machine, body: bytes) -> None:
    headers = sign_generic(SECRET, "evt_1", int(one.now.timestamp()), body)
    for path, more in ((f"/hooks/alibaba/{PATH}", {}), ("/hooks/bank", headers)):
        status, _ = await post(one, path, body, {"Content-Type": "application/json", **more})
        assert status == 200
    assert {row.channel for row in await one.rows(dead_letter)} == {"alibaba", "bank"}
    assert await one.rows(inbound) == []


async def test_one_bad_item_does_not_cost_the_others_of_its_batch(one: Machine) -> None:
    await add_customer(one, customer(), State.CONTACTED)
    good = {
        "phone_number": "13800138000",
        "content": "我周五还500",
        "send_time": "2026-11-23 10:02:00",
        "sequence_id": 1,
    }
    body = json.dumps([good, {"phone_number": None}, 7]).encode()
    assert (await post(one, f"/hooks/alibaba/{PATH}", body, {}))[0] == 200
    assert len(await one.rows(inbound)) == 1
    [letter] = await one.rows(dead_letter)
    assert "我周五还500" in letter.body.encode().decode("unicode_escape") or "13800138000" in letter.body


async def test_a_body_that_is_too_large_is_refused(one: Machine) -> None:
    status, _ = await post(one, f"/hooks/alibaba/{PATH}", b"x" * (10 * 1024 * 1024), {})
    assert status == 413
    status, _ = await post(one, "/hooks/bank", b"x" * (BODY_LIMIT - 1), {})
    assert status == 413
    assert await one.rows(dead_letter) == []


async def test_a_full_queue_and_a_dead_database_ask_the_gateway_to_try_again(
    database: Database, reader: Reader, content: Content
) -> None:
    async with machine(database, reader, content, NOW) as one:
        one.inboxes[0]._limit = 0
        assert await one.say("我周五还500", PHONE) == 503
        one.inboxes[0]._limit = 5000
        one.inboxes[0]._database = Database("postgresql://nobody@127.0.0.1:1/none")
        assert await one.say("我周五还500", PHONE) == 503
        await one.inboxes[0]._database.close()
        one.inboxes[0]._database = database
        assert await one.say("我周五还500", PHONE) == 200
        assert len(await one.rows(inbound)) == 1


async def test_the_inbox_stores_what_waits_when_it_is_stopped(database: Database) -> None:
    box = Inbox(database, STRANGER, lambda: None)
    rows = [ReplyRow("c", str(n), PHONE, "1", f"第{n}条", NOW, False, NOW) for n in range(3)]
    puts = [asyncio.create_task(box.put([row])) for row in rows]
    await asyncio.sleep(0)
    box.stop()
    await box.run()
    await asyncio.gather(*puts)
    async with database.read() as connection:
        assert len(list(await connection.execute(inbound.select()))) == len(rows)
    with pytest.raises(QueueFull):
        await box.put(rows)
