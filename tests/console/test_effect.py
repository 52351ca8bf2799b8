"""What a proposed edition would change is told before anybody approves it: from the real agenda, by the real core."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from bot import dialogues
from bot.console.rulebook import effect
from bot.core.ahead import Change, change, prospect
from bot.core.case import Case, State, Timer
from bot.dialogues.bundle import Bundle
from bot.edition import content_of
from bot.store import cases, edition_effects, editions
from bot.store import tables as t
from bot.store.editions import Origin
from tests.console.conftest import NOON, Bank, Browser, Page
from tests.core import worlds as w

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
agenda = t.Agenda.__table__  # type: ignore[attr-defined]
CONTENT = dialogues.load()
SHIPPED = Bundle.of(dialogues.ROOT)
CAPS = "policies/contact/bank.yml"
WEEK_CAP = ('limit: "3", days: "7"', 'limit: "1", days: "7"')
HOURS = ('week: {mon-sun: "09:00-20:00"}', 'week: {mon-sun: "15:00-20:00"}')
TWO = NOON + timedelta(hours=2)  # 14:00 in Shanghai


def edited(was: str, now: str, file: str = CAPS) -> Bundle:
    assert was in SHIPPED.files[file]
    return Bundle({**SHIPPED.files, file: SHIPPED.files[file].replace(was, now)})


async def proposed(bank: Bank, files: Bundle) -> int:
    async with bank.database.write() as connection:
        return await editions.propose(connection, files, Origin.UPLOAD, "wang", "other rules", NOON)


async def due(bank: Bank, count: int, reminded: int = 0, at: datetime = TWO, first: int = 1) -> list[int]:
    """Customers whose reminder falls due then, and who had so many in the days before."""
    ids = []
    for n in range(first, first + count):
        id = await bank.customer(f"+86138000{n:05}", state=State.CONTACTED)
        row = {
            "customer_id": id, "channel": "phone", "purpose": "reminder", "slots": "{}", "response": "reminder_m2",
            "text": "您好", "author": "bot", "state": "sent", "attempts": 1, "segments": 1,
        }  # fmt: skip
        async with bank.database.write() as connection:
            await connection.execute(insert(agenda).values(customer_id=id, timer=Timer.REMINDER, due_at=at))
            for day in range(1, reminded + 1):
                sent = {f"{name}_at": NOON - timedelta(days=day) for name in ("queued", "due", "sent")}
                own = {"seq": day, "our_ref": f"r{id}-{day}"}
                await connection.execute(insert(cases.outbox).values({**row, **own, **sent}))
        ids.append(id)
    return ids


async def looked(bank: Bank, browser: Browser, id: int) -> Page:
    """Press the button, and wait until all are looked at."""
    await browser.get(f"/rules/editions/{id}")
    page = await browser.post(f"/rules/editions/{id}/effect")
    assert page.status == 200
    for _ in range(400):
        async with bank.database.read() as connection:
            one = await edition_effects.find(connection, id)
        if one is not None and one.ended_at is not None:
            return await browser.get(f"/rules/editions/{id}")
        await asyncio.sleep(0.05)
    raise AssertionError("the work does not end")


@sqlite
async def test_a_lower_cap_is_told_in_customers_before_it_is_approved(bank: Bank) -> None:
    free, reminded = await due(bank, 3), await due(bank, 2, reminded=1, first=11)
    chen = await bank.browser("chen", "supervisor")
    page = await looked(bank, chen, await proposed(bank, edited(*WEEK_CAP)))
    assert "5 of 5 customers looked at" in page.words
    assert "Of 5 customers who would be contacted: 2 would be held instead, 0 others released" in page.words
    assert "(BANK-3-WEEK)" in page.words
    assert 'href="/rules/contact#BANK-3-WEEK"' in page.html
    for id in (*free, *reminded):
        assert (f'href="/customers/{id}"' in page.html) is (id in reminded)
    noted = {(who, id) for who, id, what in await bank.readings() if what == "effect"}
    assert noted == {("chen", id) for id in reminded}
    assert len(await bank.texts(free[0])) == 0  # nothing was sent, and the agenda is as it was
    async with bank.database.read() as connection:
        assert {row.due_at for row in await connection.execute(select(agenda))} == {TWO}


@sqlite
async def test_a_higher_cap_releases(bank: Bank) -> None:
    await due(bank, 2, reminded=3)
    await due(bank, 1, first=11)
    chen = await bank.browser("chen", "supervisor")
    page = await looked(bank, chen, await proposed(bank, edited(WEEK_CAP[0], 'limit: "5", days: "7"')))
    assert "Of 1 customer who would be contacted: 0 would be held instead, 2 others released" in page.words
    assert "(BANK-3-WEEK)" in page.words


@sqlite
async def test_quiet_hours_that_move_move_the_texts(bank: Bank) -> None:
    await due(bank, 2)
    chen = await bank.browser("chen", "supervisor")
    page = await looked(bank, chen, await proposed(bank, edited(*HOURS)))
    assert "2 at another time" in page.words
    assert "(BANK-HOURS)" in page.words
    assert "11-23 14:00 → 11-23 15:00" in page.words


@sqlite
async def test_other_wording_is_counted_and_what_changes_nothing_is_said_to(bank: Bank) -> None:
    await due(bank, 2)
    chen = await bank.browser("chen", "supervisor")
    name = "responses/zh.yml"
    told = content_of(SHIPPED, bank.office.mind.content.responses.bank).responses.texts["zh"]["reminder_m2"]
    page = await looked(bank, chen, await proposed(bank, edited(told[:4], f"{told[:4]}，", name)))
    assert "2 in other words" in page.words
    page = await looked(
        bank, chen, await proposed(bank, Bundle({**SHIPPED.files, name: SHIPPED.files[name] + "# end"}))
    )
    assert "Nothing is otherwise in these 24 hours" in page.words


@sqlite
async def test_what_is_due_later_and_who_has_nothing_on_the_agenda_is_not_looked_at(bank: Bank) -> None:
    await due(bank, 1)
    await due(bank, 1, at=NOON + timedelta(hours=25), first=11)
    await bank.customer("+8613800009999")
    chen = await bank.browser("chen", "supervisor")
    assert "1 of 1 customers looked at" in (await looked(bank, chen, await proposed(bank, edited(*HOURS)))).words


@sqlite
async def test_who_may_see_it_and_who_is_named(bank: Bank) -> None:
    (id,) = await due(bank, 1)
    number = await proposed(bank, edited(*HOURS))
    agent, admin = await bank.browser("li"), await bank.browser("root", "admin")
    auditor = await bank.browser("ming", "auditor")
    assert "What it would change" not in (await agent.get(f"/rules/editions/{number}")).words
    assert (await agent.get(f"/rules/editions/{number}/effect")).status == 403
    assert (await agent.post(f"/rules/editions/{number}/effect")).status == 403
    assert (await auditor.post(f"/rules/editions/{number}/effect")).status == 403
    page = await looked(bank, admin, number)
    assert "1 at another time" in page.words
    assert f"/customers/{id}" not in page.html  # admins see no customers
    assert [what for _, _, what in await bank.readings() if what == "effect"] == []
    assert f"/customers/{id}" in (await auditor.get(f"/rules/editions/{number}")).html
    assert [who for who, _, what in await bank.readings() if what == "effect"] == ["ming"]
    assert (await admin.post("/rules/editions/99/effect")).status == 404
    assert (await admin.get("/rules/editions/99/effect")).status == 404


@sqlite
async def test_a_look_that_is_under_way_is_not_begun_twice_and_one_that_was_cut_off_says_so(bank: Bank) -> None:
    await due(bank, 1)
    chen, id = await bank.browser("chen", "supervisor"), await proposed(bank, edited(*HOURS))
    until = NOON + timedelta(hours=24)
    async with bank.database.write() as connection:
        one = await edition_effects.begin(connection, id, SHIPPED.fingerprint, "wang", NOON, until, 100)
    assert one is not None
    page = await chen.get(f"/rules/editions/{id}")
    assert "Under way" in page.words
    assert "data-refresh" in page.html
    assert "Under way" in (await chen.get(f"/rules/editions/{id}/effect")).words
    await chen.post(f"/rules/editions/{id}/effect")
    async with bank.database.read() as connection:
        still = await edition_effects.find(connection, id)
    assert still is not None and still.run == one.run
    bank.time.now = NOON + timedelta(minutes=1)
    assert "ended before it was done" in (await chen.get(f"/rules/editions/{id}")).words
    assert "1 of 1 customers looked at" in (await looked(bank, chen, id)).words
    async with bank.database.write() as connection:  # whoever was cut off does not write over the newer look
        assert not await edition_effects.note(connection, one, 7, {}, NOON, ended=True)


@sqlite
async def test_what_was_held_against_other_rules_says_so(bank: Bank) -> None:
    await due(bank, 1)
    chen, id = await bank.browser("chen", "supervisor"), await proposed(bank, edited(*HOURS))
    async with bank.database.write() as connection:
        one = await edition_effects.begin(connection, id, "0" * 64, "wang", NOON, NOON + timedelta(hours=24), 100)
        assert one is not None and await edition_effects.note(connection, one, 1, {}, NOON, ended=True)
    assert "against other rules than those in force now" in (await chen.get(f"/rules/editions/{id}")).words


async def test_of_very_many_every_so_manieth_is_looked_at(bank: Bank) -> None:
    await due(bank, 25)
    id = await proposed(bank, edited(*HOURS))
    old = bank.office.mind.content
    async with bank.database.write() as connection:
        one = await edition_effects.begin(
            connection, id, SHIPPED.fingerprint, "wang", NOON, NOON + timedelta(hours=24), 10
        )
    assert one is not None
    assert (one.total, one.every) == (25, 3)
    new = content_of(edited(*HOURS), old.responses.bank)
    await effect.work(bank.database, one, old, new, bank.time)
    async with bank.database.read() as connection:
        found = await edition_effects.find(connection, id)
    assert found is not None and found.ended_at is not None
    assert found.looked == sum(found.counts["moved"].values()) == found.counts["contacted"]["old"] == 8
    page = await (await bank.browser("chen", "supervisor")).get(f"/rules/editions/{id}")
    assert "1 in 3 is looked at" in page.words


@w.quick
@given(w.cases(), st.dictionaries(st.sampled_from(Timer), st.timedeltas(timedelta(0), timedelta(hours=30)), max_size=4))
def test_by_the_same_rules_nothing_is_otherwise(case: Case, due_in: dict[Timer, timedelta]) -> None:
    content, timers = CONTENT, {timer: w.NOW + soon for timer, soon in due_in.items()}
    render, until = content.responses.render, w.NOW + timedelta(hours=24)
    was, now = (prospect(case, timers, content.rules, render, w.NOW, until) for _ in range(2))
    assert change(was, now) is None
    assert all(w.NOW <= at <= until for at, _ in was.texts)


def test_every_kind_of_change_has_its_column() -> None:
    template = (dialogues.ROOT.parent / "bot/console/templates/rulebook/effect.html").read_text(encoding="utf-8")
    assert str(tuple(kind.value for kind in Change)) in template
