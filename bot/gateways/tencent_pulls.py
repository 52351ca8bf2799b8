"""What Tencent Cloud keeps to be pulled: replies and delivery reports, each given out once (SMS API 2021-01-11)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from bot.gateways.base import Delivery, DeliveryReceipt, ErrorClass, InboundSms, Malformed, Parsed
from bot.gateways.carrier_codes import class_of_report
from bot.gateways.http import Reply, class_of_status, failure
from bot.gateways.payload import (
    MAX_NUMBER,
    SHANGHAI,
    Unreadable,
    as_batch,
    as_object,
    load_json,
    message_text,
    optional_text,
    required_text,
)
from bot.gateways.tencent_codes import class_of_code

REPLIES, REPORTS = "PullSmsReplyStatus", "PullSmsSendStatus"
STATISTICS = "SendStatusStatistics"
MOST = 100  # in one answer


def pull_body(app_id: str) -> bytes:
    """The JSON of one pull."""
    return json.dumps({"Limit": MOST, "SmsSdkAppId": app_id}, separators=(",", ":")).encode()


def statistics_body(app_id: str, now: datetime) -> bytes:
    """The JSON of a question for this day's figures: it needs the same key, and changes nothing."""
    day = now.astimezone(SHANGHAI).strftime("%Y%m%d")
    fields = {"BeginTime": f"{day}00", "EndTime": f"{day}23", "SmsSdkAppId": app_id, "Limit": 0, "Offset": 0}
    return json.dumps(fields, separators=(",", ":")).encode()


def read_pull(action: str, reply: Reply, now: datetime) -> tuple[Parsed, int]:
    """What one pull gave out, and how many items that were; raise SendError where it was refused."""
    try:
        response = as_object(as_object(load_json(reply.body)).get("Response"))
        error = as_object(response["Error"]) if response.get("Error") is not None else None
        code = optional_text(error, "Code") if error is not None else ""
        said = optional_text(error, "Message", 2000) if error is not None else ""
        items = as_batch(response.get(f"{action}Set") or [])
    except (Malformed, Unreadable):
        raise failure(reply, now, ErrorClass.RETRYABLE, "the answer cannot be read") from None
    if error is not None or not 200 <= reply.status < 300:
        raise failure(reply, now, class_of_code(code) or class_of_status(reply.status), said, code)
    return _read_items(action, items), len(items)


def _read_items(action: str, items: list[object]) -> Parsed:
    messages, receipts, unreadable, kept = [], [], [], []
    for index, item in enumerate(items):
        try:
            if action == REPLIES:
                messages.append(_read_reply(as_object(item)))
            else:
                receipts.append(_read_report(as_object(item)))
        except Unreadable as error:
            unreadable.append(f"{action} item {index}: {error}")
            kept.append(item)
    return Parsed(tuple(messages), tuple(receipts), tuple(unreadable), json.dumps(kept) if kept else "")


def _read_reply(fields: Mapping[str, object]) -> InboundSms:
    at = _moment(fields.get("ReplyTime"))
    if at is None:
        raise Unreadable("ReplyTime is missing or unreadable")
    return InboundSms(
        sender=_number(fields),
        destination=optional_text(fields, "ExtendCode", MAX_NUMBER),
        text=message_text(fields, "ReplyContent"),
        provider_at=at,
    )


def _read_report(fields: Mapping[str, object]) -> DeliveryReceipt:
    serial, our_ref = optional_text(fields, "SerialNo"), optional_text(fields, "SessionContext")
    if not (serial or our_ref):
        raise Unreadable("SerialNo and SessionContext are both missing")
    said, code = required_text(fields, "ReportStatus"), optional_text(fields, "Description")
    at = _moment(fields.get("UserReceiveTime"))
    if said == "SUCCESS":
        return DeliveryReceipt(Delivery.DELIVERED, serial, our_ref, code, None, at)
    if said != "FAIL":
        raise Unreadable("ReportStatus is neither SUCCESS nor FAIL")
    return DeliveryReceipt(Delivery.UNDELIVERED, serial, our_ref, code, class_of_report(code), at)


def _number(fields: Mapping[str, object]) -> str:
    """As the push writes it, so that both are known as one."""
    number = optional_text(fields, "SubscriberNumber", MAX_NUMBER)
    country = optional_text(fields, "CountryCode", 8).removeprefix("+")
    if (country + number).isascii() and country.isdecimal() and number.isdecimal():
        return f"+{country}{number}"
    return required_text(fields, "PhoneNumber", MAX_NUMBER)


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
