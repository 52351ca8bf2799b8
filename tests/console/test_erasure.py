"""Erasing a customer leaves nothing to read, a chain that is whole, and a number that stays stopped if it was."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import func, select, update

from bot.core.case import State
from bot.core.event import AgentActed, AgentAction
from bot.store import accesses, cases, drafts, erasure, tables, thread
from bot.store.columns import keyring
from bot.store.erasure import NotErased
from bot.store.scope import EVERYONE
from tests.console.conftest import Bank
from tests.machine import act

NUMBER, OTHER = "+8613800000001", "+8613800000002"
NOTE = "别告诉我妻子"  # stands in the journal alone
SECRETS = ("李小明", "13800000001", "我失业了", "C000001", "A000001", "8721")


async def settle(bank: Bank, customer: int) -> None:
    async with bank.database.write() as connection:
        owed = {"balance": Decimal(0), "amount_due": Decimal(0)}
        await connection.execute(update(cases.account).where(cases.account.c.customer_id == customer).values(owed))


async def lived(bank: Bank, opted_out: bool = False) -> int:
    """A customer who wrote and was written to, with a note, a draft, a hardship and a call, who has paid."""
    customer = await bank.customer(NUMBER)
    await bank.wrote(customer, "我失业了")
    await bank.called(customer)
    fang = await bank.browser("fang")
    await fang.post(f"/customers/{customer}/take")
    page = await fang.get(f"/customers/{customer}")
    await fang.post(f"/customers/{customer}/note", text=NOTE)
    await fang.post(f"/customers/{customer}/hardship", category="job_loss", text=NOTE)
    fields = {"text": "您好，李小明，我们在看。", "seen": "1", "after": "1", "csrf": page.field("csrf")}
    await fang.post(f"/customers/{customer}/reply", **fields)
    async with bank.database.write() as connection:
        agents_ = await connection.execute(select(thread.agent.c.id).where(thread.agent.c.login == "fang"))
        fang_id = int(agents_.scalar_one())
        await drafts.save(connection, fang_id, customer, drafts.Draft("李小明", "", bank.time()))
    if opted_out:
        said = AgentActed(AgentAction.OPT_OUT, "fang", "said so")
        await act(bank.database, bank.office.mind, customer, said, bank.time())
    await settle(bank, customer)
    return customer


async def everything(bank: Bank) -> str:
    """All that any table holds, opened with the data key."""
    found = []
    async with bank.database.read() as connection:
        for table in tables.METADATA.sorted_tables:
            for row in (await connection.execute(select(table))).mappings():
                for value in row.values():
                    found.append(value.decode("utf-8", "ignore") if isinstance(value, bytes) else str(value))
    return "\n".join(found)


async def erase(bank: Bank, customer: int, despite_debt: bool = False) -> erasure.Erased:
    async with bank.database.write() as connection:
        return await erasure.erase(connection, customer, "wang", "request 7", bank.time(), despite_debt)


@pytest.mark.parametrize("opted_out", [False, True])
async def test_nothing_can_be_read_any_more_and_the_chain_is_whole(bank: Bank, opted_out: bool) -> None:
    customer = await lived(bank, opted_out)
    before = await everything(bank)
    assert [secret for secret in SECRETS if secret not in before] == []
    async with bank.database.read() as connection:
        entries, _ = await thread.journal_of(connection, EVERYONE, customer)
    assert NOTE in str([entry.content for entry in entries])
    erased = await erase(bank, customer)
    assert erased.stays_stopped is opted_out
    after = await everything(bank)
    assert [secret for secret in SECRETS if secret in after] == []
    assert (keyring().number_hash(NUMBER) in after) is opted_out
    async with bank.database.read() as connection:
        still, broken_at = await thread.journal_of(connection, EVERYONE, customer)
        assert broken_at is None
        assert [one.hash for one in still[:-1]] == [one.hash for one in entries]
        assert {one.content for one in still} == {None} and still[-1].kind == "erased"
        assert await thread.find_customer(connection, EVERYONE, NUMBER) is None
        assert ("wang", customer, "erase: request 7") in [
            (row.who, row.customer_id, row.what) for row in await connection.execute(select(accesses.access_log))
        ]


async def test_the_pages_of_an_erased_customer_and_of_the_desk_still_work(bank: Bank) -> None:
    customer = await lived(bank)
    await erase(bank, customer)
    chief = await bank.browser("wang", "supervisor")
    for path in (f"/customers/{customer}", f"/customers/{customer}/journal", "/queue", "/dashboard", "/desks"):
        page = await chief.get(path)
        assert page.status == 200 and "李小明" not in page.words
    assert "The chain is whole" in (await chief.get(f"/customers/{customer}/journal")).words
    assert not (await bank.texts(customer))[0].text
    async with bank.database.read() as connection:
        query = select(func.count()).select_from(cases.outbox).where(cases.outbox.c.state.in_(("queued", "held")))
        assert (await connection.execute(query)).scalar_one() == 0


async def test_a_number_that_opted_out_stays_stopped_when_it_comes_again(bank: Bank) -> None:
    await erase(bank, await lived(bank, opted_out=True))
    again = await bank.customer(NUMBER, "李小明", State.CONTACTED)
    async with bank.database.read() as connection:
        assert not (await cases.load(connection, [again], bank.time()))[again].case.reachable


async def test_an_open_debt_and_a_reply_on_its_way_are_reasons_not_to(bank: Bank) -> None:
    customer = await bank.customer(NUMBER)
    with pytest.raises(NotErased, match="still open"):
        await erase(bank, customer)
    await bank.wrote(customer, "退订", pending=True)
    with pytest.raises(NotErased, match="a reply waits"):
        await erase(bank, customer, despite_debt=True)
    other = await bank.customer(OTHER)
    await erase(bank, other, despite_debt=True)
    with pytest.raises(NotErased, match="already"):
        await erase(bank, other, despite_debt=True)
    with pytest.raises(LookupError):
        await erase(bank, 10**9)
    assert "李小明" in await everything(bank)  # who was refused is whole


async def test_nobody_else_loses_anything(bank: Bank) -> None:
    other = await bank.customer(OTHER, "王芳")
    await bank.wrote(other, "明天还")
    async with bank.database.read() as connection:
        before = await thread.view(connection, EVERYONE, other, bank.time(), reveal=True)
    await erase(bank, await lived(bank))
    async with bank.database.read() as connection:
        assert await thread.view(connection, EVERYONE, other, bank.time(), reveal=True) == before
