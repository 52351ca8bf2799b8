"""Standard Webhooks 1.0.0 from the receiving side: who may sign, and how old a signature may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.gateways.base import Refused
from bot.gateways.payload import MAX_ID
from bot.gateways.sign import same, standard_signature

TOLERANCE_SECONDS = 300  # the specification leaves it open; its reference libraries use five minutes


def check_signature(headers: Mapping[str, str], body: bytes, keys: Sequence[bytes], now: datetime) -> str:
    """The webhook-id of a request that one of the keys signed within five minutes of now; else raise Refused.

    Header names are lower-cased; the body is the raw bytes.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not _is_webhook_id(message_id):
        raise Refused("no usable webhook-id")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise Refused("no usable webhook-timestamp")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise Refused("stale")
    given = headers.get("webhook-signature", "").split(" ")
    expected = [standard_signature(key, message_id, timestamp, body) for key in keys]
    if not sum(same(one, other) for one in given for other in expected):
        raise Refused("no signature of ours")
    return message_id


def _is_webhook_id(value: str) -> bool:
    return 0 < len(value) <= MAX_ID and "." not in value and value.isascii() and value.isprintable()
