"""What one reply was understood to mean: the noun between reading and deciding."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum


class Intent(StrEnum):
    """What a customer can mean, in the order in which meanings win (the first present is primary)."""

    SELF_HARM = "self_harm"
    DECEASED = "deceased"
    OPT_OUT = "opt_out"
    LEGAL = "legal"
    VULNERABLE = "vulnerable"
    WRONG_NUMBER = "wrong_number"
    THIRD_PARTY = "third_party"
    DISPUTE = "dispute"
    COMPLAINT = "complaint"
    HUMAN_REQUEST = "human_request"
    HARDSHIP = "hardship"
    PROMISE_TO_PAY = "promise_to_pay"
    PAYMENT_PLAN_REQUEST = "payment_plan_request"
    ALREADY_PAID = "already_paid"
    CONTACT_PREFERENCE = "contact_preference"
    ASK_IDENTITY = "ask_identity"
    ASK_AMOUNT = "ask_amount"
    ASK_HOW_TO_PAY = "ask_how_to_pay"
    REFUSAL = "refusal"
    ABUSE = "abuse"
    OPT_IN = "opt_in"
    DENY = "deny"
    AFFIRM = "affirm"
    ACKNOWLEDGE = "acknowledge"
    UNCLEAR = "unclear"


# A sure phrase for one of these stands, whatever else thinks otherwise: missing one harms the customer.
NEVER_OUTVOTED = frozenset({Intent.SELF_HARM, Intent.DECEASED, Intent.OPT_OUT, Intent.LEGAL, Intent.VULNERABLE})
# Meanings that say "nothing more": they give way to anything else that was said.
EMPTY = frozenset({Intent.ACKNOWLEDGE, Intent.UNCLEAR})

RANK = {intent: rank for rank, intent in enumerate(Intent)}


class Hardship(StrEnum):
    """Why a customer is in difficulty: a category and no more."""

    BEREAVEMENT = "bereavement"
    ILLNESS = "illness"
    JOB_LOSS = "job_loss"
    UNPAID_WAGES = "unpaid_wages"
    INCOME_DROP = "income_drop"
    BUSINESS_FAILURE = "business_failure"
    DISASTER = "disaster"
    FAMILY = "family"
    CARING = "caring"
    OTHER = "other"


class Asked(StrEnum):
    """The question of ours that is open, which a bare answer refers to."""

    DATE = "date"
    AMOUNT = "amount"
    CONFIRM_PROMISE = "confirm_promise"
    CONFIRM_OPT_OUT = "confirm_opt_out"
    CONFIRM_PLAN = "confirm_plan"
    VERIFY = "verify"


class AmountKind(StrEnum):
    """How an amount was said: a figure, or a share that only the ledger can resolve."""

    EXACT = "exact"
    FULL = "full"
    MINIMUM = "minimum"
    FRACTION = "fraction"


@dataclass(frozen=True, slots=True)
class SaidAmount:
    """An amount as said, in the case's currency. `value` is set for EXACT (money) and FRACTION (0..1)."""

    kind: AmountKind
    value: Decimal | None = None

    def as_json(self) -> int | float | str | dict[str, float] | None:
        """The form that readings are exchanged in: 500, "full", "minimum" or {"fraction": 0.5}."""
        if self.kind is AmountKind.FRACTION and self.value is not None:
            return {"fraction": float(self.value)}
        if self.kind is AmountKind.EXACT and self.value is not None:
            return int(self.value) if self.value == self.value.to_integral_value() else float(self.value)
        return self.kind.value


@dataclass(frozen=True, slots=True)
class Span:
    """Evidence: the words (offsets into the original text, end exclusive) and the rule that they triggered."""

    start: int
    end: int
    text: str
    label: str
    rule: str


@dataclass(frozen=True, slots=True)
class DatedSum:
    """A sum and the day that was said with it."""

    amount: Decimal
    date: date


@dataclass(frozen=True, slots=True)
class Wish:
    """What was said of a plan: how many instalments, more time rather than instalments, that none is wanted, or that
    something should be taken off the debt."""

    count: int | None = None
    extension: bool = False
    cancel: bool = False
    concession: bool = False


@dataclass(frozen=True, slots=True)
class Habits:
    """What was said of the customer's own ways: hours (from, until before) and weekdays (Monday is 0) for contact, and
    the day of the month on which pay comes."""

    hours: tuple[time, time] | None = None
    weekdays: frozenset[int] | None = None
    payday: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One reply, read. `intents` is never empty and is sorted by rank.

    `scores` holds a probability per intent; `date_score` and `amount_score` say how sure the slots are
    (1.0 where the words are explicit, lower where they are ambiguous). `opt_out_suspected` means: hold texts and ask.
    `series`: where several sums were said, each with its day, all of them in order; `date` and `amount` are the first.
    """

    text: str
    language: str
    intents: tuple[Intent, ...]
    scores: dict[Intent, float] = field(default_factory=dict)
    date: date | None = None
    date_vague: bool = False
    date_score: float = 1.0
    amount: SaidAmount | None = None
    amount_score: float = 1.0
    conditional: bool = False
    opt_out_suspected: bool = False
    spans: tuple[Span, ...] = ()
    rejected: tuple[str, ...] = ()
    series: tuple[DatedSum, ...] = ()
    wish: Wish = Wish()
    habits: Habits = Habits()
    hardship: Hardship | None = None

    @property
    def primary(self) -> Intent:
        """The intent that decides what happens."""
        return self.intents[0]

    def has(self, intent: Intent) -> bool:
        """Whether the reply carries this intent, primary or not."""
        return intent in self.intents

    def confidence(self, intent: Intent) -> float:
        """The probability of one intent; 0 where it was not read."""
        return self.scores.get(intent, 0.0)


def by_rank(intents: set[Intent] | frozenset[Intent]) -> tuple[Intent, ...]:
    """Sort intents so that the one which wins stands first; nothing at all is `unclear`."""
    return tuple(sorted(intents, key=RANK.__getitem__)) or (Intent.UNCLEAR,)
