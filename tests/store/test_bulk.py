"""Many rows in one statement are stored as they were given, on both databases."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from bot.store.bulk import put_many
from bot.store.cases import account, customer, phone
from bot.store.session import Database, upsert

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def person(n: int, **other: Any) -> dict[str, Any]:
    return {
        "reference": f"C{n}", "name": f"客户{n}, “{n}”\\", "language": "zh", "zones": "Asia/Shanghai",
        "jurisdiction": "cn",
        "notice_on": None if n % 2 else date(2026, 1, n % 28 + 1), "known": n % 3 == 0, "data_key": None, "last_seq": 0,
        "place": "", "creditor_role": "first_party", "consents": "", "verify_hash": "",
        "journal_seq": 0, "journal_head": "", "created_at": NOW, **other,
    }  # fmt: skip


async def test_what_is_put_is_what_is_read(database: Database) -> None:
    """Texts with quotation marks, sealed ones, days, moments, money, nothing: each row by itself, none mixed up."""
    people = [person(n) for n in range(1, 301)]
    async with database.write() as connection:
        await put_many(connection, insert(customer), [])
        await put_many(connection, insert(customer), people)
        found = (await connection.execute(select(customer).order_by(customer.c.id))).all()
        debts = [
            {"customer_id": one.id, "reference": f"A{one.id}", "product": "credit_card", "balance": Decimal("10.07"),
             "amount_due": Decimal(one.id), "minimum_due": None if one.id % 2 else Decimal("0.01"),
             "due_on": date(2026, 10, 20), "currency": "CNY", "tail": "0007", "time_barred": one.id % 5 == 0}
            for one in found
        ]  # fmt: skip
        await put_many(connection, insert(account), debts)
        owed = (await connection.execute(select(account).order_by(account.c.id))).all()
    assert [{name: getattr(one, name) for name in people[0]} for one in found] == people
    assert [one.team for one in found] == [""] * 300, "what no row names is what the database says"
    assert [{name: getattr(one, name) for name in debts[0]} for one in owed] == debts


async def test_a_row_that_is_there_is_changed_in_its_place(database: Database) -> None:
    async with database.write() as connection:
        await put_many(connection, insert(customer), [person(1)])
        id = (await connection.execute(select(customer.c.id))).scalar_one()
        put = upsert(connection, phone)
        put = put.on_conflict_do_update(
            index_elements=["customer_id", "number_hash"], set_={"source": put.excluded.source}
        )
        row = {"customer_id": id, "number": "+8613800000001", "number_hash": "1", "source": "reserved", "current": True}
        await put_many(connection, put, [row])
        other = {**row, "number": "+8613800000002", "number_hash": "2"}
        await put_many(connection, put, [{**row, "source": "contract"}, other])
        found = (await connection.execute(select(phone).order_by(phone.c.number_hash))).all()
    assert [(one.number, one.source) for one in found] == [
        ("+8613800000001", "contract"),
        ("+8613800000002", "reserved"),
    ]


async def test_a_text_that_is_too_long_is_never_cut(database: Database) -> None:
    """PostgreSQL refuses it with all its batch; SQLite keeps texts of any length."""
    long = "C" * 65
    with contextlib.nullcontext() if database.is_sqlite else pytest.raises(DBAPIError, match="too long"):
        async with database.write() as connection:
            await put_many(connection, insert(customer), [person(1), person(2, reference=long)])
    async with database.read() as connection:
        kept = list((await connection.execute(select(customer.c.reference).order_by(customer.c.id))).scalars())
    assert kept == (["C1", long] if database.is_sqlite else [])
