"""What agents do, in a real browser: take the next, answer, see what arrives, and never lose what they typed."""

from __future__ import annotations

import pytest

from bot.console import action
from bot.core.case import Owner
from bot.core.event import AgentActed, AgentAction
from bot.store import agents
from tests.console.browser.conftest import Open
from tests.console.conftest import Bank

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOSTILE = (
    "<script>document.title='owned'</script>", "<img src=x onerror=\"document.title='owned'\">", "</textarea><b>x",
    "{{ 7*7 }}", "'\"><svg onload=document.title='owned'>", "javascript:alert(1)", "\u202egnp.exe", "&lt;b&gt;",
)  # fmt: skip


async def test_an_agent_takes_the_next_customer_and_answers(bank: Bank, open_as: Open) -> None:
    id = await bank.customer()
    await bank.called(id)
    await bank.wrote(id, "我失业了，真的还不上")
    page = await open_as("wang", "/queue")
    await page.get_by_role("button", name="Take next").click()
    await page.get_by_text("我失业了").first.wait_for()
    box = page.locator("#reply-text")
    await box.fill("您好，我们一起看看办法。")
    await box.press("Control+Enter")
    await page.get_by_text("Your reply is queued.").wait_for()
    assert [row.text for row in await bank.texts(id)] == ["您好，我们一起看看办法。"]
    assert await bank.owner(id) == (Owner.AGENT, 1)


async def test_enter_alone_never_sends(bank: Bank, open_as: Open) -> None:
    id = await _mine(bank, open_as)
    page = await open_as("wang2", f"/customers/{id}", "supervisor")
    await page.get_by_role("button", name="Take from").click()
    box = page.locator("#reply-text")
    await box.fill("一行")
    await box.press("Enter")
    assert await box.input_value() == "一行\n"
    assert await bank.texts(id) == []


async def test_a_text_that_arrives_is_shown_without_a_reload_and_the_draft_stays(bank: Bank, open_as: Open) -> None:
    id = await bank.customer()
    await bank.called(id)
    page = await open_as("wang", f"/customers/{id}")
    await page.get_by_role("button", name="Take over").click()
    await page.get_by_text("● Live").wait_for()
    await page.locator("#reply-text").fill("half a sent")
    await bank.wrote(id, "还在吗")
    await _touched(bank, id)
    await page.locator("#texts").get_by_text("还在吗").wait_for(timeout=5000)
    assert await page.locator("#reply-text").input_value() == "half a sent"


async def test_an_opt_out_closes_an_open_composer(bank: Bank, open_as: Open) -> None:
    id = await bank.customer()
    await bank.called(id)
    page = await open_as("wang", f"/customers/{id}")
    await page.get_by_role("button", name="Take over").click()
    await page.get_by_text("● Live").wait_for()
    await page.locator("#reply-text").fill("please pay")
    async with bank.database.read() as connection:
        person = (await agents.people(connection))[0]
    event = AgentActed(AgentAction.OPT_OUT, person.login, "said so on the phone")
    await action.act_on_own(bank.office, person, id, event, bank.time())
    await page.locator("#reply-text:disabled").wait_for(timeout=5000)
    assert await page.locator("form.reply button.main").is_disabled()


async def test_hostile_texts_inject_nothing(bank: Bank, open_as: Open) -> None:
    id = await bank.customer(name="<b>李</b>")
    await bank.called(id)
    for text in HOSTILE:
        await bank.wrote(id, text)
    page = await open_as("wang", f"/customers/{id}")
    title = await page.title()
    assert "owned" not in title
    assert await page.locator("#texts script, #texts img, #texts svg, #texts b b").count() == 0
    assert "⟨U+202E⟩" in await page.locator("#texts").inner_text()
    await page.goto(str(bank.client.make_url("/queue")))
    assert "owned" not in await page.title()


async def _mine(bank: Bank, open_as: Open) -> int:
    id = await bank.customer()
    await bank.called(id)
    page = await open_as("wang", f"/customers/{id}")
    await page.get_by_role("button", name="Take over").click()
    await page.locator("#reply-text").wait_for()
    return id


async def _touched(bank: Bank, id: int) -> None:
    """The rows of `wrote` are put in by hand; a note tells the stream of them."""
    async with bank.database.read() as connection:
        person = (await agents.people(connection))[0]
    await action.write_note(bank.office, person, id, "n", bank.time())
