"""What people teach the reader."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey
from sqlmodel import Field, SQLModel

from bot.store.columns import BigId
from bot.store.tables import fields


class Correction(SQLModel, table=True):
    """What a reply meant in a person's eyes, and what the reader had made of it: material to be reviewed for training.

    `read` and `meant` are the two meanings as JSON; `content` is the digest of the rules by which it was read.
    """

    id: int | None = Field(default=None, sa_column=fields.identity())
    customer_id: int = Field(sa_column=fields.customer_id())
    inbound_id: int = Field(sa_column=Column(BigId, ForeignKey("inbound.id"), nullable=False, index=True))
    language: str = Field(max_length=8)
    text: str = Field(sa_column=fields.sealed())
    read: str = Field(sa_column=fields.sealed())
    meant: str = Field(sa_column=fields.sealed())
    by: str = Field(max_length=64)
    at: datetime = Field(sa_column=fields.moment(nullable=False))
    content: str = Field(max_length=64)
