"""Rules and reasons in plain words: what the decision wrote down as codes, as a person reads it."""

from __future__ import annotations

from bot.console.rulebook.plain import week
from bot.console.words import Words
from bot.core.case import HoldKind, Preference, State
from bot.core.contact import ContactRules
from bot.core.kinds import (
    Cap,
    Hours,
    NeedsConsent,
    NeedsNotice,
    NeedsSource,
    NeedsVerifiedNumber,
    NeedsWords,
    OptOutScope,
    Rule,
    TimeBarred,
)
from bot.dialogues.resolutions import Resolutions
from bot.store.fileview import FileView, HoldView

# What stands behind the colon of a reason, and the words that it is translated with.
KINDS = {
    "agent": "action",
    "guard": "guard",
    "handoff": "queue",
    "hardship": "judged",
    "heard": "intent",
    "hold": "hold",
    "lifted": "hold",
    "number-stopped": "suppression",
    "outcome": "outcome",
    "review": "hold",
    "second": "second",
    "plan": "plan",
    "plan-breach": "breach",
    "pace": "pace",
    "person": "pace",
    "tier": "tier",
    "timer": "timer",
    "unsure": "intent",
    "verify": "verify",
}

# The kinds of rule that have no figures to show, and the words that each is explained with.
KIND_OF: dict[type, str] = {
    NeedsConsent: "consent",
    NeedsSource: "number_source",
    NeedsVerifiedNumber: "verified_number",
    NeedsNotice: "notice",
    TimeBarred: "time_barred",
    NeedsWords: "words",
    OptOutScope: "opt_out_scope",
}

# Holds that a state says already.
IMPLIED = {
    State.DISPUTED: HoldKind.DISPUTE,
    State.PROMISED: HoldKind.PROMISE_OPEN,
    State.PAID_CLAIMED: HoldKind.PAID_CLAIM,
    State.PLAN_REQUESTED: HoldKind.PLAN_REQUEST,
    State.PLAN_OFFERED: HoldKind.PLAN_REQUEST,
    State.PLAN_ACTIVE: HoldKind.PLAN_ACTIVE,
    State.OPTED_OUT: HoldKind.OPT_OUT,
    State.HARDSHIP: HoldKind.HARDSHIP,
    State.WRONG_NUMBER: HoldKind.WRONG_NUMBER,
}


def rule(words: Words, code: str, contact: ContactRules | None) -> str:
    """The rule that forbids a text, with its figures: hold:dispute, CN-TIME, BANK-1-DAY, number-stopped …"""
    kind, _, detail = code.partition(":")
    if kind == "hold":
        return words("rule.hold", hold=words.name("hold", detail))
    match contact.named(code) if contact else None:
        case Hours() as hours:
            return words("rule.hours", id=code, hours=week(words, hours.week))
        case Cap() as cap:
            return words("rule.cap", id=code, limit=cap.limit, days=cap.days)
        case None:
            return words.name("rule", code)
        case other:
            return words(f"rule.{KIND_OF[type(other)]}", id=code)


def kind_of(rule: Rule) -> str:
    """What the files call this kind of rule: hours, cap, consent …"""
    return KIND_OF.get(type(rule)) or type(rule).__name__.lower()


def wished(words: Words, preference: Preference) -> str:
    """The hours that the customer asked for."""
    span = (preference.opens, preference.closes)
    return week(words, tuple(span if day in preference.weekdays else None for day in range(7)))


def code_of(reason: str | None) -> str:
    """The rule or hold in what the store keeps of a text that did not leave; what is a code already stays one."""
    code, _, detail = (reason or "").partition(": ")
    return detail if code == "cancelled" and detail.startswith("hold:") else code


def not_sent(words: Words, reason: str | None, contact: ContactRules | None) -> str:
    """Why a text has not left, from what the store keeps of it: "CN-TIME: quiet hours …", "cancelled: taken-over" …"""
    code, _, detail = (reason or "").partition(": ")
    if code == "cancelled":
        return words.name("cancelled", detail) if not detail.startswith("hold:") else rule(words, detail, contact)
    explained = rule(words, code, contact)
    return explained if explained != code.replace("_", " ") else (reason or "")


def stopped_by(words: Words, reason: str | None, contact: ContactRules | None) -> str:
    """The rule or hold that stopped a text, in words; empty where something else did."""
    code = code_of(reason)
    known = code.startswith("hold:") or words.has(f"rule.{code}") or (contact is not None and contact.named(code))
    return rule(words, code, contact) if known else ""


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
    if prefix == "learned":
        what, _, value = detail.partition(" ")
        return words(key, detail=f"{words.name('learned', what)} {value}".strip())
    if "@" in detail:
        detail = detail.replace("@", " · ")
    if prefix in ("plan-refused", "hardship-refused"):
        return words(key, detail=words.name("refused_plan", detail))
    kind = "promise" if prefix == "promise" else KINDS.get(prefix)
    return words(key, detail=words.name(kind, detail) if kind else detail)


def ending(words: Words, outcome: str | None, resolutions: Resolutions) -> str:
    """How a person's work ended, or why they gave it back, by its code; free words of older rows as they are."""
    before, given_back, code = (outcome or "").partition("released: ")
    if given_back and not before:
        known = resolutions.released.get(code)
        return words("release.because", detail=known.name(words.language) if known else words.name("release", code))
    if (outcome or "").startswith("tier:"):
        return because(words, outcome or "", None)
    known = resolutions.resolved.get(outcome or "")
    return known.name(words.language) if known else outcome or ""


def holds_beside(view: FileView) -> list[HoldView]:
    """The holds that stand beside those that the state says already."""
    return [hold for hold in view.holds if hold.kind != IMPLIED.get(view.case.state)]
