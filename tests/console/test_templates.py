"""Approved templates: filled in from the file, offered where they can be said, kept as evidence with what was sent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy import insert, update

from bot import dialogues
from bot.console import Line, Office
from bot.store import cases, thread
from bot.store.scope import EVERYONE
from bot.store.session import Database
from tests.console.conftest import NOON, Bank, Page, Serve, Time
from tests.console.test_conversation import form, taken


def options(page: Page) -> set[str]:
    """The templates on offer."""
    values = {attrs.get("value") or "" for tag, attrs in page.elements if tag == "option"}
    return {value for value in values if value.startswith("agent_")}


def box(page: Page) -> str:
    """What stands in the reply box."""
    return page.html.split('id="reply-text"')[1].split(">", 1)[1].split("</textarea>")[0]


async def test_a_template_fills_the_box_in_the_customers_language_and_is_kept_with_its_version(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    assert "Ask for a document" in page.words  # the agent reads English, the customer Chinese
    page = await browser.get(f"/customers/{customer}?template=agent_amount_due")
    assert (
        box(page) == "截至11月23日（周一），您尾号8721的个人贷款应还1200.50元。一次还不上可以商量，请告诉我您的打算。"
    )
    assert page.field("template") == "agent_amount_due"
    sent = await browser.post(f"/customers/{customer}/reply", text=box(page), template="agent_amount_due", **form(page))
    assert "template agent_amount_due/zh/1" in sent.words
    (row,) = await bank.texts(customer)
    assert (row.response, row.template, row.purpose) == ("agent_amount_due", "agent_amount_due/zh/1", "agent")
    assert '"amount_due":"1200.50"' in row.slots
    async with bank.database.read() as connection:
        entries, broken = await thread.journal_of(connection, EVERYONE, customer)
    event = entries[-1].content["event"]
    assert (event["template"], event["edited"], broken) == ("agent_amount_due/zh/1", False, None)
    assert entries[-1].content["rules"] == bank.office.mind.content.rules.version


async def test_a_template_that_was_edited_says_so(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    page = await browser.get(f"/customers/{customer}?template=agent_thanks")
    text = box(page) + "祝好。"
    sent = await browser.post(f"/customers/{customer}/reply", text=text, template="agent_thanks", **form(page))
    assert "template agent_thanks/zh/1, edited" in sent.words
    (row,) = await bank.texts(customer)
    assert (row.response, row.template, row.text) == ("agent", "agent_thanks/zh/1", text)
    async with bank.database.read() as connection:
        entries, _ = await thread.journal_of(connection, EVERYONE, customer)
    assert entries[-1].content["event"]["edited"] is True


@pytest.mark.parametrize("wrong", ["agent_nothing", "reminder_m2", "../../etc/passwd", "agent_promise_confirmed"])
async def test_what_is_no_template_for_this_customer_is_own_words(bank: Bank, wrong: str) -> None:
    browser, customer, page = await taken(bank)
    assert box(await browser.get(f"/customers/{customer}?template={wrong}")) == ""
    await browser.post(f"/customers/{customer}/reply", text="您好", template=wrong, **form(page))
    assert [(row.response, row.template) for row in await bank.texts(customer)] == [("agent", None)]


async def test_only_what_the_file_knows_and_may_tell_is_offered(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    assert {"agent_amount_due", "agent_thanks"} <= options(page)
    assert "agent_promise_confirmed" not in options(page)
    page = await browser.post(f"/customers/{customer}/promise", amount="500", due_on="2026-11-27")
    assert "agent_promise_confirmed" in options(page)
    page = await browser.get(f"/customers/{customer}?template=agent_promise_confirmed")
    assert "11月27日（周五）还款500元" in box(page)
    async with bank.database.write() as connection:  # a number that nobody reserved: no figures to whoever has it
        await connection.execute(update(cases.phone).values(source="found"))
    assert "agent_amount_due" not in options(await browser.get(f"/customers/{customer}"))


async def test_a_customer_who_reads_english_is_answered_in_english(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    async with bank.database.write() as connection:
        await connection.execute(update(cases.customer).values(language="en"))
    page = await browser.get(f"/customers/{customer}?template=agent_reach_us")
    assert box(page).startswith("You can reply to this text, call 95000")


async def test_where_only_templates_leave_what_the_channel_can_say_is_offered_and_sent(
    database: Database, office: Office, time: Time, serve: Serve
) -> None:
    mute = replace(office, lines={"phone": Line(says=frozenset({("agent_thanks", "zh")}))})
    bank = Bank(database, mute, time, await serve(mute))
    browser, customer, page = await taken(bank)
    assert options(page) == {"agent_thanks"}
    page = await browser.get(f"/customers/{customer}?template=agent_thanks")
    choice = {"template": "agent_thanks", **form(page)}
    refused = await browser.post(f"/customers/{customer}/reply", **choice, text=box(page) + "!")
    assert refused.status == 409 and "approved templates only" in refused.words
    assert refused.field("template") == "agent_thanks"
    assert (await browser.post(f"/customers/{customer}/reply", **choice, text=box(page))).status == 200
    assert [row.response for row in await bank.texts(customer)] == ["agent_thanks"]


async def test_colleagues_who_do_not_have_the_customer_are_offered_nothing(bank: Bank) -> None:
    _, customer, _ = await taken(bank)
    assert options(await (await bank.browser("chen")).get(f"/customers/{customer}")) == set()


async def test_what_is_due_to_several_accounts_is_told_as_one_sum(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    more = {
        "reference": "A2", "product": "credit_card", "balance": Decimal(300), "minimum_due": Decimal(30),
        "amount_due": Decimal("99.50"), "due_on": NOON.date(), "currency": "CNY", "tail": "0042",
    }  # fmt: skip
    async with bank.database.write() as connection:
        await connection.execute(insert(cases.account).values(customer_id=customer, **more))
    assert "应还1300元" in box(await browser.get(f"/customers/{customer}?template=agent_amount_due"))


async def test_words_that_counsel_approved_leave_only_as_they_are_approved(
    database: Database, office: Office, time: Time, serve: Serve, tmp_path: Path
) -> None:
    root = Path(copytree(dialogues.ROOT, tmp_path / "dialogues"))
    for name, first, word in (
        ("zh.agents.yml", "谢谢您的回复", "法院"),
        ("en.agents.yml", "Thank you for your reply", "court"),
    ):
        path = root / "responses" / name
        old = f'      text: "{first}'
        content = path.read_text(encoding="utf-8")
        assert content.count(old) == 1
        path.write_text(content.replace(old, f'      legal: "true"\n{old}, {word}'), encoding="utf-8")
    lawful = replace(office, mind=replace(office.mind, content=dialogues.load(root)))
    bank = Bank(database, lawful, time, await serve(lawful))
    browser, customer, page = await taken(bank)
    page = await browser.get(f"/customers/{customer}?template=agent_thanks")
    choice = {"template": "agent_thanks", **form(page)}
    refused = await browser.post(f"/customers/{customer}/reply", **choice, text=box(page) + "!")
    assert refused.status == 409 and "court or lawyers" in refused.words
    assert (await browser.post(f"/customers/{customer}/reply", **choice, text=box(page))).status == 200
