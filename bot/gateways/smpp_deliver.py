"""A deliver_sm in the normal form: a customer's text in whatever coding it has, or a delivery receipt."""

from __future__ import annotations

import re

from bot.gateways.base import Delivery, DeliveryReceipt, InboundSms, Part
from bot.gateways.coding import from_gsm7, from_latin1, from_ucs2, part_of
from bot.gateways.payload import MAX_NUMBER, Unreadable, message_text, optional_text, required_text
from bot.gateways.smpp_codes import STATE, class_of_state
from bot.gateways.smpp_pdu import (
    INTERMEDIATE,
    MESSAGE_STATE,
    NETWORK_ERROR_CODE,
    RECEIPT,
    RECEIPTED_MESSAGE_ID,
    SAR_MSG_REF_NUM,
    SAR_SEGMENT_SEQNUM,
    SAR_TOTAL_SEGMENTS,
    TYPE_BITS,
    UDHI,
    Address,
    Sm,
)

# message_state (5.2.28), in the words of appendix B
STATES = ("ENROUTE", "DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD")
STATE_OF_NUMBER = dict(enumerate(STATES, 1))
# data_coding (5.2.19); empty: the SMSC's default alphabet
ALPHABETS = {0x00: "", 0x01: "latin1", 0x03: "latin1", 0x08: "ucs2"}
INTERNATIONAL = 1


def is_receipt(sm: Sm) -> bool:
    """Whether this is about a text of ours. A customer's words never make it so: they could say anything."""
    return sm.esm_class & TYPE_BITS in (RECEIPT, INTERMEDIATE) or RECEIPTED_MESSAGE_ID in sm.options


def read_message(sm: Sm, default_alphabet: str) -> InboundSms:
    """A customer's text; raise Unreadable for a binary one. `default_alphabet` is what data_coding 0 means here."""
    message, header = sm.message, b""
    if sm.esm_class & UDHI and message:
        header, message = message[: message[0] + 1], message[message[0] + 1 :]
    part = part_of(header) or _part_of_options(sm)
    alphabet = alphabet_of(sm.data_coding) or default_alphabet
    if alphabet == "ucs2":
        text = from_ucs2(message, bool(part))
    else:
        text = from_gsm7(message) if alphabet == "gsm7" else from_latin1(message)
    return InboundSms(
        sender=required_text({"source_addr": _number(sm.source)}, "source_addr", MAX_NUMBER),
        destination=optional_text({"destination_addr": _number(sm.destination)}, "destination_addr", MAX_NUMBER),
        text=message_text({"text": text}, "text", of_part=bool(part)),
        part=part,
    )


def alphabet_of(data_coding: int) -> str:
    """What the octets are in; empty for the SMSC's default. Raise Unreadable for what is no text."""
    alphabet = ALPHABETS.get(data_coding)
    if data_coding & 0xF0 == 0x10:  # GSM 03.38, 4: a message class
        alphabet = {0x0: "", 0x8: "ucs2"}.get(data_coding & 0x0C)
    elif data_coding & 0xF4 == 0xF0:  # the same, written otherwise
        alphabet = ""
    if alphabet is None:
        raise Unreadable("a binary message, or a data_coding that is not in use")
    return alphabet


def read_receipt(sm: Sm) -> DeliveryReceipt:
    """A delivery receipt: its optional parameters where it has them, else the words of appendix B."""
    words = sm.message.decode("latin-1")
    id = sm.options.get(RECEIPTED_MESSAGE_ID, b"").partition(b"\0")[0].decode("latin-1").strip() or _word(words, "id")
    if not id:
        raise Unreadable("a receipt without a message id")
    number = sm.options.get(MESSAGE_STATE, b"\0")[:1]
    state = STATE_OF_NUMBER.get(int.from_bytes(number)) or _word(words, "stat").upper()[:7]
    error = _word(words, "err") or _network_error(sm.options.get(NETWORK_ERROR_CODE, b""))
    status = STATE.get(state)
    if status is None:
        raise Unreadable("a receipt whose state is not a known one")
    if sm.esm_class & TYPE_BITS == INTERMEDIATE:
        status = Delivery.SENT  # whatever it says: the last word comes later
    code = f"{state}:{error}".strip(":")
    provider_id = optional_text({"id": id}, "id")
    return DeliveryReceipt(status, provider_id, code=code, kind=class_of_state(status, state, error))


def _word(words: str, name: str) -> str:
    """A word of a receipt. What follows `text:` is the message's beginning and says nothing."""
    said = re.split(r"\btext:", words, maxsplit=1, flags=re.IGNORECASE)[0]
    found = re.search(rf"(?:^|\s){name}:\s*([^\s\0]{{1,64}})", said, re.IGNORECASE | re.ASCII)
    return found[1] if found else ""


def _network_error(value: bytes) -> str:
    """Network type and code (5.3.2.31) as a number."""
    return str(int.from_bytes(value[1:3])) if len(value) == 3 else ""


def _part_of_options(sm: Sm) -> Part | None:
    reference, total, number = (
        sm.options.get(tag, b"") for tag in (SAR_MSG_REF_NUM, SAR_TOTAL_SEGMENTS, SAR_SEGMENT_SEQNUM)
    )
    if len(reference) == 2 and len(total) == len(number) == 1 and 1 <= number[0] <= total[0]:
        return Part(reference.hex(), number[0], total[0])
    return None


def _number(address: Address) -> str:
    digits = address.number
    return f"+{digits}" if address.ton == INTERNATIONAL and digits.isdigit() else digits
