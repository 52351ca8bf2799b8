"""What can happen to a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from bot.core.agreement import Authority, Instalment, PlanKind
from bot.core.case import Timer
from bot.core.opinion import Opinion
from bot.core.reading import Hardship, Reading


@dataclass(frozen=True, slots=True)
class Heard:
    """The customer wrote, and the first reader understood this; `second` is a second reader's word, where asked.

    `verified`: whether the digits that we asked for are the customer's; None where the reply is no such answer. The
    digits themselves stay outside.
    """

    reading: Reading
    provider_opted_out: bool = False
    second: Opinion | None = None
    verified: bool | None = None


@dataclass(frozen=True, slots=True)
class TimerDue:
    """A timer fell due."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class PaymentPosted:
    """Money arrived: the accounts on the case already show it."""

    amount: Decimal
    paid_on: date


@dataclass(frozen=True, slots=True)
class NumberRefused:
    """The carrier says that this number opted out there, or is dead."""

    opted_out: bool


@dataclass(frozen=True, slots=True)
class SendFailed:
    """A text of ours will not arrive, or nobody can say whether it did."""

    reason: str


class AgentAction(StrEnum):
    """What an agent can do to a case."""

    TAKE_OVER = "take_over"
    REPLY = "reply"
    RELEASE = "release"
    RESOLVE = "resolve"
    OPT_OUT = "opt_out"
    WRONG_NUMBER = "wrong_number"
    LIFT_HOLDS = "lift_holds"
    RECORD_PROMISE = "record_promise"
    PROPOSE_PLAN = "propose_plan"
    RECORD_PLAN = "record_plan"
    APPROVE_PLAN = "approve_plan"
    CANCEL_PLAN = "cancel_plan"
    OPEN_HARDSHIP = "open_hardship"
    OPEN_DISPUTE = "open_dispute"
    DECLINE_PLAN = "decline_plan"
    APPROVE_HARDSHIP = "approve_hardship"
    DECLINE_HARDSHIP = "decline_hardship"
    UNDO_MERGE = "undo_merge"


@dataclass(frozen=True, slots=True)
class AgentActed:
    """An agent did something; `text` is their message or reason, `lift` says that the holds go with the handoff.

    `later` are the further promises of a series whose first is `amount` on `due_on`. `plan` are the instalments of a
    plan that is proposed, or recorded as agreed; `text` is then what else was agreed. `authority` is what the agent's
    role may agree to. `template` is the approval of the wording that a reply began as, `edited` whether it was changed.
    `note` says more beside a `text` that is a code.
    `category` says why a hardship that is opened came about.
    """

    action: AgentAction
    agent: str
    text: str = ""
    amount: Decimal | None = None
    due_on: date | None = None
    lift: bool = False
    later: tuple[Instalment, ...] = ()
    plan: tuple[Instalment, ...] = ()
    plan_kind: PlanKind = PlanKind.INSTALMENTS
    authority: Authority = Authority.AGENT
    template: str = ""
    edited: bool = False
    note: str = ""
    category: Hardship | None = None


Event = Heard | TimerDue | PaymentPosted | NumberRefused | SendFailed | AgentActed
