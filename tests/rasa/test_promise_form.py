"""Rasa's form for a promise: it fills slots, asks in the decision's words, and gives way to everything else."""

from __future__ import annotations

from typing import Any

import pytest

from bot.dialogues import Content
from tests.rasa.playing import Rasa


async def fill(rasa: Rasa, text: str, slot: str | None = "promise_date") -> dict[str, Any]:
    """What Rasa does when the customer answers the form: the whole text is the candidate for the slot asked for."""
    events: list[dict[str, Any]] = [{"event": "action", "name": "promise_form"}]
    if slot:
        events.append({"event": "slot", "name": slot, "value": text})
        rasa.slots[slot] = text
    return await rasa.run(text, "validate_promise_form", events=events, active_loop={"name": "promise_form"})


@pytest.mark.parametrize(
    ("text", "slot", "day", "amount"),
    [
        ("周五还500", "promise_date", "2026-11-27", "500.00"),
        ("明天", "promise_date", "2026-11-24", None),
        ("2026-11-27", "promise_date", "2026-11-27", None),
        ("500", "promise_amount", None, "500.00"),
        ("500.00", "promise_amount", None, "500.00"),
        ("全部", "promise_amount", None, "1200.00"),
        ("I'll pay $200 on Friday", "promise_amount", "2026-11-27", "200.00"),
        ("过几天", "promise_date", None, None),
        ("不知道", "promise_amount", None, None),
    ],
)
async def test_fills_the_slots_from_the_customers_words(
    rasa: Rasa, text: str, slot: str, day: str | None, amount: str | None
) -> None:
    await fill(rasa, text, slot)
    assert rasa.slots.get("promise_date") == day
    assert rasa.slots.get("promise_amount") == amount


async def test_asks_in_the_words_of_the_decision_while_the_day_is_missing(rasa: Rasa, content: Content) -> None:
    answer = await fill(rasa, "我会还的", None)
    assert [r["text"] for r in answer["responses"]] == [content.responses.texts["zh"]["ask_for_date"]]
    assert (rasa.slots["requested_slot"], rasa.slots["state"], rasa.slots["asked"]) == (
        "promise_date", "clarifying", "date"
    )  # fmt: skip


async def test_with_the_day_it_ends_and_the_reply_action_records_the_promise(rasa: Rasa) -> None:
    await fill(rasa, "我会还的", None)
    answer = await fill(rasa, "周五还500")
    assert answer["responses"] == [] and rasa.slots["requested_slot"] is None
    (text,) = await rasa.reply("周五还500")
    assert "11月27日（周五）还款500元" in text
    assert rasa.slots["state"] == "promised"
    assert rasa.slots["promise_date"] is None and rasa.slots["promise_amount"] is None


@pytest.mark.parametrize("text", ["TD", "退订", "STOP", "我失业了，实在还不上", "转人工", "活着没意思，不想活了"])
async def test_swallows_nothing_graver_than_a_promise(rasa: Rasa, text: str) -> None:
    await fill(rasa, "我会还的", None)
    answer = await fill(rasa, text)
    assert answer["responses"] == []
    assert rasa.slots["requested_slot"] is None and rasa.slots["promise_date"] is None
    await rasa.reply(text)
    assert rasa.slots["state"] != "clarifying" or rasa.slots["handoff_queue"] == "general"


async def test_after_an_opt_out_it_asks_nothing(rasa: Rasa) -> None:
    await rasa.reply("TD")
    answer = await fill(rasa, "我会还的", None)
    assert answer["responses"] == [] and rasa.slots["requested_slot"] is None


async def test_a_day_that_was_filled_in_before_is_asked_back_not_recorded(rasa: Rasa) -> None:
    rasa.slots["promise_date"] = "2026-11-27"
    (text,) = await rasa.reply("我还500")
    assert rasa.slots["state"] == "promise_offered" and rasa.slots["asked"] == "confirm_promise"
    assert "11月27日（周五）还款500元" in text
