"""The action server over HTTP: the same decisions as the core's, as Rasa's events and responses."""

from __future__ import annotations

import io
import json
import zlib
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot import dialogues
from bot.core.case import Account, Case, Product, State
from bot.core.decide import decide
from bot.core.decision import Say
from bot.core.event import Heard
from bot.dialogues import Content
from bot.nlu.read import Reader
from bot.rasa_actions import action_app
from bot.rasa_export import export
from bot.rasa_slots import CONVERSATION
from tests.rasa.playing import Rasa

CASE = Case(
    customer_id=7,
    state=State.CONTACTED,
    accounts=(
        Account(3, Product.PERSONAL_LOAN, Decimal("5000.00"), Decimal("1200.00"), None, date(2026, 11, 1), "CNY", ""),
    ),
)
REPLIES = [
    "我周五还500", "周五还", "我会还的", "全部还清，明天", "TD", "退订", "我失业了，实在还不上", "已经还了",
    "打错了，我不认识这个人", "能分期吗", "欠多少", "你们是谁", "转人工", "活着没意思，不想活了", "嗯", "？？？",
    "下个月发工资再还", "我要投诉你们", "I can pay 500 on Friday", "STOP", "I lost my job and can't pay",
    "paid yesterday", "wrong number", "how much do i owe", "Friday", "call my lawyer", "ok", "asdf", "",
]  # fmt: skip


@pytest.mark.parametrize("text", REPLIES)
async def test_serves_what_the_core_decides(rasa: Rasa, reader: Reader, content: Content, text: str) -> None:
    here = rasa.now.astimezone(ZoneInfo("Asia/Shanghai"))
    decision = decide(CASE, Heard(reader.read(text, here, None)), content.rules, rasa.now)
    said = [
        content.responses.render(effect.response, "zh", effect.slots, "CNY")
        for effect in decision.effects
        if isinstance(effect, Say)
    ]
    assert await rasa.reply(text) == said
    case = decision.case
    slots: dict[str, Any] = {**dict.fromkeys(CONVERSATION), **rasa.slots}
    assert slots["state"] == case.state
    assert slots["reachable"] is case.reachable
    assert slots["handoff_queue"] == case.handoff_queue
    assert slots["asked"] == case.asked
    assert [hold["kind"] for hold in slots["holds"]] == [hold.kind for hold in case.holds]
    assert slots["promised_on"] == (case.promise and case.promise.due_on.isoformat())
    assert slots["decision"]["why"] == list(decision.why)
    assert [effect["type"] for effect in slots["decision"]["effects"]] == [type(e).__name__ for e in decision.effects]


@pytest.mark.parametrize("text", ["我周五还500", "我失业了，实在还不上"])
async def test_in_english_the_decision_is_the_same_and_the_wording_english(
    rasa: Rasa, reader: Reader, content: Content, text: str
) -> None:
    rasa.slots["language"] = "en"
    here = rasa.now.astimezone(ZoneInfo("Asia/Shanghai"))
    decision = decide(replace(CASE, language="en"), Heard(reader.read(text, here)), content.rules, rasa.now)
    (say,) = [effect for effect in decision.effects if isinstance(effect, Say)]
    assert await rasa.reply(text) == [content.responses.render(say.response, "en", say.slots, "CNY")]


async def test_a_promise_with_day_and_sum_is_on_the_file_and_written_out(rasa: Rasa) -> None:
    (text,) = await rasa.reply("我周五还500")
    assert "11月27日（周五）还款500元" in text
    assert rasa.slots["state"] == "promised"
    assert (rasa.slots["promised_amount"], rasa.slots["promised_on"]) == ("500.00", "2026-11-27")
    assert rasa.slots["promised_at"] == "2026-11-23T02:00:00+00:00"
    promise = {"type": "RecordPromise", "amount": "500.00", "due_on": "2026-11-27"}
    assert any(promise.items() <= effect.items() for effect in rasa.slots["decision"]["effects"])


async def test_a_promise_in_english_without_a_language_is_answered_in_english(rasa: Rasa) -> None:
    del rasa.slots["language"]
    rasa.slots |= {"currency": "USD", "zone": "America/New_York", "jurisdiction": "us"}
    rasa.now += timedelta(hours=13)
    (text,) = await rasa.reply("I can pay $500 on Friday")
    assert "$500 on Fri 27 Nov" in text
    assert rasa.slots["language"] == "en"


@pytest.mark.parametrize(("text", "language", "words"), [("TD", "zh", "已为您退订"), ("STOP", "en", "no more texts")])
async def test_after_an_opt_out_one_confirmation_goes_and_nothing_ever_after(
    rasa: Rasa, content: Content, text: str, language: str, words: str
) -> None:
    rasa.slots["language"] = language
    assert await rasa.reply(text) == [content.responses.texts[language]["opt_out_confirmed"]]
    assert rasa.slots["state"] == "opted_out" and rasa.slots["reachable"] is False
    for later in (text, "我周五还500", "I lost my job", "how much do i owe"):
        assert await rasa.reply(later) == []
        assert rasa.slots["reachable"] is False


async def test_hardship_pauses_collection_and_calls_a_person(rasa: Rasa, content: Content) -> None:
    assert await rasa.reply("我失业了，实在还不上") == [
        content.responses.render("hardship_opened", "zh", {}, "CNY")
    ]  # fmt: skip
    assert rasa.slots["state"] == "hardship" and rasa.slots["handoff_queue"] == "hardship"
    assert rasa.slots["holds"] == [
        {"kind": "hardship", "until": "2026-12-23T02:00:00+00:00", "review_at": None, "category": "job_loss"}
    ]


async def test_slots_carry_a_conversation_from_question_to_promise(rasa: Rasa) -> None:
    (asked,) = await rasa.reply("我会还500的")
    assert "500元打算哪天还" in asked and rasa.slots["asked"] == "date"
    (offered,) = await rasa.reply("周五")
    assert rasa.slots["state"] == "promise_offered" and rasa.slots["asked"] == "confirm_promise"
    assert "11月27日（周五）还款500元" in offered
    await rasa.reply("是")
    assert rasa.slots["state"] == "promised" and rasa.slots["offered_on"] is None


async def test_only_slots_that_change_are_set(rasa: Rasa) -> None:
    await rasa.reply("你们是谁")
    assert not {"amount_due", "balance", "due_on", "language"} & {event["name"] for event in rasa.events}
    rasa.now += timedelta(minutes=1)
    await rasa.reply("你们是谁")
    assert [event["name"] for event in rasa.events] == ["opened_at"]


async def test_outside_lawful_hours_the_text_is_withheld_and_the_case_moves_on(rasa: Rasa) -> None:
    rasa.now += timedelta(hours=13)  # eleven at night in Shanghai
    assert await rasa.reply("我周五还500") == []
    assert rasa.slots["state"] == "promised"
    (withheld,) = rasa.slots["withheld"]
    assert withheld["response"] == "promise_recorded" and "500元" in withheld["text"]
    assert withheld["next_at"] == "2026-11-24T01:00:00+00:00"
    assert await rasa.reply("TD") != []  # the confirmation of an opt-out goes at once


async def test_a_sender_without_a_debt_is_told_nothing_but_may_opt_out(rasa: Rasa) -> None:
    rasa.slots.clear()
    assert await rasa.reply("我欠多少钱") == []
    assert (rasa.slots["state"], rasa.slots["handoff_queue"]) == ("unknown_sender", "unknown_number")
    assert await rasa.reply("TD") == []
    assert rasa.slots["state"] == "opted_out" and rasa.slots["reachable"] is False


async def test_when_nobody_wrote_nothing_happens(rasa: Rasa) -> None:
    assert await rasa.run(None) == {"events": [], "responses": []}
    assert await rasa.run("", latest_message=None) == {"events": [], "responses": []}


async def test_health_and_the_list_of_actions(rasa: Rasa) -> None:
    assert await (await rasa.client.get("/health")).json() == {"status": "ok"}
    names = [{"name": "action_huixin_reply"}, {"name": "validate_promise_form"}]
    assert await (await rasa.client.get("/actions")).json() == names


async def test_the_export_lists_the_actions_that_are_served(rasa: Rasa, tmp_path: Path) -> None:
    export(dialogues.ROOT, tmp_path, "http://127.0.0.1:5055/webhook")
    served = await (await rasa.client.get("/actions")).json()
    domain = yaml.safe_load((tmp_path / "domain.yml").read_text("utf-8"))
    assert domain["actions"] == [one["name"] for one in served]


async def test_an_unknown_action_is_not_found(rasa: Rasa) -> None:
    status, answer = await rasa.post(json.dumps(rasa.call("hi", "action_make_tea")))
    assert status == 404
    assert answer == {
        "error": "No registered action found for name 'action_make_tea'.",
        "action_name": "action_make_tea",
    }


@pytest.mark.parametrize(
    "body",
    ["", "{", "null", "[]", '"action_huixin_reply"', "{}", '{"next_action": 5}', "[" * 100_000, b"\xff\xfe\x00"],
)
async def test_a_body_that_is_no_call_is_refused(rasa: Rasa, body: bytes | str) -> None:
    assert await rasa.post(body) == (400, {"error": "Invalid body request", "action_name": ""})


@pytest.mark.parametrize(
    "tracker",
    [
        {"slots": None}, {"slots": []}, {"sender_id": None}, {"latest_message": "hi"}, {"events": {}},
        {"events": ["slot"]}, {"events": [{"event": "slot", "name": "state"}]},
    ],
)  # fmt: skip
async def test_a_malformed_tracker_is_refused(rasa: Rasa, tracker: dict[str, Any]) -> None:
    for action in ("action_huixin_reply", "validate_promise_form"):
        status, answer = await rasa.post(json.dumps(rasa.call("hi", action, **tracker)))
        assert (status, answer) == (400, {"error": "Invalid tracker", "action_name": action})
    assert (await rasa.post(json.dumps(rasa.call("hi") | {"tracker": None})))[0] == 400


async def test_a_slot_with_a_wrong_value_is_named(rasa: Rasa) -> None:
    rasa.slots["amount_due"] = "a lot"
    status, answer = await rasa.post(json.dumps(rasa.call("我周五还500")))
    assert status == 400 and answer["action_name"] == "action_huixin_reply"
    assert answer["error"] == "slot 'amount_due' cannot be 'a lot'; write for example 1200.00, or empty it"


async def test_a_call_without_a_domain_and_a_compressed_one_are_answered_alike(rasa: Rasa) -> None:
    call = rasa.call("我周五还500")
    plain = await rasa.post(json.dumps(call))
    del call["domain"]
    assert await rasa.post(json.dumps(call)) == plain
    packed = zlib.compress(json.dumps(call).encode())
    assert await rasa.post(packed, **{"Content-Encoding": "deflate"}) == plain
    assert plain[0] == 200


async def test_a_body_beyond_the_limit_is_refused_also_when_it_is_compressed(rasa: Rasa) -> None:
    big = b'"' + b"a" * 5_000_000 + b'"'
    for body, headers in ((big, {}), (zlib.compress(big), {"Content-Encoding": "deflate"})):
        async with rasa.client.post("/webhook", data=io.BytesIO(body), headers=headers) as response:
            assert response.status == 413


async def test_mounted_in_another_application_a_long_tracker_still_fits(
    rasa: Rasa, reader: Reader, content: Content
) -> None:
    site = web.Application()
    site.add_subapp("/rasa", action_app(reader, content, lambda: rasa.now))
    listened = [{"event": "action", "name": "action_listen", "policy": "x" * 1000}] * 2000
    async with TestClient(TestServer(site)) as client:
        body = json.dumps(rasa.call("我周五还500", events=listened)).encode()
        async with client.post("/rasa/webhook", data=io.BytesIO(body)) as response:
            assert response.status == 200
            assert len((await response.json())["responses"]) == 1
