"""What gateways brought, stored before it is acknowledged: replies once, receipts once, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import phonenumbers
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.case import Owner, State
from bot.store import tables as t
from bot.store.cases import case_file, customer, outbox, phone
from bot.store.columns import keyring
from bot.store.keys import new_customer_key
from bot.store.session import touch, upsert

inbound, part = t.Inbound.__table__, t.Part.__table__  # type: ignore[attr-defined]
receipt, dead_letter = t.Receipt.__table__, t.DeadLetter.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class StrangerDefaults:
    """What is assumed of an unknown number until a person knows better."""

    language: str
    zones: str
    jurisdiction: str


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """A reply in the normal form, about to be stored."""

    channel: str
    provider_id: str
    sender: str  # E.164
    destination: str
    text: str
    provider_at: datetime | None
    provider_opted_out: bool
    received_at: datetime
    part: tuple[str, int, int] | None = None  # reference, number and total of one part of a long text
    at_once: bool = False  # fragments that may follow are not waited for


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A delivery report, about to be stored."""

    channel: str
    provider_id: str
    our_ref: str
    status: str
    code: str
    kind: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class DeadLetterRow:
    """Something authentic that could not be read."""

    channel: str
    reason: str
    body: str
    received_at: datetime


Row = ReplyRow | ReceiptRow | DeadLetterRow


def e164(number: str, region: str) -> str:
    """A number in E.164; what is no phone number (a short code, a name) stays as it was written."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return number.strip()[:64]
    if not phonenumbers.is_possible_number(parsed):
        return number.strip()[:64]
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


async def store(connection: AsyncConnection, rows: Sequence[Row], stranger: StrangerDefaults) -> int:
    """Store what is new, in order; how many replies were. A duplicate changes nothing and is as good as stored."""
    replies = [row for row in rows if isinstance(row, ReplyRow)]
    stored = await _replies(connection, replies, stranger) if replies else 0
    reports = [_receipt(row) for row in rows if isinstance(row, ReceiptRow)]
    if reports:
        await connection.execute(upsert(connection, receipt).on_conflict_do_nothing(), reports)
    letters = [
        {"channel": row.channel, "received_at": row.received_at, "reason": row.reason, "body": row.body}
        for row in rows
        if isinstance(row, DeadLetterRow)
    ]
    if letters:
        await connection.execute(insert(dead_letter), letters)
    return stored


async def _replies(connection: AsyncConnection, replies: Sequence[ReplyRow], stranger: StrangerDefaults) -> int:
    """Store whole texts and parts of long ones, each once; how many whole texts were new."""
    owners = await _owners(connection, replies, stranger)
    parts = [_part(row, row.part, owners) for row in replies if row.part is not None]
    if parts:
        await connection.execute(upsert(connection, part).on_conflict_do_nothing(), parts)
    rows = [
        {**_common(row, owners), "content_key": _content_key(row), "state": "pending", "at_once": row.at_once}
        for row in replies
        if row.part is None
    ]
    if not rows:
        return 0
    before = (await connection.execute(select(func.max(inbound.c.id)))).scalar() or 0
    await connection.execute(upsert(connection, inbound).on_conflict_do_nothing(), rows)
    touch(connection, (row["customer_id"] for row in rows))
    query = select(func.count()).select_from(inbound).where(inbound.c.id > before)
    return int((await connection.execute(query)).scalar_one())


def _common(row: ReplyRow, owners: Mapping[str, int]) -> dict[str, Any]:
    """What a whole text and a part of one have in common."""
    return {
        "channel": row.channel,
        "provider_id": row.provider_id or None,
        "customer_id": owners[row.sender],
        "sender": row.sender,
        "sender_hash": keyring().number_hash(row.sender),
        "destination": row.destination,
        "text": row.text,
        "provider_opted_out": row.provider_opted_out,
        "provider_at": row.provider_at,
        "received_at": row.received_at,
    }


def _part(row: ReplyRow, place: tuple[str, int, int], owners: Mapping[str, int]) -> dict[str, Any]:
    """A part; its `dedup_key` is its id where it has one, else its words and its time, as for whole texts."""
    reference, number, total = place
    line = (row.channel, row.sender, row.destination, reference, str(number), str(total))
    content = keyring().content_hash("part", *line, row.text)
    at = row.provider_at or row.received_at.replace(second=0, microsecond=0)
    return {
        **_common(row, owners),
        "dedup_key": keyring().content_hash("part id", *line, row.provider_id or content + at.isoformat()),
        "content_key": content,
        "reference": reference,
        "number": number,
        "total": total,
    }


def _content_key(row: ReplyRow) -> str | None:
    """The second, permanent key, for replies without an id: Chinese gateways push those again after a lost answer.

    Without a time as well, the minute of arrival stands in: a retry within it is a duplicate.
    """
    if row.provider_id:
        return None
    at = row.provider_at or row.received_at.replace(second=0, microsecond=0)
    return keyring().content_hash(row.channel, row.sender, at.isoformat(), row.text, row.destination)


async def _owners(
    connection: AsyncConnection, replies: Sequence[ReplyRow], stranger: StrangerDefaults
) -> dict[str, int]:
    """Whose number each sender's is. Of several customers, the one whom we texted last; of none, a new stranger."""
    hashes = {row.sender: keyring().number_hash(row.sender) for row in replies}
    found = await _find(connection, list(hashes.values()))
    missing = {sender: hash for sender, hash in hashes.items() if hash not in found}
    if missing:
        await _meet(connection, missing, replies[0].received_at, stranger)
        found |= await _find(connection, list(missing.values()))
    return {sender: found[hash] for sender, hash in hashes.items()}


async def _find(connection: AsyncConnection, hashes: Sequence[str]) -> dict[str, int]:
    rows = (
        await connection.execute(
            select(phone.c.number_hash, phone.c.customer_id)
            .where(phone.c.number_hash.in_(hashes))
            .order_by(phone.c.current, phone.c.source.desc(), phone.c.customer_id.desc())
        )
    ).all()
    found = {row.number_hash: row.customer_id for row in rows}
    if len(rows) > len(found):
        found |= await _texted_last(connection, [row.customer_id for row in rows])
    return found


async def _texted_last(connection: AsyncConnection, customers: Sequence[int]) -> dict[str, int]:
    query = (
        select(phone.c.number_hash, outbox.c.customer_id)
        .join(phone, phone.c.customer_id == outbox.c.customer_id)
        .where(outbox.c.customer_id.in_(customers), outbox.c.sent_at.is_not(None), phone.c.current)
        .order_by(outbox.c.sent_at)
    )
    return {row.number_hash: row.customer_id for row in await connection.execute(query)}


async def _meet(
    connection: AsyncConnection, senders: dict[str, str], now: datetime, stranger: StrangerDefaults
) -> None:
    """Open a file for each unknown number, so that its replies are kept, ordered and handed over like any other."""
    people = [
        {
            "reference": f"unknown-{hash[:24]}",
            "name": "",
            "language": stranger.language,
            "zones": stranger.zones,
            "jurisdiction": stranger.jurisdiction,
            "known": True,
            "data_key": new_customer_key().hex(),
            "last_seq": 0,
            "journal_seq": 0,
            "journal_head": "",
            "created_at": now,
        }
        for hash in senders.values()
    ]
    await connection.execute(upsert(connection, customer).on_conflict_do_nothing(), people)
    query = select(customer.c.reference, customer.c.id).where(
        customer.c.reference.in_([row["reference"] for row in people])
    )
    ids = {row.reference: row.id for row in await connection.execute(query)}
    numbers, files = [], []
    for sender, hash in senders.items():
        id = ids[f"unknown-{hash[:24]}"]
        numbers.append({"customer_id": id, "number": sender, "number_hash": hash, "source": "unknown", "current": True})
        files.append(new_file(id, State.UNKNOWN_SENDER, now))
    await connection.execute(upsert(connection, phone).on_conflict_do_nothing(), numbers)
    await connection.execute(upsert(connection, case_file).on_conflict_do_nothing(), files)


def new_file(customer_id: int, state: State, now: datetime) -> dict[str, Any]:
    """The row of a case that nothing has happened to yet."""
    return {
        "customer_id": customer_id,
        "state": state,
        "owner": Owner.BOT,
        "unclear_in_a_row": 0,
        "broken_in_a_row": 0,
        "changed_at": now,
    }


def _receipt(row: ReceiptRow) -> dict[str, Any]:
    return {
        "channel": row.channel,
        "dedup_key": keyring().content_hash(row.channel, row.provider_id, row.our_ref, row.status, row.code),
        "provider_id": row.provider_id or None,
        "our_ref": row.our_ref or None,
        "status": row.status,
        "code": row.code[:200],
        "kind": row.kind,
        "received_at": row.received_at,
    }
