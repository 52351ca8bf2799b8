"""Every golden again, through webhook, database and simulator, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert

from bot.core.case import State
from bot.dialogues import Content
from bot.nlu.read import Reader
from bot.store import cases, thread
from bot.store.portfolio import PortfolioRow
from bot.store.replay import compare as again
from bot.store.replay import is_decision
from bot.store.scope import EVERYONE
from bot.store.session import Database
from tests.conversations.replay import SETTLED, Golden, Seen, bare, compare, day_of, goldens
from tests.conversations.test_core import agent_act
from tests.machine import Machine, act, add_customer, machine

PHONE = "+8613800138000"


def row(golden: Golden) -> PortfolioRow:
    """The golden's customer as the bank would import them."""
    account = golden.account()
    return PortfolioRow(
        customer="C1",
        name="王强",
        number=PHONE,
        language=golden.case.get("language", "zh"),
        zones=golden.case.get("zone", "Asia/Shanghai").replace(" ", ","),
        jurisdiction=golden.case.get("jurisdiction", "cn"),
        place=golden.case.get("place", ""),
        account="A1",
        product=account.product,
        balance=account.balance,
        amount_due=account.amount_due,
        minimum_due=account.minimum_due,
        due_on=account.due_on,
        currency=account.currency,
        tail=account.tail,
        creditor_role=golden.case.get("creditor_role", "first_party"),
        number_source=golden.case.get("number_source", "reserved"),
        number_verified_on=day_of(golden.case.get("number_verified")),
        notice_on=day_of(golden.case.get("notice_date")),
        consents=golden.case.get("consents", ""),
        time_barred=account.time_barred,
        verify_by=golden.case.get("verify_by", ""),
    )


async def replay(golden: Golden, one: Machine) -> list[Seen]:
    """What the machine makes of a golden."""
    customer = await add_customer(one, row(golden), State(golden.case.get("state", "contacted")))
    await before_the_first_turn(golden, one, customer)
    seen: list[Seen] = []
    payments, before = 0, 0
    for turn in golden.turns:
        await one.wait(turn.at)
        if turn.payment is not None:
            payments += 1
            await pay(one, f"P{payments}", str(turn.payment))
            await one.work()
        if turn.agent is not None:
            await act(one.database, one.mind, customer, agent_act(turn.agent), one.now)
            await one.work()
        if turn.customer:
            for text in turn.customer:
                assert await one.say(text, PHONE) == 200
            await one.wait(turn.at + SETTLED)
        inbox = [bare(received.text) for received in one.simulator.phone(PHONE).inbox]
        case = await one.case(customer)
        holds = sorted(hold.kind for hold in case.holds)
        seen.append(Seen(None, inbox[before:], case.state, case.handoff_queue, [str(hold) for hold in holds]))
        before = len(inbox)
    return seen


async def before_the_first_turn(golden: Golden, one: Machine, customer: int) -> None:
    """The contacts that were noted and the holds that stand."""
    contacts = [
        {"customer_id": customer, "channel": c.channel, "at": c.at, "accounts": "", "reached": c.reached,
         "answers": False, "noted_by": "test"}
        for c in golden.noted()
    ]  # fmt: skip
    holds = [
        {"customer_id": customer, "kind": hold.kind, "placed_at": one.now, "until_at": None, "lifted_at": None}
        for hold in golden.first_case().holds
    ]
    async with one.database.write() as connection:
        for table, rows in ((cases.contact, contacts), (cases.hold, holds)):
            if rows:
                await connection.execute(insert(table), rows)


async def pay(one: Machine, reference: str, amount: str) -> None:
    """The bank posts a payment of today."""
    from decimal import Decimal

    from bot.core.calendar import local_day
    from bot.store.portfolio import PaymentRow, put_payments

    async with one.database.write() as connection:
        today = local_day(one.now, "Asia/Shanghai")
        tally = await put_payments(connection, [PaymentRow(reference, "A1", Decimal(amount), today)], one.now)
    assert tally.created == 1


def replays() -> Iterator[Any]:
    """Every conversation on both databases; those of one rule or hold on one, Chinese there and English here."""
    for golden in goldens():
        chinese = golden.case.get("language", "zh") == "zh"
        both = not golden.rule and not golden.hold
        for kind in ("sqlite", "postgresql") if both else ("postgresql",) if chinese else ("sqlite",):
            yield pytest.param(golden, kind, id=f"{golden.name}-{kind}")


@pytest.mark.parametrize(("golden", "database_url"), list(replays()), indirect=["database_url"])
async def test_a_golden_replays_through_the_machine(
    golden: Golden, database: Database, reader: Reader, content: Content
) -> None:
    async with machine(database, reader, content, golden.turns[0].at) as one:
        seen = await replay(golden, one)
        async with database.read() as connection:
            entries, broken = await thread.journal_of(connection, EVERYONE, 1)
    decisions = [entry for entry in entries if is_decision(entry.content)]
    assert decisions and broken is None
    for entry in decisions:  # what the journal keeps is enough to decide it again, byte for byte
        assert again(entry.content, entry.at, content.rules, one.mind.render) == []
    for got, turn in zip(seen, golden.turns, strict=True):
        got.reading = turn.expected.get("reading")  # the core's replay compares readings; here only what they lead to
    assert compare(golden, seen) == []
