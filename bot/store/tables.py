"""The tables. SQLModel classes are the schema; the hot path writes with SQLAlchemy Core on `X.__table__`.

`*_at` is an aware UTC moment, `*_on` a local date. An incoming text lives in `inbound` and an outgoing one in `outbox`:
each row is both the queue's entry and the message of record; `seq` orders both within a customer.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from bot.core.case import Instalment
from bot.store.columns import BigId, Cents, Instalments, Sealed, UtcMoment


def _id() -> Column[int]:
    return Column(BigId, primary_key=True, autoincrement=True)


def _customer(index: bool = True) -> Column[int]:
    return Column(BigId, ForeignKey("customer.id"), nullable=False, index=index)


def _moment(nullable: bool = True, index: bool = False) -> Column[datetime]:
    return Column(UtcMoment, nullable=nullable, index=index)


def _cents(nullable: bool = False) -> Column[Decimal]:
    return Column(Cents, nullable=nullable)


def _instalments() -> Column[Any]:
    return Column(Instalments, nullable=False, server_default="[]")


def _count() -> Column[int]:
    return Column(Integer, nullable=False, server_default="0")


def _sealed(nullable: bool = False) -> Column[str]:
    return Column(Sealed, nullable=nullable)


class Customer(SQLModel, table=True):
    """A customer, or the unknown sender of a reply. The row whose lock orders everything about them."""

    id: int | None = Field(default=None, sa_column=_id())
    reference: str = Field(unique=True, max_length=64)
    name: str = Field(sa_column=_sealed())
    language: str = Field(max_length=8)
    zones: str = Field(max_length=200)
    jurisdiction: str = Field(max_length=16)
    place: str = Field(default="", max_length=32)
    creditor_role: str = Field(default="first_party", max_length=16)
    consents: str = Field(default="", max_length=100)
    notice_on: date | None = None
    verify_hash: str = Field(default="", max_length=64)
    known: bool = True
    data_key: str | None = Field(default=None, sa_column=_sealed(nullable=True))
    last_seq: int = 0
    journal_seq: int = 0
    journal_head: str = Field(default="", max_length=64)
    created_at: datetime = Field(sa_column=_moment(nullable=False))


class Phone(SQLModel, table=True):
    """A customer's number and where it came from: `reserved` is the one that they left with the bank."""

    __table_args__ = (UniqueConstraint("customer_id", "number_hash"),)
    id: int | None = Field(default=None, sa_column=_id())
    customer_id: int = Field(sa_column=_customer(index=False))
    number: str = Field(sa_column=_sealed())
    number_hash: str = Field(index=True, max_length=64)
    source: str = Field(max_length=16)
    verified_on: date | None = None
    current: bool = True


class Suppression(SQLModel, table=True):
    """A number that must never be texted, whoever's file it stands on."""

    number_hash: str = Field(primary_key=True, max_length=64)
    reason: str = Field(max_length=32)
    since_at: datetime = Field(sa_column=_moment(nullable=False))


class Account(SQLModel, table=True):
    """One loan or card as the bank's ledger shows it."""

    id: int | None = Field(default=None, sa_column=_id())
    customer_id: int = Field(sa_column=_customer())
    reference: str = Field(unique=True, max_length=64)
    product: str = Field(max_length=16)
    balance: Decimal = Field(sa_column=_cents())
    amount_due: Decimal = Field(sa_column=_cents())
    minimum_due: Decimal | None = Field(default=None, sa_column=_cents(nullable=True))
    due_on: date
    currency: str = Field(max_length=3)
    tail: str = Field(max_length=8)
    time_barred: bool = False


class CaseFile(SQLModel, table=True):
    """Where the conversation with a customer stands."""

    __tablename__ = "case_file"
    customer_id: int = Field(sa_column=Column(BigId, ForeignKey("customer.id"), primary_key=True, autoincrement=False))
    state: str = Field(max_length=24, index=True)
    owner: str = Field(max_length=8)
    agent_id: int | None = Field(default=None, sa_column=Column(BigId, ForeignKey("agent.id"), index=True))
    follow_up_at: datetime | None = Field(default=None, sa_column=_moment())
    asked: str | None = Field(default=None, max_length=24)
    offer_amount: Decimal | None = Field(default=None, sa_column=_cents(nullable=True))
    offer_due_on: date | None = None
    offer_later: tuple[Instalment, ...] = Field(default=(), sa_column=_instalments())
    unclear_in_a_row: int = 0
    broken_in_a_row: int = 0
    preference: str | None = Field(default=None, max_length=100)
    payday: int | None = None
    ability: Decimal | None = Field(default=None, sa_column=_cents(nullable=True))
    annoyed_at: datetime | None = Field(default=None, sa_column=_moment())
    opened_at: datetime | None = Field(default=None, sa_column=_moment())
    verify_wrong: int = Field(default=0, sa_column=_count())
    verified_until_at: datetime | None = Field(default=None, sa_column=_moment())
    verify_barred_until_at: datetime | None = Field(default=None, sa_column=_moment())
    changed_at: datetime = Field(sa_column=_moment(nullable=False))


class Hold(SQLModel, table=True):
    """A standstill; it stands until `lifted_at` is written."""

    __table_args__ = (
        Index(
            "hold_standing",
            "customer_id",
            "kind",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
            sqlite_where=text("lifted_at IS NULL"),
        ),
    )
    id: int | None = Field(default=None, sa_column=_id())
    customer_id: int = Field(sa_column=_customer())
    kind: str = Field(max_length=16)
    placed_at: datetime = Field(sa_column=_moment(nullable=False))
    until_at: datetime | None = Field(default=None, sa_column=_moment())
    review_at: datetime | None = Field(default=None, sa_column=_moment())
    category: str | None = Field(default=None, sa_column=_sealed(nullable=True))
    lifted_at: datetime | None = Field(default=None, sa_column=_moment())


class Promise(SQLModel, table=True):
    """A promise to pay and what became of it. `later`: what came after it in its series when it was recorded."""

    __table_args__ = (
        Index(
            "promise_open",
            "customer_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
            sqlite_where=text("status = 'open'"),
        ),
    )
    id: int | None = Field(default=None, sa_column=_id())
    customer_id: int = Field(sa_column=_customer())
    amount: Decimal = Field(sa_column=_cents())
    due_on: date
    status: str = Field(max_length=12)
    paid: Decimal = Field(sa_column=_cents())
    later: tuple[Instalment, ...] = Field(default=(), sa_column=_instalments())
    moved: int = Field(default=0, sa_column=_count())
    made_at: datetime = Field(sa_column=_moment(nullable=False))
    closed_at: datetime | None = Field(default=None, sa_column=_moment())


class Plan(SQLModel, table=True):
    """A payment plan or an extension. `status`: pending, offered, active; completed, broken, cancelled, declined.

    `contents` is its record in words, as JSON: for a card the six contents that the agreement must have.
    """

    __table_args__ = (
        Index(
            "plan_open",
            "customer_id",
            unique=True,
            postgresql_where=text("status IN ('pending', 'offered', 'active')"),
            sqlite_where=text("status IN ('pending', 'offered', 'active')"),
        ),
    )
    id: int | None = Field(default=None, sa_column=_id())
    customer_id: int = Field(sa_column=_customer())
    kind: str = Field(max_length=12)
    status: str = Field(max_length=12)
    terms: str = Field(max_length=32)
    interest: str = Field(max_length=32)
    instalments: tuple[Instalment, ...] = Field(default=(), sa_column=_instalments())
    contents: str = Field(sa_column=_sealed())
    proposed_by: str = Field(max_length=64)
    approved_by: str = Field(default="", max_length=64)
    agreed_by: str = Field(default="", max_length=8)
    made_at: datetime = Field(sa_column=_moment(nullable=False))
    agreed_at: datetime | None = Field(default=None, sa_column=_moment())
    closed_at: datetime | None = Field(default=None, sa_column=_moment())


class Payment(SQLModel, table=True):
    """Money that arrived; `handled_at` says when the case took notice."""

    __table_args__ = (
        Index(
            "payment_pending",
            "customer_id",
            postgresql_where=text("handled_at IS NULL"),
            sqlite_where=text("handled_at IS NULL"),
        ),
    )
    id: int | None = Field(default=None, sa_column=_id())
    customer_id: int = Field(sa_column=_customer())
    account_id: int | None = Field(default=None, sa_column=Column(BigId, ForeignKey("account.id")))
    reference: str = Field(unique=True, max_length=64)
    amount: Decimal = Field(sa_column=_cents())
    paid_on: date
    posted_at: datetime = Field(sa_column=_moment(nullable=False))
    handled_at: datetime | None = Field(default=None, sa_column=_moment())


class Handoff(SQLModel, table=True):
    """A person was called; one open row per customer."""

    __table_args__ = (
        Index(
            "handoff_open",
            "customer_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
            sqlite_where=text("closed_at IS NULL"),
        ),
    )
    id: int | None = Field(default=None, sa_column=_id())
    customer_id: int = Field(sa_column=_customer())
    queue: str = Field(max_length=24)
    reason: str = Field(sa_column=Column(Text, nullable=False))
    priority: int
    opened_at: datetime = Field(sa_column=_moment(nullable=False))
    due_at: datetime = Field(sa_column=_moment(nullable=False, index=True))
    taken_at: datetime | None = Field(default=None, sa_column=_moment())
    agent_id: int | None = Field(default=None, sa_column=Column(BigId, ForeignKey("agent.id")))
    closed_at: datetime | None = Field(default=None, sa_column=_moment())
    outcome: str | None = Field(default=None, sa_column=Column(Text))


class Agenda(SQLModel, table=True):
    """A timer: at most one of each kind for a customer."""

    customer_id: int = Field(sa_column=Column(BigId, ForeignKey("customer.id"), primary_key=True, autoincrement=False))
    timer: str = Field(primary_key=True, max_length=20)
    due_at: datetime = Field(sa_column=_moment(nullable=False, index=True))


class Inbound(SQLModel, table=True):
    """A reply, stored before it is acknowledged. `state`: pending, handled, poisoned.

    `missing`: parts of a long text that never came, such as "2,3/4".
    `opinion` is a second reader's; a reply waits for it until `opinion_until_at` at most.
    """

    __table_args__ = (
        UniqueConstraint("channel", "provider_id"),
        UniqueConstraint("content_key"),
        Index(
            "inbound_pending",
            "received_at",
            postgresql_where=text("state = 'pending'"),
            sqlite_where=text("state = 'pending'"),
        ),
        Index(
            "inbound_pending_of",
            "customer_id",
            postgresql_where=text("state = 'pending'"),
            sqlite_where=text("state = 'pending'"),
        ),
        Index("inbound_of", "customer_id", "seq"),
    )
    id: int | None = Field(default=None, sa_column=_id())
    channel: str = Field(max_length=32)
    provider_id: str | None = Field(default=None, max_length=200)
    content_key: str | None = Field(default=None, max_length=64)
    customer_id: int = Field(sa_column=_customer(index=False))
    sender: str = Field(sa_column=_sealed())
    sender_hash: str = Field(max_length=64)
    destination: str = Field(max_length=64)
    text: str = Field(sa_column=_sealed())
    missing: str | None = Field(default=None, sa_column=Column(Text))
    provider_opted_out: bool = False
    provider_at: datetime | None = Field(default=None, sa_column=_moment())
    received_at: datetime = Field(sa_column=_moment(nullable=False))
    state: str = Field(default="pending", max_length=10)
    seq: int | None = None
    intents: str | None = Field(default=None, max_length=500)
    opinion: str | None = Field(default=None, sa_column=_sealed(nullable=True))
    opinion_until_at: datetime | None = Field(default=None, sa_column=_moment())
    handled_at: datetime | None = Field(default=None, sa_column=_moment())


class Part(SQLModel, table=True):
    """One part of a long reply. `joined_at` empty: it waits for the others; afterwards its words are in `inbound`."""

    __table_args__ = (
        UniqueConstraint("dedup_key"),
        Index(
            "part_waiting",
            "customer_id",
            postgresql_where=text("joined_at IS NULL"),
            sqlite_where=text("joined_at IS NULL"),
        ),
        Index("part_content", "content_key"),
    )
    id: int | None = Field(default=None, sa_column=_id())
    channel: str = Field(max_length=32)
    provider_id: str | None = Field(default=None, max_length=200)
    dedup_key: str = Field(max_length=64)
    content_key: str = Field(max_length=64)
    customer_id: int = Field(sa_column=_customer(index=False))
    sender: str = Field(sa_column=_sealed())
    sender_hash: str = Field(max_length=64)
    destination: str = Field(max_length=64)
    reference: str = Field(max_length=200)
    number: int
    total: int
    text: str = Field(sa_column=_sealed())
    provider_opted_out: bool = False
    provider_at: datetime | None = Field(default=None, sa_column=_moment())
    received_at: datetime = Field(sa_column=_moment(nullable=False))
    joined_at: datetime | None = Field(default=None, sa_column=_moment())


class Outbox(SQLModel, table=True):
    """A text of ours. `delivery` is what receipts say of it, `number_hash` which number it was submitted for.

    `moved_from` is the channel that could not send it; `doubted_at` says since when it may
    have left, so that it must not leave by another.

    `state`: queued, held, submitting, sent, unknown, failed, cancelled.
    """

    __table_args__ = (
        Index(
            "outbox_open",
            "urgency",
            "due_at",
            "id",
            postgresql_where=text("state IN ('queued', 'held', 'submitting')"),
            sqlite_where=text("state IN ('queued', 'held', 'submitting')"),
        ),
        Index("outbox_of", "customer_id", "seq"),
        Index("outbox_provider", "provider_id", "channel"),
    )
    id: int | None = Field(default=None, sa_column=_id())
    customer_id: int = Field(sa_column=_customer(index=False))
    seq: int
    our_ref: str = Field(unique=True, max_length=40)
    channel: str = Field(max_length=32)
    purpose: str = Field(max_length=24)
    urgency: int = Field(default=1, sa_column=Column(Integer, nullable=False, server_default="1"))
    response: str = Field(max_length=48)
    slots: str = Field(sa_column=_sealed())
    text: str = Field(sa_column=_sealed())
    author: str = Field(max_length=64)
    accounts: str = Field(default="", max_length=200)
    answers: bool = False
    state: str = Field(max_length=12)
    reason: str | None = Field(default=None, sa_column=Column(Text))
    queued_at: datetime = Field(sa_column=_moment(nullable=False))
    due_at: datetime = Field(sa_column=_moment(nullable=False))
    lease_at: datetime | None = Field(default=None, sa_column=_moment())
    attempts: int = 0
    sent_at: datetime | None = Field(default=None, sa_column=_moment())
    provider_id: str | None = Field(default=None, max_length=200)
    number_hash: str | None = Field(default=None, max_length=64)
    moved_from: str | None = Field(default=None, max_length=32)
    doubted_at: datetime | None = Field(default=None, sa_column=_moment())
    delivery: str | None = Field(default=None, max_length=12)
    delivered_at: datetime | None = Field(default=None, sa_column=_moment())
    segments: int = 0


class Contact(SQLModel, table=True):
    """A call, e-mail, letter or visit that a person or another system made: it counts towards caps as texts do."""

    __table_args__ = (Index("contact_of", "customer_id", "at"),)
    id: int | None = Field(default=None, sa_column=_id())
    customer_id: int = Field(sa_column=_customer(index=False))
    channel: str = Field(max_length=8)
    at: datetime = Field(sa_column=_moment(nullable=False))
    accounts: str = Field(default="", max_length=200)
    reached: bool = True
    answers: bool = False
    noted_by: str = Field(max_length=64)


class Receipt(SQLModel, table=True):
    """A delivery report; while `matched_at` and `expired_at` are empty it is parked: its text is not known yet."""

    __table_args__ = (
        UniqueConstraint("dedup_key"),
        Index(
            "receipt_parked",
            "received_at",
            postgresql_where=text("matched_at IS NULL AND expired_at IS NULL"),
            sqlite_where=text("matched_at IS NULL AND expired_at IS NULL"),
        ),
    )
    id: int | None = Field(default=None, sa_column=_id())
    channel: str = Field(max_length=32)
    dedup_key: str = Field(max_length=64)
    provider_id: str | None = Field(default=None, max_length=200)
    our_ref: str | None = Field(default=None, max_length=200)
    status: str = Field(max_length=12)
    code: str = Field(default="", max_length=200)
    kind: str | None = Field(default=None, max_length=12)
    received_at: datetime = Field(sa_column=_moment(nullable=False))
    matched_at: datetime | None = Field(default=None, sa_column=_moment())
    expired_at: datetime | None = Field(default=None, sa_column=_moment())


class DeadLetter(SQLModel, table=True):
    """What was authentic but could not be read: kept for a person, acknowledged to the gateway."""

    __tablename__ = "dead_letter"
    id: int | None = Field(default=None, sa_column=_id())
    channel: str = Field(max_length=32)
    received_at: datetime = Field(sa_column=_moment(nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    body: str = Field(sa_column=_sealed())


class Journal(SQLModel, table=True):
    """What happened, append-only: `hash` covers the entry and the one before, `sealed` opens by the customer's key."""

    customer_id: int = Field(sa_column=Column(BigId, ForeignKey("customer.id"), primary_key=True, autoincrement=False))
    seq: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_column=_moment(nullable=False))
    kind: str = Field(max_length=24)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hash: str = Field(sa_column=Column(String(64), nullable=False))


class Agent(SQLModel, table=True):
    """A person of the bank who works in the console. Roles: agent, supervisor, auditor, admin.

    `skills`: the queues that they take from, with commas; empty means all. `most`: customers whom they have at once.
    """

    id: int | None = Field(default=None, sa_column=_id())
    login: str = Field(unique=True, max_length=64)
    name: str = Field(max_length=80)
    role: str = Field(max_length=12)
    password_hash: str = Field(max_length=200)
    language: str = Field(default="zh", max_length=8)
    active: bool = True
    skills: str = Field(default="", sa_column=Column(String(400), nullable=False, server_default=""))
    most: int = Field(default=8, sa_column=Column(Integer, nullable=False, server_default="8"))
    away_since_at: datetime | None = Field(default=None, sa_column=_moment())


class AgentSession(SQLModel, table=True):
    """A log-in; only the hash of its cookie is stored."""

    __tablename__ = "agent_session"
    id_hash: str = Field(primary_key=True, max_length=64)
    agent_id: int = Field(sa_column=Column(BigId, ForeignKey("agent.id"), nullable=False))
    csrf: str = Field(max_length=64)
    created_at: datetime = Field(sa_column=_moment(nullable=False))
    seen_at: datetime = Field(sa_column=_moment(nullable=False))


class LoginAttempt(SQLModel, table=True):
    """Failed log-ins, per account and per address, for throttling that works across processes."""

    __tablename__ = "login_attempt"
    subject: str = Field(primary_key=True, max_length=64)
    failures: int = 0
    blocked_until_at: datetime | None = Field(default=None, sa_column=_moment())


class AccessLog(SQLModel, table=True):
    """A person read personal data."""

    __tablename__ = "access_log"
    id: int | None = Field(default=None, sa_column=_id())
    who: str = Field(max_length=80)
    customer_id: int | None = Field(default=None, sa_column=Column(BigId, ForeignKey("customer.id"), index=True))
    what: str = Field(max_length=80)
    at: datetime = Field(sa_column=_moment(nullable=False))


class Channel(SQLModel, table=True):
    """A line to a gateway as operations see it: paused or not, how much of its limits is used, its last failure.

    What webhooks should have brought was fetched up to `polled_at`; `poll_begun_at` keeps others from asking meanwhile.
    """

    name: str = Field(primary_key=True, max_length=32)
    paused_reason: str | None = Field(default=None, sa_column=Column(Text))
    paused_at: datetime | None = Field(default=None, sa_column=_moment())
    resumed_at: datetime | None = Field(default=None, sa_column=_moment())
    second_at: datetime | None = Field(default=None, sa_column=_moment())
    sent_in_second: int = 0
    day_on: date | None = None
    sent_in_day: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    polled_at: datetime | None = Field(default=None, sa_column=_moment())
    poll_begun_at: datetime | None = Field(default=None, sa_column=_moment())
    failed_at: datetime | None = Field(default=None, sa_column=_moment())
    failure: str | None = Field(default=None, sa_column=Column(Text))


METADATA = SQLModel.metadata
