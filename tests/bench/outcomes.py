"""What became of a large portfolio over nine months: promises, payments, calls, opt-outs, and who looked at whom."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import bindparam, insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.agreement import Instalment
from bot.store import cases
from bot.store import tables as t

SPREAD = timedelta(days=270)  # over which the customers' last texts are spread: the first customers' are the oldest
SPARED = 2_000  # of the first customers nobody promised, paid or opted out: they are there to be worked with
LOOKED = 300_000  # entries in the log of accesses
plan, access_log = t.Plan.__table__, t.AccessLog.__table__  # type: ignore[attr-defined]
_PROMISES = """
INSERT INTO promise (customer_id, amount, due_on, status, paid, later, moved, days_past_due, made_at, closed_at)
SELECT m.id, 60000, (at + interval '7 days')::date,
  CASE WHEN at > :now - interval '7 days' THEN 'open' WHEN m.n % 20 < 11 THEN 'kept'
    WHEN m.n % 20 < 14 THEN 'partial' ELSE 'broken' END, 0, '[]', 0, m.n * 7 % 150, at,
  CASE WHEN at <= :now - interval '7 days' THEN at + interval '7 days' END
FROM many m, LATERAL (SELECT :now - m.ago AS at) AS made WHERE m.n >= :spared AND m.n % 5 < 2"""
_PAYMENTS = """
INSERT INTO payment (customer_id, account_id, reference, amount, paid_on, posted_at, handled_at)
SELECT m.id, a.id, 'PAY' || m.n, 60000, (:now - m.ago)::date, :now - m.ago + interval '1 day', :now
FROM many m JOIN account a ON a.customer_id = m.id
WHERE m.n >= :spared AND m.n % 3 = 0 AND m.ago > interval '1 day'"""
_CALLS = """
INSERT INTO contact (customer_id, channel, at, accounts, reached, answers, noted_by)
SELECT id, 'call', :now - ago, '', true, false, 'agent1' FROM many WHERE n >= :spared AND n % 10 = 0"""
_LOOKED = """
INSERT INTO access_log (who, customer_id, what, at)
SELECT 'agent' || 1 + s % 10, m.id, 'case', :now - interval '270 days' * (1 - s::float8 / :looked)
FROM generate_series(1, :looked) s JOIN many m ON m.n = s::bigint * 7919 % :customers"""


async def put_outcomes(connection: AsyncConnection, now: datetime, customers: int) -> None:
    """Write them for the customers of the table `many`, `ago` after whose texts it is."""
    values = {"now": now, "spared": SPARED, "looked": LOOKED, "customers": customers}
    for statement in (_PROMISES, _PAYMENTS, _CALLS, _LOOKED):
        named = {name: value for name, value in values.items() if f":{name}" in statement}
        typed = text(statement.replace(":now", "CAST(:now AS timestamptz)"))
        await connection.execute(typed, named)
    found = (await connection.execute(text("SELECT id, n, ago FROM many ORDER BY n"))).all()
    await _holds(connection, [(row.id, row.n, now - row.ago) for row in found if row.n >= SPARED])
    await _plans(connection, [row.id for row in found if row.n % 1_000 == 7], now)


async def _holds(connection: AsyncConnection, people: list[tuple[int, int, datetime]]) -> None:
    """One in 50 opted out, one in 250 complained, one in 500 is in a hardship that nobody has judged."""
    kinds = {"opt_out": 50, "complaint": 250, "hardship": 500}
    holds = [
        {"customer_id": id, "kind": kind, "placed_at": at}
        for kind, each in kinds.items() for id, n, at in people if n % each == each // 3
    ]  # fmt: skip
    if holds:
        await connection.execute(insert(cases.hold), holds)
        gone = [{"b_id": one["customer_id"]} for one in holds if one["kind"] == "opt_out"]
        here = cases.case_file.c.customer_id == bindparam("b_id")
        await connection.execute(update(cases.case_file).where(here).values(state="opted_out"), gone)


async def _plans(connection: AsyncConnection, ids: list[int], now: datetime) -> None:
    """Plans that wait for a second person."""
    instalments = tuple(Instalment(Decimal(200), date(2027, month, 1), Decimal(0)) for month in range(1, 7))
    plans = [
        {"customer_id": id, "kind": "instalments", "status": "pending", "terms": "above", "interest": "",
         "instalments": instalments, "contents": "{}", "proposed_by": "agent1", "made_at": now}
        for id in ids
    ]  # fmt: skip
    if plans:
        await connection.execute(insert(plan), plans)
