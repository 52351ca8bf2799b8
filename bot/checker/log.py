"""What the checker is told: who a customer is, and what happened, in order, as plain values and names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Debt:
    """One loan or card, and what was demanded of it at the start."""

    id: int
    product: str
    amount_due: Decimal
    time_barred: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """When a customer asked to be contacted, on their own clock, and by which ways not at all. Monday is 0."""

    opens: time = time(0)
    closes: time = time(23, 59)
    weekdays: frozenset[int] = frozenset(range(7))
    blocked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Person:
    """The facts of a customer that rules speak of, as they were at the start."""

    id: int
    debts: tuple[Debt, ...]
    jurisdiction: str = "cn"
    place: str = ""
    zones: tuple[str, ...] = ("Asia/Shanghai",)
    language: str = "zh"
    role: str = "first_party"
    number_source: str = "reserved"
    number_verified_on: date | None = None
    notice_on: date | None = None
    consents: frozenset[str] = frozenset()
    wish: Wish | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A text of ours left. `by_agent`: a person had it sent."""

    at: datetime
    purpose: str
    text: str
    response: str = ""
    by_agent: bool = False


@dataclass(frozen=True, slots=True)
class Contacted:
    """A person called, wrote or visited. `reached`: the customer took notice."""

    at: datetime
    channel: str
    reached: bool = True


@dataclass(frozen=True, slots=True)
class Wrote:
    """The customer wrote. `opted_out`: what they wrote was taken as an opt-out, by us or by the carrier."""

    at: datetime
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """Collection stands still from here on."""

    at: datetime
    kind: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lifted:
    """A standstill is over."""

    at: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The number must never be texted again: opt_out, wrong_number, number_dead."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """The customer asked for texts again, in so many words."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Promised:
    """What the customer will pay and when, as it stands from here on: a promise, its series, a plan; none is over."""

    at: datetime
    days: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Owes:
    """What is demanded from here on, by debt."""

    at: datetime
    due: dict[int, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakenOver:
    """From here on a person answers (`by_agent`), or the bot does again."""

    at: datetime
    by_agent: bool


Entry = Sent | Contacted | Wrote | Held | Lifted | Stopped | Allowed | Promised | Owes | TakenOver


@dataclass(frozen=True, slots=True)
class Violation:
    """A text or contact that must not have been: by which rule, and what was wrong with it."""

    customer: int
    at: datetime
    rule: str
    reason: str
