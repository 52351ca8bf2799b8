"""The customer's file: what stands beside the thread, and one timeline over all channels."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, update

from bot.core.case import State
from bot.store import cases, texts, thread
from bot.store.scope import EVERYONE
from tests.console.conftest import NOON, Bank

HOUR = timedelta(hours=1)


async def put(bank: Bank, table: Any, **row: Any) -> None:
    async with bank.database.write() as connection:
        await connection.execute(insert(table).values(row))


async def promised(bank: Bank, customer: int, status: str, days_ago: int) -> None:
    made, closed = NOON - timedelta(days=days_ago), NOON - timedelta(days=days_ago - 3)
    await put(
        bank, cases.promise, customer_id=customer, amount=Decimal(500), due_on=closed.date(), status=status,
        paid=Decimal(0), made_at=made, closed_at=None if status == "open" else closed,
    )  # fmt: skip


async def test_the_file_says_how_many_promises_were_kept_of_those_that_came_due(bank: Bank) -> None:
    customer = await bank.customer()
    page = await (await bank.browser("fang")).get(f"/customers/{customer}")
    assert "· kept" not in page.words
    for days_ago, status in enumerate(("kept", "broken", "partial", "cancelled", "open"), start=10):
        await promised(bank, customer, status, days_ago)
    page = await (await bank.browser("chen")).get(f"/customers/{customer}")
    assert "Promises to pay · kept 1 of 3" in page.words


async def test_the_file_says_what_is_left_and_from_when_each_contact_is_lawful_and_why(bank: Bank) -> None:
    customer = await bank.customer(state=State.CONTACTED)
    browser = await bank.browser("fang")
    page = await browser.get(f"/customers/{customer}")
    assert "Contacts left today 1 of 1 left" in page.words
    assert "Agent's text ✓ now Call ✓ now Reminder ✓ now" in page.words
    for hours in range(7):
        await put(
            bank, cases.contact, customer_id=customer, channel="call", at=NOON - hours * HOUR / 4, noted_by="fang"
        )
    await put(
        bank, cases.outbox, customer_id=customer, seq=1, our_ref="x", channel="phone", purpose="reminder", slots="{}",
        response="reminder_m2", text="您好", author="bot", state="sent", queued_at=NOON - HOUR, due_at=NOON - HOUR,
        sent_at=NOON - HOUR,
    )  # fmt: skip
    page = await browser.get(f"/customers/{customer}")
    assert "Contacts left today 0 of 1 left" in page.words
    assert "Contacts left in 7 days 0 of 4 left" in page.words
    assert "Agent's text from 11-24 09:00 contact cap reached: at most 1 in 1 days (BANK-1-DAY)" in page.words
    assert "Call from 11-24 09:00 contact cap reached: at most 6 in 1 days (CN-CALL)" in page.words
    assert "Reminder from 11-30 11:15 contact cap reached: at most 4 in 7 days (BANK-4-ANY-WEEK)" in page.words


async def test_the_file_shows_hardship_consent_number_and_what_the_customer_wishes(bank: Bank) -> None:
    customer = await bank.customer(consents="night_contact")
    await put(
        bank, cases.hold, customer_id=customer, kind="hardship", placed_at=NOON, review_at=NOON + timedelta(days=30),
        until_at=NOON + timedelta(days=60), category="illness",
    )  # fmt: skip
    async with bank.database.write() as connection:
        wish = {"preference": "18:00 20:00 01234- call", "payday": 15, "ability": Decimal(300)}
        await connection.execute(update(cases.case_file).values(wish))
        await connection.execute(update(cases.phone).values(verified_on=date(2026, 5, 1)))
    page = await (await bank.browser("fang")).get(f"/customers/{customer}")
    for expected in (
        "hardship · Illness or accident since 12:00 · review 12-23 12:00", "Consents contact at night",
        "Number left with the bank · verified 2026-05-01", "Hours asked for Mon–Fri 18:00–20:00", "Not by phone",
        "Payday day 15 of the month", "Says they can pay ¥300.00", "Opt-out None",
    ):  # fmt: skip
        assert expected in page.words, expected


async def test_one_timeline_holds_texts_calls_payments_promises_and_holds_in_order(bank: Bank) -> None:
    customer = await bank.customer()
    for minutes, text in ((0, "first"), (50, "last")):
        bank.time.now = NOON + timedelta(minutes=minutes)
        await bank.wrote(customer, text)
    at = [NOON + timedelta(minutes=minutes) for minutes in (10, 20, 30, 40)]
    await put(bank, cases.contact, customer_id=customer, channel="call", at=at[0], noted_by="fang", reached=False)
    await put(
        bank, thread.payment, customer_id=customer, reference="p1", amount=Decimal(300), paid_on=NOON.date(),
        posted_at=at[1],
    )  # fmt: skip
    await put(
        bank, cases.promise, customer_id=customer, amount=Decimal(500), due_on=NOON.date(), status="open",
        paid=Decimal(0), made_at=at[2],
    )  # fmt: skip
    await put(bank, cases.hold, customer_id=customer, kind="dispute", placed_at=at[3], lifted_at=at[3] + HOUR / 12)
    page = await (await bank.browser("fang")).get(f"/customers/{customer}")
    shown = page.words[page.words.index("first") :]
    places = [
        shown.index(words)
        for words in (
            "first", "Contacted by phone, no answer", "¥300.00 received", "Promised ¥500.00 by 2026-11-23",
            "Collection held: dispute", "Hold lifted: dispute", "last",
        )
    ]  # fmt: skip
    assert places == sorted(places)


async def test_of_a_long_thread_the_newest_are_shown_and_the_rest_is_counted(bank: Bank) -> None:
    customer = await bank.customer()
    for number in range(60):
        await bank.wrote(customer, f"text-{number}", pending=number > 57)
    async with bank.database.read() as connection:
        everything = await texts.texts_of(connection, customer, {})
        newest = await texts.texts_of(connection, customer, {}, 50)
        view = await thread.view(connection, EVERYONE, customer, NOON, newest=50)
    assert newest == everything[-50:]
    assert (len(everything), view.heard, view.earlier) == (60, 60, 10)
