"""The editions of dialogues/: what was proposed, who approved it, which is in force, and what one would change."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, LargeBinary, Text
from sqlmodel import Field, SQLModel

from bot.store.columns import BigId
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


class EditionEffect(SQLModel, table=True):
    """What an edition would change until `until_at`, held against the content `against`: of `total` customers every
    `every`th is looked at. `run` names the work that goes on; `counts` is JSON and holds ids and codes alone."""

    __tablename__ = "edition_effect"
    edition_id: int = Field(sa_column=Column(BigId, ForeignKey("edition.id"), primary_key=True, autoincrement=False))
    against: str = Field(max_length=64)
    run: str = Field(max_length=16)
    begun_by: str = Field(max_length=80)
    begun_at: datetime = Field(sa_column=fields.moment(nullable=False))
    until_at: datetime = Field(sa_column=fields.moment(nullable=False))
    total: int
    every: int
    looked: int
    counts: str = Field(sa_column=Column(Text, nullable=False))
    noted_at: datetime = Field(sa_column=fields.moment(nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=fields.moment())
