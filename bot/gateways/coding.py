"""Bytes off the phone network as text: GSM 03.38 without packing, UCS-2, and which piece of a long text they are."""

from __future__ import annotations

from bot.gateways.base import Part

ESCAPE = 0x1B
GSM7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}


_SEPTETS = {character: bytes([septet]) for septet, character in enumerate(GSM7) if septet != ESCAPE} | {
    character: bytes([ESCAPE, septet]) for septet, character in GSM7_EXTENSION.items()
}


def to_gsm7(text: str) -> bytes:
    """One byte for each septet, an escape before an extension; KeyError for a character that has none."""
    return b"".join(_SEPTETS[character] for character in text)


def from_gsm7(septets: bytes) -> str:
    """One byte for each septet. Bytes that no septet can be mean that the network sends Latin-1 instead."""
    if any(septet > 0x7F for septet in septets):
        return from_latin1(septets)
    text, escaped = [], False
    for septet in septets:
        if escaped:
            # A phone that does not know an extension shows the character of the base table (GSM 03.38, 6.2.1.1).
            text.append(GSM7_EXTENSION.get(septet, GSM7[septet]))
        elif septet != ESCAPE:
            text.append(GSM7[septet])
        escaped = septet == ESCAPE and not escaped
    return "".join(text)


def from_ucs2(octets: bytes, of_part: bool = False) -> str:
    """Big-endian, as the standard says, with surrogate pairs as phones send them; half a pair becomes U+FFFD.

    `of_part`: half a pair is kept, since the other half may stand in the next part; `InboundSms` may carry it then.
    """
    if not of_part:
        return octets.decode("utf-16-be", "replace")
    return octets[: len(octets) // 2 * 2].decode("utf-16-be", "surrogatepass") + "\ufffd" * (len(octets) % 2)


def from_latin1(octets: bytes) -> str:
    """ISO 8859-1, and ASCII within it."""
    return octets.decode("latin-1")


def part_of(header: bytes) -> Part | None:
    """Which piece a user data header says this is (GSM 03.40, 9.2.3.24.1 and .8); None where it says nothing."""
    if not header or header[0] != len(header) - 1:
        return None
    rest = header[1:]
    while len(rest) >= 2 and len(rest) >= 2 + rest[1]:
        kind, value = rest[0], rest[2 : 2 + rest[1]]
        if (kind, len(value)) in ((0x00, 3), (0x08, 4)):
            total, number = value[-2:]
            return Part(value[:-2].hex(), number, total) if 1 <= number <= total else None
        rest = rest[2 + rest[1] :]
    return None
