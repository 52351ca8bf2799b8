"""What webhooks should have brought is fetched after all, and what both brought counts once."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import update

from bot.core.case import State
from bot.dialogues import Content
from bot.gateways.base import ErrorClass, SendError
from bot.gateways.channel import Channel
from bot.gateways.sign import sign_twilio
from bot.gateways.simulator import Faults
from bot.gateways.tencent import TencentGateway
from bot.gateways.twilio import TwilioGateway
from bot.nlu.read import Reader
from bot.poll import EVERY, OVERLAP, REPORTS, keep_polling, poll_due, since_when
from bot.receipts import apply_receipts
from bot.store import cases
from bot.store import tables as t
from bot.store.inbox import ReceiptRow, store
from bot.store.session import Database
from tests.machine import STRANGER, Machine, add_customer, machine
from tests.test_send import NOW, customer, queue

ACCOUNT, AUTH, OURS = "AC" + "0" * 32, "12345", "+14155550199"
PHONE = customer().number
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
TOKEN = "t" * 22
inbound, receipt = t.Inbound.__table__, t.Receipt.__table__  # type: ignore[attr-defined]
letter = t.DeadLetter.__table__  # type: ignore[attr-defined]


@dataclass(slots=True)
class Twilio:
    """Twilio's list of messages: filtered by number and whole days, newest first, in pages of two; behind a log-in."""

    listed: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    broken: int = 0

    def add(self, number: int, direction: str, at: datetime, **fields: Any) -> str:
        sid = f"SM{number:032x}"
        ours_first = direction != "inbound"
        people = {"from": OURS, "to": PHONE} if ours_first else {"from": PHONE, "to": OURS}
        row = {
            "sid": sid, "direction": direction, "date_sent": format_datetime(at), "body": "", "error_code": None,
            "status": "received", **people, **fields,
        }  # fmt: skip
        self.listed.append(row)
        return sid

    async def answer(self, request: web.Request) -> web.Response:
        login = base64.b64encode(f"{ACCOUNT}:{AUTH}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {login}":
            return web.json_response({"code": 20003, "message": "Authenticate", "status": 401}, status=401)
        query = dict(request.query)
        self.asked.append(query)
        if self.broken:
            return web.json_response({"code": 20500, "message": "x"}, status=self.broken)
        day = datetime.fromisoformat(query["DateSent>"]).date()
        found = [
            row
            for row in sorted(self.listed, key=lambda row: parse(row["date_sent"]), reverse=True)
            if parse(row["date_sent"]).date() >= day
            and all(row[name.lower()] == query[name] for name in ("To", "From") if name in query)
        ]
        page = int(query.get("Page", "0"))
        more = f"{PATH}?{urlencode({**query, 'Page': page + 1})}" if len(found) > 2 * page + 2 else None
        return web.json_response({"messages": found[2 * page : 2 * page + 2], "next_page_uri": more, "page": page})


def parse(said: str) -> datetime:
    return parsedate_to_datetime(said)


@asynccontextmanager
async def at_twilio(
    database: Database, reader: Reader, content: Content
) -> AsyncIterator[tuple[Machine, Twilio, TwilioGateway]]:
    twilio = Twilio()
    app = web.Application()
    app.router.add_get(PATH, twilio.answer)
    async with TestServer(app) as server:
        api = str(server.make_url("")).rstrip("/")
        gateway = TwilioGateway(ACCOUNT, [AUTH], OURS, api_base=api)
        line = Channel("twilio", gateway, OURS, "", region="US")
        async with machine(database, reader, content, NOW, more_channels={"twilio": line}) as one:
            try:
                yield one, twilio, gateway
            finally:
                await gateway.close()


async def webhook(one: Machine, fields: dict[str, str], query: str = "") -> int:
    """Twilio's webhook as it posts it, signed."""
    params = {"AccountSid": ACCOUNT, **fields}
    url = f"http://huixin.test/hooks/twilio{query}"
    headers = {
        "X-Twilio-Signature": sign_twilio(AUTH, url, list(params.items())),
        "content-type": "application/x-www-form-urlencoded",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{one.url}/hooks/twilio{query}", data=urlencode(params).encode(), headers=headers) as answer,
    ):
        return answer.status


async def poll(one: Machine) -> int:
    return await poll_due(one.database, one.channels, one.inboxes[0], one.now)


async def test_what_webhook_and_list_both_bring_counts_once_and_what_was_missed_is_fetched(
    database: Database, reader: Reader, content: Content
) -> None:
    async with at_twilio(database, reader, content) as (one, twilio, _):
        came = twilio.add(1, "inbound", NOW - timedelta(minutes=3), body="你好")
        twilio.add(2, "inbound", NOW - timedelta(minutes=2), body="我周五还500")
        twilio.add(3, "inbound", NOW - timedelta(minutes=1), body="谢谢", **{"from": "+14155550100"})
        hook = {"MessageSid": came, "From": PHONE, "To": OURS, "Body": "你好", "NumMedia": "0"}
        assert await webhook(one, hook) == 200
        assert await poll(one) == 1
        assert await webhook(one, hook) == 200  # and once more, late
        rows = await one.rows(inbound)
        assert [(row.text, row.channel) for row in rows] == [
            ("你好", "twilio"), ("谢谢", "twilio"), ("我周五还500", "twilio")
        ]  # fmt: skip
        assert [row.provider_at for row in rows[1:]] == [NOW - timedelta(minutes=1), NOW - timedelta(minutes=2)]
        one.now += EVERY
        assert await poll(one) == 1
        assert len(await one.rows(inbound)) == 3


async def test_after_days_of_downtime_everything_is_fetched_and_tomorrow_is_the_customers(
    database: Database, reader: Reader, content: Content
) -> None:
    async with at_twilio(database, reader, content) as (one, twilio, _):
        await add_customer(one, customer(), State.CONTACTED)
        await poll(one)
        for number in range(7):
            twilio.add(number, "inbound", NOW + timedelta(hours=number), body=f"第{number}条")
        twilio.add(8, "inbound", NOW - timedelta(days=1), body="早就读过的")  # before the last time, and not our loss
        one.now += timedelta(hours=30)
        await poll(one)
        assert sorted(row.text for row in await one.rows(inbound)) == [f"第{number}条" for number in range(7)]
        async with database.write() as connection:
            await connection.execute(update(inbound).where(inbound.c.text.is_not(None)).values(state="handled"))
        twilio.add(9, "inbound", NOW + timedelta(hours=36), body="我明天还500")  # 22:02 on the 24th
        one.now = NOW + timedelta(hours=48)
        await poll(one)
        one.now += timedelta(seconds=4)
        await one.work()
        promise = (await one.case(1)).promise or (await one.case(1)).offer
        assert promise is not None and str(promise.due_on) == "2026-11-25"


async def test_a_report_that_the_webhook_lost_comes_with_the_list_and_with_both_it_counts_once(
    database: Database, reader: Reader, content: Content
) -> None:
    async with at_twilio(database, reader, content) as (one, twilio, _):
        await add_customer(one, customer(), State.CONTACTED)
        await add_customer(one, customer(2), State.CONTACTED)
        sids = [
            twilio.add(n, "outbound-api", NOW, status="undelivered", error_code=30006, to=customer(n).number)
            for n in (1, 2)
        ]
        twilio.add(9, "outbound-api", NOW, status="delivered")  # of another program on the same number
        async with database.write() as connection:
            for n in (1, 2):
                await queue(connection, n)
                sent = {"state": "sent", "channel": "twilio", "provider_id": sids[n - 1], "sent_at": NOW}
                await connection.execute(update(cases.outbox).where(cases.outbox.c.customer_id == n).values(**sent))
        report = {"MessageSid": sids[0], "MessageStatus": "undelivered", "ErrorCode": "30006", "To": PHONE}
        assert await webhook(one, report, "?ref=r1-100") == 200
        await poll(one)
        assert await apply_receipts(database, one.mind, one.now) == 2
        assert [row.delivery for row in await one.rows(cases.outbox)] == ["undelivered"] * 2
        assert [row.our_ref for row in await one.rows(receipt)] == ["r1-100", "r2-100"]
        assert await webhook(one, report, "?ref=r1-100") == 200
        assert await apply_receipts(database, one.mind, one.now) == 0


async def test_what_cannot_be_fetched_is_fetched_the_next_time(
    database: Database, reader: Reader, content: Content
) -> None:
    async with at_twilio(database, reader, content) as (one, twilio, gateway):
        await poll(one)
        twilio.add(1, "inbound", NOW + timedelta(minutes=1), body="你好")
        twilio.broken = 503
        for _ in range(20):
            one.now += EVERY
            assert await poll(one) == 1
        twilio.broken = 0
        one.now += EVERY
        await poll(one)
        assert [row.text for row in await one.rows(inbound)] == ["你好"]
        for status, kind in ((401, ErrorClass.CONFIG), (429, ErrorClass.THROTTLED)):
            twilio.broken = status
            with pytest.raises(SendError) as refused:
                await gateway.missed(NOW, NOW)
            assert refused.value.kind is kind


async def test_several_processes_ask_once(database: Database, reader: Reader, content: Content) -> None:
    async with at_twilio(database, reader, content) as (one, twilio, _):
        assert sum(await asyncio.gather(*(poll(one) for _ in range(4)))) == 1
        assert [sorted(query) for query in twilio.asked] == [
            ["DateSent>", "PageSize", "To"], ["DateSent>", "From", "PageSize"]
        ]  # fmt: skip
        one.now += EVERY - timedelta(seconds=1)
        assert await poll(one) == 0
        one.now += timedelta(seconds=1)
        assert await poll(one) == 1


async def test_what_cannot_be_read_in_a_list_is_kept_once_and_spoils_nothing(
    database: Database, reader: Reader, content: Content
) -> None:
    async with at_twilio(database, reader, content) as (one, twilio, gateway):
        twilio.add(1, "inbound", NOW, body="你好")
        bad = twilio.add(2, "inbound", NOW, body=["?"])
        await poll(one)
        one.now += EVERY
        await poll(one)
        assert [row.text for row in await one.rows(inbound)] == ["你好"]
        assert [row.reason for row in await one.rows(letter)] == [f"message {bad}: body is not a string"]
        twilio.listed[:] = [{"date_sent": 5}, {}, None, "x", {"sid": "SM1", "direction": "inbound", "from": PHONE}]  # type: ignore[list-item]
        with pytest.raises(SendError):  # this stand-in cannot sort them: it answers with an error, as providers do
            await gateway.missed(NOW, NOW)


async def until(one: Machine) -> None:
    """Wait for a reply to be stored."""
    for _ in range(400):
        if await one.rows(inbound):
            return
        await asyncio.sleep(0.05)
    pytest.fail("nothing was fetched")


async def test_a_program_that_runs_asks_by_itself(database: Database, reader: Reader, content: Content) -> None:
    async with at_twilio(database, reader, content) as (one, twilio, _):
        twilio.add(1, "inbound", NOW, body="你好")
        task = asyncio.create_task(keep_polling(database, one.channels, one.inboxes[0], one.clock, 0.05))
        await until(one)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_after_a_break_and_once_an_hour_it_asks_far_enough_back_for_late_reports() -> None:
    assert since_when(None, NOW) == NOW - OVERLAP
    assert since_when(NOW - EVERY / 5, NOW) == NOW - EVERY / 5 - OVERLAP
    assert since_when(NOW - timedelta(minutes=5), NOW) == NOW - timedelta(minutes=5) - REPORTS  # 01:57, now 02:02
    assert since_when(NOW - timedelta(days=2), NOW) == NOW - timedelta(days=2) - REPORTS
    assert since_when(NOW - timedelta(days=60), NOW) == NOW - timedelta(days=7)


REPLY = {
    "ExtendCode": "01", "CountryCode": "86", "PhoneNumber": PHONE, "SubscriberNumber": PHONE[3:], "SignName": "示例",
    "ReplyContent": "周五还500", "ReplyTime": int(NOW.timestamp()),
}  # fmt: skip
REPORT = {
    "UserReceiveTime": int(NOW.timestamp()), "CountryCode": "86", "SubscriberNumber": PHONE[3:], "PhoneNumber": PHONE,
    "SerialNo": "s-1", "ReportStatus": "SUCCESS", "Description": "DELIVRD", "SessionContext": "r1-100",
}  # fmt: skip


@asynccontextmanager
async def at_tencent(
    database: Database, reader: Reader, content: Content, answers: dict[str, list[Any]]
) -> AsyncIterator[Machine]:
    """A machine with a stand-in of Tencent Cloud that gives each item out once, a hundred at a time."""

    async def pull(request: web.Request) -> web.Response:
        action = request.headers["x-tc-action"]
        wanted = json.loads(await request.read())
        waiting = answers.get(action)
        if waiting is None:
            error = {"Code": "UnauthorizedOperation.SmsSdkAppIdVerifyFail", "Message": "not opened"}
            return web.json_response({"Response": {"Error": error, "RequestId": "r"}})
        given, waiting[:] = waiting[: wanted["Limit"]], waiting[wanted["Limit"] :]
        return web.json_response({"Response": {f"{action}Set": given, "RequestId": "r"}})

    app = web.Application()
    app.router.add_post("/", pull)
    async with TestServer(app) as server:
        api = str(server.make_url("")).rstrip("/")
        gateway = TencentGateway([TOKEN], (), "AKID", "secret", "1400000000", "示例", api_base=api, poll=True)
        line = Channel("tencent", gateway, "1069", "")
        async with machine(database, reader, content, NOW, more_channels={"tencent": line}) as one:
            try:
                yield one
            finally:
                await gateway.close()


async def test_what_tencent_pushed_and_keeps_counts_once_and_the_rest_is_pulled_to_the_last(
    database: Database, reader: Reader, content: Content
) -> None:
    more = [{**REPLY, "ReplyContent": f"第{n}条"} for n in range(204)]
    broken = [{**REPLY, "ReplyTime": "soon"}, "?"]
    kept: dict[str, list[Any]] = {
        "PullSmsReplyStatus": [REPLY, *more, *broken],
        "PullSmsSendStatus": [REPORT, {**REPORT, "SerialNo": 5}],
    }
    async with at_tencent(database, reader, content, kept) as one:
        push = {
            "extend": "01", "mobile": PHONE[3:], "nationcode": "86", "sign": "示例", "text": "周五还500",
            "time": int(NOW.timestamp()),
        }  # fmt: skip
        report = {
            "user_receive_time": "2026-11-23 10:02:00", "nationcode": "86", "mobile": PHONE[3:], "sid": "s-1",
            "report_status": "SUCCESS", "errmsg": "DELIVRD", "description": "用户短信接收成功", "ext": "r1-100",
        }  # fmt: skip
        async with aiohttp.ClientSession() as session:
            for body in (push, [report]):
                async with session.post(f"{one.url}/hooks/tencent/{TOKEN}", json=body) as answer:
                    assert answer.status == 200
        await poll(one)
        texts = [row.text for row in await one.rows(inbound)]
        assert len(texts) == 205 and texts.count("周五还500") == 1
        assert [(row.provider_id, row.our_ref) for row in await one.rows(receipt)] == [("s-1", "r1-100")]
        reasons = [row.reason for row in await one.rows(letter)]
        assert reasons == [
            "PullSmsReplyStatus item 5: ReplyTime is missing or unreadable",
            "PullSmsReplyStatus item 6: not an object",
            "PullSmsSendStatus item 1: SerialNo is not a string",
        ]
        assert "soon" in (await one.rows(letter))[0].body  # given out once: what it was must be kept


async def test_what_was_pulled_before_a_failure_is_not_lost(
    database: Database, reader: Reader, content: Content
) -> None:
    async with at_tencent(database, reader, content, {"PullSmsReplyStatus": [REPLY]}) as one:
        await poll(one)  # the reports are refused
        assert [row.text for row in await one.rows(inbound)] == ["周五还500"]


async def test_a_report_that_says_what_is_known_calls_nobody_again(
    database: Database, reader: Reader, content: Content
) -> None:
    async with at_tencent(database, reader, content, {}) as one:
        await add_customer(one, customer(), State.CONTACTED)
        async with database.write() as connection:
            await queue(connection, 1)
        one.simulator.faults = Faults(delay_seconds=100_000)
        await one.work()
        for ref in ("r1-100", ""):  # by push without our reference, by pull with it
            id = (await one.rows(cases.outbox))[0].provider_id
            row = ReceiptRow("phone", id, ref, "undelivered", "MK:0005", ErrorClass.PERMANENT, one.now)
            async with database.write() as connection:
                await store(connection, [row], STRANGER)
            assert await apply_receipts(database, one.mind, one.now) == 1
        failures = [row for row in await one.rows(t.Journal.__table__) if row.kind == "send_failed"]  # type: ignore[attr-defined]
        assert len(failures) == 1
