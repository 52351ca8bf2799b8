"""What is to be done: effects as plain values, and the decision that carries them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from bot.core.agreement import Instalment, Plan, PlanStatus, PromiseStatus
from bot.core.case import Case, HoldKind, Timer
from bot.core.reading import Hardship

Slot = str | int | Decimal | date | tuple[Instalment, ...]


class Purpose(StrEnum):
    """Why a text is sent; the contact rules treat each differently."""

    REMINDER = "reminder"
    PROMISE_REMINDER = "promise_reminder"
    REPLY = "reply"
    AGENT = "agent"
    NOTICE = "notice"
    OPT_OUT_CONFIRMATION = "opt_out_confirmation"
    SAFETY = "safety"


COUNTED = (Purpose.REMINDER, Purpose.PROMISE_REMINDER, Purpose.AGENT)  # these may use up contact caps
NOT_CANCELLED = (Purpose.SAFETY, Purpose.OPT_OUT_CONFIRMATION)  # these stand, whatever is decided after them


def urgency(purpose: Purpose) -> int:
    """Who goes first where many wait: 0 must not wait, 1 is an answer, 2 is bulk that may."""
    return 0 if purpose in NOT_CANCELLED else 2 if purpose in COUNTED else 1


@dataclass(frozen=True, slots=True)
class Say:
    """Queue one text: an approved response with its slots, or an agent's own words (`response` is "agent").

    `answers`: it is said inside a conversation that the customer opened. `template`: the approval of the wording that
    an agent chose; where `response` is "agent" all the same, they edited it.
    """

    response: str
    purpose: Purpose
    slots: dict[str, Slot] = field(default_factory=dict)
    text: str = ""
    answers: bool = False
    template: str = ""


@dataclass(frozen=True, slots=True)
class RecordPromise:
    """Write a promise to pay on the file; an open one is replaced (and counted as cancelled, not broken).

    `later`, `moved` and `paid` as in `Promise`: the next of a series begins with what was paid beyond the one before.
    """

    amount: Decimal
    due_on: date
    later: tuple[Instalment, ...] = ()
    moved: int = 0
    paid: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class ClosePromise:
    """Say what became of the open promise, and how much of it was paid by then."""

    status: PromiseStatus
    paid: Decimal


@dataclass(frozen=True, slots=True)
class RecordPlan:
    """Write a plan on the file, waiting for approval, offered or active; `contents` is its record, by name."""

    plan: Plan
    contents: dict[str, str]


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """Move the open plan on: offered after approval, or active after the customer's yes."""

    status: PlanStatus
    approved_by: str
    agreed_by: str


@dataclass(frozen=True, slots=True)
class ClosePlan:
    """Say what became of the open plan, and what of it was paid."""

    status: PlanStatus
    instalments: tuple[Instalment, ...]


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """Let collection stand still."""

    kind: HoldKind
    until: datetime | None
    review_at: datetime | None = None
    category: Hardship | None = None
    opened_by: str = "bot"


@dataclass(frozen=True, slots=True)
class JudgeHold:
    """Note on a hold that a second person approved or declined it; it stands as before."""

    kind: HoldKind
    approved_by: str
    declined_by: str


@dataclass(frozen=True, slots=True)
class LiftHold:
    """Let collection go on."""

    kind: HoldKind


@dataclass(frozen=True, slots=True)
class OpenHandoff:
    """Call a person. A handoff that is already open takes the more urgent queue and the earlier deadline."""

    queue: str
    reason: str
    priority: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class CloseHandoff:
    """The person's work is done: how it ended, as a code, and what they say beside it."""

    outcome: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Set the customer's timer of this kind, replacing an earlier one."""

    timer: Timer
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take the customer's timer of this kind away."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class CancelQueued:
    """Cancel every queued text of the bot that has not left."""

    reason: str


@dataclass(frozen=True, slots=True)
class StopNumber:
    """Never text this number again."""

    reason: str


@dataclass(frozen=True, slots=True)
class AllowNumber:
    """Text this number again: the customer asked for it in so many words."""


Effect = (
    Say
    | RecordPromise
    | ClosePromise
    | RecordPlan
    | ChangePlan
    | ClosePlan
    | PlaceHold
    | JudgeHold
    | LiftHold
    | OpenHandoff
    | CloseHandoff
    | Schedule
    | Cancel
    | CancelQueued
    | StopNumber
    | AllowNumber
)


@dataclass(frozen=True, slots=True)
class Decision:
    """The next case, what to do about it, and why: the names of the rules that fired, in order."""

    case: Case
    effects: tuple[Effect, ...] = ()
    why: tuple[str, ...] = ()
