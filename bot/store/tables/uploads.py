"""Portfolios that were uploaded in the console: the sealed file, what its rows are found to be, and how far it is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Text
from sqlmodel import Field, SQLModel

from bot.store.columns import BigId
from bot.store.tables import fields


def _upload_id() -> Column[int]:
    return Column(BigId, ForeignKey("upload.id"), primary_key=True, autoincrement=False)


class Upload(SQLModel, table=True):
    """A file, what was decided about it, and how far the work on it is.

    `mapping` is JSON: our column to the file's, counted from 0, or to `=value` for every row. `fingerprint` names the
    bytes, the mapping and the words that cells are translated by; what was rehearsed under it is what is applied.
    `preview` is JSON: the first rows. `counts` is JSON: the report, kept when the file is gone.
    `position` counts the rows that the present step is through with, `begun_position` those at `begun_at`, when it
    began or went on. `runner` works on it until `lease_at`.

    `state`: mapping, checking, checked, rehearsing, rehearsed, waiting, applying, paused; applied, stopped, rejected,
    discarded, expired, failed.
    """

    id: int | None = Field(default=None, sa_column=fields.identity())
    name: str = Field(sa_column=fields.sealed())
    sha256: str = Field(max_length=64)
    size: int
    encoding: str = Field(max_length=8)
    delimiter: str = Field(max_length=1)
    headings: str = Field(sa_column=fields.sealed())
    preview: str = Field(sa_column=fields.sealed())
    rows: int
    uploaded_by: str = Field(max_length=64)
    uploaded_at: datetime = Field(sa_column=fields.moment(nullable=False))
    state: str = Field(max_length=12, index=True)
    mapping: str = Field(sa_column=Column(Text, nullable=False))
    fingerprint: str = Field(default="", sa_column=Column(String(64), nullable=False, server_default=""))
    content_version: str = Field(default="", sa_column=Column(String(16), nullable=False, server_default=""))
    counts: str = Field(default="{}", sa_column=Column(Text, nullable=False, server_default="{}"))
    rehearsed_at: datetime | None = Field(default=None, sa_column=fields.moment())
    asked_at: datetime | None = Field(default=None, sa_column=fields.moment())
    decided_by: str | None = Field(default=None, max_length=64)
    decided_at: datetime | None = Field(default=None, sa_column=fields.moment())
    decision: str | None = Field(default=None, sa_column=fields.sealed(nullable=True))
    approved_version: str = Field(default="", sa_column=Column(String(16), nullable=False, server_default=""))
    changed_by: str | None = Field(default=None, max_length=64)
    changed_at: datetime = Field(sa_column=fields.moment(nullable=False))
    position: int = Field(default=0, sa_column=fields.count())
    begun_position: int = Field(default=0, sa_column=fields.count())
    begun_at: datetime | None = Field(default=None, sa_column=fields.moment())
    ended_at: datetime | None = Field(default=None, sa_column=fields.moment())
    runner: str | None = Field(default=None, max_length=32)
    lease_at: datetime | None = Field(default=None, sa_column=fields.moment())
    failure: str | None = Field(default=None, max_length=32)


class UploadChunk(SQLModel, table=True):
    """A part of the file, sealed; gone once the file is applied, stopped or thrown away."""

    __tablename__ = "upload_chunk"
    upload_id: int = Field(sa_column=_upload_id())
    place: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class UploadRow(SQLModel, table=True):
    """What a row of the file is found to be, without its figures: refused and why, or what became of it in rehearsal.

    `outcome` and `person` stand on the first row of each customer; `about` is JSON with the references.
    """

    __tablename__ = "upload_row"
    __table_args__ = (
        fields.index_where("upload_row_refused", "upload_id", "line", where="problem IS NOT NULL"),
        fields.index_where("upload_row_outcome", "upload_id", "outcome", "line", where="outcome IS NOT NULL"),
        fields.index_where("upload_row_person", "upload_id", "person", "line", where="person IS NOT NULL"),
        fields.index_where("upload_row_ledger", "upload_id", "ledger", "line", where="ledger IS NOT NULL"),
    )
    upload_id: int = Field(sa_column=_upload_id())
    line: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    at_column: str | None = Field(default=None, max_length=32)
    problem: str | None = Field(default=None, sa_column=fields.sealed(nullable=True))
    person: str | None = Field(default=None, max_length=12)
    ledger: str | None = Field(default=None, max_length=12)
    outcome: str | None = Field(default=None, max_length=48)
    next_at: datetime | None = Field(default=None, sa_column=fields.moment())
    about: str | None = Field(default=None, sa_column=fields.sealed(nullable=True))


class UploadMapping(SQLModel, table=True):
    """How files with these headings were mapped the last time."""

    __tablename__ = "upload_mapping"
    headings_hash: str = Field(primary_key=True, max_length=64)
    mapping: str = Field(sa_column=Column(Text, nullable=False))
    noted_by: str = Field(max_length=64)
    noted_at: datetime = Field(sa_column=fields.moment(nullable=False))
