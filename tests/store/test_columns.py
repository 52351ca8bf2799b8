"""Columns on both databases: moments come back aware, money to the cent, personal text is sealed; keys are checked."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update
from sqlalchemy.exc import StatementError

from bot.store import cases
from bot.store.columns import Cents, Sealed, UtcMoment, keyring
from bot.store.keys import KeyProblem, Keyring, new_customer_key, open_with, seal_with
from bot.store.session import Database, StoreDown

NOW = datetime(2026, 11, 23, 2, 2, 0, 123456, tzinfo=UTC)
quick = settings(max_examples=50, derandomize=True, deadline=None, database=None)


async def put(database: Database, **changes: object) -> None:
    """A customer and an account."""
    person = {
        "reference": "C1", "name": "王强\ud83d💣", "language": "zh", "zones": "Asia/Shanghai", "jurisdiction": "cn",
        "known": True, "data_key": None, "last_seq": 0, "journal_seq": 0, "journal_head": "", "created_at": NOW,
    }  # fmt: skip
    money = {
        "customer_id": 1, "reference": "A1", "product": "credit_card", "balance": Decimal("999999999999.99"),
        "amount_due": Decimal("0.01"), "minimum_due": None, "due_on": date(2026, 10, 20), "currency": "CNY", "tail": "",
    }  # fmt: skip
    async with database.write() as connection:
        await connection.execute(insert(cases.customer).values({**person, **changes}))
        await connection.execute(insert(cases.account).values(money))


async def test_what_was_stored_comes_back_as_it_was(database: Database) -> None:
    await put(database, created_at=NOW.astimezone(timezone(timedelta(hours=8))))
    async with database.read() as connection:
        person = (await connection.execute(select(cases.customer))).one()
        money = (await connection.execute(select(cases.account))).one()
    assert person.created_at == NOW and person.created_at.utcoffset() == timedelta(0)
    assert (person.name, person.data_key) == ("王强\ud83d💣", None)
    assert (money.balance, money.amount_due, money.minimum_due) == (Decimal("999999999999.99"), Decimal("0.01"), None)


async def test_a_naive_moment_and_a_fraction_of_a_cent_are_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="naive"):
        await put(database, created_at=NOW.replace(tzinfo=None))
    await put(database)
    with pytest.raises(StatementError, match="fractions of a cent"):
        async with database.write() as connection:
            await connection.execute(update(cases.account).values(balance=Decimal("1.005")))


async def test_personal_text_is_not_in_the_database_file(database: Database) -> None:
    await put(database)
    async with database.read() as connection:
        raw = (await connection.exec_driver_sql("SELECT name FROM customer")).scalar_one()
    assert "王强".encode() not in bytes(raw)


async def test_a_reader_sees_one_moment_however_many_questions_it_asks(database: Database) -> None:
    await put(database)
    async with database.read() as reader:
        before = (await reader.execute(select(cases.customer.c.last_seq))).scalar_one()
        async with database.write() as writer:
            await writer.execute(update(cases.customer).values(last_seq=5))
            await writer.execute(update(cases.account).values(tail="9"))
        assert (await reader.execute(select(cases.account.c.tail))).scalar_one() == ""
        assert (await reader.execute(select(cases.customer.c.last_seq))).scalar_one() == before


async def test_an_error_inside_a_transaction_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.write() as connection:
            row = {"number_hash": "h", "reason": "opt_out", "since_at": NOW}
            await connection.execute(insert(cases.suppression).values(row))
            raise ZeroDivisionError
    async with database.read() as connection:
        assert list(await connection.execute(select(cases.suppression))) == []


async def test_a_database_that_is_not_there_is_down_and_says_why() -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StoreDown, match="cannot be reached"):
        await away.ping()
    await away.close()


@quick
@given(st.text(st.characters()), st.text(st.characters()))
def test_a_sealed_text_opens_again_and_shows_nothing(text: str, other: str) -> None:
    plain = text.encode("utf-8", "surrogatepass")
    sealed = keyring().seal(plain)
    assert keyring().open(sealed) == plain
    assert sealed != keyring().seal(plain)
    assert (keyring().content_hash(text, other) == keyring().content_hash(other, text)) == (text == other)


def test_parts_of_a_digest_are_kept_apart() -> None:
    assert keyring().content_hash("ab", "c") != keyring().content_hash("a", "bc")


def test_another_key_opens_nothing_and_finds_nothing() -> None:
    other = Keyring(bytes(32))
    assert other.number_hash("+8613800138000") != keyring().number_hash("+8613800138000")
    with pytest.raises(KeyProblem, match="not the one"):
        other.open(keyring().seal(b"x"))


@pytest.mark.parametrize("text", ["", "short", "ÿ" * 44, base64.urlsafe_b64encode(bytes(31)).decode(), "=" * 44])
def test_a_key_that_is_no_key_says_how_to_make_one(text: str) -> None:
    with pytest.raises(KeyProblem, match="huixin new-key"):
        Keyring.from_text(text)


def test_a_customers_own_key_seals_only_their_own() -> None:
    mine, yours = new_customer_key(), new_customer_key()
    assert open_with(mine, seal_with(mine, b"x")) == b"x"
    with pytest.raises(InvalidTag):
        open_with(yours, seal_with(mine, b"x"))


def test_nothing_is_nothing_in_every_column() -> None:
    for kind in (UtcMoment(), Cents(), Sealed()):
        assert kind.process_bind_param(None, None) is None  # type: ignore[arg-type]
        assert kind.process_result_value(None, None) is None  # type: ignore[arg-type]
