"""The journal: per customer an append-only, hash-chained account of what happened, sealed with the customer's key."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from bot.store.keys import chain_hash, open_with, seal_with


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
