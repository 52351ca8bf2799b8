"""Passwords: argon2id, off the event loop, two at once; checking one for nobody takes as long as for somebody."""

from __future__ import annotations

import asyncio
import functools
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 8, 256

SHIPPED = PasswordHasher()  # argon2id with the library's defaults: 64 MiB, 3 passes
_hasher = SHIPPED
_HASHING = ThreadPoolExecutor(2, "argon2")  # two at once: each takes 64 MiB, and log-ins come from outside


def use_hasher(hasher: PasswordHasher) -> None:
    """Hash by other parameters. For tests, which make thousands of passwords; the product never calls this."""
    global _hasher
    _hasher = hasher
    _nobody.cache_clear()


async def hash_of(password: str) -> str:
    """What is stored of a password. Raise ValueError where it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(f"a password has {SHORTEST} to {LONGEST} characters")
    return str(await _in_thread(_hasher.hash, password))


async def is_password(password: str, hashed: str | None) -> bool:
    """Whether this is the password. Without a hash it is not, and finding that out takes as long."""
    nobody = await _in_thread(_nobody)  # always asked for, so that the first log-in too tells nothing by its time
    try:
        return await _in_thread(_hasher.verify, hashed or nobody, password) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(hashed: str) -> bool:
    """Whether a hash was made by weaker parameters than today's: then it is made anew when its owner logs in."""
    return _hasher.check_needs_rehash(hashed)


@functools.cache
def _nobody() -> str:
    """A hash that is checked for unknown log-ins, so that they take as long. Made once, not at every start."""
    return _hasher.hash(secrets.token_urlsafe(16))


async def _in_thread(function: Any, *arguments: str) -> Any:
    # Lone surrogates are no text that UTF-8 can carry; a form may hold them all the same.
    given = [argument.encode("utf-8", "surrogatepass") for argument in arguments]
    return await asyncio.get_running_loop().run_in_executor(_HASHING, function, *given)
