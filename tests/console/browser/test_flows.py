"""What agents do, in a real browser: take the next, answer, see what arrives, and never lose what they typed."""

from __future__ import annotations

import pytest

from bot.console.customer import action
from bot.core.case import Owner
from bot.core.event import AgentActed, AgentAction
from bot.store import agents
from tests.console.browser.conftest import Open
from tests.console.conftest import Bank

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOSTILE = (
    "<script>document.title='owned'</script>", "<img src=x onerror=\"document.title='owned'\">", "</textarea><b>x",
    "{{ 7*7 }}", "{% raw %}", "${7*7} #{7*7} <%= 7*7 %>", "'\"><svg onload=document.title='owned'>",
    "javascript:document.title='owned'", "<a href=\"javascript:document.title='owned'\">x</a>",
    "<iframe srcdoc=\"<script>parent.document.title='owned'</script>\">", "<style>*{display:none}</style>",
    "<meta http-equiv=refresh content=\"0;url=//example.com\">", "<base href=//example.com><form action=/x><input>",
    "<div hx-get=/logout hx-trigger=load>x</div>", "--><script>document.title='owned'</script><!--", "]]><b>x</b>",
    "\u202egnp.exe\u202c", "\u2066\u2067abc\u2069", "a\u200bb\u2060c\ufeffd", "&lt;b&gt; &#60;script&#62;",
    "\x00\x07\x1b[31mred", "null", "undefined", "NaN", "' OR 1=1; DROP TABLE customer; --", "=HYPERLINK(\"//x\")",
    "+1+1", "@SUM(A1)",
    "Z\u0351\u036b\u0343\u0489A\u0334\u0335L\u0320\u0328G\u0334\u033bO\u0335!",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽", "שלום مرحبا", "W" * 400,
    "http://example.com/pay?now=1 www.example.com",
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
    url = page.url
    assert await page.locator("#texts").count() == 1, await page.locator("main").inner_text()
    inside = page.locator("#texts bdi[dir=auto]")
    assert await inside.count() >= len(HOSTILE)
    assert await page.locator("#texts bdi[dir=auto] *:not(mark)").count() == 0
    for tag in (
        "script",
        "img",
        "svg",
        "iframe",
        "style",
        "meta",
        "base",
        "input",
        "a[href^='javascript']",
        "[hx-get]",
    ):
        assert await page.locator(f"#texts {tag}").count() == 0, tag
    assert await page.locator("#texts a[href^='http'], #texts a[href*='example.com']").count() == 0
    shown = await page.locator("#texts").inner_text()
    for mark in (
        "⟨U+202E⟩",
        "⟨U+2066⟩",
        "⟨U+200B⟩",
        "⟨U+FEFF⟩",
        "⟨U+0007⟩",
        "{{ 7*7 }}",
        "<script>",
        "&#60;script&#62;",
    ):
        assert mark in shown, mark
    assert "49" not in shown
    for path in (f"/customers/{id}", "/queue", f"/customers/{id}/journal"):
        await page.goto(str(bank.client.make_url(path)))
        assert "owned" not in await page.title()
        assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
    assert url.endswith(f"/customers/{id}")


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
