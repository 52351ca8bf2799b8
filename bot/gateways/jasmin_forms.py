"""Jasmin's forms: a reply, or a delivery report of either level."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.gateways.base import Delivery, DeliveryReceipt, ErrorClass, InboundSms, Parsed
from bot.gateways.coding import from_gsm7, from_latin1, from_ucs2
from bot.gateways.payload import (
    MAX_NUMBER,
    MAX_TEXT,
    Unreadable,
    load_bytes_form,
    message_text,
    optional_text,
    required_text,
)
from bot.gateways.smpp_codes import CLASS_OF_NAME, STATE, class_of_state

# SMPP's data_coding: the network's default, ASCII, Latin-1, UCS-2.
CODINGS: dict[str, Callable[[bytes], str]] = {"0": from_gsm7, "1": from_latin1, "3": from_latin1, "8": from_ucs2}


def read_form(body: bytes, our_ref: str) -> Parsed:
    """Read a delivery report where there is a message_status, a reply otherwise; raise Malformed or Unreadable."""
    fields = load_bytes_form(body)
    # `content` repeats in the network's own bytes what `binary` says in hexadecimal.
    words = {name: value.decode("utf-8", "replace") for name, value in fields.items() if name != "content"}
    if "message_status" in words:
        return Parsed(receipts=(_read_receipt(words, our_ref),))
    return Parsed(messages=(_read_message(words),))


def _read_message(words: Mapping[str, str]) -> InboundSms:
    if "binary" not in words:
        raise Unreadable("binary is missing")
    try:
        octets = bytes.fromhex(optional_text(words, "binary", 4 * MAX_TEXT))
    except ValueError:
        raise Unreadable("binary is not hexadecimal") from None
    return InboundSms(
        sender=required_text(words, "from", MAX_NUMBER),
        destination=optional_text(words, "to", MAX_NUMBER),
        text=message_text({"text": _text(octets, optional_text(words, "coding") or "0")}, "text"),
        provider_id=required_text(words, "id"),
    )


def _text(octets: bytes, coding: str) -> str:
    decode = CODINGS.get(coding)
    if decode is None:
        raise Unreadable("a binary message, or a coding that is not in use")
    return decode(octets)


def _read_receipt(words: Mapping[str, str], our_ref: str) -> DeliveryReceipt:
    said, error = required_text(words, "message_status"), optional_text(words, "err")
    provider_id = required_text(words, "id")
    ref = optional_text({"ref": our_ref}, "ref")
    if said.startswith("ESME_"):  # level 1: what the SMSC answered when it was handed the text
        if said == "ESME_ROK":
            return DeliveryReceipt(Delivery.SENT, provider_id, ref, said)
        kind = CLASS_OF_NAME.get(said, ErrorClass.PERMANENT)
        return DeliveryReceipt(Delivery.FAILED, provider_id, ref, said, kind)
    status = STATE.get(said)
    if status is None:
        raise Unreadable("message_status is not a known one")
    code = f"{said}:{error}".strip(":")
    return DeliveryReceipt(status, provider_id, ref, code, class_of_state(status, said, error))
