"""The people of the console: who they are, their log-ins, and what they read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String
from sqlmodel import Field, SQLModel

from bot.store.columns import BigId
from bot.store.tables import fields


class Agent(SQLModel, table=True):
    """A person of the bank who works in the console. Roles: agent, supervisor, auditor, admin.

    `team`: whose customers an agent sees; empty: those without team.
    `theme`: system, light or dark. `habits`: what they chose for their own screen, with commas (see agents.Habit).
    `totp_secret`: of their second step, `totp_offered`: one not yet confirmed; `totp_step`: whose code counted last.
    `skills`: the queues that they take from, with commas; empty means all. `most`: customers whom they have at once.
    """

    id: int | None = Field(default=None, sa_column=fields.identity())
    login: str = Field(unique=True, max_length=64)
    name: str = Field(max_length=80)
    role: str = Field(max_length=12)
    password_hash: str = Field(max_length=200)
    language: str = Field(default="zh", max_length=8)
    theme: str = Field(default="system", sa_column=Column(String(8), nullable=False, server_default="system"))
    habits: str = Field(default="keys", sa_column=Column(String(80), nullable=False, server_default="keys"))
    team: str = Field(default="", sa_column=fields.team())
    active: bool = True
    skills: str = Field(default="", sa_column=Column(String(400), nullable=False, server_default=""))
    most: int = Field(default=8, sa_column=Column(Integer, nullable=False, server_default="8"))
    totp_secret: str | None = Field(default=None, sa_column=fields.sealed(nullable=True))
    totp_offered: str | None = Field(default=None, sa_column=fields.sealed(nullable=True))
    totp_step: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    away_since_at: datetime | None = Field(default=None, sa_column=fields.moment())


class AgentSession(SQLModel, table=True):
    """A log-in; only the hash of its cookie is stored. `stage`: open, or what is still to be given."""

    __tablename__ = "agent_session"
    id_hash: str = Field(primary_key=True, max_length=64)
    agent_id: int = Field(sa_column=Column(BigId, ForeignKey("agent.id"), nullable=False))
    csrf: str = Field(max_length=64)
    created_at: datetime = Field(sa_column=fields.moment(nullable=False))
    seen_at: datetime = Field(sa_column=fields.moment(nullable=False))
    stage: str = Field(default="open", sa_column=Column(String(8), nullable=False, server_default="open"))
    place: str = Field(default="", sa_column=Column(String(80), nullable=False, server_default=""))


class Presence(SQLModel, table=True):
    """A person has a customer's page open, until `until_at` unless they renew it."""

    page: str = Field(primary_key=True, max_length=16)
    customer_id: int = Field(sa_column=fields.customer_id())
    agent_id: int = Field(sa_column=Column(BigId, ForeignKey("agent.id"), nullable=False))
    until_at: datetime = Field(sa_column=fields.moment(nullable=False))


class RecoveryCode(SQLModel, table=True):
    """A code that stands in, once, for a lost second step."""

    __tablename__ = "recovery_code"
    code_hash: str = Field(primary_key=True, max_length=64)
    agent_id: int = Field(sa_column=Column(BigId, ForeignKey("agent.id"), nullable=False, index=True))
    used_at: datetime | None = Field(default=None, sa_column=fields.moment())


class LoginAttempt(SQLModel, table=True):
    """Failed log-ins, per account and per address, for throttling that works across processes.

    `alarmed_at`: since when people know of these failures."""

    __tablename__ = "login_attempt"
    subject: str = Field(primary_key=True, max_length=64)
    failures: int = 0
    blocked_until_at: datetime | None = Field(default=None, sa_column=fields.moment())
    tried_at: datetime | None = Field(default=None, sa_column=fields.moment())
    what: str = Field(default="", sa_column=Column(String(80), nullable=False, server_default=""))
    alarmed_at: datetime | None = Field(default=None, sa_column=fields.moment())


class AccessLog(SQLModel, table=True):
    """A person read personal data."""

    __tablename__ = "access_log"
    __table_args__ = (Index("access_log_of", "who", "at"),)
    id: int | None = Field(default=None, sa_column=fields.identity())
    who: str = Field(max_length=80)
    customer_id: int | None = Field(default=None, sa_column=Column(BigId, ForeignKey("customer.id"), index=True))
    what: str = Field(max_length=80)
    at: datetime = Field(sa_column=fields.moment(nullable=False))
