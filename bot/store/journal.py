"""The journal: per customer an append-only, hash-chained account of what happened, sealed with the customer's key."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from bot.store.keys import chain_hash, open_with, seal_with


def plain(value: Any) -> Any:
    """A value as JSON has it: dataclasses by name, money and days as text, nothing lost."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"type": type(value).__name__, **fields}
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(inner) for inner in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    return value


def canonical(value: Any) -> bytes:
    """The one way to write a value down: sorted keys, no spaces, UTF-8."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def entry(
    customer_id: int, seq: int, previous: str, key: str | None, at: datetime, kind: str, content: Any
) -> dict[str, Any]:
    """A journal row; its hash covers place, time, kind and the sealed content, and the hash before it."""
    sealed = seal_with(bytes.fromhex(key), canonical(content)) if key else b""
    parts = (str(customer_id).encode(), str(seq).encode(), at.isoformat().encode(), kind.encode(), sealed)
    return {
        "customer_id": customer_id,
        "seq": seq,
        "at": at,
        "kind": kind,
        "sealed": sealed,
        "hash": chain_hash(previous, *parts),
    }


def verify(rows: Sequence[Mapping[str, Any]]) -> int | None:
    """The seq of the first row that was changed, or whose predecessor is missing; None where the chain is whole."""
    previous, expected = "", 1
    for row in rows:
        at: datetime = row["at"]
        parts = (
            str(row["customer_id"]).encode(),
            str(row["seq"]).encode(),
            at.isoformat().encode(),
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
