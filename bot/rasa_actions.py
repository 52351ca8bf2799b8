"""The same decisions served as a Rasa action server: Rasa keeps the conversation, this reads and decides.

Importing this module imports Sanic (rasa_sdk does); whoever does not serve Rasa does not import it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from aiohttp import web
from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from bot.core.calendar import local
from bot.core.case import Case, Timer
from bot.core.contact import may_text
from bot.core.decide import decide
from bot.core.decision import Decision, Say, Schedule
from bot.core.event import Heard
from bot.core.promise import resolve_amount
from bot.core.reading import Asked
from bot.departed import departed
from bot.dialogues import Content
from bot.nlu.read import Reader
from bot.rasa_slots import FORM, BadSlot, case_of, slots_of
from bot.store.journal import canonical

BODY_LIMIT = 4 * 1024 * 1024  # bytes; Rasa sends the whole tracker and the whole domain with every call
REQUESTED = "requested_slot"
FORM_ASKS = {Asked.DATE: "promise_date", Asked.AMOUNT: "promise_amount"}

Events = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Mind:
    """What the actions think with."""

    reader: Reader
    content: Content
    now: Callable[[], datetime]

    def judge(self, tracker: Tracker, now: datetime) -> Decision:
        """Decide what follows from the tracker's latest message. Raise BadSlot."""
        case = case_of(tracker.slots, now)
        reading = self.reader.read(tracker.latest_message["text"], local(now, case.zone), case.asked)
        if not tracker.slots.get("language"):
            case = replace(case, language=reading.language)
        return decide(case, Heard(reading), self.content.rules, now)

    def tell(self, decision: Decision, tracker: Tracker, dispatcher: CollectingDispatcher, now: datetime) -> Events:
        """Say what may be said now and set the slots that changed; what may not leave now is withheld with its rule."""
        withheld = []
        for say in (effect for effect in decision.effects if isinstance(effect, Say)):
            text = self.content.responses.render(
                say.response, decision.case.language, say.slots, decision.case.currency
            )
            allowed = may_text(decision.case, say.purpose, self.content.rules.contact_for(decision.case), now, text)
            if allowed.allowed:
                dispatcher.utter_message(text=text)
            else:
                withheld.append(
                    {
                        "response": say.response,
                        "text": text,
                        "rule": allowed.rule,
                        "next_at": allowed.next_at and allowed.next_at.isoformat(),
                    }
                )
        wanted = slots_of(decision.case) | dict.fromkeys(FORM) | {
            "decision": {"why": list(decision.why), "effects": json.loads(canonical(decision.effects))},
            "withheld": withheld,
        }  # fmt: skip
        return [SlotSet(name, value) for name, value in wanted.items() if tracker.slots.get(name) != value]

    def promised(self, text: Any, asked: Asked, tracker: Tracker) -> dict[str, str | None]:
        """The day and the sum that a text promises, as form slots; what it does not name is left out."""
        if not isinstance(text, str):
            return {}
        now = self.now()
        case: Case = case_of({**tracker.slots, **dict.fromkeys(FORM)}, now)
        reading = self.reader.read(text, local(now, case.zone), asked)
        amount = resolve_amount(reading.amount, case)
        found = {"promise_date": reading.date and reading.date.isoformat(), "promise_amount": amount and str(amount)}
        return {name: value for name, value in found.items() if value}


class HuixinReply(Action):  # type: ignore[misc]  # rasa_sdk ships no types
    """Answers whatever the customer wrote last."""

    def __init__(self, mind: Mind):
        self._mind = mind

    def name(self) -> str:
        """The action's name in the domain."""
        return "action_huixin_reply"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]) -> Events:
        """Decide, say, and set the slots of the next case."""
        now = self._mind.now()
        if not isinstance(tracker.latest_message.get("text"), str):
            return []  # nobody wrote
        return self._mind.tell(self._mind.judge(tracker, now), tracker, dispatcher, now)


class PromiseForm(FormValidationAction):  # type: ignore[misc]  # rasa_sdk ships no types
    """Validates `promise_form`, which asks on only while the decision would.

    Whatever else the customer says ends the form without a word, so that `action_huixin_reply` decides on it: a form
    must never swallow an opt-out.
    """

    def __init__(self, mind: Mind):
        self._mind = mind

    def name(self) -> str:
        """The action's name in the domain: Rasa calls it because of the form's name."""
        return "validate_promise_form"

    def domain_slots(self, domain: Mapping[str, Any]) -> list[str]:
        """The form's slots; they do not depend on the domain, which Rasa may leave out."""
        return list(FORM)

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]) -> Events:
        """Validate what was filled in; then ask in the decision's own words, or end the form."""
        now = self._mind.now()
        filled: Events = await self.get_validation_events(dispatcher, tracker, domain)
        if not isinstance(tracker.latest_message.get("text"), str):
            return filled
        decision = self._mind.judge(tracker, now)
        asks = _asks(decision)
        if asks is None:
            return [*filled, SlotSet(REQUESTED, None)]
        moved = [event for event in self._mind.tell(decision, tracker, dispatcher, now) if event["name"] not in FORM]
        return [*filled, *moved, SlotSet(REQUESTED, asks)]

    def validate_promise_date(self, value: Any, _: Any, tracker: Tracker, __: Any) -> dict[str, str | None]:
        """The day in a text, as 2026-11-27, and the sum if it names one too; None where there is no day."""
        return {"promise_date": None} | self._mind.promised(value, Asked.DATE, tracker)

    def validate_promise_amount(self, value: Any, _: Any, tracker: Tracker, __: Any) -> dict[str, str | None]:
        """The sum in a text, as 500.00, and the day if it names one too; None where there is no sum."""
        return {"promise_amount": None} | self._mind.promised(value, Asked.AMOUNT, tracker)


def action_app(reader: Reader, content: Content, now: Callable[[], datetime]) -> web.Application:
    """The action server: POST /webhook, GET /health, GET /actions. `now` gives aware moments.

    It asks for no password: whoever reaches it may ask for decisions, so let only Rasa reach it.
    """
    mind, executor = Mind(reader, content, now), ActionExecutor()
    executor.register_action(HuixinReply(mind))
    executor.register_action(PromiseForm(mind))

    async def webhook(request: web.Request) -> web.Response:
        try:
            call = json.loads(await _body(request))
        except (ValueError, RecursionError):
            return _error(400, "Invalid body request")
        if not isinstance(call, dict) or not isinstance(call.get("next_action"), str):
            return _error(400, "Invalid body request")
        name = call["next_action"]
        if name in executor.actions and not _is_tracker(call.get("tracker")):
            return _error(400, "Invalid tracker", name)
        call["domain"] = call.get("domain") or {}  # no action needs it; left out, the executor would ask for it
        try:
            result = await executor.run(call)
        except ActionNotFoundException as error:
            return _error(404, error.message, error.action_name)
        except (ActionExecutionRejection, BadSlot) as error:
            return _error(400, str(error), name)
        return web.json_response(result.model_dump())

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def actions(_: web.Request) -> web.Response:
        return web.json_response([one.model_dump() for one in executor.list_actions()])

    app = web.Application(middlewares=[departed])
    app.add_routes([web.post("/webhook", webhook), web.get("/health", health), web.get("/actions", actions)])
    return app


async def _body(request: web.Request) -> bytes:
    """The body, unpacked. The limit is ours: `request.read` has that of the application we are mounted in."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise web.HTTPRequestEntityTooLarge(BODY_LIMIT, len(body))
    return bytes(body)


def _asks(decision: Decision) -> str | None:
    """The form's slot that a decision asks for; None where it asks nothing, also if an older question stays open."""
    asks_now = any(isinstance(effect, Schedule) and effect.timer is Timer.ANSWER_WAIT for effect in decision.effects)
    return FORM_ASKS.get(decision.case.asked) if asks_now and decision.case.asked is not None else None


def _error(status: int, message: str, action_name: str = "") -> web.Response:
    """An error as Rasa reads it: it looks for `action_name` in every 400."""
    return web.json_response({"error": message, "action_name": action_name}, status=status)


def _is_tracker(tracker: Any) -> bool:
    """Whether this is a tracker's state as Rasa writes it, as far as the actions look."""
    return (
        isinstance(tracker, dict)
        and isinstance(tracker.get("sender_id"), str)
        and isinstance(tracker.get("slots"), dict)
        and isinstance(tracker.get("latest_message") or {}, dict)
        and isinstance(tracker.get("events", []), list)
        and all(isinstance(event, dict) and {"event"} <= event.keys() for event in tracker.get("events", []))
        and all({"name", "value"} <= event.keys() for event in tracker.get("events", []) if event["event"] == "slot")
    )
