"""What people began to write and have not sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey
from sqlmodel import Field, SQLModel

from bot.store.columns import BigId
from bot.store.tables import fields


class Draft(SQLModel, table=True):
    """A reply that one person has begun to write to one customer; sending it takes it away.

    `template` is the name of the approved wording that it began as.
    """

    agent_id: int = Field(sa_column=Column(BigId, ForeignKey("agent.id"), primary_key=True, autoincrement=False))
    customer_id: int = Field(sa_column=Column(BigId, ForeignKey("customer.id"), primary_key=True, autoincrement=False))
    text: str = Field(sa_column=fields.sealed())
    template: str = Field(default="", max_length=48)
    saved_at: datetime = Field(sa_column=fields.moment(nullable=False))
