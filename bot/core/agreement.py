"""What a customer agrees to: a promise to pay, a payment plan, and what is offered and waits for their yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class PromiseStatus(StrEnum):
    """What became of a promise to pay."""

    OPEN = "open"
    KEPT = "kept"
    PARTIAL = "partial"
    BROKEN = "broken"
    CANCELLED = "cancelled"


class PlanKind(StrEnum):
    """What is agreed: several instalments, or a later day for the whole."""

    INSTALMENTS = "instalments"
    EXTENSION = "extension"


class PlanStatus(StrEnum):
    """Where a plan stands, and what became of it. The first three are open."""

    PENDING = "pending"
    OFFERED = "offered"
    ACTIVE = "active"
    COMPLETED = "completed"
    BROKEN = "broken"
    CANCELLED = "cancelled"
    DECLINED = "declined"


class Authority(StrEnum):
    """Who may agree to a plan, ascending."""

    BOT = "bot"
    AGENT = "agent"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Instalment:
    """A sum and its day, as one of several. `paid` is what was posted towards it."""

    amount: Decimal
    due_on: date
    paid: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise to pay. `paid` counts what was posted since it was made; `id` is None until it is stored.

    `later` are the further promises of a series, in order: the first becomes the open one when this one is kept.
    `moved` counts how often the customer has put it off.
    """

    amount: Decimal
    due_on: date
    made_at: datetime
    paid: Decimal = Decimal(0)
    id: int | None = None
    later: tuple[Instalment, ...] = ()
    moved: int = 0

    @property
    def total(self) -> Decimal:
        """The sum of the whole series."""
        return self.amount + sum((one.amount for one in self.later), Decimal(0))


@dataclass(frozen=True, slots=True)
class Plan:
    """A payment plan or an extension that is waiting for approval, offered, or active.

    `terms` names the row of the policy table that allows it, `interest` the clause on interest. `agreed_by`: "text"
    or "phone" once the customer agreed. `proposed_by` and `approved_by` are "bot" or a person's login.
    """

    kind: PlanKind
    status: PlanStatus
    terms: str
    interest: str
    instalments: tuple[Instalment, ...]
    made_at: datetime
    proposed_by: str = "bot"
    approved_by: str = ""
    agreed_by: str = ""

    @property
    def total(self) -> Decimal:
        """What the instalments add up to."""
        return sum((one.amount for one in self.instalments), Decimal(0))

    @property
    def paid(self) -> Decimal:
        """What was posted towards it."""
        return sum((one.paid for one in self.instalments), Decimal(0))


@dataclass(frozen=True, slots=True)
class Offer:
    """What was understood, or is half known, and waits for the customer's yes; `later` is the rest of a series."""

    amount: Decimal | None = None
    due_on: date | None = None
    later: tuple[Instalment, ...] = ()
