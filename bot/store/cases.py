"""Cases as they stand in the store: lock, load, and find customers, always in sets."""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, func, insert, literal, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.agreement import Offer, Plan, PlanKind, PlanStatus, Promise
from bot.core.case import (
    Account,
    Case,
    Consent,
    Contact,
    ContactChannel,
    CreditorRole,
    Hold,
    HoldKind,
    NumberSource,
    Owner,
    Preference,
    Product,
    State,
    Verification,
)
from bot.core.decision import COUNTED
from bot.core.reading import Asked, Hardship
from bot.store import tables as t
from bot.store.columns import keyring

OPEN_PLANS = (PlanStatus.PENDING, PlanStatus.OFFERED, PlanStatus.ACTIVE)
LEFT = ("submitting", "sent", "unknown")

customer, phone, suppression = t.Customer.__table__, t.Phone.__table__, t.Suppression.__table__  # type: ignore[attr-defined]
account, case_file, hold = t.Account.__table__, t.CaseFile.__table__, t.Hold.__table__  # type: ignore[attr-defined]
plan = t.Plan.__table__  # type: ignore[attr-defined]
promise, handoff, outbox = t.Promise.__table__, t.Handoff.__table__, t.Outbox.__table__  # type: ignore[attr-defined]
contact = t.Contact.__table__  # type: ignore[attr-defined]
KEPT_OF = timedelta(days=365)  # promises kept within this time speak for the customer
CONTACTS_OF = timedelta(days=31)  # a case knows these; no cap looks further back


@dataclass(slots=True)
class File:
    """A case together with what storing it needs: the row's counters, the number, the journal's head."""

    case: Case
    reference: str
    name: str
    number: str
    number_hash: str
    data_key: str | None
    last_seq: int
    journal_seq: int
    journal_head: str
    channel: str | None = None
    agent_id: int | None = None
    account_references: dict[int, str] = field(default_factory=dict)
    verify_hash: str = ""
    follow_up_at: datetime | None = None
    stopped_at: datetime | None = None  # since when the number must not be texted, and why
    stopped_for: str = ""
    rows: dict[str, list[Any]] = field(default_factory=dict)  # of holds, promises, plans, handoffs, oldest first

    def is_theirs(self, answer: str) -> bool:
        """Whether this is what the bank left to verify the customer by; the time it takes says nothing."""
        return bool(self.verify_hash) and hmac.compare_digest(verify_hash(self.reference, answer), self.verify_hash)


def verify_hash(reference: str, answer: str) -> str:
    """What is stored of the characters that a customer is verified by: keyed, and another for each customer."""
    return keyring().content_hash("verify", reference, answer.upper())


async def lock(connection: AsyncConnection, ids: Sequence[int], skip_locked: bool = True) -> list[int]:
    """Lock these customers for the rest of the transaction; those that another holds are left out (or waited for).

    NO KEY: a reply can still be stored while its customer is locked. On SQLite the one writer is the lock.
    """
    query: Select[Any] = select(customer.c.id).where(customer.c.id.in_(ids)).order_by(customer.c.id)
    if connection.dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=skip_locked, key_share=True)
    return list((await connection.execute(query)).scalars())


async def load(connection: AsyncConnection, ids: Sequence[int], now: datetime, whole: bool = False) -> dict[int, File]:
    """The files of these customers, in the same few queries however many there are.

    `whole`: with the rows of what is over too, for people's eyes; they make no difference to the case.
    """
    people = {row.id: row for row in await connection.execute(_people(ids))}
    accounts = await _by_customer(
        connection, select(account).where(account.c.customer_id.in_(ids)).order_by(account.c.id)
    )
    standing, kept = hold.c.lifted_at.is_(None), (promise.c.status == "kept") & (promise.c.closed_at > now - KEPT_OF)
    holds = await _rows(connection, hold, ids, standing, whole)
    promises = await _rows(connection, promise, ids, (promise.c.status == "open") | kept, whole)
    plans = await _rows(connection, plan, ids, plan.c.status.in_((*OPEN_PLANS, PlanStatus.BROKEN)), whole)
    handoffs = await _rows(connection, handoff, ids, handoff.c.closed_at.is_(None), whole)
    contacts = await _contacts(connection, ids, now)
    channels = await _last_channels(connection, ids)
    loaded = {}
    for id, row in people.items():
        promised = next((one for one in promises[id] if one.status == "open"), None)
        waits = next((one for one in handoffs[id] if one.closed_at is None), None)
        loaded[id] = File(
            case=Case(
                customer_id=id,
                state=State(row.state),
                owner=Owner(row.owner),
                language=row.language,
                zones=tuple(zone for zone in row.zones.split(",") if zone),
                jurisdiction=row.jurisdiction,
                known=row.known,
                reachable=row.number is not None and row.stopped is None,
                place=row.place,
                creditor_role=CreditorRole(row.creditor_role),
                number_source=NumberSource(row.source) if row.source else NumberSource.UNKNOWN,
                number_verified_on=row.verified_on,
                consents=frozenset(Consent(name) for name in row.consents.split()),
                notice_on=row.notice_on,
                preference=read_preference(row.preference),
                payday=row.payday,
                ability=row.ability,
                annoyed_at=row.annoyed_at,
                kept_promises=sum(one.status == "kept" and one.closed_at > now - KEPT_OF for one in promises[id]),
                accounts=tuple(map(_account, accounts[id])),
                promise=_promise(promised) if promised else None,
                broken_in_a_row=row.broken_in_a_row,
                plan=next((_plan(one) for one in plans[id] if one.status in OPEN_PLANS), None),
                plans_broken=sum(one.status == PlanStatus.BROKEN for one in plans[id]),
                holds=tuple(_hold(one) for one in holds[id] if one.lifted_at is None),
                handoff_queue=waits.queue if waits else None,
                asked=Asked(row.asked) if row.asked else None,
                offer=_offer(row),
                unclear_in_a_row=row.unclear_in_a_row,
                contacts=tuple(contacts[id]),
                opened_at=row.opened_at,
                verification=Verification(
                    bool(row.verify_hash), row.verify_wrong, row.verified_until_at, row.verify_barred_until_at
                ),
            ),
            reference=row.reference,
            name=row.name,
            number=row.number or "",
            number_hash=row.number_hash or "",
            data_key=row.data_key,
            last_seq=row.last_seq,
            journal_seq=row.journal_seq,
            journal_head=row.journal_head,
            channel=channels.get(id),
            agent_id=row.agent_id,
            verify_hash=row.verify_hash,
            account_references={a.id: a.reference for a in accounts[id]},
            follow_up_at=row.follow_up_at,
            stopped_at=row.since_at,
            stopped_for=row.stopped or "",
            rows={"hold": holds[id], "promise": promises[id], "plan": plans[id], "handoff": handoffs[id]},
        )
    return loaded


def _people(ids: Sequence[int]) -> Select[Any]:
    """Customers with their case, their current number, and why it must not be texted (`stopped`)."""
    case = [column for column in case_file.columns if column.name != "customer_id"]
    number = (phone.c.number, phone.c.number_hash, phone.c.source, phone.c.verified_on)
    return (
        select(customer, *case, *number, suppression.c.reason.label("stopped"), suppression.c.since_at)
        .join(case_file, case_file.c.customer_id == customer.c.id)
        .outerjoin(phone, (phone.c.customer_id == customer.c.id) & phone.c.current)
        .outerjoin(suppression, suppression.c.number_hash == phone.c.number_hash)
        .where(customer.c.id.in_(ids))
    )


async def _rows(
    connection: AsyncConnection, table: Any, ids: Sequence[int], counts: Any, whole: bool
) -> defaultdict[int, list[Any]]:
    """Those rows of a table that a case is made of, or all of them, oldest first."""
    query = select(table).where(table.c.customer_id.in_(ids)).order_by(table.c.id)
    return await _by_customer(connection, query if whole else query.where(counts))


async def _by_customer(connection: AsyncConnection, query: Select[Any]) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in await connection.execute(query):
        found[row.customer_id].append(row)
    return found


async def _contacts(connection: AsyncConnection, ids: Sequence[int], now: datetime) -> defaultdict[int, list[Contact]]:
    """What counts towards caps: texts of ours that left, and what people noted of other channels; oldest first."""
    o, c, since = outbox.c, contact.c, now - CONTACTS_OF
    sms, yes, none = literal(ContactChannel.SMS.value), true(), literal("")
    texts = select(o.customer_id, o.sent_at, sms, o.purpose, o.accounts, yes, o.answers).where(
        o.customer_id.in_(ids), o.purpose.in_(COUNTED), o.state.in_(LEFT), o.sent_at > since
    )
    others = select(c.customer_id, c.at, c.channel, none, c.accounts, c.reached, c.answers).where(
        c.customer_id.in_(ids), c.at > since
    )
    found: defaultdict[int, list[Contact]] = defaultdict(list)
    for id, at, channel, purpose, accounts, reached, answers in await connection.execute(union_all(texts, others)):
        found[id].append(Contact(at, ContactChannel(channel), purpose, _numbers(accounts), reached, answers))
    for mine in found.values():
        mine.sort(key=lambda one: one.at)
    return found


async def note_contact(connection: AsyncConnection, file: File, contact_: str, by: str, now: datetime) -> None:
    """A person contacted the customer: `call`, `call_missed` (nobody answered), `email`, `letter` or `visit`."""
    row = {
        "customer_id": file.case.customer_id, "channel": contact_.removesuffix("_missed"), "at": now, "accounts": "",
        "reached": not contact_.endswith("_missed"), "answers": False, "noted_by": by,
    }  # fmt: skip
    await connection.execute(insert(contact), row)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split())


def write_preference(preference: Preference | None) -> str | None:
    """A preference as one column holds it: `18:00 20:00 0123456 call,visit`."""
    if preference is None:
        return None
    weekdays = "".join(str(day) for day in sorted(preference.weekdays))
    return f"{preference.opens:%H:%M} {preference.closes:%H:%M} {weekdays}- {','.join(sorted(preference.blocked))}"


def read_preference(text: str | None) -> Preference | None:
    """What `write_preference` wrote."""
    if not text:
        return None
    opens, closes, weekdays, blocked = text.split(" ")
    return Preference(
        time.fromisoformat(opens),
        time.fromisoformat(closes),
        frozenset(int(day) for day in weekdays.removesuffix("-")),
        frozenset(ContactChannel(name) for name in blocked.split(",") if name),
    )


async def _last_channels(connection: AsyncConnection, ids: Iterable[int]) -> dict[int, str]:
    """The channel on which each customer last wrote: answers go back the same way."""
    inbound = t.Inbound.__table__  # type: ignore[attr-defined]
    newest = select(func.max(inbound.c.id)).where(inbound.c.customer_id.in_(ids)).group_by(inbound.c.customer_id)
    rows = await connection.execute(select(inbound.c.customer_id, inbound.c.channel).where(inbound.c.id.in_(newest)))
    return {row.customer_id: row.channel for row in rows}


def _account(row: Any) -> Account:
    return Account(
        id=row.id,
        product=Product(row.product),
        balance=row.balance,
        amount_due=row.amount_due,
        minimum_due=row.minimum_due,
        due_on=row.due_on,
        currency=row.currency,
        tail=row.tail,
        time_barred=row.time_barred,
    )


def _promise(row: Any) -> Promise:
    return Promise(row.amount, row.due_on, row.made_at, row.paid, row.id, row.later, row.moved)


def _hold(row: Any) -> Hold:
    category = Hardship(row.category) if row.category else None
    kind = HoldKind(row.kind)
    return Hold(kind, row.until_at, row.review_at, category, row.opened_by, row.approved_by, row.declined_by)


def _plan(row: Any) -> Plan:
    return Plan(
        PlanKind(row.kind), PlanStatus(row.status), row.terms, row.interest, row.instalments, row.made_at,
        row.proposed_by, row.approved_by, row.agreed_by,
    )  # fmt: skip


def _offer(row: Any) -> Offer | None:
    if row.offer_amount is None and row.offer_due_on is None:
        return None
    return Offer(row.offer_amount, row.offer_due_on, row.offer_later)
