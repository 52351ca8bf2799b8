"""A customer's page: take over, reply, promise, note and resolve by plain forms; and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import insert, select, update

from bot.console import Line, Office
from bot.core.case import Owner
from bot.store import cases, thread
from bot.store.journal import append_journal
from bot.store.scope import EVERYONE
from bot.store.session import Database
from tests.console.conftest import NOON, Bank, Browser, Page, Serve, Time


async def taken(bank: Bank) -> tuple[Browser, int, Page]:
    """An agent who has a customer that wrote once, and the page that they see."""
    customer = await bank.customer()
    await bank.called(customer)
    await bank.wrote(customer, "我失业了")
    browser = await bank.browser("fang")
    return browser, customer, await browser.post(f"/customers/{customer}/take")


def form(page: Page) -> dict[str, str]:
    return {"seen": page.field("seen"), "after": page.field("after")}


async def test_an_agent_takes_over_replies_and_resolves(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    page = await browser.post(f"/customers/{customer}/reply", text="您好，我们一起商量。", **form(page))
    assert page.status == 200
    assert "您好，我们一起商量。" in page.words
    assert [(text.author, text.purpose, text.state) for text in await bank.texts(customer)] == [
        ("fang", "agent", "queued")
    ]
    page = await browser.post(f"/customers/{customer}/resolve", outcome="plan_agreed", text="3 parts", lift="yes")
    assert "Resolved: Plan agreed · 3 parts" in page.words
    assert await bank.owner(customer) == (Owner.BOT, None)
    assert "Plan agreed" in (await browser.get("/queue?folder=resolved")).words
    async with bank.database.read() as connection:
        (row,) = await connection.execute(select(cases.handoff))
    assert (row.outcome, row.note) == ("plan_agreed", "3 parts")


async def test_an_outcome_is_one_of_the_banks_codes_and_other_needs_words(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    for outcome, said, problem in (
        ("solved", "", "Choose an outcome from the list."),
        ("other", " ", "Give a reason."),
        ("", "", "Give a reason."),
    ):
        refused = await browser.post(f"/customers/{customer}/resolve", outcome=outcome, text=said)
        assert (refused.status, problem in refused.words) == (422, True)
    assert await bank.owner(customer) == (Owner.AGENT, 1)
    done = await browser.post(f"/customers/{customer}/resolve", outcome="other", text="moved abroad")
    assert "Resolved: Other · moved abroad" in done.words


async def test_who_gives_a_customer_back_says_why_and_the_next_one_reads_it(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    fields = {"outcome": "other_skill", "text": "asks about a court letter"}
    assert (await browser.post(f"/customers/{customer}/release", outcome="bored")).status == 422
    page = await browser.post(f"/customers/{customer}/release", **fields)
    assert "Given back: Needs a colleague with other skills" in page.words
    assert "Internal note · Fang" in page.words and "asks about a court letter" in page.words
    assert await bank.owner(customer) == (Owner.BOT, None)


async def test_free_words_of_older_rows_are_still_shown(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    async with bank.database.write() as connection:
        await connection.execute(update(cases.handoff).values(closed_at=NOON, outcome="promised by phone", note=None))
    assert "Resolved: promised by phone" in (await browser.get(f"/customers/{customer}")).words
    assert "promised by phone" in (await browser.get("/queue?folder=resolved")).words


async def test_a_reply_that_was_written_before_the_customers_last_text_is_not_sent_and_kept(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    await bank.wrote(customer, "别再联系我妈", pending=True)
    stale = await browser.post(f"/customers/{customer}/reply", text="请问何时还款？", **form(page))
    assert stale.status == 409
    assert "the customer wrote 1 more" in stale.words
    assert "别再联系我妈" in stale.words
    assert "请问何时还款？</textarea>" in stale.html
    assert await bank.texts(customer) == []
    assert (await browser.post(f"/customers/{customer}/reply", text="请问何时还款？", **form(stale))).status == 200
    assert len(await bank.texts(customer)) == 1


async def test_where_only_templates_leave_an_agent_is_told_and_keeps_what_they_typed(
    database: Database, office: Office, time: Time, serve: Serve
) -> None:
    mute = replace(office, lines={"phone": Line(says=frozenset())})
    bank = Bank(database, mute, time, await serve(mute))
    browser, customer, page = await taken(bank)
    refused = await browser.post(f"/customers/{customer}/reply", text="您好", **form(page))
    assert refused.status == 409
    assert "approved templates only" in refused.words
    assert "您好</textarea>" in refused.html
    assert await bank.texts(customer) == []


async def test_the_same_form_sent_twice_is_one_text(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    for _ in range(2):
        assert (await browser.post(f"/customers/{customer}/reply", text="您好", **form(page))).status == 200
    assert len(await bank.texts(customer)) == 1


async def test_a_threat_is_refused_with_the_words_and_a_doubtful_text_asks_for_a_reason(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    refused = await browser.post(f"/customers/{customer}/reply", text="再不还就后 果 自 负", **form(page))
    assert refused.status == 409
    assert "must not say this" in refused.words and "a threat: “后果自负”" in refused.words
    doubtful = await browser.post(f"/customers/{customer}/reply", text="可以减免罚息", **form(page))
    assert doubtful.status == 409 and 'name="reason"' in doubtful.html
    assert await bank.texts(customer) == []
    sent = await browser.post(
        f"/customers/{customer}/reply", text="可以减免罚息", reason="主管已批准", **form(doubtful)
    )
    assert sent.status == 200
    assert "promise_of_waiver (减免): 主管已批准" in sent.words
    assert [text.text for text in await bank.texts(customer)] == ["可以减免罚息"]


async def test_a_reply_in_quiet_hours_is_refused_with_the_rule_and_the_time_and_kept(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    bank.time.now = NOON + timedelta(minutes=10)
    await browser.get(f"/customers/{customer}")
    async with bank.database.write() as connection:
        await connection.execute(update(cases.customer).values(zones="America/Los_Angeles"))
    refused = await browser.post(f"/customers/{customer}/reply", text="您好", **form(page))
    assert refused.status == 409
    assert "Not sent: quiet hours: texts leave Mon–Sun 09:00" in refused.words
    assert "Earliest: 11-23 09:00" in refused.words
    assert "您好</textarea>" in refused.html
    assert await bank.texts(customer) == []


async def test_after_an_opt_out_nothing_can_be_sent_at_any_time(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    after = await browser.post(f"/customers/{customer}/opt_out", text="said so on the phone")
    assert "Number stopped: opt-out" in after.words
    assert any(tag == "textarea" and "disabled" in attrs for tag, attrs in after.elements)
    refused = await browser.post(f"/customers/{customer}/reply", text="您好", **form(after))
    assert refused.status == 409
    assert "The file says why; not before the stop is lifted" in refused.words
    assert [text.purpose for text in await bank.texts(customer)] == ["opt_out_confirmation"]


async def test_a_promise_made_to_a_person_is_on_the_file(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    page = await browser.post(f"/customers/{customer}/promise", amount="1,000.00", due_on="2026-11-27")
    assert "¥1,000.00 · 2026-11-27 open" in page.words
    async with bank.database.read() as connection:
        rows = list(await connection.execute(select(cases.promise)))
    assert [(row.amount, str(row.due_on), row.status) for row in rows] == [(Decimal(1000), "2026-11-27", "open")]


async def test_a_series_of_promises_is_on_the_file_and_one_beyond_the_limits_is_refused(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    first = {"amount": "400", "due_on": "2026-11-27"}
    refused = await browser.post(f"/customers/{customer}/promise", **first, amount_2="400", due_on_2="2026-11-27")
    assert refused.status == 422 and "Several sums must be in order of time" in refused.words
    page = await browser.post(f"/customers/{customer}/promise", **first, amount_2="300", due_on_2="2026-12-04")
    assert "¥400.00 · 2026-11-27 open then: ¥300.00 · 2026-12-04" in page.words


async def test_a_promise_that_cannot_be_meant_is_refused(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    wrong = [(amount, "2026-11-27") for amount in ("0", "-5", "NaN", "Infinity", "1e9", "1.005", "")]
    wrong += [("500", due_on) for due_on in ("2026-11-22", "2028-01-01", "tomorrow")]
    for amount, due_on in wrong:
        page = await browser.post(f"/customers/{customer}/promise", amount=amount, due_on=due_on)
        assert page.status == 422, (amount, due_on)
    async with bank.database.read() as connection:
        assert list(await connection.execute(select(cases.promise))) == []


async def test_a_note_is_seen_by_colleagues_and_is_nowhere_among_the_texts(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    page = await browser.post(f"/customers/{customer}/note", text="branch checks the documents")
    assert "Internal note · Fang" in page.words
    assert "branch checks the documents" in (await (await bank.browser("chen")).get(f"/customers/{customer}")).words
    assert await bank.texts(customer) == []


async def test_a_call_that_is_noted_counts_towards_caps_and_is_seen_beside_the_note(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    assert "A call is allowed now" in page.words
    for _ in range(6):
        page = await browser.post(f"/customers/{customer}/note", text="没人接", contact="call_missed", **form(page))
    assert "[call_missed] 没人接" in page.words
    assert "No call now: contact cap reached: at most 6 in 1 days (CN-CALL)" in page.words
    assert await bank.texts(customer) == []


async def test_an_agent_opens_a_hardship_with_its_category_and_a_dispute_and_collection_stands_still(
    bank: Bank,
) -> None:
    browser, customer, _ = await taken(bank)
    refused = await browser.post(f"/customers/{customer}/hardship", category="laziness", text="x")
    assert refused.status == 422 and "Choose the reason for the hardship." in refused.words
    page = await browser.post(f"/customers/{customer}/hardship", category="job_loss", text="comes back on 1 December")
    assert "Hardship opened. Collection stands still." in page.words and "Collection held: hardship" in page.words
    page = await browser.post(f"/customers/{customer}/dispute", text="says the fee is not theirs")
    async with bank.database.read() as connection:
        file = (await cases.load(connection, [customer], NOON))[customer]
    assert [(hold.kind, hold.category) for hold in file.case.holds] == [("hardship", "job_loss"), ("dispute", None)]
    journal = await browser.get(f"/customers/{customer}/journal")
    assert "Agent: opened a hardship" in journal.words and "Agent: opened a dispute" in journal.words
    assert await bank.texts(customer) == []


async def test_only_who_has_the_customer_can_act(bank: Bank) -> None:
    _, customer, page = await taken(bank)
    chen = await bank.browser("chen")
    forms = {"reply": {"text": "您好", **form(page)}, "resolve": {"text": "x"}, "release": {"text": "x"}}
    forms |= {"hardship": {"category": "illness"}, "dispute": {"text": "x"}}
    forms |= {"lift": {"text": "x"}, "opt_out": {"text": "x"}, "wrong_number": {"text": "x"}}
    for name, fields in forms.items():
        refused = await chen.post(f"/customers/{customer}/{name}", **fields)
        assert (refused.status, "Fang took this." in refused.words) == (409, True), name
    assert await bank.texts(customer) == []


async def test_name_and_number_are_masked_until_whoever_has_the_customer_asks(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    assert "李** 138****0001" in page.words
    assert "13800000001" not in page.html
    assert "李小明" not in page.html
    shown = await browser.post(f"/customers/{customer}/reveal")
    assert "李小明 +8613800000001" in shown.words
    chen = await bank.browser("chen")
    assert (await chen.post(f"/customers/{customer}/reveal")).status == 403
    auditor = await bank.browser("audit", "auditor")
    assert (await auditor.post(f"/customers/{customer}/reveal")).status == 422
    assert "李小明" in (await auditor.post(f"/customers/{customer}/reveal", reason="complaint 17")).words
    readings = await bank.readings()
    assert ("fang", customer, "reveal") in readings
    assert ("chen", customer, "reveal") not in readings
    assert ("audit", customer, "reveal: complaint 17") in readings


async def test_every_look_at_a_customer_is_logged_and_a_page_that_refreshes_itself_once_in_five_minutes(
    bank: Bank,
) -> None:
    browser, customer, _ = await taken(bank)
    for _ in range(3):
        bank.time.now += timedelta(minutes=1)
        await browser.get(f"/customers/{customer}", **{"X-Refresh": "1"})
    assert (await bank.readings()).count(("fang", customer, "conversation")) == 1
    await browser.get(f"/customers/{customer}")
    assert (await bank.readings()).count(("fang", customer, "conversation")) == 2


async def test_a_held_text_says_which_rule_holds_it_and_until_when(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    row = {
        "customer_id": customer, "seq": 2, "our_ref": "x", "channel": "phone", "purpose": "reminder", "slots": "{}",
        "response": "reminder_m2", "text": "您好", "author": "bot", "state": "held", "queued_at": NOON, "attempts": 0,
        "reason": "BANK-1-DAY: contact cap reached (BANK-1-DAY)", "due_at": NOON + timedelta(hours=21), "segments": 0,
    }  # fmt: skip
    async with bank.database.write() as connection:
        await connection.execute(insert(cases.outbox).values(row))
    page = await browser.get(f"/customers/{customer}")
    assert "contact cap reached: at most 1 in 1 days (BANK-1-DAY)" in page.words
    assert "11-24 09:00 at the earliest" in page.words


async def test_the_journal_says_why_in_words_and_that_its_chain_is_whole(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    await browser.post(f"/customers/{customer}/reply", text="您好，我们一起商量。", **form(page))
    page = await browser.get(f"/customers/{customer}/journal")
    assert "The chain is whole: 2 entries." in page.words
    assert "Agent: took over" in page.words
    assert "Agent: replied" in page.words
    assert page.words.count("(fang)") == 2, "who acted is named"
    assert ("fang", customer, "journal") in await bank.readings()
    table = thread.journal_table
    async with bank.database.write() as connection:
        await connection.execute(update(table).where(table.c.seq == 1).values(kind="heard"))
    assert "The chain is broken from entry 1 on." in (await browser.get(f"/customers/{customer}/journal")).words


async def test_a_journal_whose_end_was_cut_off_is_broken(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    await browser.post(f"/customers/{customer}/reply", text="您好", **form(page))
    table = thread.journal_table
    async with bank.database.write() as connection:
        await connection.execute(table.delete().where(table.c.seq == 2))
    assert "The chain is broken from entry 2 on." in (await browser.get(f"/customers/{customer}/journal")).words


async def test_a_customer_is_found_by_number_or_reference(bank: Bank) -> None:
    customer = await bank.customer()
    await bank.customer("+14155550100", "Mary Jones")
    async with bank.database.read() as connection:
        for needle in ("13800000001", "138 0000 0001", "+86 138-0000-0001", "C000001", "A000001", "１３８００００0001"):
            assert await thread.find_customer(connection, EVERYONE, needle) == customer, needle
        assert await thread.find_customer(connection, EVERYONE, "(415) 555-0100") == customer + 1
        for needle in ("13800000009", "0001", "李小明", "%", ""):
            assert await thread.find_customer(connection, EVERYONE, needle) is None, needle
    browser = await bank.browser("fang")
    assert "李**" in (await browser.get("/customers?q=%2B86%20138%200000%200001")).words
    assert (await browser.get("/customers?q=13800000009")).status == 404
    assert ("fang", customer, "search") in await bank.readings()


async def test_what_is_searched_for_stands_in_no_address(bank: Bank) -> None:
    await bank.customer()
    browser = await bank.browser("fang")
    for page in (await browser.get("/queue"), await browser.get("/customers")):
        forms = [attrs for tag, attrs in page.elements if tag == "form" and attrs.get("action") == "/customers"]
        assert forms and all(form["method"] == "post" for form in forms)
    assert "李**" in (await browser.post("/customers", q="+86 138 0000 0001")).words
    none = await browser.post("/customers", q="13800000009")
    assert (none.status, "Location" in none.headers) == (404, False)


async def test_a_file_is_written_as_json_with_exact_amounts_and_iso_dates(bank: Bank) -> None:
    customer = await bank.customer()
    await bank.wrote(customer, "我失业了")
    async with bank.database.read() as connection:
        file = (await thread.view(connection, EVERYONE, customer, NOON)).as_json()
    assert (file["state"], file["owner"], file["amount_due"]) == ("hardship", "bot", "1200.50")
    assert (file["name"], file["number"]) == ("李**", "138****0001")
    assert file["accounts"][0]["due_on"] == "2026-10-20"
    assert file["texts"][0]["at"] == "2026-11-23T04:00:00+00:00"


async def test_there_is_no_page_of_nobody(bank: Bank) -> None:
    browser = await bank.browser("fang")
    for path in ("/customers/999", "/customers/999/journal", "/customers/999999999999999999"):
        assert (await browser.get(path)).status == 404
    for action in ("take", "note", "promise", "reveal", "resolve"):
        assert (await browser.post(f"/customers/999/{action}", text="x")).status in (404, 422)


async def test_the_journal_says_what_the_carrier_reported_when_to_follow_up_and_how_the_work_ended(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    await browser.post(f"/customers/{customer}/follow_up", at="2026-11-24T15:30")
    async with bank.database.write() as connection:
        file = (await cases.load(connection, [customer], bank.time()))[customer]
        await append_journal(connection, [(file, "receipt", {"outbox": 1, "status": "undelivered"})], bank.time())
    await browser.post(f"/customers/{customer}/resolve", outcome="information_given", text="问的是利息")
    words = (await browser.get(f"/customers/{customer}/journal")).words
    assert "· Follow-up" in words and "(fang) · 11-24 15:30" in words
    assert "· Receipt" in words and "⚠ undelivered" in words
    assert "问的是利息" in words
