"""A customer's file and thread of texts, read from the store for people's eyes."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import phonenumbers
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.calendar import local_day
from bot.store import cases, journal, texts
from bot.store import tables as t
from bot.store.columns import keyring
from bot.store.fileview import (
    AccountView,
    ContactView,
    FileView,
    HandoffView,
    HoldView,
    NoteView,
    PaymentView,
    PlanView,
    PromiseView,
    SuppressionView,
    TimerView,
    mask_name,
    mask_number,
)
from bot.store.scope import Scope
from bot.store.texts import inbound

payment, agenda = t.Payment.__table__, t.Agenda.__table__  # type: ignore[attr-defined]
agent, journal_table = t.Agent.__table__, t.Journal.__table__  # type: ignore[attr-defined]
NOTED = ("note", "unmerged")  # entries of the journal that hold a person's own words for colleagues
REGIONS = ("CN", "US")  # where a number without a country code may be from


async def find_customer(connection: AsyncConnection, scope: Scope, needle: str) -> int | None:
    """The customer with this phone number (E.164, or as written in China or the US), or this reference of theirs or of
    one of their accounts; None where there is none in scope."""
    needle = unicodedata.normalize("NFKC", needle).strip()
    if not needle.isprintable():
        return None
    hashes = [keyring().number_hash(number) for number in _numbers(needle)]
    phone, customer, account = cases.phone, cases.customer, cases.account
    queries: list[Select[Any]] = [
        select(phone.c.customer_id)
        .where(phone.c.number_hash.in_(hashes), scope.lets_id(phone.c.customer_id))
        .order_by(phone.c.current.desc(), phone.c.customer_id),
        select(customer.c.id).where(customer.c.reference == needle, scope.lets(customer.c.team)),
        select(account.c.customer_id).where(account.c.reference == needle, scope.lets_id(account.c.customer_id)),
    ]
    for query in queries:
        id = (await connection.execute(query.limit(1))).scalar()
        if id is not None:
            return int(id)
    return None


def _numbers(needle: str) -> list[str]:
    found = []
    for region in (None,) if needle.startswith("+") else REGIONS:
        try:
            number = phonenumbers.parse(needle, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            found.append(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return found


async def view(
    connection: AsyncConnection,
    scope: Scope,
    customer_id: int,
    now: datetime,
    reveal: bool = False,
    newest: int | None = None,
) -> FileView:
    """A customer's file, with all texts or only the newest; LookupError where there is no such customer in scope."""
    loaded = await cases.load(connection, list(await scope.only(connection, [customer_id])), now, whole=True)
    if customer_id not in loaded:
        raise LookupError(f"there is no customer {customer_id}")
    file = loaded[customer_id]
    case = file.case
    names = {row.id: row for row in await connection.execute(select(agent.c.id, agent.c.login, agent.c.name))}
    logins = {row.login: row.name for row in names.values()}
    shown = await texts.texts_of(connection, customer_id, logins, newest)
    heard, said = await texts.heard(connection, customer_id), await texts.said(connection, customer_id)
    holds = [
        HoldView(row.kind, row.placed_at, row.until_at, row.category, row.review_at, row.lifted_at)
        for row in file.rows["hold"]
    ]
    holder = names.get(file.agent_id)
    return FileView(
        case=case,
        customer_id=customer_id,
        reference=file.reference,
        name=file.name if reveal else mask_name(file.name),
        number=file.number if reveal else mask_number(file.number),
        revealed=reveal,
        channel=file.channel,
        agent_id=file.agent_id,
        agent=holder.name if holder else None,
        last_seq=file.last_seq,
        heard=heard,
        version=file.journal_seq + heard,
        earlier=heard + said - len(shown),
        suppression=SuppressionView(file.stopped_for, file.stopped_at) if file.stopped_at else None,
        holds=tuple(hold for hold in holds if hold.lifted_at is None),
        lifted=tuple(hold for hold in holds if hold.lifted_at is not None),
        promises=tuple(
            PromiseView(row.amount, row.due_on, row.status, row.paid, row.made_at, row.closed_at, row.later, row.moved)
            for row in file.rows["promise"]
        ),
        plans=tuple(
            PlanView(
                row.kind,
                row.status,
                row.terms,
                row.instalments,
                json.loads(row.contents),
                row.proposed_by,
                row.approved_by,
                row.agreed_by,
                row.made_at,
                row.agreed_at,
                row.closed_at,
            )
            for row in file.rows["plan"]
        ),
        handoffs=tuple(_handoff(row, names) for row in file.rows["handoff"]),
        agenda=tuple(
            TimerView(row.timer, row.due_at)
            for row in await connection.execute(
                select(agenda).where(agenda.c.customer_id == customer_id).order_by(agenda.c.due_at)
            )
        ),
        accounts=_accounts(file, now),
        payments=tuple(
            PaymentView(row.reference, row.amount, row.paid_on, row.posted_at)
            for row in await _of(connection, payment, customer_id)
        ),
        contacts=tuple(
            ContactView(row.channel, row.at, row.reached, logins.get(row.noted_by, row.noted_by))
            for row in await _of(connection, cases.contact, customer_id)
        ),
        texts=tuple(shown),
        notes=await _notes(connection, customer_id, file.data_key, logins),
    )


async def version(connection: AsyncConnection, scope: Scope, customer_id: int) -> int | None:
    """The number of a customer's page: it grows with every journal entry and every text that comes in.

    A page of version n shows all that happened until then. None where there is no such customer in scope.
    """
    came = select(func.count()).where(inbound.c.customer_id == customer_id).scalar_subquery()
    customer = cases.customer
    query = select(customer.c.journal_seq + came).where(customer.c.id == customer_id, scope.lets(customer.c.team))
    found: int | None = (await connection.execute(query)).scalar()
    return found


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What happened; `content` is None where the customer's key was destroyed."""

    seq: int
    at: datetime
    kind: str
    hash: str
    content: Any


async def journal_of(
    connection: AsyncConnection, scope: Scope, customer_id: int
) -> tuple[list[JournalEntry], int | None]:
    """A customer's journal, and the seq of the first entry that was changed or is missing; None where it is whole.

    Raise LookupError where there is no such customer in scope.
    """
    customer, table = cases.customer, journal_table
    head = select(customer.c.data_key, customer.c.journal_seq, customer.c.journal_head)
    file = (await connection.execute(head.where(customer.c.id == customer_id, scope.lets(customer.c.team)))).first()
    if file is None:
        raise LookupError(f"there is no customer {customer_id}")
    query = select(table).where(table.c.customer_id == customer_id).order_by(table.c.seq)
    rows: list[Mapping[str, Any]] = [dict(row) for row in (await connection.execute(query)).mappings()]
    broken = journal.verify(rows)
    last = rows[-1]["hash"] if rows else ""
    if broken is None and (len(rows), last) != (file.journal_seq, file.journal_head):
        broken = len(rows) + 1  # the end was cut off
    entries = [
        JournalEntry(row["seq"], row["at"], row["kind"], row["hash"], journal.read(row, file.data_key)) for row in rows
    ]
    return entries, broken


async def entries_of(connection: AsyncConnection, customer_id: int, seqs: Iterable[int]) -> dict[int, JournalEntry]:
    """These entries of a customer's journal, by their seq; whether the chain is whole is not looked at."""
    customer, table = cases.customer, journal_table
    key = (await connection.execute(select(customer.c.data_key).where(customer.c.id == customer_id))).scalar()
    query = select(table).where(table.c.customer_id == customer_id, table.c.seq.in_(set(seqs)))
    rows: list[Mapping[str, Any]] = [dict(row) for row in (await connection.execute(query)).mappings()]
    return {
        row["seq"]: JournalEntry(row["seq"], row["at"], row["kind"], row["hash"], journal.read(row, key))
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class PhonebookEntry:
    """A customer's phone, for a demonstration."""

    customer_id: int
    reference: str
    name: str
    language: str
    number: str


async def phonebook(connection: AsyncConnection, limit: int = 300) -> list[PhonebookEntry]:
    """Customers with their phones in clear: only a demonstration may ask for it."""
    customer, phone = cases.customer, cases.phone
    query = (
        select(customer.c.id, customer.c.reference, customer.c.name, customer.c.language, phone.c.number)
        .join(phone, (phone.c.customer_id == customer.c.id) & phone.c.current)
        .order_by(customer.c.id)
        .limit(limit)
    )
    return [PhonebookEntry(*row) for row in await connection.execute(query)]


async def _of(connection: AsyncConnection, table: Any, customer_id: int) -> list[Any]:
    query = select(table).where(table.c.customer_id == customer_id).order_by(table.c.id)
    return list(await connection.execute(query))


def _accounts(file: cases.File, now: datetime) -> tuple[AccountView, ...]:
    today, reference = local_day(now, file.case.zone), file.account_references
    return tuple(
        AccountView(
            reference=reference[a.id],
            product=a.product,
            tail=a.tail,
            balance=a.balance,
            amount_due=a.amount_due,
            minimum_due=a.minimum_due,
            due_on=a.due_on,
            days_past_due=a.days_past_due(today),
            currency=a.currency,
        )
        for a in file.case.accounts
    )


def _handoff(row: Any, names: Mapping[int, Any]) -> HandoffView:
    holder = names.get(row.agent_id)
    return HandoffView(
        row.queue, row.reason, row.priority, row.opened_at, row.due_at, row.taken_at, holder.name if holder else None,
        row.closed_at, row.outcome, row.note or "", row.pinned_why or "",
    )  # fmt: skip


async def _notes(
    connection: AsyncConnection, customer_id: int, key: str | None, names: Mapping[str, str]
) -> tuple[NoteView, ...]:
    """Notes live in the journal alone: nothing that sends texts ever reads it."""
    table = journal_table
    query = select(table).where(table.c.customer_id == customer_id, table.c.kind.in_(NOTED)).order_by(table.c.seq)
    notes = []
    for row in (await connection.execute(query)).mappings():
        content = journal.read(dict(row), key)
        if content is not None:
            login = content["agent"]
            notes.append(NoteView(names.get(login, login), row["at"], content["text"], row["kind"]))
    return tuple(notes)
