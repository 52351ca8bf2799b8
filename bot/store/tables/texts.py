"""Texts in both directions, other contacts, and the lines that they travel on."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Column, Index, Integer, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.tables import fields


class Inbound(SQLModel, table=True):
    """A reply, stored before it is acknowledged. `state`: pending, handled, poisoned.

    `at_once`: it is not waited for what else the customer may write (an opt-out, despair).
    `missing`: parts of a long text that never came, such as "2,3/4".
    `opinion` is a second reader's; a reply waits for it until `opinion_until_at` at most.
    `entry` is the journal's entry in which it was read and decided upon.
    """

    __table_args__ = (
        UniqueConstraint("channel", "provider_id"),
        UniqueConstraint("content_key"),
        fields.index_where("inbound_pending", "received_at", where="state = 'pending'"),
        fields.index_where("inbound_pending_of", "customer_id", where="state = 'pending'"),
        Index("inbound_of", "customer_id", "seq"),
    )
    id: int | None = Field(default=None, sa_column=fields.identity())
    channel: str = Field(max_length=32)
    provider_id: str | None = Field(default=None, max_length=200)
    content_key: str | None = Field(default=None, max_length=64)
    customer_id: int = Field(sa_column=fields.customer_id(index=False))
    sender: str = Field(sa_column=fields.sealed())
    sender_hash: str = Field(max_length=64)
    destination: str = Field(max_length=64)
    text: str = Field(sa_column=fields.sealed())
    missing: str | None = Field(default=None, sa_column=Column(Text))
    provider_opted_out: bool = False
    provider_at: datetime | None = Field(default=None, sa_column=fields.moment())
    received_at: datetime = Field(sa_column=fields.moment(nullable=False))
    at_once: bool = Field(default=False, sa_column=fields.no())
    state: str = Field(default="pending", max_length=10)
    seq: int | None = None
    intents: str | None = Field(default=None, max_length=500)
    opinion: str | None = Field(default=None, sa_column=fields.sealed(nullable=True))
    opinion_until_at: datetime | None = Field(default=None, sa_column=fields.moment())
    entry: int | None = None
    handled_at: datetime | None = Field(default=None, sa_column=fields.moment())


class Part(SQLModel, table=True):
    """One part of a long reply. `joined_at` empty: it waits for the others; afterwards its words are in `inbound`."""

    __table_args__ = (
        UniqueConstraint("dedup_key"),
        fields.index_where("part_waiting", "customer_id", where="joined_at IS NULL"),
        Index("part_content", "content_key"),
    )
    id: int | None = Field(default=None, sa_column=fields.identity())
    channel: str = Field(max_length=32)
    provider_id: str | None = Field(default=None, max_length=200)
    dedup_key: str = Field(max_length=64)
    content_key: str = Field(max_length=64)
    customer_id: int = Field(sa_column=fields.customer_id(index=False))
    sender: str = Field(sa_column=fields.sealed())
    sender_hash: str = Field(max_length=64)
    destination: str = Field(max_length=64)
    reference: str = Field(max_length=200)
    number: int
    total: int
    text: str = Field(sa_column=fields.sealed())
    provider_opted_out: bool = False
    provider_at: datetime | None = Field(default=None, sa_column=fields.moment())
    received_at: datetime = Field(sa_column=fields.moment(nullable=False))
    joined_at: datetime | None = Field(default=None, sa_column=fields.moment())


class Outbox(SQLModel, table=True):
    """A text of ours. `delivery` is what receipts say of it, `number_hash` which number it was submitted for.

    `moved_from` is the channel that could not send it; `doubted_at` says since when it may
    have left, so that it must not leave by another. `entry` is the journal's entry that says why it was written.
    `template` is the approval of the wording that an agent chose:
    where `response` is "agent" all the same, they edited it.

    `state`: queued, held, submitting, sent, unknown, failed, cancelled.
    """

    __table_args__ = (
        fields.index_where("outbox_open", "urgency", "due_at", "id", where="state IN ('queued', 'held', 'submitting')"),
        Index("outbox_of", "customer_id", "seq"),
        Index("outbox_provider", "provider_id", "channel"),
        fields.index_where(
            "outbox_left",
            "sent_at",
            "customer_id",
            "purpose",
            "segments",
            where="state IN ('submitting', 'sent', 'unknown')",
        ),
        fields.index_where("outbox_unknown", "due_at", "id", where="state = 'unknown'"),
    )
    id: int | None = Field(default=None, sa_column=fields.identity())
    customer_id: int = Field(sa_column=fields.customer_id(index=False))
    seq: int
    our_ref: str = Field(unique=True, max_length=40)
    channel: str = Field(max_length=32)
    purpose: str = Field(max_length=24)
    urgency: int = Field(default=1, sa_column=Column(Integer, nullable=False, server_default="1"))
    response: str = Field(max_length=48)
    slots: str = Field(sa_column=fields.sealed())
    text: str = Field(sa_column=fields.sealed())
    author: str = Field(max_length=64)
    template: str | None = Field(default=None, sa_column=Column(Text))
    accounts: str = Field(default="", max_length=200)
    answers: bool = False
    entry: int | None = None
    state: str = Field(max_length=12)
    reason: str | None = Field(default=None, sa_column=Column(Text))
    queued_at: datetime = Field(sa_column=fields.moment(nullable=False))
    due_at: datetime = Field(sa_column=fields.moment(nullable=False))
    lease_at: datetime | None = Field(default=None, sa_column=fields.moment())
    attempts: int = 0
    sent_at: datetime | None = Field(default=None, sa_column=fields.moment())
    provider_id: str | None = Field(default=None, max_length=200)
    number_hash: str | None = Field(default=None, max_length=64)
    moved_from: str | None = Field(default=None, max_length=32)
    doubted_at: datetime | None = Field(default=None, sa_column=fields.moment())
    delivery: str | None = Field(default=None, max_length=12)
    delivered_at: datetime | None = Field(default=None, sa_column=fields.moment())
    segments: int = 0


class Contact(SQLModel, table=True):
    """A call, e-mail, letter or visit that a person or another system made: it counts towards caps as texts do."""

    __table_args__ = (Index("contact_of", "customer_id", "at"),)
    id: int | None = Field(default=None, sa_column=fields.identity())
    customer_id: int = Field(sa_column=fields.customer_id(index=False))
    channel: str = Field(max_length=8)
    at: datetime = Field(sa_column=fields.moment(nullable=False))
    accounts: str = Field(default="", max_length=200)
    reached: bool = True
    answers: bool = False
    noted_by: str = Field(max_length=64)


class Receipt(SQLModel, table=True):
    """A delivery report; while `matched_at` and `expired_at` are empty it is parked: its text is not known yet."""

    __table_args__ = (
        UniqueConstraint("dedup_key"),
        fields.index_where("receipt_parked", "received_at", where="matched_at IS NULL AND expired_at IS NULL"),
    )
    id: int | None = Field(default=None, sa_column=fields.identity())
    channel: str = Field(max_length=32)
    dedup_key: str = Field(max_length=64)
    provider_id: str | None = Field(default=None, max_length=200)
    our_ref: str | None = Field(default=None, max_length=200)
    status: str = Field(max_length=12)
    code: str = Field(default="", max_length=200)
    kind: str | None = Field(default=None, max_length=12)
    received_at: datetime = Field(sa_column=fields.moment(nullable=False))
    matched_at: datetime | None = Field(default=None, sa_column=fields.moment())
    expired_at: datetime | None = Field(default=None, sa_column=fields.moment())


class DeadLetter(SQLModel, table=True):
    """What was authentic but could not be read: kept for a person, acknowledged to the gateway."""

    __tablename__ = "dead_letter"
    id: int | None = Field(default=None, sa_column=fields.identity())
    channel: str = Field(max_length=32)
    received_at: datetime = Field(sa_column=fields.moment(nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    body: str = Field(sa_column=fields.sealed())


class Channel(SQLModel, table=True):
    """A line to a gateway as operations see it: paused or not, how much of its limits is used, its last failure.

    What webhooks should have brought was fetched up to `polled_at`; `poll_begun_at` keeps others from asking meanwhile.
    """

    name: str = Field(primary_key=True, max_length=32)
    paused_reason: str | None = Field(default=None, sa_column=Column(Text))
    paused_at: datetime | None = Field(default=None, sa_column=fields.moment())
    resumed_at: datetime | None = Field(default=None, sa_column=fields.moment())
    second_at: datetime | None = Field(default=None, sa_column=fields.moment())
    sent_in_second: int = 0
    day_on: date | None = None
    sent_in_day: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    polled_at: datetime | None = Field(default=None, sa_column=fields.moment())
    poll_begun_at: datetime | None = Field(default=None, sa_column=fields.moment())
    failed_at: datetime | None = Field(default=None, sa_column=fields.moment())
    failure: str | None = Field(default=None, sa_column=Column(Text))
