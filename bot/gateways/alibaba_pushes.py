"""What Alibaba Cloud pushes: arrays of replies (SmsUp) and of delivery reports (SmsReport)."""

from __future__ import annotations

from collections.abc import Mapping

from bot.gateways.base import Delivery, DeliveryReceipt, InboundSms, Parsed
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


def read_pushes(body: bytes) -> Parsed:
    """Read a batch, of which a bad item does not spoil the others; raise Malformed where there is none."""
    messages: list[InboundSms] = []
    receipts: list[DeliveryReceipt] = []
    unreadable: list[str] = []
    for index, item in enumerate(as_batch(load_json(body))):
        try:
            fields = as_object(item)
            if "content" in fields:
                messages.append(_read_message(fields))
            elif "success" in fields:
                receipts.append(_read_receipt(fields))
            else:
                raise Unreadable("neither a reply nor a report")
        except Unreadable as error:
            unreadable.append(f"item {index}: {error}")
    return Parsed(tuple(messages), tuple(receipts), tuple(unreadable))


def _read_message(fields: Mapping[str, object]) -> InboundSms:
    sender = required_text(fields, "phone_number", MAX_NUMBER)
    number = _sequence_id(fields.get("sequence_id"))
    sent_at = china_moment(optional_text(fields, "send_time"))
    if not number and sent_at is None:
        # Without either, this text could never be told from the same words on another day.
        raise Unreadable("sequence_id and send_time are both missing or unreadable")
    return InboundSms(
        sender=sender,
        destination=optional_text(fields, "dest_code", MAX_NUMBER),
        text=message_text(fields, "content"),
        # The documentation does not promise that the sequence is unique over numbers.
        provider_id=f"{number}:{sender}" if number else "",
        provider_at=sent_at,
    )


def _read_receipt(fields: Mapping[str, object]) -> DeliveryReceipt:
    biz_id, out_id = optional_text(fields, "biz_id"), optional_text(fields, "out_id")
    if not (biz_id or out_id):
        raise Unreadable("biz_id and out_id are both missing")
    success = {True: True, False: False, "true": True, "false": False}.get(_hashable(fields.get("success")))
    if success is None:
        raise Unreadable("success is not true or false")
    code, message = optional_text(fields, "err_code"), optional_text(fields, "err_msg", 2000)
    reported_at = china_moment(optional_text(fields, "report_time"))
    if success:
        return DeliveryReceipt(Delivery.DELIVERED, biz_id, out_id, code, None, reported_at)
    kind = class_of_report(code, message)
    return DeliveryReceipt(Delivery.UNDELIVERED, biz_id, out_id, code, kind, reported_at)


def _hashable(value: object) -> bool | str | None:
    return value if isinstance(value, bool | str) else None


def _sequence_id(value: object) -> str:
    """A number in older documentation, a string today."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)[:64]
    return optional_text({"sequence_id": value}, "sequence_id").strip()
