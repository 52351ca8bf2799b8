"""The bank's portfolio in the store: customers and accounts by the bank's own references, and posted payments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.case import Account, Case, HoldKind, Product, State, Timer
from bot.core.strategy import Strategy, first_reminder_at
from bot.store import tables as t
from bot.store.bulk import put_many
from bot.store.cases import account, case_file, customer, hold, load, lock, phone, verify_hash
from bot.store.columns import keyring
from bot.store.inbox import new_file
from bot.store.journal import append_journal
from bot.store.keys import new_customer_key
from bot.store.session import upsert

agenda, payment = t.Agenda.__table__, t.Payment.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class PortfolioRow:
    """One account of one customer, valid in itself."""

    customer: str
    name: str
    number: str
    language: str
    zones: str
    jurisdiction: str
    account: str
    product: Product
    balance: Decimal
    amount_due: Decimal
    minimum_due: Decimal | None
    due_on: date
    currency: str
    tail: str
    place: str = ""
    team: str = ""
    creditor_role: str = "first_party"
    number_source: str = "reserved"
    number_verified_on: date | None = None
    consents: str = ""  # separated by blanks
    notice_on: date | None = None
    time_barred: bool = False
    verify_by: str = field(default="", repr=False)

    @property
    def verify_hash(self) -> str:
        """All that is stored of `verify_by`."""
        return verify_hash(self.customer, self.verify_by) if self.verify_by else ""


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One payment, valid in itself."""

    reference: str
    account: str
    amount: Decimal
    paid_on: date


class Change(StrEnum):
    """What a row did to a customer or an account."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(slots=True)
class Tally:
    """What a batch did: the counts are of accounts, `people` and `accounts` say it by the bank's references."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    people: dict[str, Change] = field(default_factory=dict)
    accounts: dict[str, Change] = field(default_factory=dict)
    refused: list[tuple[int, str, str, str]] = field(default_factory=list)  # place in the batch, column, code, problem


PERSON = (
    "name",
    "language",
    "zones",
    "jurisdiction",
    "place",
    "team",
    "creditor_role",
    "consents",
    "notice_on",
    "verify_hash",
)
LEDGER = ("product", "balance", "amount_due", "minimum_due", "due_on", "currency", "tail", "time_barred")


async def put_portfolio(
    connection: AsyncConnection, rows: Sequence[PortfolioRow], strategy: Strategy, now: datetime
) -> Tally:
    """Upsert by reference. What is already so is not touched; a customer with new arrears gets a first reminder."""
    tally = Tally()
    rows = await _rightful(connection, rows, tally)
    people = {row.customer: row for row in rows}
    ids = await _customers(connection, people, tally, now)
    await lock(connection, sorted(ids.values()), skip_locked=False)
    await _numbers(connection, people, ids, tally, now)
    await _accounts(connection, rows, ids, tally)
    await _start(connection, set(ids.values()), strategy, now)
    return tally


async def _rightful(connection: AsyncConnection, rows: Sequence[PortfolioRow], tally: Tally) -> list[PortfolioRow]:
    """The rows whose account is not another customer's; a refused row changes nothing, not even a name."""
    query = select(account.c.reference, customer.c.reference.label("owner")).join(
        customer, customer.c.id == account.c.customer_id
    )
    found = await connection.execute(query.where(account.c.reference.in_([row.account for row in rows])))
    owners = {row.reference: row.owner for row in found}
    for place, row in enumerate(rows):
        if owners.get(row.account, row.customer) != row.customer:
            tally.refused.append((place, "account", "others", "this account belongs to another customer"))
    return [row for row in rows if owners.get(row.account, row.customer) == row.customer]


async def _customers(
    connection: AsyncConnection, people: dict[str, PortfolioRow], tally: Tally, now: datetime
) -> dict[str, int]:
    query = select(customer).where(customer.c.reference.in_(people))
    standing = {row.reference: row for row in await connection.execute(query)}
    new = [
        {
            "reference": reference,
            **{name: getattr(row, name) for name in PERSON},
            "known": True,
            "data_key": new_customer_key().hex(),
            "last_seq": 0,
            "journal_seq": 0,
            "journal_head": "",
            "created_at": now,
        }
        for reference, row in people.items()
        if reference not in standing
    ]
    await put_many(connection, insert(customer), new)
    changed = [
        {"b_id": old.id, **{name: getattr(row, name) for name in PERSON}}
        for reference, row in people.items()
        if (old := standing.get(reference)) is not None and any(getattr(old, n) != getattr(row, n) for n in PERSON)
    ]
    if changed:
        await connection.execute(update(customer).where(customer.c.id == bindparam("b_id")), changed)
    altered = {one["b_id"] for one in changed}
    for reference in people:
        old = standing.get(reference)
        tally.people[reference] = Change.NEW if old is None else _changed(old.id in altered)
    ids = await connection.execute(select(customer.c.reference, customer.c.id).where(customer.c.reference.in_(people)))
    return {row.reference: row.id for row in ids}


def _changed(it_is: bool) -> Change:
    return Change.CHANGED if it_is else Change.UNCHANGED


async def _numbers(
    connection: AsyncConnection, people: dict[str, PortfolioRow], ids: dict[str, int], tally: Tally, now: datetime
) -> None:
    """Keep one current number per customer: the one that the bank's file names, with where it came from."""
    query = select(phone).where(phone.c.customer_id.in_(ids.values()), phone.c.current)
    standing = {row.customer_id: row for row in await connection.execute(query)}
    current = {id: row.number_hash for id, row in standing.items()}
    keys, puts, replaced, changed = keyring(), [], [], []
    for reference, row in people.items():
        id, hash = ids[reference], keys.number_hash(row.number)
        facts = {"source": row.number_source, "verified_on": row.number_verified_on}
        if current.get(id) == hash:
            if any(getattr(standing[id], name) != value for name, value in facts.items()):
                changed.append({"b_id": standing[id].id, **facts})
                tally.people[reference] = Change.CHANGED
            continue
        if id in current:
            replaced.append({"b_customer": id})
            tally.people[reference] = Change.CHANGED
        puts.append({"customer_id": id, "number": row.number, "number_hash": hash, **facts, "current": True})
    if changed:
        await connection.execute(update(phone).where(phone.c.id == bindparam("b_id")), changed)
    if replaced:
        old = update(phone).where(phone.c.customer_id == bindparam("b_customer")).values(current=False)
        await connection.execute(old, replaced)
        # A new number is a new person to be reached: what was said of the old one does not hold for it.
        back = update(customer).where(customer.c.id == bindparam("b_customer")).values(known=True)
        await connection.execute(back, replaced)
        wrote = (
            update(case_file)
            .where(case_file.c.customer_id == bindparam("b_customer"))
            .values(opened_at=None, verified_until_at=None)
        )
        await connection.execute(wrote, replaced)
        await _reach_again(connection, [row["b_customer"] for row in replaced], now)
    if puts:
        put = upsert(connection, phone)
        change = {"current": True, "source": put.excluded.source, "verified_on": put.excluded.verified_on}
        put = put.on_conflict_do_update(index_elements=["customer_id", "number_hash"], set_=change)
        await put_many(connection, put, puts)


async def _reach_again(connection: AsyncConnection, ids: Sequence[int], now: datetime) -> None:
    """Whoever could not be reached under the wrong number begins anew under the new one."""
    query = select(case_file.c.customer_id).where(case_file.c.state == State.WRONG_NUMBER)
    again = list((await connection.execute(query.where(case_file.c.customer_id.in_(ids)))).scalars())
    if not again:
        return
    wrong = (hold.c.kind == HoldKind.WRONG_NUMBER) & hold.c.lifted_at.is_(None)
    await connection.execute(update(hold).where(wrong, hold.c.customer_id.in_(again)).values(lifted_at=now))
    mine = case_file.c.customer_id.in_(again)
    await connection.execute(update(case_file).where(mine).values(state=State.NEW, changed_at=now))
    files = await load(connection, again, now)
    await append_journal(connection, [(file, "number_replaced", {"state": State.NEW}) for file in files.values()], now)


async def _accounts(
    connection: AsyncConnection, rows: Sequence[PortfolioRow], ids: dict[str, int], tally: Tally
) -> None:
    query = select(account).where(account.c.reference.in_([row.account for row in rows]))
    standing = {row.reference: row for row in await connection.execute(query)}
    new, changed = [], []
    for row in rows:
        values = {name: getattr(row, name) for name in LEDGER}
        old = standing.get(row.account)
        if old is None:
            new.append({"customer_id": ids[row.customer], "reference": row.account, **values})
        elif any(getattr(old, name) != value for name, value in values.items()):
            changed.append({"b_id": old.id, **values})
        else:
            tally.unchanged += 1
        altered = bool(changed) and changed[-1]["b_id"] == getattr(old, "id", None)
        tally.accounts[row.account] = Change.NEW if old is None else _changed(altered)
    await put_many(connection, insert(account), new)
    if changed:
        await connection.execute(update(account).where(account.c.id == bindparam("b_id")), changed)
    tally.created, tally.updated = len(new), len(changed)


async def _start(connection: AsyncConnection, ids: set[int], strategy: Strategy, now: datetime) -> None:
    """Open a file for whoever has none, reopen settled ones with new arrears, put the first reminder on the agenda."""
    query = select(case_file.c.customer_id, case_file.c.state).where(case_file.c.customer_id.in_(ids))
    states = {row.customer_id: row.state for row in await connection.execute(query)}
    due: dict[int, list[Any]] = {}
    candidates = {id for id in ids if states.get(id) in (None, State.NEW, State.SETTLED)}
    for row in await connection.execute(select(account).where(account.c.customer_id.in_(candidates))):
        due.setdefault(row.customer_id, []).append(row)
    zones = {
        row.id: row.zones
        for row in await connection.execute(
            select(customer.c.id, customer.c.zones).where(customer.c.id.in_(candidates))
        )
    }
    reminders, files = [], []
    for id in candidates:
        at = first_reminder_at(_bare_case(id, zones[id], due.get(id, [])), strategy, now)
        if id not in states:
            files.append(new_file(id, State.NEW, now))
        if at is not None:
            reminders.append({"customer_id": id, "timer": Timer.REMINDER, "due_at": at})
    await put_many(connection, insert(case_file), files)
    settled = (row["customer_id"] for row in reminders if states.get(row["customer_id"]) == State.SETTLED)
    again = [{"b_customer": id} for id in settled]
    if again:
        reopen = update(case_file).where(case_file.c.customer_id == bindparam("b_customer")).values(state=State.NEW)
        await connection.execute(reopen, again)
    if reminders:
        put = upsert(connection, agenda)
        sooner = put.on_conflict_do_update(
            index_elements=["customer_id", "timer"],
            set_={"due_at": put.excluded.due_at},
            where=agenda.c.due_at > put.excluded.due_at,
        )
        await put_many(connection, sooner, reminders)


def _bare_case(id: int, zones: str, rows: Sequence[Any]) -> Case:
    accounts = tuple(
        Account(row.id, Product(row.product), row.balance, row.amount_due, row.minimum_due, row.due_on) for row in rows
    )
    return Case(customer_id=id, zones=tuple(zones.split(",")), accounts=accounts)


async def put_payments(connection: AsyncConnection, rows: Sequence[PaymentRow], now: datetime) -> Tally:
    """Note payments for the next turn; one that was noted before, by its reference, is not noted again."""
    tally = Tally()
    query = select(account.c.reference, account.c.id, account.c.customer_id)
    known = {
        row.reference: row
        for row in await connection.execute(query.where(account.c.reference.in_([row.account for row in rows])))
    }
    noted = set(
        (
            await connection.execute(
                select(payment.c.reference).where(payment.c.reference.in_([row.reference for row in rows]))
            )
        ).scalars()
    )
    new = []
    for place, row in enumerate(rows):
        if row.account not in known:
            problem = f"there is no account {row.account!r}; import the portfolio first"
            tally.refused.append((place, "account", "no_account", problem))
        elif row.reference in noted:
            tally.unchanged += 1
        else:
            owner = known[row.account]
            new.append({
                "customer_id": owner.customer_id, "account_id": owner.id, "reference": row.reference,
                "amount": row.amount, "paid_on": row.paid_on, "posted_at": now, "handled_at": None,
            })  # fmt: skip
    await put_many(connection, upsert(connection, payment).on_conflict_do_nothing(), new)
    tally.created = len(new)
    return tally
