"""Kannel's queries: a reply as get-url was configured, a delivery report as dlr-url asked for it.

get-url   ?id=%I&ts=%T&from=%q&to=%Q&text=%b&charset=%C&coding=%c&udh=%u
dlr-url   ?ref=…&d=%d&a=%A&f=%F&ts=%T
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from bot.gateways.base import Delivery, DeliveryReceipt, ErrorClass, InboundSms, Parsed, RawRequest
from bot.gateways.coding import from_ucs2, part_of
from bot.gateways.payload import (
    MAX_NUMBER,
    Unreadable,
    load_bytes_form,
    message_text,
    optional_text,
    raw_query,
    required_text,
)
from bot.gateways.smpp_codes import CLASS_OF_NUMBER, STATE, class_of_state

DLR_PATTERN = "d=%d&a=%A&f=%F&ts=%T"
STATUS_OF_MASK = {
    "1": Delivery.DELIVERED,
    "2": Delivery.UNDELIVERED,
    "4": Delivery.SENT,
    "8": Delivery.SENT,
    "16": Delivery.FAILED,
    "32": Delivery.SENT,
}
CHARSETS = {"": "utf-8", "UTF-8": "utf-8", "GSM": "utf-8", "WINDOWS-1252": "cp1252", "ISO-8859-1": "latin-1"}


def read_query(request: RawRequest) -> Parsed:
    """Read a delivery report where there is a `d`, a reply otherwise; raise Malformed or Unreadable."""
    fields = load_bytes_form(raw_query(request))
    if "d" in fields:
        return Parsed(receipts=(_read_receipt(fields),))
    return Parsed(messages=(_read_message(fields),))


def _read_message(fields: Mapping[str, bytes]) -> InboundSms:
    words = _words(fields)
    message_id, sent_at = optional_text(words, "id"), _moment(words)
    if not message_id and sent_at is None:
        # Without either, this text could never be told from the same words on another day.
        raise Unreadable("id and ts are both missing or unreadable")
    if "text" not in fields:
        raise Unreadable("text is missing")
    part = part_of(fields.get("udh", b""))
    text = _text(fields["text"], optional_text(words, "charset").upper(), optional_text(words, "coding"), bool(part))
    return InboundSms(
        sender=required_text(words, "from", MAX_NUMBER),
        destination=optional_text(words, "to", MAX_NUMBER),
        text=message_text({"text": text}, "text", of_part=bool(part)),
        provider_id=message_id,
        provider_at=sent_at,
        part=part,
    )


def _read_receipt(fields: Mapping[str, bytes]) -> DeliveryReceipt:
    words = _words(fields)
    our_ref, provider_id = optional_text(words, "ref"), optional_text(words, "f")
    status, said = STATUS_OF_MASK.get(required_text(words, "d")), optional_text(words, "a", 2000)
    if status is None:
        raise Unreadable("d is not a known one")
    if not (our_ref or provider_id):
        raise Unreadable("ref and f are both missing")
    code, kind = _reason(status, said)
    return DeliveryReceipt(status, provider_id, our_ref, code, kind, _moment(words))


def _reason(status: Delivery, said: str) -> tuple[str, ErrorClass | None]:
    """The code and class in the SMSC's own words: a receipt's stat and err, or NACK/ and a command status."""
    refused = re.match(r"NACK/(0x[0-9a-f]{1,8}|[0-9]{1,10})", said, re.IGNORECASE | re.ASCII)
    if refused:
        code = refused[1]
        number = int(code, 16) if code[:2].lower() == "0x" else int(code)
        return code, CLASS_OF_NUMBER.get(number, ErrorClass.PERMANENT) if status is Delivery.FAILED else None
    # Only these two: what follows `text:` is the message, whose words say nothing about its delivery.
    state, error = (
        found[1].upper() if (found := re.search(rf"\b{name}:(\w{{1,12}})", said, re.IGNORECASE | re.ASCII)) else ""
        for name in ("stat", "err")
    )
    return f"{state}:{error}".strip(":"), class_of_state(status, state if state in STATE else "", error)


def _text(octets: bytes, charset: str, coding: str, of_part: bool) -> str:
    if coding == "1" or charset == "8-BIT":
        raise Unreadable("a binary message")
    if charset == "UTF-16BE" or (coding == "2" and not charset):
        return from_ucs2(octets, of_part)
    if charset not in CHARSETS:
        raise Unreadable("charset is not a known one")
    return octets.decode(CHARSETS[charset], "replace")


def _words(fields: Mapping[str, bytes]) -> dict[str, str]:
    return {name: value.decode("utf-8", "replace") for name, value in fields.items() if name not in ("text", "udh")}


def _moment(words: Mapping[str, str]) -> datetime | None:
    """Seconds since 1970; None where they cannot be read."""
    said = words.get("ts", "")
    if not (said.isascii() and said.isdigit() and len(said) <= 11):
        return None
    return datetime.fromtimestamp(int(said), UTC)
