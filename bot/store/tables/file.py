"""A customer's file: who they are, what they owe, and where the conversation stands."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Column, ForeignKey, Index, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.core.agreement import Instalment
from bot.store.columns import BigId
from bot.store.tables import fields


class Customer(SQLModel, table=True):
    """A customer, or the unknown sender of a reply. The row whose lock orders everything about them."""

    id: int | None = Field(default=None, sa_column=fields.identity())
    reference: str = Field(unique=True, max_length=64)
    name: str = Field(sa_column=fields.sealed())
    language: str = Field(max_length=8)
    zones: str = Field(max_length=200)
    jurisdiction: str = Field(max_length=16)
    place: str = Field(default="", max_length=32)
    team: str = Field(default="", sa_column=fields.team())
    creditor_role: str = Field(default="first_party", max_length=16)
    consents: str = Field(default="", max_length=100)
    notice_on: date | None = None
    verify_hash: str = Field(default="", max_length=64)
    known: bool = True
    data_key: str | None = Field(default=None, sa_column=fields.sealed(nullable=True))
    last_seq: int = 0
    journal_seq: int = 0
    journal_head: str = Field(default="", max_length=64)
    created_at: datetime = Field(sa_column=fields.moment(nullable=False))


class Phone(SQLModel, table=True):
    """A customer's number and where it came from: `reserved` is the one that they left with the bank, `merged` one that
    only an agent says is theirs."""

    __table_args__ = (UniqueConstraint("customer_id", "number_hash"),)
    id: int | None = Field(default=None, sa_column=fields.identity())
    customer_id: int = Field(sa_column=fields.customer_id(index=False))
    number: str = Field(sa_column=fields.sealed())
    number_hash: str = Field(index=True, max_length=64)
    source: str = Field(max_length=16)
    verified_on: date | None = None
    current: bool = True


class Merge(SQLModel, table=True):
    """An agent says that the number of an unknown sender is this customer's; the two files stay apart."""

    stranger_id: int = Field(sa_column=Column(BigId, ForeignKey("customer.id"), primary_key=True, autoincrement=False))
    customer_id: int = Field(sa_column=fields.customer_id())
    by: str = Field(max_length=64)
    at: datetime = Field(sa_column=fields.moment(nullable=False))


class Suppression(SQLModel, table=True):
    """A number that must never be texted, whoever's file it stands on."""

    number_hash: str = Field(primary_key=True, max_length=64)
    reason: str = Field(max_length=32)
    since_at: datetime = Field(sa_column=fields.moment(nullable=False))


class Account(SQLModel, table=True):
    """One loan or card as the bank's ledger shows it."""

    id: int | None = Field(default=None, sa_column=fields.identity())
    customer_id: int = Field(sa_column=fields.customer_id())
    reference: str = Field(unique=True, max_length=64)
    product: str = Field(max_length=16)
    balance: Decimal = Field(sa_column=fields.cents())
    amount_due: Decimal = Field(sa_column=fields.cents())
    minimum_due: Decimal | None = Field(default=None, sa_column=fields.cents(nullable=True))
    due_on: date
    currency: str = Field(max_length=3)
    tail: str = Field(max_length=8)
    time_barred: bool = False


class CaseFile(SQLModel, table=True):
    """Where the conversation with a customer stands."""

    __tablename__ = "case_file"
    __table_args__ = (fields.index_where("case_held", "agent_id", "customer_id", where="owner = 'agent'"),)
    customer_id: int = Field(sa_column=Column(BigId, ForeignKey("customer.id"), primary_key=True, autoincrement=False))
    state: str = Field(max_length=24, index=True)
    owner: str = Field(max_length=8)
    agent_id: int | None = Field(default=None, sa_column=Column(BigId, ForeignKey("agent.id"), index=True))
    follow_up_at: datetime | None = Field(default=None, sa_column=fields.moment())
    asked: str | None = Field(default=None, max_length=24)
    offer_amount: Decimal | None = Field(default=None, sa_column=fields.cents(nullable=True))
    offer_due_on: date | None = None
    offer_later: tuple[Instalment, ...] = Field(default=(), sa_column=fields.instalments())
    unclear_in_a_row: int = 0
    broken_in_a_row: int = 0
    preference: str | None = Field(default=None, max_length=100)
    payday: int | None = None
    ability: Decimal | None = Field(default=None, sa_column=fields.cents(nullable=True))
    annoyed_at: datetime | None = Field(default=None, sa_column=fields.moment())
    opened_at: datetime | None = Field(default=None, sa_column=fields.moment())
    verify_wrong: int = Field(default=0, sa_column=fields.count())
    verified_until_at: datetime | None = Field(default=None, sa_column=fields.moment())
    verify_barred_until_at: datetime | None = Field(default=None, sa_column=fields.moment())
    changed_at: datetime = Field(sa_column=fields.moment(nullable=False))


class Hold(SQLModel, table=True):
    """A standstill; it stands until `lifted_at` is written."""

    __table_args__ = (
        fields.index_where("hold_standing", "customer_id", "kind", where="lifted_at IS NULL", unique=True),
        Index("hold_placed", "kind", "placed_at"),
        fields.index_where(
            "hold_unjudged", "placed_at", where="kind = 'hardship' AND lifted_at IS NULL AND judged_at IS NULL"
        ),
    )
    id: int | None = Field(default=None, sa_column=fields.identity())
    customer_id: int = Field(sa_column=fields.customer_id())
    kind: str = Field(max_length=16)
    placed_at: datetime = Field(sa_column=fields.moment(nullable=False))
    until_at: datetime | None = Field(default=None, sa_column=fields.moment())
    review_at: datetime | None = Field(default=None, sa_column=fields.moment())
    category: str | None = Field(default=None, sa_column=fields.sealed(nullable=True))
    opened_by: str = Field(default="bot", sa_column=Column(String(64), nullable=False, server_default="bot"))
    approved_by: str = Field(default="", sa_column=Column(String(64), nullable=False, server_default=""))
    declined_by: str = Field(default="", sa_column=Column(String(64), nullable=False, server_default=""))
    judged_at: datetime | None = Field(default=None, sa_column=fields.moment())
    lifted_at: datetime | None = Field(default=None, sa_column=fields.moment())


class Promise(SQLModel, table=True):
    """A promise to pay and what became of it. `later`: what came after it in its series when it was recorded.

    `days_past_due` is how old the arrears were on that day; empty in files from before it was noted.
    """

    __table_args__ = (
        fields.index_where("promise_open", "customer_id", where="status = 'open'", unique=True),
        fields.index_where("promise_due", "due_on", where="status = 'open'"),
        Index("promise_made", "made_at"),
    )
    id: int | None = Field(default=None, sa_column=fields.identity())
    customer_id: int = Field(sa_column=fields.customer_id())
    amount: Decimal = Field(sa_column=fields.cents())
    due_on: date
    status: str = Field(max_length=12)
    paid: Decimal = Field(sa_column=fields.cents())
    later: tuple[Instalment, ...] = Field(default=(), sa_column=fields.instalments())
    moved: int = Field(default=0, sa_column=fields.count())
    days_past_due: int | None = None
    made_at: datetime = Field(sa_column=fields.moment(nullable=False))
    closed_at: datetime | None = Field(default=None, sa_column=fields.moment())


class Plan(SQLModel, table=True):
    """A payment plan or an extension. `status`: pending, offered, active; completed, broken, cancelled, declined.

    `contents` is its record in words, as JSON: for a card the six contents that the agreement must have.
    """

    __table_args__ = (
        fields.index_where("plan_pending", "made_at", where="status = 'pending'"),
        fields.index_where("plan_open", "customer_id", where="status IN ('pending', 'offered', 'active')", unique=True),
    )
    id: int | None = Field(default=None, sa_column=fields.identity())
    customer_id: int = Field(sa_column=fields.customer_id())
    kind: str = Field(max_length=12)
    status: str = Field(max_length=12)
    terms: str = Field(max_length=32)
    interest: str = Field(max_length=32)
    instalments: tuple[Instalment, ...] = Field(default=(), sa_column=fields.instalments())
    contents: str = Field(sa_column=fields.sealed())
    proposed_by: str = Field(max_length=64)
    approved_by: str = Field(default="", max_length=64)
    agreed_by: str = Field(default="", max_length=8)
    made_at: datetime = Field(sa_column=fields.moment(nullable=False))
    agreed_at: datetime | None = Field(default=None, sa_column=fields.moment())
    closed_at: datetime | None = Field(default=None, sa_column=fields.moment())


class Payment(SQLModel, table=True):
    """Money that arrived; `handled_at` says when the case took notice."""

    __table_args__ = (
        fields.index_where("payment_pending", "customer_id", where="handled_at IS NULL"),
        Index("payment_posted", "posted_at"),
    )
    id: int | None = Field(default=None, sa_column=fields.identity())
    customer_id: int = Field(sa_column=fields.customer_id())
    account_id: int | None = Field(default=None, sa_column=Column(BigId, ForeignKey("account.id")))
    reference: str = Field(unique=True, max_length=64)
    amount: Decimal = Field(sa_column=fields.cents())
    paid_on: date
    posted_at: datetime = Field(sa_column=fields.moment(nullable=False))
    handled_at: datetime | None = Field(default=None, sa_column=fields.moment())
