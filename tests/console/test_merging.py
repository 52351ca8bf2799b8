"""An unknown number is merged into a customer: linked in both files, and no opt-out is loosened by it."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.core.case import State
from bot.core.event import AgentActed, AgentAction
from bot.store import cases, merges, thread
from bot.store.scope import EVERYONE
from tests.console.conftest import NOON, Bank, Browser, Page
from tests.machine import act

THEIRS, OTHER = "+8613800000001", "+8613900000002"


async def two(bank: Bank, state: State = State.UNKNOWN_SENDER) -> tuple[Browser, int, int]:
    """An agent who has an unknown sender that wrote, and a known customer."""
    known = await bank.customer(THEIRS, state=State.CONTACTED)
    stranger = await bank.customer(OTHER, "", state, reference="unknown-abc")
    async with bank.database.write() as connection:
        await connection.execute(cases.account.delete().where(cases.account.c.customer_id == stranger))
        await connection.execute(
            cases.phone.update().where(cases.phone.c.customer_id == stranger).values(source="unknown")
        )
    await bank.called(stranger, queue="unknown_number")
    await bank.wrote(stranger, "我是李小明，换号了")
    browser = await bank.browser("fang")
    await browser.post(f"/customers/{stranger}/take")
    return browser, stranger, known


async def merge(browser: Browser, stranger: int, needle: str = "C000001") -> Page:
    return await browser.post(f"/customers/{stranger}/merge", needle=needle, text="told us on the phone")


async def reachable(bank: Bank, *ids: int) -> list[bool]:
    async with bank.database.read() as connection:
        files = await cases.load(connection, list(ids), bank.time())
    return [files[id].case.reachable for id in ids]


async def test_the_texts_of_the_number_stand_in_the_customers_thread_and_both_journals_say_so(bank: Bank) -> None:
    browser, stranger, known = await two(bank)
    page = await merge(browser, stranger)
    assert "The unknown number is linked to this customer" in page.words
    assert "From 139****0002 (merged, unverified) 12:00 我是李小明，换号了" in page.words
    assert "139****0002 merged by fang, unverified; no text goes there" in page.words
    for id, said in ((known, "An unknown number was merged"), (stranger, "Merged into a customer")):
        journal = await browser.get(f"/customers/{id}/journal")
        assert said in journal.words and "The chain is whole" in journal.words
    assert f"/customers/{known}" in (await browser.get(f"/customers/{stranger}")).html
    bank.time.now += timedelta(minutes=1)
    await bank.wrote(stranger, "收到了吗")
    assert "收到了吗" in (await browser.get(f"/customers/{known}")).words
    async with bank.database.read() as connection:
        query = select(cases.phone.c.source, cases.phone.c.current).where(cases.phone.c.customer_id == known)
        numbers = sorted(tuple(row) for row in await connection.execute(query))
    assert numbers == [("merged", False), ("reserved", True)]
    assert await bank.texts(known) == []


@pytest.mark.parametrize("first", ["stranger", "known"])
async def test_an_opt_out_on_either_side_stops_both_before_the_merge_and_after_it(bank: Bank, first: str) -> None:
    browser, stranger, known = await two(bank)
    opted_out = AgentActed(AgentAction.OPT_OUT, "fang", "said so")
    await act(bank.database, bank.office.mind, {"stranger": stranger, "known": known}[first], opted_out, NOON)
    assert sorted(await reachable(bank, stranger, known)) == [False, True]
    assert (await merge(browser, stranger)).status == 200
    assert await reachable(bank, stranger, known) == [False, False]


@pytest.mark.parametrize("later", ["stranger", "known"])
async def test_an_opt_out_after_the_merge_stops_both(bank: Bank, later: str) -> None:
    browser, stranger, known = await two(bank)
    await merge(browser, stranger)
    assert await reachable(bank, stranger, known) == [True, True]
    opted_out = AgentActed(AgentAction.OPT_OUT, "fang", "said so")
    await act(bank.database, bank.office.mind, {"stranger": stranger, "known": known}[later], opted_out, NOON)
    assert await reachable(bank, stranger, known) == [False, False]


async def test_what_cannot_be_merged_is_refused_and_leaves_no_trace(bank: Bank) -> None:
    browser, stranger, known = await two(bank)
    chen = await bank.browser("chen")
    assert (await merge(chen, stranger)).status == 409
    assert (await merge(browser, stranger, "nobody")).status == 422
    assert (await browser.post(f"/customers/{stranger}/merge", needle="C000001", text="")).status == 422
    assert (await merge(browser, stranger, OTHER)).status == 409  # itself
    await browser.post(f"/customers/{known}/take")
    assert (await merge(browser, known, "C000001")).status == 409  # a known customer is nobody's number
    assert (await merge(browser, stranger)).status == 200
    await browser.post(f"/customers/{stranger}/take")
    again = await merge(browser, stranger)
    assert again.status == 409 and "merged already" in again.words
    journal = await browser.get(f"/customers/{known}/journal")
    assert journal.words.count("An unknown number was merged") == 1


async def undo(browser: Browser, stranger: int, text: str = "another person's number") -> Page:
    return await browser.post(f"/customers/{stranger}/unmerge", text=text)


async def journal_of(bank: Bank, id: int) -> tuple[list[str], int | None]:
    """The kinds of a customer's journal entries, and where its chain is broken."""
    async with bank.database.read() as connection:
        entries, broken_at = await thread.journal_of(connection, EVERYONE, id)
    return [entry.kind for entry in entries], broken_at


async def test_a_supervisor_undoes_a_merge_and_both_files_say_why(bank: Bank) -> None:
    browser, stranger, known = await two(bank)
    await merge(browser, stranger)
    chief = await bank.browser("wang", "supervisor")
    assert "Undo the merge of 139****0002" in (await chief.get(f"/customers/{known}")).words
    page = await undo(chief, stranger)
    assert "The merge is undone. What was stopped stays stopped" in page.words
    assert "a merge was undone: whose number is it?" in (await browser.get("/queue")).words
    for id in (stranger, known):
        page = await chief.get(f"/customers/{id}")
        assert "Wang undid a merge: another person's number" in page.words
        journal = await chief.get(f"/customers/{id}/journal")
        assert "A merge was undone" in journal.words and "The chain is whole" in journal.words
    page = await chief.get(f"/customers/{known}")
    assert "换号了" not in page.words and "139****0002" not in page.words
    async with bank.database.read() as connection:
        files = await cases.load(connection, [stranger], bank.time())
        assert await merges.merged_from(connection, known) == []
        assert await thread.find_customer(connection, EVERYONE, OTHER) == stranger
        held = await connection.execute(select(cases.phone).where(cases.phone.c.customer_id == known))
        assert [row.source for row in held] == ["reserved"]
    assert files[stranger].case.handoff_queue == "unknown_number"
    assert files[stranger].case.state is State.UNKNOWN_SENDER
    await browser.post(f"/customers/{stranger}/take")
    assert (await merge(browser, stranger)).status == 200  # and may be merged again, with whom it belongs to


async def test_only_a_supervisor_undoes_a_merge_with_a_reason_and_once(bank: Bank) -> None:
    browser, stranger, known = await two(bank)
    chief = await bank.browser("wang", "supervisor")
    assert (await undo(chief, stranger)).status == 409  # nothing is merged yet
    await merge(browser, stranger)
    for role in ("agent", "auditor", "admin"):
        assert (await undo(await bank.browser(f"x{role}", role), stranger)).status == 403
    assert "Undo" not in (await browser.get(f"/customers/{known}")).words
    for nothing in ("", "  ", "\u200b\x00"):
        assert (await undo(chief, stranger, nothing)).status == 422
    assert (await undo(chief, known)).status == 409  # the customer is nobody's number
    assert (await undo(chief, 10**17)).status == 404
    assert (await undo(chief, stranger, "x" * 100_000)).status in (303, 200)
    assert (await undo(chief, stranger)).status == 409
    assert (await journal_of(bank, known))[0].count("unmerged") == 1


@pytest.mark.parametrize("seed", range(8))
async def test_nobody_may_be_texted_who_could_not_before_a_merge_is_undone(bank: Bank, seed: int) -> None:
    """Whatever happens to the two in whatever order: only the customers themselves open a number again."""
    browser, stranger, known = await two(bank)
    chief, chance, linked = await bank.browser("wang", "supervisor"), random.Random(seed), False
    before = await reachable(bank, stranger, known)
    for _ in range(8):
        what = chance.choice(["merge", "undo", "undo", "opt_out"])
        if what == "opt_out":
            act_of = AgentActed(AgentAction.OPT_OUT, "fang", "said so")
            await act(bank.database, bank.office.mind, chance.choice([stranger, known]), act_of, bank.time())
        elif what == "undo":
            assert (await undo(chief, stranger)).status == (200 if linked else 409)
            linked = False
        else:
            await browser.post(f"/customers/{stranger}/take")
            linked = linked or (await merge(browser, stranger)).status == 200
        after = await reachable(bank, stranger, known)
        assert all(was or not now for was, now in zip(before, after, strict=True)), (what, before, after)
        before = after
        if linked:
            assert before[0] == before[1]
    for id in (stranger, known):
        assert (await journal_of(bank, id))[1] is None
        assert {text.purpose for text in await bank.texts(id)} <= {"opt_out_confirmation"}


async def test_undoing_at_once_with_an_opt_out_or_twice_loses_neither(bank: Bank) -> None:
    browser, stranger, known = await two(bank)
    chiefs = [await bank.browser(login, "supervisor") for login in ("wang", "zhao")]
    for round in range(10):
        await browser.post(f"/customers/{stranger}/take")
        assert (await merge(browser, stranger)).status == 200
        pages = await asyncio.gather(*(undo(chief, stranger) for chief in chiefs))
        assert sorted(page.status for page in pages) == [200, 409]
        kinds, broken_at = await journal_of(bank, stranger)
        assert (kinds.count("unmerged"), broken_at) == (round + 1, None)
    await browser.post(f"/customers/{stranger}/take")
    await merge(browser, stranger)
    opted_out = AgentActed(AgentAction.OPT_OUT, "fang", "said so")
    _, page = await asyncio.gather(
        act(bank.database, bank.office.mind, stranger, opted_out, bank.time()), undo(chiefs[0], stranger)
    )
    assert page.status == 200
    kinds, _ = await journal_of(bank, stranger)
    opt_out_came_first = kinds[-2:] == ["unmerged", "agent"]  # undoing is two entries: the words, and the decision
    assert await reachable(bank, stranger, known) == [False, not opt_out_came_first]
