"""Desks: limits, skills, transfers, follow-ups, and what happens when somebody goes away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.case import Owner
from bot.turn import turn
from tests.console.conftest import Bank


async def test_nobody_takes_more_customers_than_they_may(bank: Bank) -> None:
    browser = await bank.browser("wang")
    boss = await bank.browser("boss", "supervisor")
    wang = (await bank.owner(await _called(bank, 1)))[1]
    assert wang is None
    await boss.get("/desks")
    page = await boss.post("/desks/1", most="1")
    assert "Saved." in page.words
    for place in (2, 3):
        await _called(bank, place)
    await browser.get("/queue")
    await browser.post("/queue/next")
    page = await browser.post("/queue/next")
    assert "as many customers as you may have" in page.words
    free, _ = [id for id in (1, 2, 3) if (await bank.owner(id))[0] is Owner.BOT]
    page = await browser.post(f"/customers/{free}/take")
    assert page.status == 409
    assert "limit" in page.words
    assert (await bank.owner(free))[0] is Owner.BOT


async def test_take_next_keeps_to_the_queues_of_a_person(bank: Bank) -> None:
    browser = await bank.browser("wang")
    boss = await bank.browser("boss", "supervisor")
    first = await _called(bank, 1, queue="dispute", due=1)
    second = await _called(bank, 2, queue="hardship", due=9)
    await boss.get("/desks")
    await boss.post("/desks/1", most="5", skills="hardship")
    await browser.get("/queue")
    await browser.post("/queue/next")
    assert (await bank.owner(second))[0] is Owner.AGENT
    page = await browser.post("/queue/next")
    assert "Nobody is waiting" in page.words
    assert (await bank.owner(first))[0] is Owner.BOT


async def test_a_customer_is_transferred_to_a_colleague_who_is_there(bank: Bank) -> None:
    browser, colleague = await bank.browser("wang"), await bank.browser("chen")
    id = await _called(bank, 1)
    await browser.get(f"/customers/{id}")
    await browser.post(f"/customers/{id}/take")
    page = await browser.post(f"/customers/{id}/transfer", to="2", text="speaks Cantonese")
    assert "Transferred." in page.words
    assert await bank.owner(id) == (Owner.AGENT, 2)
    page = await colleague.get(f"/customers/{id}")
    assert "You have this customer" in page.words
    await colleague.get("/queue")
    await colleague.post("/away", away="yes")
    other = await _called(bank, 2)
    await browser.get(f"/customers/{other}")
    await browser.post(f"/customers/{other}/take")
    page = await browser.post(f"/customers/{other}/transfer", to="2", text="speaks Cantonese")
    assert page.status == 409
    assert "has no room" in page.words


async def test_a_transfer_names_a_colleague_and_a_reason(bank: Bank) -> None:
    browser = await bank.browser("wang")
    id = await _called(bank, 1)
    await browser.get(f"/customers/{id}")
    await browser.post(f"/customers/{id}/take")
    for fields in ({"to": "1", "text": "x"}, {"to": "99", "text": "x"}, {"to": "; drop", "text": "x"}, {"to": "1"}):
        assert (await browser.post(f"/customers/{id}/transfer", **fields)).status == 422
    assert await bank.owner(id) == (Owner.AGENT, 1)


async def test_whoever_goes_away_gives_back_who_waits_and_keeps_who_does_not(bank: Bank) -> None:
    browser = await bank.browser("wang")
    waiting, quiet = await _called(bank, 1), await _called(bank, 2)
    await browser.get("/queue")
    await browser.post("/queue/next")
    await browser.post("/queue/next")
    await bank.wrote(waiting, "在吗")
    page = await browser.post("/away", away="yes")
    assert "went back to the queue" in page.words
    assert (await bank.owner(waiting))[0] is Owner.BOT
    assert (await bank.owner(quiet)) == (Owner.AGENT, 1)
    assert 'name="away" value="no"' in page.html


async def test_whoever_is_away_comes_back_before_they_take_anybody(bank: Bank) -> None:
    browser, other = await bank.browser("wang"), await bank.browser("chen")
    boss = await bank.browser("boss", "supervisor")
    named, held = await _called(bank, 1), await _called(bank, 2)
    await other.get(f"/customers/{held}")
    await other.post(f"/customers/{held}/take")
    for one in (browser, boss):
        await one.get("/queue")
        await one.post("/away", away="yes")
        page = await one.post(f"/customers/{named}/take")
        assert page.status == 409
        assert "you are away" in page.words and "Come back" in page.words
        assert "nobody new was given to you" in (await one.post("/queue/next")).words
    page = await boss.post(f"/customers/{held}/take", **{"from": "2"})
    assert (page.status, await bank.owner(held)) == (409, (Owner.AGENT, 2))
    assert (await bank.owner(named))[0] is Owner.BOT
    await browser.post("/away", away="no")
    assert (await browser.post(f"/customers/{named}/take")).status == 200
    assert await bank.owner(named) == (Owner.AGENT, 1)


async def test_whoever_goes_away_answers_their_last_and_is_given_nobody_new(bank: Bank) -> None:
    browser = await bank.browser("wang")
    mine, next_one = await _called(bank, 1), await _called(bank, 2)
    await browser.get(f"/customers/{mine}")
    await browser.post(f"/customers/{mine}/take")
    await browser.post("/away", away="yes")
    assert (await browser.post(f"/customers/{mine}/take")).status == 200  # whom they have they keep
    page = await browser.post(
        f"/customers/{mine}/reply", text="好的，我们明天再联系您。", seen="0", after="0", next="yes"
    )
    assert "nobody new was given to you" in page.words
    assert (await bank.owner(next_one))[0] is Owner.BOT


async def test_a_follow_up_has_a_folder_of_its_own(bank: Bank) -> None:
    browser = await bank.browser("wang")
    id = await _called(bank, 1)
    await browser.get(f"/customers/{id}")
    await browser.post(f"/customers/{id}/take")
    tomorrow = (bank.time() + timedelta(days=1)).strftime("%Y-%m-%dT15:30")
    page = await browser.post(f"/customers/{id}/follow_up", at=tomorrow)
    assert "Follow-up saved" in page.words
    assert "11-24 15:30" in page.words
    assert "李" in (await browser.get("/queue?folder=follow_up")).words
    assert "You have no customers just now" in (await browser.get("/queue?folder=mine")).words
    for wrong in ("2020-01-01T10:00", "soon", "2099-01-01T10:00", "\0"):
        assert (await browser.post(f"/customers/{id}/follow_up", at=wrong)).status == 422
    await browser.post(f"/customers/{id}/follow_up", at="")
    assert "李" in (await browser.get("/queue?folder=mine")).words


@pytest.mark.parametrize("ends", ["release", "resolve"])
async def test_a_follow_up_ends_with_whoever_wanted_it(bank: Bank, ends: str) -> None:
    browser, other = await bank.browser("wang"), await bank.browser("li")
    id = await _called(bank, 1)
    await browser.get(f"/customers/{id}")
    await browser.post(f"/customers/{id}/take")
    tomorrow = (bank.time() + timedelta(days=1)).strftime("%Y-%m-%dT15:30")
    await browser.post(f"/customers/{id}/follow_up", at=tomorrow)
    await browser.post(f"/customers/{id}/{ends}", outcome="other", text="back")
    await other.get(f"/customers/{id}")
    page = await other.post(f"/customers/{id}/take")
    assert "11-24 15:30" not in page.words
    assert "李" in (await other.get("/queue?folder=mine")).words


async def test_a_customer_who_writes_before_the_follow_up_is_among_mine_again(bank: Bank) -> None:
    browser = await bank.browser("wang")
    id = await _called(bank, 1)
    await browser.get(f"/customers/{id}")
    await browser.post(f"/customers/{id}/take")
    tomorrow = (bank.time() + timedelta(days=1)).strftime("%Y-%m-%dT15:30")
    await browser.post(f"/customers/{id}/follow_up", at=tomorrow)
    await bank.wrote(id, "我想先还一点", pending=True)
    assert await turn(bank.database, bank.office.mind, bank.time())
    assert "李" in (await browser.get("/queue?folder=mine")).words
    assert "You have nothing to follow up" in (await browser.get("/queue?folder=follow_up")).words


async def test_only_a_supervisor_arranges_desks(bank: Bank) -> None:
    browser = await bank.browser("wang")
    await browser.get("/queue")
    await browser.post("/desks/1", most="50")
    boss = await bank.browser("boss", "supervisor")
    assert "0/8" in (await boss.get("/desks")).words
    for wrong in ("0", "51", "-1", "many", ""):
        assert (await boss.post("/desks/1", most=wrong)).status == 422


async def _called(bank: Bank, place: int, queue: str = "hardship", due: int = 4) -> int:
    id = await bank.customer(f"+861380000000{place}")
    await bank.called(id, timedelta(hours=due), queue)
    return id
