"""Vonage's parameters: a reply or a delivery report, however they travel, and the answer to a send."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from bot.gateways.base import (
    Accepted,
    Delivery,
    DeliveryReceipt,
    ErrorClass,
    InboundSms,
    Malformed,
    Parsed,
    Part,
    RawRequest,
)
from bot.gateways.http import Reply, class_of_status, failure
from bot.gateways.payload import (
    MAX_NUMBER,
    Unreadable,
    as_batch,
    as_object,
    load_form,
    load_json,
    message_text,
    optional_text,
    raw_query,
    required_text,
)
from bot.gateways.vonage_codes import CLASS_OF_ANSWER, CLASS_OF_REPORT, STATUS


def read_params(request: RawRequest) -> dict[str, str]:
    """The parameters of a query (GET), of a form or of flat JSON (POST); raise Malformed for anything else."""
    if request.method == "GET":
        pairs = load_form(raw_query(request))
    elif request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
        content = load_json(request.body)
        if not isinstance(content, dict):
            raise Malformed("not an object")
        pairs = tuple((name, _as_written(value)) for name, value in content.items())
    else:
        pairs = load_form(request.body)
    params = dict(pairs)
    if len(params) != len(pairs):
        raise Malformed("a parameter is repeated")
    # Names are signed as they are: one that spells out its neighbours would hide them under the same signature.
    if any("&" in name or "=" in name for name in params):
        raise Malformed("a parameter's name holds & or =")
    return params


def read_webhook(params: Mapping[str, str]) -> Parsed:
    """Read a delivery report where there is a status, a reply otherwise; raise Unreadable."""
    if "status" in params:
        return Parsed(receipts=(_read_receipt(params),))
    return Parsed(messages=(_read_message(params),))


def read_answer(reply: Reply, now: datetime) -> Accepted:
    """The ids of the segments that were taken; where none was, raise SendError, also where HTTP says 200."""
    done = 200 <= reply.status < 300
    try:
        segments = [as_object(one) for one in as_batch(as_object(load_json(reply.body)).get("messages"))]
        statuses = [required_text(one, "status") for one in segments]
        ids = [optional_text(one, "message-id") for one in segments]
        said = [optional_text(one, "error-text", 2000) for one in segments]
        if not segments:
            raise Unreadable("messages is empty")
    except (Malformed, Unreadable):
        kind = ErrorClass.UNKNOWN if done else class_of_status(reply.status)
        raise failure(reply, now, kind, "the answer cannot be read") from None
    if "0" in statuses:
        # If some of its segments failed, the rest is on its way: to send it again would repeat that.
        return Accepted(tuple(one for one, status in zip(ids, statuses, strict=True) if status == "0" and one))
    kind = CLASS_OF_ANSWER.get(statuses[0], ErrorClass.PERMANENT)
    error = failure(reply, now, kind, said[0], statuses[0])
    wait = re.search(r"\[\s*(\d{1,9})\s*\]", said[0], re.ASCII)
    if kind is ErrorClass.THROTTLED and wait:
        error.retry_after_seconds = int(wait[1]) / 1000
    raise error


def _read_message(params: Mapping[str, str]) -> InboundSms:
    if params.get("type") == "binary":
        raise Unreadable("a binary message")
    message_id, part = required_text(params, "messageId"), _part(params)
    return InboundSms(
        sender=_number(params),
        destination=optional_text(params, "to", MAX_NUMBER),
        text=message_text(params, "text"),
        # Nothing promises that the pieces of one text have ids of their own.
        provider_id=f"{message_id}#{part.number}" if part else message_id,
        provider_at=_moment(params),
        part=part,
    )


def _read_receipt(params: Mapping[str, str]) -> DeliveryReceipt:
    status, code = STATUS.get(required_text(params, "status")), optional_text(params, "err-code")
    provider_id, our_ref = optional_text(params, "messageId"), optional_text(params, "client-ref")
    if status is None:
        raise Unreadable("status is not a known one")
    if not (provider_id or our_ref):
        raise Unreadable("messageId and client-ref are both missing")
    kind: ErrorClass | None = None
    if status is Delivery.UNDELIVERED:
        kind = CLASS_OF_REPORT.get(code, ErrorClass.RETRYABLE)
    elif status is Delivery.FAILED:
        kind = CLASS_OF_REPORT.get(code, ErrorClass.PERMANENT)
    return DeliveryReceipt(status, provider_id, our_ref, code, kind, _moment(params))


def _as_written(value: object) -> str:
    """A JSON value as it stands in the signature."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise Malformed("a value is neither text nor a whole number")


def _number(params: Mapping[str, str]) -> str:
    """Complete, but for the plus."""
    number = required_text(params, "msisdn", MAX_NUMBER)
    return f"+{number}" if number.isascii() and number.isdigit() else number


def _part(params: Mapping[str, str]) -> Part | None:
    """Which piece this is; None for a whole text, and where the counting cannot be read."""
    if params.get("concat") != "true":
        return None
    reference = optional_text(params, "concat-ref")
    number, total = (params.get(name, "") for name in ("concat-part", "concat-total"))
    if not (reference and re.fullmatch(r"[0-9]{1,3}", number) and re.fullmatch(r"[0-9]{1,3}", total)):
        return None
    return Part(reference, int(number), int(total)) if 1 <= int(number) <= int(total) <= 255 else None


def _moment(params: Mapping[str, str]) -> datetime | None:
    """UTC; None where it cannot be read."""
    try:
        return datetime.strptime(params.get("message-timestamp", ""), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
