"""Wherever a rule is named, one can go on to its paragraph in the book of rules, and no link leads nowhere."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import insert, select, update

from bot.console.rulebook import book
from bot.console.words import LANGUAGES, words
from bot.dialogues import Content
from bot.store import cases
from bot.store import tables as t
from tests.console.conftest import NOON, Bank, Browser, Page
from tests.console.test_conversation import form, taken
from tests.console.test_dashboard import Played, played  # noqa: F401  (a fixture)

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
journal = t.Journal.__table__  # type: ignore[attr-defined]


def links(page: Page) -> list[str]:
    """The rules that a page leads to, without those of its frame."""
    return [unescape(found) for found in re.findall(r'<a class="ruled" href="([^"]*)"', page.html)]


async def is_there(browser: Browser, link: str) -> bool:
    """Whether a link leads to a page, and to a paragraph on it."""
    path, _, anchor = link.partition("#")
    page = await browser.get(path)
    return page.status == 200 and (not anchor or any(attrs.get("id") == anchor for _, attrs in page.elements))


def test_rules_stand_in_the_same_place_in_every_language(content: Content) -> None:
    found = [[(one.section, one.paragraph.anchor) for one in book.paragraphs(words(of), content)] for of in LANGUAGES]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("reason", "place"),
    [
        ("CN-TIME: quiet hours", "/rules/contact#CN-TIME"),
        ("hold:dispute: collection is held (dispute)", "/rules/holds#hold:dispute"),
        ("cancelled: hold:legal", "/rules/holds#hold:legal"),
        ("cancelled: taken-over", None),
        ("gateway: refused", None),
        (None, None),
    ],
)
def test_what_is_kept_of_a_text_that_did_not_leave_leads_to_its_rule(
    content: Content, reason: str | None, place: str | None
) -> None:
    assert book.places(content)(reason) == place


@sqlite
async def test_every_link_of_every_customers_page_and_journal_leads_to_a_paragraph(played: Played) -> None:  # noqa: F811
    bank = played.bank
    browser = await bank.browser("chen", "supervisor")
    async with bank.database.read() as connection:
        ids = list((await connection.execute(select(cases.customer.c.id))).scalars())
    found = set[str]()
    for id in ids:
        found |= {one for part in ("?all=1", "/journal") for one in links(await browser.get(f"/customers/{id}{part}"))}
    sections = {link.partition("#")[0] for link in found}
    assert {f"/rules/{name}" for name in ("contact", "holds", "outcomes", "promises", "handling")} <= sections
    assert [link for link in sorted(found) if not await is_there(browser, link)] == []


@sqlite
async def test_a_text_that_a_rule_stopped_names_it_with_a_link(bank: Bank) -> None:
    customer = await bank.customer()
    row = {
        "customer_id": customer, "channel": "phone", "purpose": "reminder", "slots": "{}", "response": "reminder_m2",
        "text": "您好", "author": "bot", "queued_at": NOON, "attempts": 0, "due_at": NOON, "segments": 0,
    }  # fmt: skip
    reasons = (("held", "BANK-HOURS: quiet hours"), ("cancelled", "cancelled: hold:dispute"), ("held", "X-GONE: old"))
    async with bank.database.write() as connection:
        for seq, (state, reason) in enumerate(reasons, 1):
            more = {"seq": seq, "our_ref": f"r{seq}", "state": state, "reason": reason}
            await connection.execute(insert(cases.outbox).values({**row, **more}))
    page = await (await bank.browser("chen", "supervisor")).get(f"/customers/{customer}")
    assert {"/rules/contact#BANK-HOURS", "/rules/holds#hold:dispute"} <= set(links(page))
    assert "X-GONE" in page.words
    assert "X-GONE" not in "".join(links(page))


@sqlite
async def test_what_stands_against_a_text_leads_from_the_box_and_the_file(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    checked = await browser.post(f"/customers/{customer}/check", text="再不还就后果自负", **form(page))
    assert [link.partition("#")[0] for link in links(checked)] == ["/rules/words"]
    async with bank.database.write() as connection:
        await connection.execute(update(cases.customer).values(zones="America/Los_Angeles"))
    checked = await browser.post(f"/customers/{customer}/check", text="您好", **form(page))
    refused = await browser.post(f"/customers/{customer}/reply", text="您好", **form(page))
    assert refused.status == 409
    assert "/rules/contact#BANK-HOURS" in links(checked) or "/rules/contact#CN-TIME" in links(checked)
    assert len(links(refused)) >= 4  # the refusal, the box's verdict, and the file's texts and calls
    assert [link for link in {*links(checked), *links(refused)} if not await is_there(browser, link)] == []


@sqlite
async def test_words_of_a_customer_make_no_link(bank: Bank) -> None:
    customer = await bank.customer()
    await bank.wrote(customer, 'CN-TIME hold:dispute /rules/contact <a class="ruled" href="https://a.cn">')
    page = await (await bank.browser("wei")).get(f"/customers/{customer}")
    assert not [link for link in links(page) if not link.startswith("/rules/")]
