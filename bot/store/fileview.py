"""A customer's file as people see it: plain values, masked, and how they are written as JSON."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import phonenumbers

from bot.core.agreement import Instalment
from bot.core.case import Case


@dataclass(frozen=True, slots=True)
class Text:
    """One text, from the customer (`way` "in") or to them ("out"). `seq` is None until the bot has read a reply."""

    way: str
    id: int
    seq: int | None
    at: datetime
    text: str
    author: str  # "customer", "bot", or a person's login
    state: str
    channel: str
    author_name: str = ""
    intents: str = ""
    purpose: str = ""
    response: str = ""
    delivery: str | None = None
    reason: str | None = None
    due_at: datetime | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    segments: int = 0
    template: str = ""  # the approval of the wording that an agent chose
    missing: str = ""  # parts of a long reply that never came, such as "2,3/4"
    entry: int | None = None  # the journal's entry that says what was made of it, or why it was written


@dataclass(frozen=True, slots=True)
class HoldView:
    """A standstill. `review_at`: when a person looks at it again; `lifted_at` is empty while it stands."""

    kind: str
    placed_at: datetime
    until_at: datetime | None
    category: str | None = None
    review_at: datetime | None = None
    lifted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PromiseView:
    """A promise and what became of it."""

    amount: Decimal
    due_on: date
    status: str
    paid: Decimal
    made_at: datetime
    closed_at: datetime | None
    later: tuple[Instalment, ...] = ()
    moved: int = 0


@dataclass(frozen=True, slots=True)
class PlanView:
    """A payment plan or an extension, who agreed to it, and its record in words."""

    kind: str
    status: str
    terms: str
    instalments: tuple[Instalment, ...]
    contents: Mapping[str, str]
    proposed_by: str
    approved_by: str
    agreed_by: str
    made_at: datetime
    agreed_at: datetime | None
    closed_at: datetime | None

    @property
    def total(self) -> Decimal:
        """What the instalments add up to."""
        return sum((one.amount for one in self.instalments), Decimal(0))


@dataclass(frozen=True, slots=True)
class HandoffView:
    """A person was called; `agent` is who took it."""

    queue: str
    reason: str
    priority: int
    opened_at: datetime
    due_at: datetime
    taken_at: datetime | None
    agent: str | None
    closed_at: datetime | None
    outcome: str | None
    note: str = ""
    pinned_why: str = ""  # why a supervisor put it in front of the queue


@dataclass(frozen=True, slots=True)
class TimerView:
    """What falls due, and when."""

    timer: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class AccountView:
    """One loan or card. `days_past_due` is on the customer's clock, below zero before the due day."""

    reference: str
    product: str
    tail: str
    balance: Decimal
    amount_due: Decimal
    minimum_due: Decimal | None
    due_on: date
    days_past_due: int
    currency: str


@dataclass(frozen=True, slots=True)
class PaymentView:
    """Money that arrived."""

    reference: str
    amount: Decimal
    paid_on: date
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class ContactView:
    """A call, e-mail, letter or visit that somebody noted; `by` is their name, or what another system calls itself."""

    channel: str
    at: datetime
    reached: bool
    by: str


@dataclass(frozen=True, slots=True)
class SuppressionView:
    """The number must not be texted."""

    reason: str
    since_at: datetime


@dataclass(frozen=True, slots=True)
class NoteView:
    """What a person wrote for colleagues; no customer ever sees it. `kind`: a note, or why a merge was undone."""

    author: str
    at: datetime
    text: str
    kind: str = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A customer's file as people see it. `heard` counts all texts of the customer, shown or not; it only grows.

    `version` grows with every journal entry and every text that comes in: see thread.version.
    """

    case: Case
    customer_id: int
    reference: str
    name: str
    number: str
    revealed: bool
    channel: str | None
    agent_id: int | None
    agent: str | None
    last_seq: int
    heard: int
    version: int
    earlier: int  # texts that `newest` left out
    suppression: SuppressionView | None
    holds: tuple[HoldView, ...]
    lifted: tuple[HoldView, ...]
    promises: tuple[PromiseView, ...]
    plans: tuple[PlanView, ...]
    handoffs: tuple[HandoffView, ...]
    agenda: tuple[TimerView, ...]
    accounts: tuple[AccountView, ...]
    payments: tuple[PaymentView, ...]
    contacts: tuple[ContactView, ...]
    texts: tuple[Text, ...]
    notes: tuple[NoteView, ...]

    @property
    def handoff(self) -> HandoffView | None:
        """The handoff that is open."""
        return next((one for one in self.handoffs if one.closed_at is None), None)

    @property
    def kept(self) -> tuple[int, int]:
        """How many promises were kept, of how many that came due; what was taken back or still runs does not count."""
        due = [one.status for one in self.promises if one.status in ("kept", "partial", "broken")]
        return due.count("kept"), len(due)

    def as_json(self) -> dict[str, Any]:
        """The file as JSON has it: amounts as strings with two decimals, days and moments in ISO 8601."""
        case = self.case
        about = {
            "state": case.state, "owner": case.owner, "language": case.language, "zones": case.zones,
            "jurisdiction": case.jurisdiction, "known": case.known, "reachable": case.reachable,
            "amount_due": case.amount_due, "balance": case.balance, "currency": case.currency, "asked": case.asked,
            "offer": case.offer, "opened_at": case.opened_at,
        }  # fmt: skip
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in ("case", "version")}
        result: dict[str, Any] = _json({**about, **fields})
        return result


def mask_number(number: str) -> str:
    """+8613800000000 → 138****0000: enough to recognise, not enough to call."""
    try:
        national = str(phonenumbers.parse(number).national_number)
    except phonenumbers.NumberParseException:
        national = re.sub(r"\D", "", number)
    if len(national) < 8:
        return "*" * len(national)
    return national[:3] + "*" * (len(national) - 7) + national[-4:]


def mask_name(name: str) -> str:
    """李小明 → 李**, Mary Jones → M*** J****: the first letter of each word."""
    return " ".join(word[0] + "*" * (len(word) - 1) for word in name.split())


def _json(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _json(inner) for key, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return [_json(inner) for inner in value]
    return value
