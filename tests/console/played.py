"""A portfolio that was played out: thirty customers for two weeks through webhooks, turns, sender and desks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from sqlalchemy import func, insert, select

from bot.console import Office
from bot.console.customer import action
from bot.core.calendar import local_day
from bot.core.case import Owner, Product
from bot.core.event import AgentActed, AgentAction
from bot.store import agents, cases, queue
from bot.store.agents import Person, Role
from bot.store.portfolio import PaymentRow, PortfolioRow, put_payments
from bot.store.session import Database
from bot.store.tables import METADATA
from tests.machine import Machine, add_customer

BEGINS = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)  # a Monday, 08:30 in Shanghai
DAYS = 15
CUSTOMERS = 30
WORDS = {
    "zh": (
        "我周五还500", "明天还300", "下周一还清", "后天还200", "好的", "是的", "我失业了，真的还不上", "我要投诉你们",
        "退订", "这笔钱不是我借的", "怎么还款", "想分三期还", "别再发了烦死了",
    ),
    "en": (
        "I will pay 200 on Friday", "I'll pay 100 tomorrow", "yes", "I lost my job and cannot pay", "STOP",
        "I want to complain", "this is not my debt", "how do I pay?", "paying 150 next Monday",
    ),
}  # fmt: skip


def _row(n: int, luck: Random) -> PortfolioRow:
    product, due = luck.choice(list(Product)), Decimal(luck.randrange(300, 6000))
    english = n % 5 == 0
    return PortfolioRow(
        f"C{n}", f"客户{n}", f"+861380013{n:04}", "en" if english else "zh", "Asia/Shanghai", "cn", f"A{n}", product,
        due * 3, due, None, date(2026, 11, 2) - timedelta(days=luck.randrange(0, 110)), "USD" if english else "CNY",
        f"{n:04}",
    )  # fmt: skip


async def play(one: Machine, office: Office, seed: int = 7) -> list[Person]:
    """Let the days pass; the people who worked in them."""
    luck, people, paid = Random(seed), [], 0
    async with office.database.write() as connection:
        for login in ("fang", "wei"):
            id = await agents.create_agent(connection, login, login.title(), Role.AGENT, "correct horse", "en")
            people.append(Person(id, login, login.title(), Role.AGENT, "en"))
    rows = [_row(n, luck) for n in range(1, CUSTOMERS + 1)]
    ids = [await add_customer(one, row) for row in rows]
    for day in range(DAYS):
        await one.wait(BEGINS + timedelta(days=day, hours=3))  # 11:30
        for row, id in zip(rows, ids, strict=True):
            case = await one.case(id)
            if luck.random() < (0.6 if case.asked else 0.12):
                await one.say(luck.choice(WORDS[row.language]), row.number)
            due_today = case.promise is not None and case.promise.due_on == local_day(one.now, "Asia/Shanghai")
            if case.amount_due > 0 and luck.random() < (0.75 if due_today else 0.02):
                asked = case.promise.amount if case.promise else Decimal(100)
                paid += 1
                amount = min(case.amount_due, asked if luck.random() < 0.7 else (asked / 2).quantize(Decimal("0.01")))
                async with one.database.write() as connection:
                    money = PaymentRow(f"P{paid}", row.account, amount, local_day(one.now, "Asia/Shanghai"))
                    await put_payments(connection, [money], one.now)
        await one.wait(BEGINS + timedelta(days=day, hours=luck.randrange(4, 8)))
        for person in people:
            await _work(one, office, person, luck)
    last = _row(CUSTOMERS + 1, luck)
    await add_customer(one, last)
    await one.say("我明天全部还清", last.number)
    await one.wait(one.now + timedelta(hours=1))
    return people


async def _work(one: Machine, office: Office, person: Person, luck: Random) -> None:
    """An agent takes who is due first, and is done with some whom they have."""
    async with one.database.read() as connection:
        waiting = await queue.next_up(connection, person.scope)
        holder = cases.case_file.c.agent_id == person.id
        mine = [row.customer_id for row in await one.rows(cases.case_file, holder)]
    for id in waiting[: luck.randrange(0, 2)]:
        await action.take(office, person, id, one.now)
    for id in mine:
        if luck.random() < 0.4 and (await one.case(id)).owner is Owner.AGENT:
            done = AgentActed(AgentAction.RESOLVE, person.login, "settled", lift=luck.random() < 0.5)
            await action.act_on_own(office, person, id, done, one.now)


async def copy(path: Path, database: Database) -> None:
    """Put all that was played into an empty database of either kind; ids go on behind the last."""
    played = Database(f"sqlite:///{path}")
    async with played.read() as there, database.write() as here:
        for table in METADATA.sorted_tables:
            rows = [dict(row._mapping) for row in await there.execute(select(table))]
            if rows:
                await here.execute(insert(table), rows)
            if rows and not database.is_sqlite and "id" in table.c and table.c.id.autoincrement is True:
                last = max(row["id"] for row in rows)
                await here.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last)))
    await played.close()
