"""A text as one or more CMPP_SUBMIT: its coding and its parts."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from bot.core.segments import Encoding, split
from bot.gateways.cmpp_pdu import GBK, MOST_OCTETS, UCS2, Submit

MOST_PARTS = 255  # what the header can count


def parts_of(blank: Submit, text: str, our_ref: str, gbk: bool) -> list[Submit]:
    """The parts in order, each like `blank`; the last one asks for a report.

    Everything is UCS-2, but for a text that fits into one in GBK where that is wanted. The reference comes from
    `our_ref`, so that a second try of the same text has the same one, and phones show it once.
    """
    if gbk and (octets := _in_gbk(text)) is not None:
        return [replace(blank, content=octets, msg_fmt=GBK, registered_delivery=1)]
    cut = split(text, Encoding.UCS2)
    parts = [replace(blank, content=one.encode("utf-16-be", "replace"), msg_fmt=UCS2) for one in cut]
    if 1 < len(parts) <= MOST_PARTS:
        reference = hashlib.sha256(our_ref.encode()).digest()[0]
        parts = [_joined(part, reference, number, len(parts)) for number, part in enumerate(parts, 1)]
    return [*parts[:-1], replace(parts[-1], registered_delivery=1)]


def _joined(part: Submit, reference: int, number: int, total: int) -> Submit:
    """Six octets in front (GSM 03.40, 9.2.3.24.1), and the same in CMPP's own fields."""
    header = bytes((5, 0, 3, reference, total, number))
    return replace(part, content=header + part.content, tp_udhi=1, pk_total=total, pk_number=number)


def _in_gbk(text: str) -> bytes | None:
    """The text in GBK; None where that cannot say it, or it takes more than one."""
    try:
        octets = text.encode("gbk")
    except UnicodeEncodeError:
        return None
    return octets if len(octets) <= MOST_OCTETS and len(text) <= 70 else None
