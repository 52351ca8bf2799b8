"""A case: what the bank knows of one customer's arrears and of the conversation about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from bot.core.agreement import Offer, Plan, PlanStatus, Promise
from bot.core.reading import Asked, Hardship


class State(StrEnum):
    """Where the conversation stands."""

    NEW = "new"
    CONTACTED = "contacted"
    CLARIFYING = "clarifying"
    PROMISE_OFFERED = "promise_offered"
    PROMISED = "promised"
    PLAN_REQUESTED = "plan_requested"
    PLAN_OFFERED = "plan_offered"
    PLAN_ACTIVE = "plan_active"
    HARDSHIP = "hardship"
    DISPUTED = "disputed"
    PAID_CLAIMED = "paid_claimed"
    PERSON_ONLY = "person_only"
    WRONG_NUMBER = "wrong_number"
    OPTED_OUT = "opted_out"
    UNKNOWN_SENDER = "unknown_sender"
    SETTLED = "settled"


class Owner(StrEnum):
    """Who answers the customer."""

    BOT = "bot"
    AGENT = "agent"


class Product(StrEnum):
    """What was lent."""

    PERSONAL_LOAN = "personal_loan"
    CREDIT_CARD = "credit_card"
    BUSINESS_LOAN = "business_loan"


class HoldKind(StrEnum):
    """Why collection stands still."""

    PROMISE_OPEN = "promise_open"
    HARDSHIP = "hardship"
    DISPUTE = "dispute"
    PAID_CLAIM = "paid_claim"
    PLAN_REQUEST = "plan_request"
    PLAN_ACTIVE = "plan_active"
    LEGAL = "legal"
    BEREAVEMENT = "bereavement"
    VULNERABLE = "vulnerable"
    COMPLAINT = "complaint"
    CRISIS = "crisis"
    OPT_OUT = "opt_out"
    OPT_OUT_DOUBT = "opt_out_doubt"
    WRONG_NUMBER = "wrong_number"
    HANDOFF = "handoff"


class Timer(StrEnum):
    """What can fall due. A customer has at most one timer of each kind."""

    REMINDER = "reminder"
    PROMISE_REMINDER = "promise_reminder"
    PROMISE_CHECK = "promise_check"
    ANSWER_WAIT = "answer_wait"
    PLAN_REMINDER = "plan_reminder"
    PLAN_CHECK = "plan_check"
    PAID_CHECK = "paid_check"
    HOLD_RELEASE = "hold_release"
    HOLD_REVIEW = "hold_review"
    HANDOFF_DEADLINE = "handoff_deadline"


class CreditorRole(StrEnum):
    """For whom we collect: the lender itself, an agency, or whoever services the loan. Rules may bind only some."""

    FIRST_PARTY = "first_party"
    THIRD_PARTY = "third_party"
    SERVICER = "servicer"


class NumberSource(StrEnum):
    """How the bank came by a number. `reserved`: the customer left it with the bank; of a stranger nothing is known."""

    RESERVED = "reserved"
    CONTRACT = "contract"
    AUTHORISED = "authorised"
    PUBLIC = "public"
    RESERVED_CONTACT = "reserved_contact"
    CREDIT_BUREAU = "credit_bureau"
    UNKNOWN = "unknown"


class Consent(StrEnum):
    """What the customer expressly agreed to, with evidence at the bank."""

    NIGHT_CONTACT = "night_contact"
    ELECTRONIC_CONTACT = "electronic_contact"


class ContactChannel(StrEnum):
    """How a customer is contacted. We send texts; the others are noted by people and count towards caps."""

    SMS = "sms"
    CALL = "call"
    EMAIL = "email"
    LETTER = "letter"
    VISIT = "visit"


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact that may count towards caps.

    `accounts` are the debts that it was about; empty counts for each. `reached`: the customer took notice, as they do
    of a text. `answers`: it was inside a conversation that the customer opened. `purpose` is a text's, else empty.
    """

    at: datetime
    channel: ContactChannel = ContactChannel.SMS
    purpose: str = "reminder"
    accounts: tuple[int, ...] = ()
    reached: bool = True
    answers: bool = False


@dataclass(frozen=True, slots=True)
class Preference:
    """When and how the customer asked to be contacted: from `opens` until before `closes`, on these weekdays."""

    opens: time = time(0)
    closes: time = time(23, 59)
    weekdays: frozenset[int] = frozenset(range(7))
    blocked: frozenset[ContactChannel] = frozenset()


@dataclass(frozen=True, slots=True)
class Account:
    """One loan or card. `balance` is all that is owed, `amount_due` what is demanded now, `minimum_due` for cards.

    `time_barred`: the limitation period is over, so that only a person may speak of it.
    """

    id: int
    product: Product
    balance: Decimal
    amount_due: Decimal
    minimum_due: Decimal | None
    due_on: date
    currency: str = "CNY"
    tail: str = ""
    time_barred: bool = False

    def days_past_due(self, today: date) -> int:
        """Days since the oldest unpaid due date: negative before it."""
        return (today - self.due_on).days


@dataclass(frozen=True, slots=True)
class Hold:
    """A standstill. `until` is None where only a person or a document lifts it.

    `review_at` is when a person looks whether it should still stand; `category` says why a hardship was declared.
    `opened_by` is "bot" or the login of whoever placed it; a second person's word on a hardship is `approved_by` or
    `declined_by`, with their login. A declined one stands until somebody lifts it.
    """

    kind: HoldKind
    until: datetime | None = None
    review_at: datetime | None = None
    category: Hardship | None = None
    opened_by: str = "bot"
    approved_by: str = ""
    declined_by: str = ""

    @property
    def is_judged(self) -> bool:
        """Whether a second person has said what they think of it."""
        return bool(self.approved_by or self.declined_by)


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether whoever writes from a number that is not reserved showed to be the customer. It opens information only.

    `possible`: the bank left something to verify by. `wrong`: wrong answers since the last right one. `until`: so long
    figures may be told; `barred_until`: before this moment nobody is asked again.
    """

    possible: bool = False
    wrong: int = 0
    until: datetime | None = None
    barred_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that deciding needs, and nothing that it does not: no name, no number.

    `contacts` are those of the past 31 days that may count towards caps, newest last. `opened_at` is when the customer
    last wrote. `zones`: every zone that the customer may be in; all must agree on quiet hours. `place`: where within
    the jurisdiction, such as us-ma; empty where it is not known, and then the rules of all its places hold.
    `payday` is the day of the month on which the customer said to be paid, `ability` what they said they can pay at a
    time, `annoyed_at` when they were last angry or refused, `kept_promises` those of the past year.
    `notice_on`: when the written notice of the debt (US validation notice, first letter) was sent.
    """

    customer_id: int
    state: State = State.NEW
    owner: Owner = Owner.BOT
    language: str = "zh"
    zones: tuple[str, ...] = ("Asia/Shanghai",)
    jurisdiction: str = "cn"
    known: bool = True
    reachable: bool = True
    place: str = ""
    creditor_role: CreditorRole = CreditorRole.FIRST_PARTY
    number_source: NumberSource = NumberSource.RESERVED
    number_verified_on: date | None = None
    consents: frozenset[Consent] = frozenset()
    notice_on: date | None = None
    preference: Preference | None = None
    payday: int | None = None
    ability: Decimal | None = None
    annoyed_at: datetime | None = None
    kept_promises: int = 0
    accounts: tuple[Account, ...] = ()
    promise: Promise | None = None
    broken_in_a_row: int = 0
    plan: Plan | None = None
    plans_broken: int = 0
    holds: tuple[Hold, ...] = ()
    handoff_queue: str | None = None
    asked: Asked | None = None
    offer: Offer | None = None
    unclear_in_a_row: int = 0
    contacts: tuple[Contact, ...] = ()
    opened_at: datetime | None = None
    verification: Verification = Verification()

    @property
    def zone(self) -> str:
        """The zone in which the customer's dates are meant."""
        return self.zones[0]

    @property
    def number_reserved(self) -> bool:
        """Whether the number is the one that the customer left with the bank."""
        return self.number_source is NumberSource.RESERVED

    def may_be_told(self, now: datetime) -> bool:
        """Whether figures may be told: to the reserved number, or for a time after a right answer."""
        until = self.verification.until
        return self.number_reserved or (until is not None and now < until)

    @property
    def time_barred(self) -> bool:
        """Whether any debt that is demanded is beyond its limitation period."""
        return any(account.time_barred and account.amount_due > 0 for account in self.accounts)

    @property
    def currency(self) -> str:
        """The currency of the case; all accounts of one customer share it."""
        return self.accounts[0].currency if self.accounts else "CNY"

    @property
    def amount_due(self) -> Decimal:
        """What is demanded now, over all accounts."""
        return sum((account.amount_due for account in self.accounts), Decimal(0))

    @property
    def balance(self) -> Decimal:
        """All that is owed, over all accounts."""
        return sum((account.balance for account in self.accounts), Decimal(0))

    @property
    def minimum_due(self) -> Decimal:
        """The least that keeps the accounts in order: a card's minimum, else all that is due."""
        return sum((a.amount_due if a.minimum_due is None else a.minimum_due for a in self.accounts), Decimal(0))

    def days_past_due(self, today: date) -> int:
        """The oldest arrears decide; 0 where nothing is due."""
        due = [account.days_past_due(today) for account in self.accounts if account.amount_due > 0]
        return max(due, default=0)

    def in_conversation(self, now: datetime, lasts: timedelta) -> bool:
        """Whether the customer wrote so lately that what we say now answers them."""
        return self.opened_at is not None and now - self.opened_at <= lasts

    @property
    def plan_is_active(self) -> bool:
        """Whether a plan is being kept, so that nothing is demanded."""
        return self.plan is not None and self.plan.status is PlanStatus.ACTIVE

    def held(self, kind: HoldKind) -> bool:
        """Whether this hold stands."""
        return any(hold.kind is kind for hold in self.holds)
