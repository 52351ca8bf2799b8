"""From the dry run to the record: what it says is what happens, two people decide, and nothing is done twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from bot.core.case import HoldKind, State, Timer
from bot.dialogues import Content
from bot.intake import Reception, fate
from bot.nlu.read import Reader
from bot.store import cases, uploads
from bot.store import tables as t
from bot.store.scope import EVERYONE, Scope
from bot.store.session import Database
from bot.store.uploads import Stage, Upload
from tests.console.conftest import NOON, Bank, Browser, Time
from tests.console.uploading import HEADER, ROW, as_guessed, checked, rehearsed, runner_of, uploaded, work
from tests.machine import machine

agenda, suppression = t.Agenda.__table__, t.Suppression.__table__  # type: ignore[attr-defined]


def lines(count: int, start: int = 1) -> str:
    """So many customers with one account each."""
    return "\n".join(
        f"C{n},客户{n},+86138{n:08},A{n},personal_loan,1200.00,600.00,2026-10-20" for n in range(start, start + count)
    )


async def put(bank: Bank, text: str) -> None:
    """Import a portfolio by the same path, for customers that are there before."""
    boss, second = await bank.browser("old", "supervisor"), await bank.browser("older", "supervisor")
    await rehearsed(bank, boss, text)
    await boss.post("/portfolio/1/ask")
    page = await second.get("/portfolio/1")
    await second.post("/portfolio/1/decide", verdict="approve", fingerprint=page.field("fingerprint"))
    await work(bank)


async def upload_of(bank: Bank, id: int = 1) -> Upload:
    async with bank.database.read() as connection:
        found = await uploads.find(connection, id)
    assert found is not None
    return found


async def rows(bank: Bank, table: Any) -> list[Any]:
    async with bank.database.read() as connection:
        return list(await connection.execute(select(table).order_by(*table.primary_key.columns)))


TABLES = (cases.customer, cases.phone, cases.account, cases.case_file, agenda)


async def standing(bank: Bank) -> list[Any]:
    return [await rows(bank, table) for table in TABLES]


async def the_second_approves(bank: Bank, boss: Browser, text: str) -> Browser:
    """Upload, rehearse, ask; a second supervisor approves. Nothing is applied yet."""
    await rehearsed(bank, boss, text)
    await boss.post("/portfolio/1/ask")
    second = await bank.browser("second", "supervisor")
    page = await second.get("/portfolio/1")
    page = await second.post("/portfolio/1/decide", verdict="approve", fingerprint=page.field("fingerprint"))
    assert "Importing" in page.words
    return second


async def test_the_dry_run_says_what_then_happens_and_changes_nothing(
    bank: Bank, reader: Reader, content: Content
) -> None:
    await put(bank, f"{HEADER}\n{lines(5)}\n")
    async with machine(bank.database, reader, content, bank.time()) as one:
        await one.work()  # five texts: all five are at their limit of the day now
        await one.say("退订", "+8613800000001")
        await one.say("我被裁了，实在还不上", "+8613800000002")
        await one.wait(bank.time() + timedelta(minutes=1))
        bank.time.now = one.now
    before = await standing(bank)
    boss = await bank.browser("boss", "supervisor")
    changed = lines(5).replace("C3,客户3", "C3,客户叁").replace("A4,personal_loan,1200.00", "A4,personal_loan,1500.00")
    settled = lines(1, 200).replace("600.00", "0")
    text = f"{HEADER}\n{changed}\n{lines(10, 100)}\n{settled}\n{lines(1, 300).replace('2026-10-20', '2026-12-20')}\n"
    page = await rehearsed(bank, boss, text)
    assert await standing(bank) == before
    assert "10 customers would be contacted. 2 are held." in page.words
    assert "Held: Opted out 1" in page.words and "Held: hardship 1" in page.words
    assert "Nothing is due 1" in page.words and "Not due for a reminder yet 4" in page.words
    assert "Customers 12 1 4" in page.words and "Accounts 12 1 4" in page.words
    assert "CNY 17 ¥20,700.00 ¥9,600.00" in page.words
    behind = await boss.get("/portfolio/2/rows?kind=outcome&value=state:opted_out")
    assert "2 C1 A1 Unchanged Unchanged Opted out" in behind.words
    await boss.post("/portfolio/2/ask")
    second = await bank.browser("second", "supervisor")
    mark = (await second.get("/portfolio/2")).field("fingerprint")
    await second.post("/portfolio/2/decide", verdict="approve", fingerprint=mark)
    await work(bank)
    async with machine(bank.database, reader, content, bank.time()) as one:
        sent = len(await one.rows(cases.outbox, cases.outbox.c.state == "sent"))
        await one.work()
        assert len(await one.rows(cases.outbox, cases.outbox.c.state == "sent")) - sent == 10
    done = (await upload_of(bank, 2)).counts["applied"]
    assert (done["created"], done["updated"], done["unchanged"], done["refused"]) == (12, 1, 4, 0)


async def test_at_night_everybody_is_held_by_the_quiet_hours_until_they_open(bank: Bank) -> None:
    bank.time.now = NOON + timedelta(hours=11)  # 23:00
    boss = await bank.browser("boss", "supervisor")
    page = await rehearsed(bank, boss, f"{HEADER}\n{lines(3)}\n")
    assert "0 customers would be contacted. 3 are held." in page.words and "Held: quiet hours 3" in page.words
    assert "from 11-24 0" in (await boss.get("/portfolio/1/rows?kind=outcome&value=hours")).words


async def test_who_is_at_their_limit_is_held_by_it(bank: Bank, reader: Reader, content: Content) -> None:
    await put(bank, f"{HEADER}\n{lines(2)}\n")
    async with machine(bank.database, reader, content, bank.time()) as one:
        await one.work()
    async with bank.database.write() as connection:
        await connection.execute(update(agenda).where(agenda.c.timer == Timer.REMINDER).values(due_at=bank.time()))
    page = await rehearsed(bank, await bank.browser("boss", "supervisor"), f"{HEADER}\n{lines(3)}\n")
    assert "1 customer would be contacted. 2 are held." in page.words
    assert "Held: at their contact limit 2" in page.words


async def test_a_suppressed_number_and_an_account_of_another_customer_are_seen_before(bank: Bank) -> None:
    await put(bank, f"{HEADER}\n{lines(1)}\n")
    stopped = (await rows(bank, cases.phone))[0].number_hash
    async with bank.database.write() as connection:
        await connection.execute(insert(suppression).values(number_hash=stopped, reason="stop", since_at=NOON))
    text = f"{HEADER}\n{lines(1)}\n{lines(1, 2).replace('A2', 'A1')}\n".replace("A1,", "A9,", 1)
    page = await rehearsed(bank, await bank.browser("boss", "supervisor"), text)
    assert "Held: the number must not be texted 1" in page.words
    refused = (await upload_of(bank, 2)).counts["ledger"]["refused"]
    assert refused == 1


async def test_nobody_approves_their_own_upload_and_a_rejection_needs_a_reason(bank: Bank) -> None:
    boss = await bank.browser("boss", "supervisor")
    page = await rehearsed(bank, boss, f"{HEADER}\n{ROW}\n")
    mark = (await upload_of(bank)).fingerprint
    early = await bank.browser("early", "supervisor")
    assert (await early.post("/portfolio/1/decide", verdict="approve", fingerprint=mark)).status == 409
    assert (await early.post("/portfolio/1/ask")).status == 403
    page = await boss.post("/portfolio/1/ask")
    assert "nobody approves their own upload" in page.words
    refused = await boss.post("/portfolio/1/decide", verdict="approve", fingerprint=mark)
    assert refused.status == 403 and "A second supervisor decides" in refused.words
    for role in ("auditor", "agent", "admin"):
        other = await bank.browser(role, role)
        assert (await other.post("/portfolio/1/decide", verdict="approve", fingerprint=mark)).status == 403
    second = await bank.browser("second", "supervisor")
    assert (await second.post("/portfolio/1/decide", verdict="reject", fingerprint=mark)).status == 422
    assert (await second.post("/portfolio/1/decide", verdict="approve", fingerprint="0" * 64)).status == 409
    assert (await upload_of(bank)).state is Stage.WAITING
    page = await second.post("/portfolio/1/decide", verdict="reject", reason="错误的批次", fingerprint=mark)
    assert "second rejected it: 错误的批次" in page.words
    await work(bank)
    assert await rows(bank, cases.customer) == []
    assert "Which column is which" in (await boss.get("/portfolio/1")).words


async def test_what_waits_for_approval_is_listed_for_those_who_see_everybody(bank: Bank) -> None:
    boss = await bank.browser("boss", "supervisor")
    await rehearsed(bank, boss, f"{HEADER}\n{ROW}\n")
    async with bank.database.read() as connection:
        assert await uploads.pending(connection, EVERYONE) == []
    await boss.post("/portfolio/1/ask")
    async with bank.database.read() as connection:
        [found] = await uploads.pending(connection, EVERYONE)
        assert await uploads.pending(connection, Scope(frozenset({"north"}))) == []
    assert (found.id, found.name, found.rows, found.uploaded_by) == (1, "list.csv", 1, "boss")
    second = await bank.browser("second", "supervisor")
    page = await second.get("/approvals")
    assert "Portfolio upload · list.csv (1) proposed by boss" in page.words and 'href="/portfolio/1"' in page.html


async def test_what_is_approved_is_what_was_rehearsed(bank: Bank) -> None:
    """Neither other bytes nor another mapping nor other words come through under an approval."""
    boss = await bank.browser("boss", "supervisor")
    await the_second_approves(bank, boss, f"{HEADER}\n{lines(3)}\n")
    approved = await upload_of(bank)
    assert (await boss.post("/portfolio/1/columns", go="check", **{"c-name": "0"})).status == 409
    async with bank.database.write() as connection:
        mapping = '{"customer": 0, "name": 3, "phone": 2, "account": 3, "product": 4, "balance": 5}'
        await connection.execute(update(uploads.upload).values(mapping=mapping))
    await work(bank)
    found = await upload_of(bank)
    assert (found.state, found.failure, found.fingerprint) == (Stage.FAILED, "changed", approved.fingerprint)
    assert "have changed since the check" in (await boss.get("/portfolio/1")).words
    assert await rows(bank, cases.customer) == []


@pytest.mark.parametrize("damage", [delete(uploads.chunk), update(uploads.chunk).values(sealed=bytes(99))])
async def test_a_damaged_file_is_not_applied(bank: Bank, damage: Any) -> None:
    boss = await bank.browser("boss", "supervisor")
    await the_second_approves(bank, boss, f"{HEADER}\n{lines(3)}\n")
    async with bank.database.write() as connection:
        await connection.execute(damage)
    await work(bank)
    assert (await upload_of(bank)).failure == "damaged"
    assert await rows(bank, cases.customer) == []


async def test_the_record_says_who_when_what_and_how_much_and_the_file_is_gone(bank: Bank) -> None:
    boss = await bank.browser("boss", "supervisor")
    second = await the_second_approves(bank, boss, f"{HEADER}\n{lines(3)}\n{ROW.replace('1200.00', 'x')}\n")
    await work(bank)
    found, page = await upload_of(bank), await second.get("/portfolio/1")
    assert found.state is Stage.APPLIED
    assert "Accounts: 3 new, 0 changed, 0 unchanged. Customers: 3 new" in page.words
    assert "1 row left out." in page.words
    for said in ("boss · 12:00", "second · 12:00", found.sha256, found.fingerprint, found.content_version):
        assert said in page.words
    async with bank.database.read() as connection:
        assert await uploads.content_of(connection, 1) == b""
    assert found.preview == []
    assert (await boss.get("/portfolio/1/rejects.csv")).status == 410
    for act in ("discard", "rehearse", "ask", "pause", "resume", "stop"):
        assert (await boss.post(f"/portfolio/1/{act}")).status == 409


async def step(bank: Bank, count: int, size: int = 10) -> None:
    """Let a runner do so many slices, then let its process die."""
    runner = runner_of(bank, size)
    breaths = 0

    async def breathe() -> bool:
        nonlocal breaths
        breaths += 1
        if breaths >= count:
            raise asyncio.CancelledError
        return True

    runner._breathe = breathe  # type: ignore[method-assign]
    with pytest.raises(asyncio.CancelledError):
        await runner.work()


async def test_an_import_can_be_paused_resumed_and_stopped_and_what_was_applied_stays(bank: Bank) -> None:
    boss = await bank.browser("boss", "supervisor")
    second = await the_second_approves(bank, boss, f"{HEADER}\n{lines(100)}\n")
    await step(bank, 3)
    page = await boss.post("/portfolio/1/pause")
    assert "Paused" in page.words and "30 of 100 rows" in page.words
    await work(bank)
    assert len(await rows(bank, cases.customer)) == 30
    page = await second.post("/portfolio/1/resume")
    assert "Importing" in page.words
    await step(bank, 2)
    page = await boss.post("/portfolio/1/stop")
    assert "Stopped after 50 of 100 rows. What was imported stays" in page.words
    await work(bank)
    assert len(await rows(bank, cases.customer)) == 50
    assert (await upload_of(bank)).counts["applied"]["created"] == 50


async def test_a_process_that_dies_is_followed_by_another_once_its_lease_is_over(bank: Bank) -> None:
    boss = await bank.browser("boss", "supervisor")
    await the_second_approves(bank, boss, f"{HEADER}\n{lines(45)}\n")
    await step(bank, 2)
    assert not await runner_of(bank).work()  # the lease of the dead still stands
    bank.time.now += timedelta(seconds=16)
    await work(bank)
    found = await upload_of(bank)
    assert (found.state, found.position) == (Stage.APPLIED, 45)
    assert found.counts["applied"] == {
        "created": 45, "updated": 0, "unchanged": 0, "refused": 0, "people": {"new": 45},
    }  # fmt: skip
    assert len(await rows(bank, cases.account)) == 45


async def test_all_accounts_of_a_customer_are_stored_in_one_transaction(bank: Bank) -> None:
    """Nobody is texted the sum of half their accounts because an import was on its way."""
    boss = await bank.browser("boss", "supervisor")
    spread = [f"C{n % 20},客户,+86138{n % 20:08},A{n},personal_loan,100.00,50.00,2026-10-20" for n in range(100)]
    await the_second_approves(bank, boss, "\n".join([HEADER, *spread]) + "\n")
    await step(bank, 2, size=12)
    stored: dict[int, int] = {}
    for row in await rows(bank, cases.account):
        stored[row.customer_id] = stored.get(row.customer_id, 0) + 1
    assert len(stored) < 20 and set(stored.values()) == {5}


async def test_two_runners_share_an_upload_without_doing_anything_twice(bank: Bank) -> None:
    boss = await bank.browser("boss", "supervisor")
    await the_second_approves(bank, boss, f"{HEADER}\n{lines(200)}\n")
    await asyncio.gather(*(runner_of(bank, 20).work() for _ in range(3)))
    await work(bank)
    assert (await upload_of(bank)).counts["applied"]["created"] == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_outcome_that_a_rehearsal_may_find_has_words(bank: Bank, content: Content) -> None:
    from bot.console.uploads.rowwords import outcome
    from bot.console.words import words

    found = {fate.CONTACTED, fate.LATER, fate.PERSON, "nothing_due", "agent", "hours", "cap", "preference"}
    found |= {"number-stopped", "zone-unknown", "no-rules"} | {f"hold:{kind}" for kind in HoldKind}
    found |= {f"state:{state}" for state in State}
    for language in ("zh", "en"):
        for code in found:
            assert outcome(words(language), code) not in (code, code.replace("_", " "), code.replace("-", " "))


async def test_the_clock_of_a_customer_decides_not_the_servers(bank: Bank, database: Database) -> None:
    boss = await bank.browser("boss", "supervisor")
    text = f"{HEADER},zone\n{ROW},Asia/Shanghai\n{ROW.replace('C1', 'C2').replace('A1', 'A2')},America/New_York\n"
    page = await rehearsed(bank, boss, text)
    assert "1 customer would be contacted. 1 is held." in page.words and "Held: quiet hours 1" in page.words


async def test_a_garbled_upload_is_no_500(bank: Bank) -> None:
    boss = await bank.browser("boss", "supervisor")
    hostile = (
        b"\xef\xbb\xbf",
        b'"',
        b'a,b\n"',
        b"\r\r\r",
        b"\t\t\n\t",
        b"=1+1,@x\n1,2\n",
        "客户号,姓名\n，，".encode(),
    )
    for raw in hostile:
        page = await uploaded(boss, raw)
        assert page.status in (200, 422)
        if page.status == 200:
            assert (await checked(bank, boss, raw)).status == 200


async def test_a_file_that_nobody_goes_on_with_is_deleted_and_the_record_says_so(bank: Bank, time: Time) -> None:
    """One that was never matched, one that was checked and one that was rejected go; what waits for approval stays."""
    boss, second = await bank.browser("boss", "supervisor"), await bank.browser("second", "supervisor")
    await uploaded(boss, f"{HEADER}\n{ROW}\n")
    await checked(bank, boss, f"{HEADER}\n{ROW}\nC2,李娜,bad,A2,personal_loan,1,1,2026-10-20\n")
    for place in (3, 4):
        await rehearsed(bank, boss, f"{HEADER}\n{ROW.replace('C1', f'C{place}')}\n")
        await boss.post(f"/portfolio/{place}/ask")
    mark = (await second.get("/portfolio/3")).field("fingerprint")
    await second.post("/portfolio/3/decide", verdict="reject", reason="错误的批次", fingerprint=mark)
    bank = replace(bank, office=replace(bank.office, reception=Reception(keep=timedelta(minutes=10))))
    time.now += timedelta(minutes=9, seconds=59)
    assert not await runner_of(bank).work()
    assert len(await rows(bank, uploads.chunk)) == 4
    time.now += timedelta(seconds=1)
    assert not await runner_of(bank).work()
    assert [(await upload_of(bank, id)).state for id in (1, 2, 3, 4)] == [Stage.EXPIRED] * 3 + [Stage.WAITING]
    assert {one.upload_id for one in await rows(bank, uploads.chunk)} == {4}
    assert {one.upload_id for one in await rows(bank, uploads.row)} == {4}
    for id in (1, 2, 3):
        one = await upload_of(bank, id)
        assert (one.headings, one.preview, one.mapping, one.ended_at) == ((), [], {}, time.now)
        page = await boss.get(f"/portfolio/{id}")
        assert page.status == 200 and "Deleted by itself" in page.words and "Throw this file away" not in page.words
        assert (await boss.post(f"/portfolio/{id}/columns", go="check")).status == 409
        assert (await boss.get(f"/portfolio/{id}/rejects.csv")).status == 410
    assert "Rejected second" in (await boss.get("/portfolio/3")).words
    assert "Deleted unfinished" in (await boss.get("/portfolio")).words


async def test_who_goes_on_with_a_file_keeps_it_from_being_deleted(bank: Bank, time: Time) -> None:
    bank = replace(bank, office=replace(bank.office, reception=Reception(keep=timedelta(minutes=10))))
    boss = await bank.browser("boss", "supervisor")
    page = await uploaded(boss, f"{HEADER}\n{ROW}\n")
    time.now += timedelta(minutes=9)
    await boss.post("/portfolio/1/columns", go="save", **as_guessed(page))
    time.now += timedelta(minutes=9)
    await work(bank)
    assert (await upload_of(bank)).state is Stage.MAPPING
