"""A corrected reading in words, and what is left to do about it: it changes nothing that was decided, a person must."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.console.render import money
from bot.console.words import Words
from bot.core.case import Case, HoldKind, State
from bot.core.reading import Intent
from bot.store.corrections import Correction

# Meanings after which a customer stays with a person, whatever else is to be done.
GRAVE = frozenset(
    {Intent.SELF_HARM, Intent.DECEASED, Intent.LEGAL, Intent.VULNERABLE, Intent.COMPLAINT, Intent.HUMAN_REQUEST}
)
HOLDS = {
    Intent.HARDSHIP: HoldKind.HARDSHIP,
    Intent.DISPUTE: HoldKind.DISPUTE,
    Intent.LEGAL: HoldKind.LEGAL,
    Intent.DECEASED: HoldKind.BEREAVEMENT,
    Intent.VULNERABLE: HoldKind.VULNERABLE,
    Intent.COMPLAINT: HoldKind.COMPLAINT,
    Intent.ALREADY_PAID: HoldKind.PAID_CLAIM,
}


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a reply meant, in words, who says so, and what they should do next: keys of `advice.…`."""

    meant: str
    by: str
    at: datetime
    next: tuple[str, ...]


def correction_in_words(made: Correction, case: Case, words: Words) -> Corrected:
    """The correction as the thread shows it."""
    said = [words.name("intent", intent) for intent in made.meant.intents]
    said += [words("evidence.date", on=made.meant.day)] if made.meant.day else []
    said += [words("evidence.exact", amount=money(made.meant.sum, case.currency))] if made.meant.sum is not None else []
    return Corrected(" · ".join(said), made.by, made.at, tuple(advice(made, case)))


def advice(made: Correction, case: Case) -> list[str]:
    """What is still to be done, gravest first. What the file shows already is not asked for again."""
    meant, missed = set(made.meant.intents), set(made.meant.intents) - set(made.read.intents)
    invented = set(made.read.intents) - meant
    todo = []
    if Intent.OPT_OUT in meant and case.reachable:
        todo.append("opt_out")
    if meant & {Intent.WRONG_NUMBER, Intent.THIRD_PARTY} and case.state is not State.WRONG_NUMBER:
        todo.append("wrong_number")
    if missed & GRAVE:
        todo.append("person")
    if Intent.HARDSHIP in meant and not case.held(HoldKind.HARDSHIP):
        todo.append("hardship")
    if Intent.DISPUTE in meant and not case.held(HoldKind.DISPUTE):
        todo.append("dispute")
    if Intent.PROMISE_TO_PAY in meant and case.promise is None and not case.plan_is_active:
        todo.append("promise")
    if Intent.PAYMENT_PLAN_REQUEST in meant and case.plan is None:
        todo.append("plan")
    if Intent.OPT_OUT in invented and not case.reachable:
        todo.append("stays_stopped")
    if any(case.held(HOLDS[intent]) for intent in invented & HOLDS.keys()):
        todo.append("lift")
    return todo
