"""What Tencent Cloud pushes: one reply as an object, delivery reports as an array."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from bot.gateways.base import Delivery, DeliveryReceipt, InboundSms, Malformed, Parsed
from bot.gateways.carrier_codes import class_of_report
from bot.gateways.payload import (
    MAX_NUMBER,
    Unreadable,
    as_batch,
    as_object,
    china_moment,
    load_json,
    message_text,
    optional_text,
    required_text,
)


def read_push(body: bytes) -> Parsed:
    """Read a reply, or reports of which a bad one does not spoil the others; raise Malformed."""
    push = load_json(body)
    if isinstance(push, dict):
        try:
            return Parsed(messages=(_read_message(push),))
        except Unreadable as error:
            raise Malformed(str(error)) from None
    receipts: list[DeliveryReceipt] = []
    unreadable: list[str] = []
    for index, item in enumerate(as_batch(push)):
        try:
            receipts.append(_read_receipt(as_object(item)))
        except Unreadable as error:
            unreadable.append(f"item {index}: {error}")
    return Parsed((), tuple(receipts), tuple(unreadable))


def _read_message(fields: Mapping[str, object]) -> InboundSms:
    sent_at = _moment(fields.get("time"))
    if sent_at is None:
        # There is no message id: without a time, this could never be told from the same words on another day.
        raise Unreadable("time is missing or unreadable")
    return InboundSms(
        sender=_number(fields),
        destination=optional_text(fields, "extend", MAX_NUMBER),
        text=message_text(fields, "text"),
        provider_at=sent_at,
    )


def _read_receipt(fields: Mapping[str, object]) -> DeliveryReceipt:
    serial, our_ref = optional_text(fields, "sid"), optional_text(fields, "ext")
    if not (serial or our_ref):
        raise Unreadable("sid and ext are both missing")
    said = required_text(fields, "report_status")
    code, message = optional_text(fields, "errmsg"), optional_text(fields, "description", 2000)
    reported_at = china_moment(optional_text(fields, "user_receive_time"))
    if said == "SUCCESS":
        return DeliveryReceipt(Delivery.DELIVERED, serial, our_ref, code, None, reported_at)
    if said != "FAIL":
        raise Unreadable("report_status is neither SUCCESS nor FAIL")
    kind = class_of_report(code, message)
    return DeliveryReceipt(Delivery.UNDELIVERED, serial, our_ref, code, kind, reported_at)


def _number(fields: Mapping[str, object]) -> str:
    number, country = required_text(fields, "mobile", MAX_NUMBER), optional_text(fields, "nationcode", 8)
    return (
        f"+{country}{number}" if (country + number).isascii() and country.isdecimal() and number.isdecimal() else number
    )


def _moment(value: object) -> datetime | None:
    """Seconds since 1970, as a number or in digits; None where it cannot be read."""
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).isdecimal():
        return None
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None
