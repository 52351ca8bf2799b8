"""Passwords by the parameters that ship, which all other tests do without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from bot.store import passwords


@pytest.fixture(autouse=True)
def shipped() -> Iterator[None]:
    cheap = passwords._hasher
    passwords.use_hasher(passwords.SHIPPED)
    yield
    passwords.use_hasher(cheap)


async def test_a_password_is_kept_as_argon2id_of_64_mib_and_three_passes() -> None:
    stored = await passwords.hash_of("correct horse")
    used = extract_parameters(stored)
    assert (used.type, used.memory_cost, used.time_cost) == (Type.ID, 64 * 1024, 3)
    assert not passwords.is_outdated(stored)
    assert await passwords.is_password("correct horse", stored)
    assert not await passwords.is_password("battery staple", stored)


async def test_what_is_checked_for_nobody_costs_as_much_as_for_somebody() -> None:
    assert not await passwords.is_password("correct horse", None)
    assert extract_parameters(passwords._nobody()) == extract_parameters(await passwords.hash_of("correct horse"))


@pytest.mark.parametrize("weaker", [PasswordHasher(memory_cost=8192), PasswordHasher(time_cost=1)])
async def test_a_hash_by_weaker_parameters_is_outdated_and_still_opens(weaker: PasswordHasher) -> None:
    stored = weaker.hash("correct horse")
    assert passwords.is_outdated(stored)
    assert await passwords.is_password("correct horse", stored)
