"""A stored decision made again by other rules: the journal keeps the case before, the event and the moment."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from bot.core.case import Case
from bot.core.decide import decide
from bot.core.decision import Decision, Say
from bot.core.event import AgentActed, Event, Heard, NumberRefused, PaymentPosted, SendFailed, TimerDue
from bot.core.rules import Rules
from bot.store import journal
from bot.store.thaw import Unreadable, thaw

EVENTS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Heard, TimerDue, PaymentPosted, NumberRefused, SendFailed, AgentActed)
}
# What a difference is about, by the type of the effect.
ABOUT = {
    "Say": "text", "RecordPromise": "promise", "ClosePromise": "promise", "RecordPlan": "plan", "ChangePlan": "plan",
    "ClosePlan": "plan", "PlaceHold": "hold", "LiftHold": "hold", "OpenHandoff": "handoff", "CloseHandoff": "handoff",
    "Schedule": "timer", "Cancel": "timer", "CancelQueued": "text", "StopNumber": "number", "AllowNumber": "number",
}  # fmt: skip
Render = Callable[[Say, Case], str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that today's rules decide otherwise: what it is about, as it was, as it would be."""

    about: str  # state, case, text, wording, promise, plan, hold, handoff, timer, number, other, reason, unreadable
    was: str
    now: str


def is_decision(content: Any) -> bool:
    """Whether a journal entry is a decision that can be made again."""
    event = content.get("event") if isinstance(content, dict) else None
    return isinstance(event, dict) and event.get("type") in EVENTS and "before" in content


def before_of(before: Case, after: Case) -> dict[str, Any]:
    """What the journal keeps so that the case before can be had from the one after: the fields that differ."""
    names = (field.name for field in fields(Case))
    return {name: getattr(before, name) for name in names if getattr(before, name) != getattr(after, name)}


def again(content: dict[str, Any], at: datetime, rules: Rules) -> tuple[Case, Decision]:
    """The case before, and what today's rules decide of it. Raise Unreadable."""
    case = thaw(Case, {**content["case"], **content["before"]})
    event: Event = thaw(EVENTS[content["event"]["type"]], content["event"])
    return case, decide(case, event, rules, at)


def compare(content: dict[str, Any], at: datetime, rules: Rules, render: Render) -> list[Difference]:
    """Where today's rules and wording decide a stored event otherwise; empty where every byte is the same."""
    try:
        _, decision = again(content, at, rules)
    except Unreadable as error:
        return [Difference("unreadable", str(error), "")]
    found = [*_case(content["case"], _plain(decision.case)), *_effects(content["effects"], _plain(decision.effects))]
    if not any(one.about == "text" for one in found):
        texts = [effect.text or render(effect, decision.case) for effect in decision.effects if isinstance(effect, Say)]
        pairs = zip(content.get("texts", []), texts, strict=False)
        found += [Difference("wording", was, now) for was, now in pairs if was != now]
    was, now = list(content["why"]), list(decision.why)
    if was != now:
        found.append(Difference("reason", " · ".join(was), " · ".join(now)))
    return found


def _plain(value: Any) -> Any:
    """A value as the journal would give it back."""
    return json.loads(journal.canonical(value))


def _case(was: dict[str, Any], now: dict[str, Any]) -> list[Difference]:
    """Fields that the entry had and that come out otherwise; what it did not have yet cannot differ."""
    names = [name for name in was if name in now and was[name] != now[name]]
    return [
        Difference("state" if name == "state" else "case", f"{name} {_short(was[name])}", f"{name} {_short(now[name])}")
        for name in names
    ]


def _effects(was: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[Difference]:
    now = [_same_fields(one, was) for one in now]
    gone, new = [one for one in was if one not in now], [one for one in now if one not in was]
    kinds = dict.fromkeys(one["type"] for one in (*gone, *new))
    found = []
    for kind in kinds:
        before = "; ".join(_effect(one) for one in gone if one["type"] == kind)
        after = "; ".join(_effect(one) for one in new if one["type"] == kind)
        found.append(Difference(ABOUT.get(kind, "other"), before, after))
    if not found and was != now:
        found.append(Difference("other", "the same effects", "in another order"))
    return found


def _same_fields(effect: dict[str, Any], stored: list[dict[str, Any]]) -> dict[str, Any]:
    """Without the fields that no stored effect of its type had: they were added since."""
    like = next((one for one in stored if one["type"] == effect["type"]), effect)
    return {name: value for name, value in effect.items() if name in like}


def _effect(effect: dict[str, Any]) -> str:
    return " ".join([effect["type"], *(f"{k}={_short(v)}" for k, v in effect.items() if k != "type" and v)])


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 120 else f"{text[:117]}…"
