"""How many SMS segments a text costs, and where a phone network would cut it (GSM 03.38, 03.40)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

GSM7_BASE = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")  # each is sent as an escape and a character: two septets


class Encoding(StrEnum):
    """What the text travels in. One character outside GSM-7 moves the whole text to UCS-2."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


# Units that fit in 140 octets: alone, and beside the six octets of header that join the parts of a long text.
ALONE = {Encoding.GSM7: 160, Encoding.UCS2: 70}
JOINED = {Encoding.GSM7: 153, Encoding.UCS2: 67}


@dataclass(frozen=True, slots=True)
class Segments:
    """The cost of a text: `units` are septets (GSM-7) or 16-bit units (UCS-2), `parts` what is billed."""

    encoding: Encoding
    units: int
    parts: int


def count(text: str) -> Segments:
    """Say what a text costs. An empty text is still one segment."""
    encoding = encoding_of(text)
    units = sum(_units(character, encoding) for character in text)
    parts = sum(1 for _ in _cuts(text, encoding)) if units > ALONE[encoding] else 1
    return Segments(encoding, units, parts)


def split(text: str, encoding: Encoding | None = None) -> tuple[str, ...]:
    """Cut a text into its segments; joined again they are the text. No pair of units is ever torn apart.

    `encoding`: what it will travel in, where that is not the shortest one.
    """
    encoding = encoding or encoding_of(text)
    if sum(_units(character, encoding) for character in text) <= ALONE[encoding]:
        return (text,)
    starts = [*_cuts(text, encoding), len(text)]
    return tuple(text[start:end] for start, end in pairwise(starts))


def encoding_of(text: str) -> Encoding:
    """GSM-7 where every character allows it, UCS-2 otherwise."""
    return Encoding.GSM7 if all(c in GSM7_BASE or c in GSM7_EXTENSION for c in text) else Encoding.UCS2


def _units(character: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM7:
        return 2 if character in GSM7_EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1


def _cuts(text: str, encoding: Encoding) -> Iterator[int]:
    """The offsets at which the parts of a long text start, each part filled as far as whole characters go."""
    room = 0
    for offset, character in enumerate(text):
        width = _units(character, encoding)
        if width > room:
            yield offset
            room = JOINED[encoding]
        room -= width
