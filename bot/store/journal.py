"""The journal: per customer an append-only, hash-chained account of what happened, sealed with the customer's key."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import cases
from bot.store import tables as t
from bot.store.cases import File
from bot.store.keys import chain_hash, open_with, seal_with
from bot.store.session import touch

journal_table = t.Journal.__table__  # type: ignore[attr-defined]


@lru_cache(maxsize=256)
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _plain(value: Any) -> Any:
    """What JSON has no word for: dataclasses by name, money and days as text, nothing lost."""
    if dataclasses.is_dataclass(value):
        kind: Any = type(value)
        return {"type": kind.__name__} | {name: getattr(value, name) for name in _names(kind)}
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no place in the journal")


def canonical(value: Any) -> bytes:
    """The one way to write a value down: sorted keys, no spaces, UTF-8; broken characters become question marks."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
    return text.encode("utf-8", "replace")


def entry(
    customer_id: int, seq: int, previous: str, key: str | None, at: datetime, kind: str, content: Any
) -> dict[str, Any]:
    """A journal row; its hash covers place, time, kind and the sealed content, and the hash before it."""
    sealed = seal_with(bytes.fromhex(key), canonical(content)) if key else b""
    parts = (str(customer_id).encode(), str(seq).encode(), _utc(at), kind.encode(), sealed)
    return {
        "customer_id": customer_id,
        "seq": seq,
        "at": at,
        "kind": kind,
        "sealed": sealed,
        "hash": chain_hash(previous, *parts),
    }


def next_entry(file: File, now: datetime, kind: str, content: Any) -> dict[str, Any]:
    """The next row of a customer; moves the head on, which `write_heads` then writes."""
    file.journal_seq += 1
    row = entry(file.case.customer_id, file.journal_seq, file.journal_head, file.data_key, now, kind, content)
    file.journal_head = row["hash"]
    return row


async def write_heads(connection: AsyncConnection, files: Iterable[File]) -> None:
    """Write how far thread and journal of these customers have got."""
    rows = [
        {
            "b_id": file.case.customer_id, "last_seq": file.last_seq, "journal_seq": file.journal_seq,
            "journal_head": file.journal_head, "known": file.case.known,
        }
        for file in files
    ]  # fmt: skip
    if rows:
        await connection.execute(update(cases.customer).where(cases.customer.c.id == bindparam("b_id")), rows)


async def append_journal(connection: AsyncConnection, entries: Sequence[tuple[File, str, Any]], now: datetime) -> None:
    """Write rows that no decision causes (a text left, a receipt came); the customers are locked."""
    rows = [next_entry(file, now, kind, content) for file, kind, content in entries]
    if rows:
        await connection.execute(insert(journal_table), rows)
        await write_heads(connection, {id(file): file for file, _, _ in entries}.values())
        touch(connection, (file.case.customer_id for file, _, _ in entries))


def _utc(at: datetime) -> bytes:
    """A moment as the database gives it back, whatever zone it was written from."""
    return at.astimezone(UTC).isoformat().encode()


def verify(rows: Sequence[Mapping[str, Any]]) -> int | None:
    """The seq of the first row that was changed, or whose predecessor is missing; None where the chain is whole."""
    previous, expected = "", 1
    for row in rows:
        at: datetime = row["at"]
        parts = (
            str(row["customer_id"]).encode(),
            str(row["seq"]).encode(),
            _utc(at),
            row["kind"].encode(),
            bytes(row["sealed"]),
        )
        if row["seq"] != expected or chain_hash(previous, *parts) != row["hash"]:
            return int(row["seq"])
        previous, expected = row["hash"], expected + 1
    return None


def read(row: Mapping[str, Any], key: str | None) -> Any:
    """The content of an entry; None where the customer's key was destroyed."""
    if not key or not row["sealed"]:
        return None
    return json.loads(open_with(bytes.fromhex(key), bytes(row["sealed"])))
