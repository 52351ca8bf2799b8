"""A text as the messages of one or more submit_sm: its coding, its parts and how long it may live."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.core.segments import Encoding, encoding_of, split
from bot.gateways.coding import to_gsm7
from bot.gateways.smpp_pdu import SAR_MSG_REF_NUM, SAR_SEGMENT_SEQNUM, SAR_TOTAL_SEGMENTS, UDHI, Sm

MOST_PARTS = 255  # what either way of counting them can say


def parts_of(blank: Sm, text: str, our_ref: str, alphabet: str, long_texts: str) -> list[Sm]:
    """The parts in order, each like `blank`; the last one asks for a receipt.

    `alphabet` is what data_coding 0 means to the operator (gsm7, latin1, or none: not to be used), `long_texts` how
    parts are told apart (udh, sar, or payload: the operator cuts). The reference comes from `our_ref`, so that a second
    try of the same text has the same one, and phones show it once.
    """
    coded = alphabet if encoding_of(text) is Encoding.GSM7 else "none"
    if coded == "latin1" and not _is_latin1(text):
        coded = "none"
    cut = (text,) if long_texts == "payload" else split(text, Encoding.UCS2 if coded == "none" else None)
    parts = [replace(blank, data_coding=8 if coded == "none" else 0, message=_encode(one, coded)) for one in cut]
    if 1 < len(parts) <= MOST_PARTS:
        mark = _with_header if long_texts == "udh" else _with_options
        reference = hashlib.sha256(our_ref.encode()).digest()[:2]
        parts = [mark(part, reference, number, len(parts)) for number, part in enumerate(parts, 1)]
    return [*parts[:-1], replace(parts[-1], receipt_wanted=True)]


def validity_of(way: str, seconds: int, now: datetime) -> str:
    """How long the SMSC may try (7.1.1): for so long, until then by UTC, or empty for as long as it likes."""
    if way == "relative":
        days, rest = divmod(min(seconds, 30 * 86400), 86400)
        return f"0000{days:02}{rest // 3600:02}{rest // 60 % 60:02}{rest % 60:02}000R"
    if way == "absolute":
        return f"{(now + timedelta(seconds=seconds)).astimezone(UTC):%y%m%d%H%M%S}000+"
    return ""


def _is_latin1(text: str) -> bool:
    return all(ord(character) < 0x100 for character in text)


def _encode(text: str, coded: str) -> bytes:
    if coded == "gsm7":
        return to_gsm7(text)
    return text.encode("latin-1" if coded == "latin1" else "utf-16-be", "replace")


def _with_header(part: Sm, reference: bytes, number: int, total: int) -> Sm:
    """GSM 03.40, 9.2.3.24.1: six octets in front, with a reference of one."""
    header = bytes((5, 0, 3, reference[0], total, number))
    return replace(part, esm_class=UDHI, message=header + part.message)


def _with_options(part: Sm, reference: bytes, number: int, total: int) -> Sm:
    """SMPP 3.4, 5.3.2.22 to .24."""
    options = {SAR_MSG_REF_NUM: reference, SAR_TOTAL_SEGMENTS: bytes((total,)), SAR_SEGMENT_SEQNUM: bytes((number,))}
    return replace(part, options=options)
