"""Signatures of webhooks: to check those that come in, and to make those that go out or are tried by hand."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping

MIN_KEY_BYTES, MAX_KEY_BYTES = 24, 64


def same(given: str, expected: str) -> bool:
    """Whether two strings are equal, in a time that does not tell where they differ."""
    # Header text may hold lone surrogates, which stand for bytes that were not UTF-8.
    return hmac.compare_digest(_bytes(given), _bytes(expected))


def opens(given: str, tokens: Iterable[str]) -> bool:
    """Whether any of the tokens was given. Every one is compared, so the time tells nothing."""
    return sum(same(given, token) for token in tokens) > 0


def standard_key(secret: str) -> bytes:
    """The key in a Standard Webhooks secret: `whsec_` and base64 of 24 to 64 bytes; else ValueError."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("a secret is whsec_ and base64") from None
    if not MIN_KEY_BYTES <= len(key) <= MAX_KEY_BYTES:
        raise ValueError(f"a secret has {MIN_KEY_BYTES} to {MAX_KEY_BYTES} bytes, not {len(key)}")
    return key


def standard_signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """One entry of webhook-signature (Standard Webhooks 1.0.0: HMAC-SHA256 of id.timestamp.body)."""
    signed = _bytes(f"{message_id}.{timestamp}.") + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def sign_generic(secret: str, msg_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three Standard Webhooks headers for a body. `timestamp`: of this attempt, in seconds since 1970."""
    if not msg_id or "." in msg_id:
        raise ValueError("a webhook id has no dot, and is not empty")
    return {
        "webhook-id": msg_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": standard_signature(standard_key(secret), msg_id, str(timestamp), body),
    }


def sign_twilio(
    token: str, url: str, params: Mapping[str, str] | Iterable[tuple[str, str]], method: str = "sha1"
) -> str:
    """The X-Twilio-Signature of a form post: an HMAC over the address and the sorted, distinct parameters.

    `url` is the address exactly as configured at Twilio, but for the fragment, which is never signed.
    """
    pairs = params.items() if isinstance(params, Mapping) else params
    signed = url.partition("#")[0] + "".join(name + value for name, value in sorted(set(pairs)))
    # SHA-1 is what Twilio uses with an auth token; as an HMAC it has no known weakness.
    return base64.b64encode(hmac.digest(_bytes(token), _bytes(signed), method)).decode()


def sign_vonage(secret: str, params: Mapping[str, str], method: str = "sha256") -> str:
    """The `sig` of Vonage's parameters: an HMAC over the sorted others, with & and = in values blunted to _."""
    pairs = sorted((name, value) for name, value in params.items() if name != "sig")
    signed = "".join(f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in pairs)
    return hmac.digest(_bytes(secret), _bytes(signed), method).hex()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
