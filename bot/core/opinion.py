"""A second reader's opinion of a reply, and what it changes: agreement raises certainty, disagreement asks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from bot.core.reading import EMPTY, NEVER_OUTVOTED, Asked, Intent, Reading, SaidAmount, by_rank


class Verdict(StrEnum):
    """How a second opinion stands to the first reading."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    MISSING = "missing"  # it was asked for and none was to be had


@dataclass(frozen=True, slots=True)
class SecondRules:
    """When a second reader is asked, and what its word weighs (dialogues/policies/reading.yml). All are shares of 1."""

    ask_below: float  # certainty of the primary intent below which it is asked
    doubt_left: float  # what agreement at full confidence leaves of the doubt
    disputed: float  # the most certainty that is left where the two disagree
    grave_from: float  # its confidence from which a grave meaning that it alone saw counts


@dataclass(frozen=True, slots=True)
class Question:
    """One reply as a second reader is asked about it. `heard_at` is on the customer's clock."""

    customer_id: int
    name: str  # the customer's, to be taken out before anything is sent
    rows: tuple[int, ...]
    texts: tuple[str, ...]
    heard_at: datetime
    asked: Asked | None
    language: str

    @property
    def about(self) -> str:
        """A digest of what was asked: an opinion holds for these very texts after this very question of ours."""
        parts = "\0".join((self.asked or "", self.heard_at.isoformat(), *self.texts))
        return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a second reader made of a reply, after checking: nothing in it but our own intents and values found by us.

    `disputed` names the slots (date, amount) of which it says something that our own grammar does not find.
    `failure` is set, and `intents` empty, where there was no usable answer.
    """

    reader: str
    about: str
    intents: tuple[Intent, ...] = ()
    confidence: float = 0.0
    date: date | None = None
    amount: SaidAmount | None = None
    disputed: tuple[str, ...] = ()
    failure: str = ""


def is_doubtful(reading: Reading, rules: SecondRules) -> bool:
    """Whether a second opinion could change anything: the first is unsure, and has not already chosen to ask."""
    return reading.confidence(reading.primary) < rules.ask_below and not reading.opt_out_suspected


def weigh(first: Reading, opinion: Opinion | None, rules: SecondRules) -> tuple[Reading, Verdict | None]:
    """The reading after a second opinion, and how that stood to the first; unchanged where there is none.

    Nothing grave in the first reading is ever lowered or taken out. What the second alone finds grave is added, an
    opt-out as a suspicion. It can make the bot ask or call a person; it never makes a slot more certain.
    """
    if opinion is None:
        return first, None
    if not opinion.intents:
        return first, Verdict.MISSING
    scores, verdict = _scores(first, opinion, rules)
    said_opt_out = Intent.OPT_OUT in opinion.intents and Intent.OPT_OUT not in scores
    reading = replace(
        first,
        intents=by_rank(frozenset(scores)),
        scores=scores,
        opt_out_suspected=first.opt_out_suspected or said_opt_out,
    )
    return _slots(reading, first, opinion, rules), verdict


def _scores(first: Reading, opinion: Opinion, rules: SecondRules) -> tuple[dict[Intent, float], Verdict]:
    before = {intent: first.confidence(intent) for intent in first.intents}
    if opinion.intents[0] in first.intents:  # it may have seen less than the first; what is weightier it has not
        gain = opinion.confidence * (1 - rules.doubt_left)
        scores = dict(before)
        for intent in before.keys() & set(opinion.intents):
            scores[intent] = min(1.0, before[intent] + (1 - before[intent]) * gain)
        verdict = Verdict.AGREES
    else:
        if EMPTY.issuperset(before):  # the first saw nothing: what the second saw is worth asking back
            before = dict.fromkeys(set(opinion.intents) - EMPTY - NEVER_OUTVOTED, 1.0) or {Intent.UNCLEAR: 1.0}
        scores = {i: score if i in NEVER_OUTVOTED else min(score, rules.disputed) for i, score in before.items()}
        verdict = Verdict.DISAGREES
    if opinion.confidence >= rules.grave_from:
        for intent in (NEVER_OUTVOTED - {Intent.OPT_OUT}).intersection(opinion.intents):
            scores.setdefault(intent, opinion.confidence)
    if scores.keys() - EMPTY:
        scores = {intent: score for intent, score in scores.items() if intent not in EMPTY}
    return scores, verdict


def _slots(reading: Reading, first: Reading, opinion: Opinion, rules: SecondRules) -> Reading:
    """Day and sum: the second's only where the first saw no promise, and never more certain than before."""
    if not reading.has(Intent.PROMISE_TO_PAY):
        return reading
    if not first.has(Intent.PROMISE_TO_PAY):
        return replace(
            reading,
            date=opinion.date,
            amount=opinion.amount,
            date_vague=False,
            date_score=rules.disputed,
            amount_score=rules.disputed,
        )
    limits = {name: rules.disputed if name in opinion.disputed else 1.0 for name in ("date", "amount")}
    return replace(
        reading,
        date_score=min(reading.date_score, limits["date"]),
        amount_score=min(reading.amount_score, limits["amount"]),
    )
