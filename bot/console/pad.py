"""Pages are compressed, and what is compressed can be guessed by its length: so secrets on them never look the same.

A form's token is XORed with a pad of its own on each page, and each page ends in a comment of random length
(https://breachattack.com, "masking secrets" and "length hiding").
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets

LONGEST_TAIL = 64  # bytes of what compression cannot shorten


def mask(token: str) -> str:
    """The token as one page carries it: another on the next page."""
    raw = token.encode()
    pad = secrets.token_bytes(len(raw))
    return base64.urlsafe_b64encode(pad + _xor(pad, raw)).decode()


def is_masked(masked: str, token: str) -> bool:
    """Whether this is the token as some page carried it; the time it takes says nothing of the token."""
    try:
        found = base64.b64decode(masked.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return False
    half = len(found) // 2
    return hmac.compare_digest(_xor(found[:half], found[half:]), token.encode())


def tail() -> str:
    """A comment of random length, for the end of a page."""
    return f"<!-- {secrets.token_urlsafe(secrets.randbelow(LONGEST_TAIL))} -->"


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=False))
