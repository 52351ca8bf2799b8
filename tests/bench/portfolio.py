"""A large portfolio in PostgreSQL: a few customers whose rows are really sealed, copied many times by the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import Table, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.case import Product
from bot.core.strategy import Strategy
from bot.store import cases, journal
from bot.store import tables as t
from bot.store.columns import keyring
from bot.store.portfolio import PortfolioRow, put_portfolio
from bot.store.session import Database
from tests.arrears import awake_zone
from tests.bench.outcomes import SPREAD, put_outcomes

TEXTS = (2, 4, 6, 10, 14, 18, 22, 28, 36, 60)  # of each pattern customer, 20 on average
WAITING, AGENTS, EACH = 1_000, 10, 20  # customers for whom a person is called; agents, and customers of each
SUPERVISOR, AUDITOR = AGENTS + 1, AGENTS + 2  # their numbers
QUEUES = ("hardship", "dispute", "complaint", "plan", "general")
SAID = (
    "我失业了，真的还不上",
    "周五还500",
    "还欠多少",
    "能不能分期",
    "昨天已经还了",
    "好的",
    "别再发了",
    "下个月发工资就还",
)
ANSWERED = "【示例银行】您好，您的本期账单尚有1200.00元未还，请于11月27日前还款。如有困难请回复，我们会与您商量。"
inbound, outbox, handoff = t.Inbound.__table__, t.Outbox.__table__, t.Handoff.__table__  # type: ignore[attr-defined]
agenda, entries = t.Agenda.__table__, t.Journal.__table__  # type: ignore[attr-defined]


def number(place: int) -> str:
    """The phone of one of the many."""
    return f"+86139{place:08}"


def reference(place: int) -> str:
    """The bank's own reference of one of the many; their account's is the same after an A."""
    return f"B{place:07}"


async def fill(database: Database, strategy: Strategy, now: datetime, customers: int) -> int:
    """Put so many customers into an empty database, with 20 texts each on average; how many texts there are."""
    patterns = await _patterns(database, strategy, now)
    async with database.write() as connection:
        await _people(connection)
        await connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        await connection.execute(text("SET LOCAL synchronous_commit = off"))
        await _many(connection, patterns, customers)
        rebuilt = await _without_indexes(connection, (inbound, outbox, entries))
        await _copy(connection, cases.customer, {"id": "m.id", "reference": "'B' || lpad(m.n::text, 7, '0')"}, "id")
        await _copy(connection, cases.phone, {"number": "m.number", "number_hash": "m.hash"})
        kinds = "(ARRAY['personal_loan', 'credit_card', 'business_loan'])[1 + m.n % 3]"
        due = {"product": kinds, "due_on": "p.due_on - m.n % 120"}
        await _copy(connection, cases.account, {"reference": "'AB' || lpad(m.n::text, 7, '0')", **due})
        await _copy(connection, cases.case_file, {"opened_at": "p.opened_at - m.ago"})
        await _copy(connection, agenda, {"due_at": "p.due_at + m.n * interval '20 seconds'"})
        earlier = " - m.ago"
        moved = {name: f"p.{name}{earlier}" for name in ("opened_at", "due_at", "taken_at", "answered_at", "closed_at")}
        await _copy(connection, handoff, {**moved, "agent_id": f"1 + m.n % {AGENTS}"})
        heard = {"received_at": f"p.received_at{earlier}", "handled_at": f"p.handled_at{earlier}"}
        await _copy(connection, inbound, {**heard, "provider_id": "'b' || m.n || '-' || p.id", "sender_hash": "m.hash"})
        said = {name: f"p.{name}{earlier}" for name in ("queued_at", "due_at", "sent_at", "delivered_at")}
        ours = {"our_ref": "'b' || m.n || '-' || p.id", "provider_id": "'b' || m.n || '-' || p.id"}
        await _copy(connection, outbox, {**said, **ours})
        await _copy(connection, entries, {"at": f"p.at{earlier}"})
        await connection.execute(text("SELECT setval('customer_id_seq', (SELECT max(id) FROM customer))"))
        for statement in rebuilt:
            await connection.execute(text(statement))
        await put_outcomes(connection, now, customers)
    await _call_people(database, now)
    async with database.alone() as connection:
        await connection.execute(text("VACUUM ANALYZE"))
        await connection.execute(text("CHECKPOINT"))  # what was copied is on the disk before anything is measured
    async with database.read() as connection:
        counted = "SELECT (SELECT count(*) FROM inbound) + (SELECT count(*) FROM outbox)"
        return int((await connection.execute(text(counted))).scalar_one())


async def _patterns(database: Database, strategy: Strategy, now: datetime) -> list[int]:
    """The customers that are copied, with texts, journal and a handoff that was closed; their ids."""
    first = PortfolioRow(
        customer="", name="客户", number="", language="zh", zones=awake_zone(now), jurisdiction="cn", account="",
        product=Product.PERSONAL_LOAN, balance=Decimal(9000), amount_due=Decimal("1200.50"), minimum_due=None,
        due_on=date(2026, 10, 20), currency="CNY", tail="8721",
    )  # fmt: skip
    rows = [
        replace(first, customer=f"P{n}", account=f"P{n}", number=f"+861370000000{n}", name=f"客户{n}")
        for n in range(len(TEXTS))
    ]
    async with database.write() as connection:
        await put_portfolio(connection, rows, strategy, now)
        found = await connection.execute(select(cases.customer.c.id, cases.customer.c.data_key))
        patterns = {row.id: row.data_key for row in found}
        for (id, key), texts in zip(patterns.items(), TEXTS, strict=True):
            await _talk(connection, id, key, texts, now)
    return list(patterns)


async def _talk(connection: AsyncConnection, id: int, key: str, texts: int, now: datetime) -> None:
    """What one pattern customer wrote and was written, each with its entry in the journal."""
    head, after = "", now - timedelta(hours=30 * texts)
    for seq in range(1, texts + 1):
        at = after + timedelta(hours=30 * seq - 1)
        came = {
            "channel": "bank", "provider_id": f"p{id}-{seq}", "customer_id": id, "sender": "+8613700000000",
            "sender_hash": "", "destination": "1069", "text": SAID[seq // 2 % len(SAID)], "received_at": at,
            "state": "handled", "seq": seq, "intents": "hardship", "handled_at": at,
        }  # fmt: skip
        asks = seq % 4 == 2
        went = {
            "customer_id": id, "seq": seq, "our_ref": f"p{id}-{seq}", "channel": "bank",
            "purpose": "reminder" if asks else "reply", "answers": not asks, "response": "hardship_opened",
            "slots": "{}", "text": ANSWERED, "author": "bot", "state": "sent", "attempts": 1,
            "queued_at": at, "due_at": at, "sent_at": at, "provider_id": f"p{id}-{seq}", "delivery": "delivered",
            "delivered_at": at, "segments": 2,
        }  # fmt: skip
        await connection.execute(insert(inbound).values(came) if seq % 2 else insert(outbox).values(went))
        entry = journal.entry(id, seq, head, key, at, "heard", {"reading": "hardship", "why": ["hardship"] * 5})
        head = entry["hash"]
        await connection.execute(insert(entries).values(entry))
    taken = after + timedelta(minutes=5 * texts)
    closed = {
        "customer_id": id, "queue": QUEUES[texts % len(QUEUES)], "reason": "open_hardship", "priority": 3,
        "opened_at": after, "due_at": after + timedelta(hours=2), "taken_at": taken, "answered_at": taken,
        "closed_at": taken, "outcome": "done",
    }  # fmt: skip
    await connection.execute(insert(handoff).values(closed))
    wrote = update(cases.case_file).where(cases.case_file.c.customer_id == id)
    await connection.execute(wrote.values(opened_at=now - timedelta(hours=30)))
    here = cases.customer.c.id == id
    counted = {"last_seq": texts, "journal_seq": texts, "journal_head": head}
    await connection.execute(update(cases.customer).where(here).values(counted))


async def _many(connection: AsyncConnection, patterns: list[int], customers: int) -> None:
    """Who is to be: a number of their own, sealed and hashed as the product does, and whom they are copied from."""
    await connection.execute(text(
        "CREATE TEMP TABLE many (n int, id bigint, pattern bigint, number bytea, hash text, ago interval)"
        " ON COMMIT DROP"
    ))  # fmt: skip
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    seal, name, first = keyring().seal, keyring().number_hash, max(patterns) + 1
    rows = (
        (
            n,
            first + n,
            patterns[n % len(patterns)],
            seal(number(n).encode()),
            name(number(n)),
            SPREAD * (1 - n / customers),
        )
        for n in range(customers)
    )
    while batch := list(islice(rows, 10_000)):
        await driver.copy_records_to_table("many", records=batch)
    await connection.execute(text("ANALYZE many"))


async def _copy(connection: AsyncConnection, table: Table, other: Mapping[str, str], of: str = "customer_id") -> None:
    """Every row of the pattern customers, once for each customer copied from them; `other` columns differ."""
    given = {of: "m.id", **other}
    names = [column.name for column in table.columns if column.name != "id" or "id" in given]
    values = ", ".join(given.get(name, f"p.{name}") for name in names)
    await connection.execute(text(
        f"INSERT INTO {table.name} ({', '.join(names)}) "
        f"SELECT {values} FROM many m JOIN {table.name} p ON p.{of} = m.pattern"
    ))  # fmt: skip


async def _without_indexes(connection: AsyncConnection, tables: tuple[Any, ...]) -> list[str]:
    """Take away what these tables are searched by, which is quicker to make afterwards; how to make it again."""
    names = [table.name for table in tables]
    unique = (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'u'"
    )
    again = []
    for table, name, definition in (await connection.execute(text(unique))).all():
        if table in names:
            await connection.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))
            again.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    others = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    for table, name, definition in (await connection.execute(text(others))).all():
        if table in names and not name.endswith("_pkey"):
            await connection.execute(text(f'DROP INDEX "{name}"'))
            again.append(definition)
    return again


async def _people(connection: AsyncConnection) -> None:
    """The agents, a supervisor and an auditor."""
    roles = {**{f"agent{n}": "agent" for n in range(1, AGENTS + 1)}, "boss": "supervisor", "eye": "auditor"}
    people = [
        {"login": login, "name": login, "role": role, "password_hash": "-", "language": "en", "active": True,
         "most": 50}
        for login, role in roles.items()
    ]  # fmt: skip
    await connection.execute(insert(t.Agent.__table__), people)  # type: ignore[attr-defined]


async def _call_people(database: Database, now: datetime) -> None:
    """Agents with customers of their own, and more for whom a person is called."""
    async with database.write() as connection:
        query = select(cases.customer.c.id).where(cases.customer.c.reference.like("B%")).order_by(cases.customer.c.id)
        ids = (await connection.execute(query.limit(WAITING))).scalars()
        await connection.execute(insert(handoff), [_called(place, id, now) for place, id in enumerate(ids)])
        await connection.execute(text(
            "UPDATE case_file SET owner = 'agent', agent_id = handoff.agent_id FROM handoff "
            "WHERE handoff.customer_id = case_file.customer_id AND closed_at IS NULL AND handoff.agent_id IS NOT NULL"
        ))  # fmt: skip


def _called(place: int, customer_id: int, now: datetime) -> dict[str, Any]:
    """A person is called to this customer; the first of them are taken."""
    taken = place < AGENTS * EACH
    return {
        "customer_id": customer_id, "queue": "hardship", "reason": "open_hardship", "priority": 3, "opened_at": now,
        "due_at": now + timedelta(seconds=20 * place), "taken_at": now if taken else None,
        "agent_id": 1 + place % AGENTS if taken else None,
    }  # fmt: skip
