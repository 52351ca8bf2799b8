"""Keys: personal data is sealed at rest, numbers are found by a keyed hash, each customer has a key of their own."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class KeyProblem(Exception):
    """The key is missing, malformed, or not the one that the database was written with."""


class Keyring:
    """Seals and opens personal data. From one 32-byte master key, separate keys for sealing and for hashing."""

    def __init__(self, master: bytes):
        if len(master) != 32:
            raise KeyProblem(f"the data key must be 32 bytes, not {len(master)}; make one with `huixin new-key`")
        self._hash_key = hmac.digest(master, b"number-hash", "sha256")
        self._aead = AESGCM(hmac.digest(master, b"seal", "sha256"))

    @classmethod
    def from_text(cls, text: str) -> Keyring:
        """A keyring from the 44 characters of base64 that the environment holds."""
        try:
            return cls(base64.urlsafe_b64decode(text.encode("ascii")))
        except (binascii.Error, ValueError, UnicodeEncodeError):
            raise KeyProblem("the data key must be 32 bytes in base64; make one with `huixin new-key`") from None

    def number_hash(self, number: str) -> str:
        """The name under which an E.164 number is found: the same for the same number, and it says nothing of it."""
        return hmac.digest(self._hash_key, number.encode(), "sha256").hex()

    def content_hash(self, *parts: str) -> str:
        """A keyed digest of several texts, each kept apart from the next."""
        joined = b"".join(
            len(part.encode("utf-8", "surrogatepass")).to_bytes(4, "big") + part.encode("utf-8", "surrogatepass")
            for part in parts
        )
        return hmac.digest(self._hash_key, b"content" + joined, "sha256").hex()

    def seal(self, plain: bytes) -> bytes:
        """Encrypt; two seals of the same text differ."""
        nonce = os.urandom(12)
        return nonce + self._aead.encrypt(nonce, plain, None)

    def open(self, sealed: bytes) -> bytes:
        """Decrypt, or say that this is not the key."""
        try:
            return self._aead.decrypt(sealed[:12], sealed[12:], None)
        except InvalidTag:
            raise KeyProblem("the data key is not the one that this database was written with") from None


def new_customer_key() -> bytes:
    """A key of one customer's own; destroying it makes their journal unreadable without breaking its chain."""
    return os.urandom(32)


def seal_with(key: bytes, plain: bytes) -> bytes:
    """Encrypt with a customer's key."""
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, plain, None)


def open_with(key: bytes, sealed: bytes) -> bytes:
    """Decrypt with a customer's key."""
    return AESGCM(key).decrypt(sealed[:12], sealed[12:], None)


def chain_hash(previous: str, *parts: bytes) -> str:
    """The hash of a journal entry: it covers the entry before it, so that nothing can be changed or taken out."""
    digest = hashlib.sha256(previous.encode())
    for part in parts:
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.hexdigest()
