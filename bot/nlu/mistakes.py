"""What a misreading leads to: the decision on what was read beside the decision on what was meant."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from bot.core.case import HoldKind
from bot.core.decision import Decision, PlaceHold, RecordPromise, Say, StopNumber
from bot.core.reading import AmountKind, Asked, Intent, Reading, SaidAmount
from bot.core.rules import Rules
from bot.dialogues.costs import Mistake
from bot.nlu.evaluate_rows import Amount, Row
from bot.nlu.evaluate_silent import asks, calls_a_person, decision_on

CRISES = frozenset({Intent.SELF_HARM, Intent.DECEASED})


def meant(row: Row) -> Reading:
    """The reading that the labels of a row describe, without a doubt."""
    return Reading(
        row.text,
        row.lang,
        row.intents,
        dict.fromkeys(row.intents, 1.0),
        date=row.date,
        date_vague=row.date_vague,
        amount=_said(row.amount),
    )


def mistake_of(row: Row, read: Decision, right: Decision, telling: Collection[str]) -> Mistake | None:
    """The gravest mistake of the decision on a reading, given the right one; None where it harms nobody.

    `telling` are the responses that name a sum.
    """
    heard_of = calls_a_person(read) or asks(read)
    if CRISES.intersection(row.intents) and not calls_a_person(read):
        return Mistake.MISSED_CRISIS
    if _stops_texts(right) and not _stops_texts(read):
        asked_so = read.case.asked is Asked.CONFIRM_OPT_OUT or calls_a_person(read)
        return Mistake.ASKED if asked_so else Mistake.MISSED_OPT_OUT
    if _stops_number(right) and not _stops_number(read):
        if any(isinstance(one, Say) and one.response in telling for one in read.effects):
            return Mistake.DISCLOSED
        return Mistake.ASKED if heard_of else Mistake.MISSED_PERSON
    if calls_a_person(right) and not heard_of:
        return Mistake.MISSED_PERSON
    if not _recorded(read) <= _recorded(right):
        return Mistake.WRONG_PROMISE
    if (_stops_texts(read), _stops_number(read)) != (_stops_texts(right), _stops_number(right)):
        return Mistake.WRONG_STOP
    if calls_a_person(read) and not calls_a_person(right):
        return Mistake.PERSON_TOO_MANY
    if asks(read):
        return None if asks(right) else Mistake.ASKED
    return None if _outcome(read) == _outcome(right) else Mistake.WRONG_ANSWER


def right_decision(row: Row, rules: Rules) -> Decision:
    """What follows from the labels."""
    return decision_on(meant(row), row, rules)


def _said(amount: Amount) -> SaidAmount | None:
    match amount:
        case None:
            return None
        case str():
            return SaidAmount(AmountKind(amount))
        case {"fraction": share}:
            return SaidAmount(AmountKind.FRACTION, Decimal(str(share)))
        case _:
            return SaidAmount(AmountKind.EXACT, Decimal(str(amount)))


def _stops_texts(decision: Decision) -> bool:
    return any(isinstance(one, PlaceHold) and one.kind is HoldKind.OPT_OUT for one in decision.effects)


def _stops_number(decision: Decision) -> bool:
    return any(isinstance(one, StopNumber) and one.reason != "opt_out" for one in decision.effects)


def _recorded(decision: Decision) -> set[tuple[object, ...]]:
    return {(one.amount, one.due_on) for one in decision.effects if isinstance(one, RecordPromise)}


def _outcome(decision: Decision) -> str:
    return next((why for why in decision.why if why.startswith("outcome:")), "")
