"""The reply box: what it says of a text while somebody types, drafts that nobody else sees, going on to the next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from bot.console.pad import mask
from bot.core.case import Owner
from bot.core.segments import count
from bot.store import agents, cases, drafts, sessions
from tests.console.conftest import Bank, Browser, Page, Serve
from tests.console.test_conversation import form, taken
from tests.console.test_templates import box


async def checked(browser: Browser, customer: int, said: str, **more: str) -> Page:
    return await browser.post(f"/customers/{customer}/check", text=said, **more)


def verdict(page: Page) -> str | None:
    return next((attrs.get("data-verdict") for _, attrs in page.elements if attrs.get("id") == "checks"), None)


# Checks


@pytest.mark.parametrize(
    ("said", "mark", "why"),
    [
        ("您好，我们一起商量。", "allowed", "Nothing against the words"),
        ("再不还就后果自负", "blocked", "Must not be said: a threat: “后果自负”"),
        ("可以减免罚息", "doubtful", "Say why:"),
        ("", "allowed", "A text may leave now"),
        ("见 http://a.cn", "blocked", "Must not be said:"),
    ],
)
async def test_a_text_is_judged_while_it_is_typed_as_it_will_be_when_it_is_sent(
    bank: Bank, said: str, mark: str, why: str
) -> None:
    browser, customer, page = await taken(bank)
    found = await checked(browser, customer, said, **form(page))
    assert (found.status, verdict(found)) == (200, mark)
    assert why in found.words
    if said:
        sent = await browser.post(f"/customers/{customer}/reply", text=said, **form(page))
        assert sent.status == (200 if mark == "allowed" else 409)
        assert mark == "allowed" or verdict(sent) == mark


async def test_a_rule_that_forbids_the_text_is_named_with_its_end(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    async with bank.database.write() as connection:
        await connection.execute(update(cases.customer).values(zones="America/Los_Angeles"))
    found = await checked(browser, customer, "您好", **form(page))
    assert verdict(found) == "blocked"
    assert "May not be sent now: quiet hours: texts leave Mon–Sun 09:00" in found.words
    assert "Earliest: 11-23 09:00" in found.words


async def test_a_check_says_that_the_customer_wrote_meanwhile(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    await bank.wrote(customer, "还在吗", pending=True)
    assert "The customer wrote 1 more" in (await checked(browser, customer, "您好", **form(page))).words


async def test_checks_write_nothing_down_and_answer_only_who_has_the_customer(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    chen = await bank.browser("chen")
    before = await bank.readings()
    for _ in range(3):
        await checked(browser, customer, "您好", **form(page))
    refused = await checked(chen, customer, "您好", **form(page))
    assert (refused.status, verdict(refused)) == (409, "blocked")
    assert "Fang took this." in refused.words
    assert "may leave now" not in refused.words
    assert await bank.readings() == before
    assert (await checked(browser, 999, "您好")).status == 404
    assert (await browser.post(f"/customers/{customer}/check", site="cross-site", text="您好")).status == 403
    assert await bank.texts(customer) == []


async def test_the_page_counts_segments_with_the_signature_as_the_gateway_does(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    await browser.post(f"/customers/{customer}/draft", text="字" * 80, **form(page))
    words = (await browser.get(f"/customers/{customer}")).words
    assert count("字" * 80).parts == 2
    assert "80/134 · 2 segments · UCS-2" in words


# Drafts


async def test_a_draft_outlives_page_session_and_server_and_nobody_else_sees_it(bank: Bank, serve: Serve) -> None:
    browser, customer, page = await taken(bank)
    kept = await browser.post(f"/customers/{customer}/draft", text="半句话", template="agent_thanks", **form(page))
    assert "Draft saved; only you can see it." in kept.words
    assert box(await browser.get(f"/customers/{customer}")) == "半句话"
    client = await serve(bank.office)  # another process of the same bank
    async with bank.database.write() as connection:
        person = await agents.find_person(connection, "fang")
        assert person is not None
        sid, csrf = await sessions.begin(connection, person[0].id, bank.time())
    again = await Browser(client, sid, mask(csrf)).get(f"/customers/{customer}")
    assert (box(again), again.field("template")) == ("半句话", "agent_thanks")
    boss = await bank.browser("boss", "supervisor")
    assert "半句话" not in (await boss.get(f"/customers/{customer}")).html
    shown = await boss.post(f"/customers/{customer}/take", **{"from": "1"})
    assert box(shown) == ""
    assert "半句话" in (await browser.get(f"/customers/{customer}")).html  # shown to its writer, who may copy it


async def test_a_draft_is_sealed_at_rest(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    await browser.post(f"/customers/{customer}/draft", text="half a word", **form(page))
    async with bank.database.read() as connection:
        (stored,) = (await connection.execute(text("SELECT text FROM draft"))).scalars()
    assert b"half" not in bytes(stored)


async def test_sending_takes_the_draft_away_even_from_a_save_that_comes_late(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    await browser.post(f"/customers/{customer}/draft", text="您好", **form(page))
    await browser.post(f"/customers/{customer}/reply", text="您好", **form(page))
    late = await browser.post(f"/customers/{customer}/draft", text="您好", quiet="yes", **form(page))
    assert late.status == 204
    assert box(await browser.get(f"/customers/{customer}")) == ""
    async with bank.database.read() as connection:
        assert list(await connection.execute(select(drafts.draft))) == []


async def test_an_emptied_box_keeps_no_draft_and_a_refused_text_keeps_its_own(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    await browser.post(f"/customers/{customer}/draft", text="一", **form(page))
    refused = await browser.post(f"/customers/{customer}/reply", text="后果自负", **form(page))
    assert box(refused) == "后果自负"
    assert box(await browser.get(f"/customers/{customer}")) == "一"
    await browser.post(f"/customers/{customer}/draft", text=" \n ", **form(page))
    assert box(await browser.get(f"/customers/{customer}")) == ""


async def test_garbage_is_kept_as_far_as_it_can_be_and_breaks_nothing(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    for said in ("x" * 5000, "\x00\u202e</textarea><script>", "🦊" * 300, "\n\n"):
        fields = {"text": said, "template": "y" * 500, "seen": "-1", "after": "NaN", "quiet": "1"}
        assert (await browser.post(f"/customers/{customer}/draft", **fields)).status == 204
        shown = await browser.get(f"/customers/{customer}")
        assert shown.status == 200 and "<script>" not in box(shown)
    assert (await browser.post("/customers/999/draft", text="x")).status == 404
    auditor = await bank.browser("anna", "auditor")
    assert (await auditor.post(f"/customers/{customer}/draft", text="x")).status == 403


async def test_what_was_typed_into_another_box_never_stands_in_the_reply(bank: Bank) -> None:
    browser, customer, _ = await taken(bank)
    rows = "2026-11-30 0.01"
    refused = await browser.post(f"/customers/{customer}/plan", rows=rows, text="husband lost his job", kind="x")
    assert refused.status == 409
    assert "husband lost his job" in refused.html
    assert box(refused) == ""


# Stale replies


async def test_what_the_customer_wrote_meanwhile_stands_above_the_box(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    await bank.wrote(customer, "别再联系我妈", pending=True)
    stale = await browser.post(f"/customers/{customer}/reply", text="请问何时还款？", **form(page))
    banner = stale.html.split('role="alert"')[1].split("</div>")[0]
    assert "autofocus" in banner and "别再联系我妈" in banner and "我失业了" not in banner
    assert (await browser.post(f"/customers/{customer}/reply", text="请问何时还款？", **form(stale))).status == 200


# Send & next


async def test_send_and_next_goes_to_ones_own_who_waits_then_takes_somebody_then_says_that_nobody_is_left(
    bank: Bank,
) -> None:
    browser, first, page = await taken(bank)
    second, third = await bank.customer("+8613800000002"), await bank.customer("+8613800000003")
    await bank.called(second)
    await bank.wrote(second, "在吗")
    await browser.post(f"/customers/{second}/take")
    await bank.called(third, timedelta(hours=1))
    page = await browser.get(f"/customers/{first}")
    own = await browser.post(f"/customers/{first}/reply", text="您好", next="yes", **form(page))
    assert "This is your next customer." in own.words and "在吗" in own.words
    new = await browser.post(f"/customers/{second}/reply", text="您好", next="yes", **form(own))
    assert await bank.owner(third) == (Owner.AGENT, 1)
    none = await browser.post(f"/customers/{third}/reply", text="您好", next="yes", **form(new))
    assert "Nobody is waiting" in none.words
    assert [len(await bank.texts(id)) for id in (first, second, third)] == [1, 1, 1]


async def test_a_refused_reply_goes_nowhere(bank: Bank) -> None:
    browser, customer, page = await taken(bank)
    refused = await browser.post(f"/customers/{customer}/reply", text="后果自负", next="yes", **form(page))
    assert refused.status == 409 and box(refused) == "后果自负"
