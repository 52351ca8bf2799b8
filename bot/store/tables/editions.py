"""The editions of dialogues/: what was proposed, by whom it was approved, and which is in force."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, LargeBinary, Text
from sqlmodel import Field, SQLModel

from bot.store.tables import fields


class Edition(SQLModel, table=True):
    """All files of dialogues/ at one time. States: noted, proposed, in_force, replaced, refused; one is in force.

    `noted`: a server started by it while no edition had ever been approved. `rules` is what decisions name it by;
    `based_on` is the edition that was in force when it was proposed.
    """

    __table_args__ = (fields.index_where("edition_in_force", "state", where="state = 'in_force'", unique=True),)
    id: int | None = Field(default=None, sa_column=fields.identity())
    state: str = Field(max_length=12)
    fingerprint: str = Field(max_length=64, index=True)
    rules: str = Field(max_length=12, index=True)
    files: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    origin: str = Field(max_length=20)
    based_on: int | None = None
    proposed_by: str = Field(default="", max_length=80)
    proposed_at: datetime = Field(sa_column=fields.moment(nullable=False))
    note: str = Field(default="", sa_column=Column(Text, nullable=False))
    decided_by: str = Field(default="", max_length=80)
    decided_at: datetime | None = Field(default=None, sa_column=fields.moment())
    decided_note: str = Field(default="", sa_column=Column(Text, nullable=False))
    replaced_at: datetime | None = Field(default=None, sa_column=fields.moment())
