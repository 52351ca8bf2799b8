"""What is to be done, and the journal of what was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlmodel import Field, SQLModel

from bot.store.columns import BigId
from bot.store.tables import fields


class Handoff(SQLModel, table=True):
    """A person was called; one open row per customer.

    `taken_at` and `agent_id` are who has it now, `answered_at` is when a person first took it: that stays.
    `outcome` is the code of how it ended (dialogues/policies/resolutions.yml; free words in older rows), `note` what
    was said beside it.
    `rank` is 0 where a supervisor pinned it to the front of the queue, for the reason `pinned_why`, else 1.
    """

    __table_args__ = (
        fields.index_where("handoff_open", "customer_id", where="closed_at IS NULL", unique=True),
        fields.index_where("handoff_due", "rank", "due_at", "priority", "customer_id", where="closed_at IS NULL"),
        fields.index_where("handoff_closed", "closed_at", where="closed_at IS NOT NULL"),
        Index("handoff_opened", "opened_at"),
        Index("handoff_agent", "agent_id", "taken_at"),
    )
    id: int | None = Field(default=None, sa_column=fields.identity())
    customer_id: int = Field(sa_column=fields.customer_id())
    queue: str = Field(max_length=24)
    reason: str = Field(sa_column=Column(Text, nullable=False))
    priority: int
    opened_at: datetime = Field(sa_column=fields.moment(nullable=False))
    due_at: datetime = Field(sa_column=fields.moment(nullable=False))
    taken_at: datetime | None = Field(default=None, sa_column=fields.moment())
    answered_at: datetime | None = Field(default=None, sa_column=fields.moment())
    agent_id: int | None = Field(default=None, sa_column=Column(BigId, ForeignKey("agent.id")))
    rank: int = Field(default=1, sa_column=Column(Integer, nullable=False, server_default="1"))
    pinned_why: str | None = Field(default=None, sa_column=fields.sealed(nullable=True))
    closed_at: datetime | None = Field(default=None, sa_column=fields.moment())
    outcome: str | None = Field(default=None, sa_column=Column(Text))
    note: str | None = Field(default=None, sa_column=fields.sealed(nullable=True))


class Agenda(SQLModel, table=True):
    """A timer: at most one of each kind for a customer."""

    customer_id: int = Field(sa_column=Column(BigId, ForeignKey("customer.id"), primary_key=True, autoincrement=False))
    timer: str = Field(primary_key=True, max_length=20)
    due_at: datetime = Field(sa_column=fields.moment(nullable=False, index=True))


class Journal(SQLModel, table=True):
    """What happened, append-only: `hash` covers the entry and the one before, `sealed` opens by the customer's key."""

    customer_id: int = Field(sa_column=Column(BigId, ForeignKey("customer.id"), primary_key=True, autoincrement=False))
    seq: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_column=fields.moment(nullable=False))
    kind: str = Field(max_length=24)
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hash: str = Field(sa_column=Column(String(64), nullable=False))
