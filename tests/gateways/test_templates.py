"""Where a provider sends approved templates alone, a response leaves as its template, or it does not leave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import update

from bot.core.case import State
from bot.core.event import AgentActed, AgentAction
from bot.dialogues import Content, ContentError
from bot.dialogues.load import sample
from bot.dialogues.responses import read_slots
from bot.gateways.channel import Channel, templates_only
from bot.gateways.generic import GenericGateway
from bot.gateways.templates import Templates, gaps, load_templates
from bot.gateways.tencent import TencentGateway
from bot.nlu.read import Reader
from bot.settings import SettingsError, check_templates
from bot.store import cases
from bot.store import tables as t
from bot.store.journal import canonical
from bot.store.session import Database
from tests.machine import Machine, act, add_customer, machine
from tests.test_send import NOW, customer

TOKEN = "t" * 22
handoff = t.Handoff.__table__  # type: ignore[attr-defined]
RECORDED = "templates: {promise_recorded: {zh: {code: '1001', params: [amount, promised_on, bank]}}}"
GATEWAY = TencentGateway([TOKEN], (), "AKID", "secret", "1400000000", "示例银行")


def templates(tmp_path: Path, text: str) -> Templates:
    """The templates of a file with this text."""
    path = tmp_path / "templates.yml"
    path.write_text(text, encoding="utf-8")
    return load_templates(path)


@asynccontextmanager
async def at_tencent(
    database: Database, reader: Reader, content: Content, given: Templates
) -> AsyncIterator[tuple[Machine, list[dict[str, Any]]]]:
    """A machine whose customers are texted through a stand-in of Tencent Cloud, and what that was asked to send."""
    asked: list[dict[str, Any]] = []

    async def send(request: web.Request) -> web.Response:
        asked.append(await request.json())
        status = {"SerialNo": f"s{len(asked)}", "Code": "Ok", "Message": "send success"}
        return web.json_response({"Response": {"SendStatusSet": [status], "RequestId": "r"}})

    app = web.Application()
    app.router.add_post("/", send)
    async with TestServer(app) as server:
        api = str(server.make_url("")).rstrip("/")
        gateway = TencentGateway([TOKEN], (), "AKID", "secret", "1400000000", "示例银行", api_base=api)
        channel = Channel("tencent", gateway, "1069", "", templates=given)
        async with machine(database, reader, content, NOW, more_channels={"tencent": channel}) as one:
            one.mind = replace(one.mind, channel="tencent")
            yield one, asked
        await gateway.close()


async def say(one: Machine, text: str) -> None:
    """The customer writes, but is answered through Tencent."""
    await one.say(text, customer().number)
    async with one.database.write() as connection:
        await connection.execute(update(t.Inbound.__table__).values(channel="tencent"))  # type: ignore[attr-defined]
    one.now += timedelta(seconds=4)
    await one.work()


async def test_a_response_leaves_as_its_template_with_the_words_of_its_slots_in_order(
    database: Database, reader: Reader, content: Content, tmp_path: Path
) -> None:
    async with at_tencent(database, reader, content, templates(tmp_path, RECORDED)) as (one, asked):
        await add_customer(one, customer(), State.CONTACTED)
        await say(one, "我周五还500")
        [row] = await one.rows(cases.outbox)
        assert (row.response, row.state) == ("promise_recorded", "sent")
        assert [(body["TemplateId"], body["TemplateParamSet"]) for body in asked] == [
            ("1001", ["500元", "11月27日（周五）", "示例银行"])
        ]


async def test_without_a_template_a_text_is_held_with_its_reason_and_a_person_is_called_once(
    database: Database, reader: Reader, content: Content
) -> None:
    async with at_tencent(database, reader, content, {}) as (one, asked):
        id = await add_customer(one, customer(), State.CONTACTED)
        await say(one, "我还欠多少")
        await one.wait(one.now + timedelta(hours=1))
        [row] = await one.rows(cases.outbox)
        assert (row.state, row.reason) == ("held", f"no-template: {row.response} (zh) has none on channel tencent")
        assert [(one.queue, one.reason) for one in await one.rows(handoff)] == [("undelivered", row.reason)]
        one.channels["tencent"] = replace(one.channels["tencent"], gateway=one.simulator)
        await one.wait(one.now + timedelta(minutes=6))  # a channel that may say it: nothing was lost
        assert [row.state for row in await one.rows(cases.outbox)] == ["sent"]
        assert (await one.case(id)).handoff_queue == "undelivered"
        assert asked == []


async def test_after_a_day_a_text_without_template_has_failed(
    database: Database, reader: Reader, content: Content
) -> None:
    async with at_tencent(database, reader, content, {}) as (one, asked):
        await add_customer(one, customer(), State.CONTACTED)
        await say(one, "我还欠多少")
        one.now += timedelta(hours=25)
        await one.work()
        assert [row.state for row in await one.rows(cases.outbox)] == ["failed"]
        assert asked == []


async def test_what_an_agent_wrote_cannot_leave_as_a_template_and_says_so(
    database: Database, reader: Reader, content: Content
) -> None:
    async with at_tencent(database, reader, content, {}) as (one, asked):
        id = await add_customer(one, customer(), State.CONTACTED)
        await act(database, one.mind, id, AgentActed(AgentAction.TAKE_OVER, "agent"), one.now)
        await act(database, one.mind, id, AgentActed(AgentAction.REPLY, "agent", "您好，我是客服"), one.now)
        await one.work()
        [row] = await one.rows(cases.outbox)
        assert row.state == "failed"
        assert row.reason.startswith("own-words: ")
        assert asked == []


async def test_a_text_whose_slots_lack_what_the_template_wants_does_not_leave_half(
    database: Database, reader: Reader, content: Content, tmp_path: Path
) -> None:
    async with at_tencent(database, reader, content, templates(tmp_path, RECORDED)) as (one, asked):
        await add_customer(one, customer(), State.CONTACTED)
        row = {
            "customer_id": 1, "seq": 1, "our_ref": "r1", "channel": "tencent", "purpose": "reply",
            "response": "promise_recorded", "slots": '{"amount":"500"}', "text": "?", "author": "bot",
            "state": "queued", "queued_at": NOW, "due_at": NOW, "attempts": 0, "segments": 0,
        }  # fmt: skip
        async with database.write() as connection:
            await connection.execute(cases.outbox.insert(), [row])
        await one.work()
        [kept] = await one.rows(cases.outbox)
        assert (kept.state, kept.reason) == ("held", "no-template: promise_recorded (zh) does not know promised_on")
        assert asked == []


def test_every_slot_comes_back_from_the_outbox_as_it_was() -> None:
    assert read_slots(canonical(sample()).decode()) == sample()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("templates: {settled: {zh: {code: '1', params: [tail]}}}", "tail: this response knows only amount, bank, "),
        ("templates: {settled: {zh: {code: '1'}}}", "the template leaves out amount, which the response says"),
        ("templates: {setled: {zh: {code: '1'}}}", "there is no response 'setled'"),
        ("templates: {settled: {fr: {code: '1', params: [amount]}}}", "there is no language 'fr'"),
    ],
)
def test_a_template_that_does_not_fit_its_response_stops_the_start(
    content: Content, tmp_path: Path, text: str, error: str
) -> None:
    channel = Channel("tencent", GATEWAY, "1069", "", templates=templates(tmp_path, text))
    with pytest.raises(SettingsError, match=r"channel tencent: .*templates\.yml: templates: ") as raised:
        check_templates({"tencent": channel}, content.responses)
    assert error in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "templates: []", "templates: {settled: x}", "templates: {settled: {zh: x}}", "other: {}",
        "templates: {settled: {zh: {params: []}}}", "templates: {settled: {zh: {code: ''}}}",
        "templates: {settled: {zh: {code: '1', params: x}}}", "templates: {settled: {zh: {code: '1', params: [{}]}}}",
        "templates: {settled: {zh: {code: '1', params: {a: []}}}}", "templates: {settled: {zh: {code: '1', x: y}}}",
        "templates: {settled: {zh: {code: '1'}, zh: {code: '2'}}}", "\ttemplates: {}", "{" * 2000,
    ],
)  # fmt: skip
def test_garbage_in_a_templates_file_is_an_error_with_its_place(tmp_path: Path, text: str) -> None:
    with pytest.raises(ContentError, match=r"templates\.yml"):
        templates(tmp_path, text)


def test_a_channel_is_mute_for_people_unless_another_that_takes_their_words_stands_in() -> None:
    alone = Channel("tencent", GATEWAY, "1069", "")
    free = Channel("bank", GenericGateway(["whsec_" + "A" * 44], "http://bank.test"), "1069", "")
    assert templates_only({"tencent": alone, "bank": free}) == {"tencent"}
    assert templates_only({"tencent": replace(alone, failover="bank"), "bank": free}) == frozenset()
    pair = {"a": replace(alone, name="a", failover="b"), "b": replace(alone, name="b")}
    assert templates_only(pair) == {"a", "b"}


def test_what_lacks_a_template_is_known_by_language(content: Content, tmp_path: Path) -> None:
    texts = "templates: {settled: {zh: {code: SMS_1, params: {sum: amount}}, en: {code: '2', params: [amount]}}}"
    given = templates(tmp_path, texts)
    found = gaps(given, content.responses)
    assert found.wrong == ()
    assert all("settled" not in missing and "amount_due" in missing for missing in found.missing.values())
    assert given["settled", "zh"].fill({"amount": "5元"}) == {"sum": "5元"}
    assert given["settled", "en"].fill({"amount": "$5"}) == {"1": "$5"}
    free = Channel("phone", GenericGateway(["whsec_" + "A" * 44], "http://bank.test"), "1069", "", templates=given)
    assert check_templates({"free": free}, content.responses) == {}
    alone = Channel("tencent", GATEWAY, "1069", "", templates=given)
    assert check_templates({"tencent": alone}, content.responses) == {"tencent": found.missing}
