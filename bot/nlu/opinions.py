"""Checks a second reader's answer: intents of our list only, and no day or sum that our own grammar does not find."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.core.opinion import Opinion, Question
from bot.core.reading import EMPTY, AmountKind, Asked, Intent, SaidAmount, by_rank
from bot.nlu.read import Reader
from bot.nlu.slots import Slots

_SHARE = re.compile(r"(\d{1,2})\s?%", re.ASCII)
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,2})?", re.ASCII)


class BadAnswer(Exception):
    """An answer is not in the form that was asked for; never quotes it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a second reader said. A slot is `None` where it says that none is promised, "" where it says nothing of it.

    `date` is a day as 2026-11-27 or words of the reply; `amount` a number, "full", "minimum", "50%" or such words.
    """

    intents: tuple[str, ...]
    confidence: float
    date: str | None
    amount: str | None


def checked(answer: Answer, question: Question, name: str, reader: Reader) -> Opinion:
    """The opinion that is left of an answer. Raise BadAnswer where it names an intent that does not exist."""
    try:
        intents = frozenset(map(Intent, answer.intents))
    except ValueError:
        raise BadAnswer("unknown intent") from None
    if not intents or not 0 <= answer.confidence <= 1:
        raise BadAnswer("no intent, or a confidence that is no share of 1")
    ranked = by_rank(intents - EMPTY or intents)
    own = reader.slots(question.texts, question.heard_at, question.asked, question.language)
    disputed: list[str] = []
    found_day, found_sum = None, None
    if Intent.PROMISE_TO_PAY in ranked:
        day = _day(answer.date, question, reader)
        said = _sum(answer.amount, question, reader)
        found_day = day if day == own.date else None
        found_sum = own.amount if said == own.amount else None
        if answer.date != "" and day != own.date:
            disputed.append("date")
        if answer.amount != "" and said != own.amount:
            disputed.append("amount")
    return Opinion(
        reader=name,
        about=question.about,
        intents=ranked,
        confidence=round(answer.confidence, 4),
        date=found_day,
        amount=found_sum,
        disputed=tuple(disputed),
    )


def _day(said: str | None, question: Question, reader: Reader) -> date | None:
    if not said:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        return _words(said, question, reader, Asked.DATE).date


def _sum(said: str | None, question: Question, reader: Reader) -> SaidAmount | None:
    if not said:
        return None
    if said in (AmountKind.FULL, AmountKind.MINIMUM):
        return SaidAmount(AmountKind(said))
    if share := _SHARE.fullmatch(said):
        return SaidAmount(AmountKind.FRACTION, Decimal(share[1]) / 100)
    if _NUMBER.fullmatch(said):
        return SaidAmount(AmountKind.EXACT, Decimal(said))
    return _words(said, question, reader, Asked.AMOUNT).amount


def _words(said: str, question: Question, reader: Reader, asked: Asked) -> Slots:
    """Words of the reply that the second reader marked, read by our own grammar."""
    return reader.slots((said,), question.heard_at, asked, question.language)
