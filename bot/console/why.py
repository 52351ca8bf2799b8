"""Rules and reasons in plain words: what the decision wrote down as codes, as a person reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.console.words import Words
from bot.core.calendar import local_day
from bot.core.case import Case, HoldKind, State
from bot.core.contact import ContactRules
from bot.store.fileview import FileView, HoldView

# What stands behind the colon of a reason, and the words that it is translated with.
KINDS = {
    "agent": "action",
    "guard": "guard",
    "handoff": "queue",
    "heard": "intent",
    "hold": "hold",
    "lifted": "hold",
    "number-stopped": "suppression",
    "outcome": "outcome",
    "second": "second",
    "timer": "timer",
    "unsure": "intent",
}


# Holds that a state says already.
IMPLIED = {
    State.DISPUTED: HoldKind.DISPUTE,
    State.PROMISED: HoldKind.PROMISE_OPEN,
    State.PAID_CLAIMED: HoldKind.PAID_CLAIM,
    State.PLAN_REQUESTED: HoldKind.PLAN_REQUEST,
    State.OPTED_OUT: HoldKind.OPT_OUT,
    State.HARDSHIP: HoldKind.HARDSHIP,
    State.WRONG_NUMBER: HoldKind.WRONG_NUMBER,
}


@dataclass(frozen=True, slots=True)
class CapUse:
    """How much of a contact cap is used up."""

    id: str
    used: int
    limit: int
    days: int


def rule(words: Words, code: str, contact: ContactRules | None) -> str:
    """The rule that forbids a text, with its figures: hold:dispute, CN-TIME, BANK-1-DAY, number-stopped …"""
    kind, _, detail = code.partition(":")
    if kind == "hold":
        return words("rule.hold", hold=words.name("hold", detail))
    for hours in contact.hours if contact else ():
        if hours.id == code:
            return words("rule.hours", id=code, opens=f"{hours.opens:%H:%M}", closes=f"{hours.closes:%H:%M}")
    for cap in contact.caps if contact else ():
        if cap.id == code:
            return words("rule.cap", id=code, limit=cap.limit, days=cap.days)
    return words.name("rule", code)


def not_sent(words: Words, reason: str | None, contact: ContactRules | None) -> str:
    """Why a text has not left, from what the store keeps of it: "CN-TIME: quiet hours …", "cancelled: taken-over" …"""
    code, _, detail = (reason or "").partition(": ")
    if code == "cancelled":
        return words.name("cancelled", detail) if not detail.startswith("hold:") else rule(words, detail, contact)
    explained = rule(words, code, contact)
    return explained if explained != code.replace("_", " ") else (reason or "")


def because(words: Words, code: str, contact: ContactRules | None) -> str:
    """One of a decision's reasons, as a sentence's worth of words."""
    prefix, _, detail = code.partition(":")
    key = f"why.{prefix}"
    if not words.has(key):
        return code
    if prefix == "state":
        before, _, after = detail.partition(">")
        return words(key, detail=f"{words.name('state', before)} → {words.name('state', after)}")
    if prefix == "not-now":
        return words(key, detail=rule(words, detail, contact))
    if prefix == "promise" and "@" in detail:
        return words("why.promise-made", detail=detail.replace("@", " · "))
    if "@" in detail:
        detail = detail.replace("@", " · ")
    kind = "promise" if prefix == "promise" else KINDS.get(prefix)
    return words(key, detail=words.name(kind, detail) if kind else detail)


def caps(case: Case, contact: ContactRules | None, now: datetime) -> list[CapUse]:
    """How much of each cap is used: 1 day means the local calendar day, more a rolling period."""
    found = []
    for cap in contact.caps if contact else ():
        if cap.days == 1:
            today = local_day(now, case.zone)
            used = sum(local_day(at, case.zone) == today for at in case.contacts)
        else:
            used = sum(at > now - timedelta(days=cap.days) for at in case.contacts)
        found.append(CapUse(cap.id, used, cap.limit, cap.days))
    return found


def holds_beside(view: FileView) -> list[HoldView]:
    """The holds that stand beside those that the state says already."""
    return [hold for hold in view.holds if hold.kind != IMPLIED.get(view.case.state)]
