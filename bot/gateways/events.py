"""The events of the generic contract: what a webhook's JSON says, as messages and receipts, and back.

    {"type": "message.received", "data": {"id", "from", "to", "text", "received_at", "opted_out"}}
    {"type": "message.status", "data": {"id" or "ref", "status", "error_code", "error_class", "at"}}
    {"type": "batch", "data": [events]}

`status` and `error_class` are spelled as in Delivery and ErrorClass; moments are ISO 8601 with an offset.
Unknown fields are ignored; of a received message only `from` and `text` must be there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from bot.gateways.base import Delivery, DeliveryReceipt, ErrorClass, InboundSms, Malformed, Parsed
from bot.gateways.payload import (
    MAX_NUMBER,
    Unreadable,
    as_batch,
    as_object,
    load_json,
    message_text,
    optional_text,
    required_text,
)


def read_events(body: bytes, webhook_id: str) -> Parsed:
    """Read one event or a batch, of which a bad item does not spoil the others; raise Malformed."""
    event = load_json(body)
    if isinstance(event, dict) and event.get("type") == "batch":
        return _read_all(as_batch(event.get("data")), webhook_id)
    try:
        item = _read_event(event, webhook_id)
    except Unreadable as error:
        raise Malformed(str(error)) from None
    return Parsed(messages=(item,)) if isinstance(item, InboundSms) else Parsed(receipts=(item,))


def write_event(kind: str, at: datetime, fields: Mapping[str, object]) -> bytes:
    """The body of one event, in UTF-8, as small as JSON gets."""
    event = {"type": kind, "timestamp": at.isoformat(), "data": dict(fields)}
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _read_all(items: list[object], fallback_id: str) -> Parsed:
    messages: list[InboundSms] = []
    receipts: list[DeliveryReceipt] = []
    unreadable: list[str] = []
    for index, item in enumerate(items):
        try:
            event = _read_event(item, f"{fallback_id}#{index}")
        except Unreadable as error:
            unreadable.append(f"item {index}: {error}")
            continue
        if isinstance(event, InboundSms):
            messages.append(event)
        else:
            receipts.append(event)
    return Parsed(tuple(messages), tuple(receipts), tuple(unreadable))


def _read_event(event: object, fallback_id: str) -> InboundSms | DeliveryReceipt:
    envelope = as_object(event)
    kind = optional_text(envelope, "type")
    if kind == "message.received":
        return _read_message(as_object(envelope.get("data")), fallback_id)
    if kind == "message.status":
        return _read_receipt(as_object(envelope.get("data")))
    raise Unreadable("type is none of message.received, message.status, batch")


def _read_message(fields: Mapping[str, object], fallback_id: str) -> InboundSms:
    opted_out = fields.get("opted_out", False)
    if not isinstance(opted_out, bool):
        raise Unreadable("opted_out is not true or false")
    return InboundSms(
        sender=required_text(fields, "from", MAX_NUMBER),
        destination=optional_text(fields, "to", MAX_NUMBER),
        text=message_text(fields, "text"),
        # The webhook's id stays the same over retries, so it can stand in for a missing message id.
        provider_id=optional_text(fields, "id") or fallback_id,
        provider_at=moment(fields.get("received_at")),
        provider_opted_out=opted_out,
    )


def _read_receipt(fields: Mapping[str, object]) -> DeliveryReceipt:
    provider_id, our_ref = optional_text(fields, "id"), optional_text(fields, "ref")
    if not (provider_id or our_ref):
        raise Unreadable("id and ref are both missing")
    try:
        status = Delivery(required_text(fields, "status"))
        named = optional_text(fields, "error_class")
        kind = ErrorClass(named) if named else None
    except ValueError:
        raise Unreadable("status or error_class is not one of ours") from None
    if status is Delivery.UNDELIVERED:
        kind = kind or ErrorClass.RETRYABLE
    elif status is Delivery.FAILED:
        kind = kind or ErrorClass.PERMANENT
    else:
        kind = None
    code = optional_text(fields, "error_code")
    return DeliveryReceipt(status, provider_id, our_ref, code, kind, moment(fields.get("at")))


def moment(value: object) -> datetime | None:
    """An ISO 8601 moment, in UTC; None where it has no offset or cannot be read."""
    # A broken clock at the platform is no reason to lose what a customer wrote.
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
