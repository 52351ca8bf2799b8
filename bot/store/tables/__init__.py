"""The tables. SQLModel classes are the schema; the hot path writes with SQLAlchemy Core on `X.__table__`.

`*_at` is an aware UTC moment, `*_on` a local date. An incoming text lives in `inbound` and an outgoing one in `outbox`:
each row is both the queue's entry and the message of record; `seq` orders both within a customer.
"""

from sqlmodel import SQLModel

from bot.store.tables.drafts import Draft
from bot.store.tables.editions import Edition, EditionEffect
from bot.store.tables.file import Account, CaseFile, Customer, Hold, Merge, Payment, Phone, Plan, Promise, Suppression
from bot.store.tables.learn import Correction
from bot.store.tables.people import AccessLog, Agent, AgentSession, LoginAttempt, Presence, RecoveryCode
from bot.store.tables.texts import Channel, Contact, DeadLetter, Inbound, Outbox, Part, Receipt
from bot.store.tables.uploads import Upload, UploadChunk, UploadMapping, UploadRow
from bot.store.tables.work import Agenda, Handoff, Journal

__all__ = [
    "METADATA",
    "AccessLog",
    "Account",
    "Agenda",
    "Agent",
    "AgentSession",
    "CaseFile",
    "Channel",
    "Contact",
    "Correction",
    "Customer",
    "DeadLetter",
    "Draft",
    "Edition",
    "EditionEffect",
    "Handoff",
    "Hold",
    "Inbound",
    "Journal",
    "LoginAttempt",
    "Merge",
    "Outbox",
    "Part",
    "Payment",
    "Phone",
    "Plan",
    "Presence",
    "Promise",
    "Receipt",
    "RecoveryCode",
    "Suppression",
    "Upload",
    "UploadChunk",
    "UploadMapping",
    "UploadRow",
]

METADATA = SQLModel.metadata
