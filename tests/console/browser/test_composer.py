"""The reply box in a real browser: templates by "/", checks and segments while typing, drafts, and the keys."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select, update

from bot.console.customer import action
from bot.console.customer.checks import measure
from bot.core.case import Owner
from bot.core.event import AgentActed, AgentAction
from bot.store import agents, cases
from tests.console.browser.conftest import Open
from tests.console.conftest import Bank

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LENGTHS = (1, 63, 64, 65, 66, 67, 68, 69, 70, 71, 127, 128, 129, 134, 135, 153, 154, 160, 161, 306, 307)
TEXTS = [
    *("a" * n for n in LENGTHS), *("字" * n for n in LENGTHS), *("€" * n for n in (79, 80, 81, 153, 155)),
    *("🦊" * n for n in (34, 35, 36, 67, 68)), "a" * 152 + "€" * 6, "字" * 66 + "🦊" * 4, "^{}\\[~]|€" * 9,
    "a`b", "çç", "Ünïcode", "line\nline", "tab\tstop", "zero\u200bwidth", "family 👨\u200d👩\u200d👧", " spaces ",
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà", "", "【测试】", "“quotes”", "'straight'", "…", "a\u00a0b",
]  # fmt: skip


async def mine(bank: Bank, open_as: Open, login: str = "wang") -> tuple[int, Page]:
    """A customer who waits, just taken by their agent."""
    id = await bank.customer()
    await bank.called(id)
    await bank.wrote(id, "我失业了")
    page = await open_as(login, "/queue")
    await page.get_by_role("button", name="Take next").click()
    await page.locator("#reply-text").wait_for()
    return id, page


async def test_a_template_is_found_by_typing_and_sent_with_four_keys(bank: Bank, open_as: Open) -> None:
    id = await bank.customer()
    await bank.called(id)
    await bank.wrote(id, "怎么还")
    page = await open_as("wang", "/queue")
    await page.get_by_role("button", name="Take next").focus()
    await page.keyboard.press("Enter")  # 1: take next; the box has the focus
    await expect(page.locator("#reply-text")).to_be_focused()
    await page.keyboard.press("/")  # 2
    await expect(page.locator("#picker-find")).to_be_focused()
    assert await page.locator("#reply-text").input_value() == ""
    await page.keyboard.type("how pay")  # choosing
    await page.keyboard.press("Enter")  # 3
    await expect(page.locator("#reply-text")).to_be_focused()
    await page.keyboard.press("Control+Enter")  # 4
    await page.get_by_text("Your reply is queued.").wait_for()
    (row,) = await bank.texts(id)
    assert (row.response, row.template) == ("agent_how_to_pay", "agent_how_to_pay/zh/1")


async def test_the_picker_is_driven_by_arrows_and_says_what_is_chosen(bank: Bank, open_as: Open) -> None:
    _, page = await mine(bank, open_as)
    box, find = page.locator("#reply-text"), page.locator("#picker-find")
    await page.get_by_role("button", name="Templates /").click()
    first = await find.get_attribute("aria-activedescendant")
    await find.press("ArrowDown")
    second = await find.get_attribute("aria-activedescendant")
    assert (first, second) == ("pick-agent_hello", "pick-agent_documents")
    assert await page.locator("[aria-selected=true]").get_attribute("id") == second
    await find.press("ArrowUp")
    await find.press("ArrowUp")  # round to the last
    assert await find.get_attribute("aria-activedescendant") == "pick-agent_thanks"
    await find.fill("no such thing")
    await expect(page.get_by_text("No template fits.")).to_be_visible()
    await find.press("Enter")
    await find.press("Escape")
    await expect(page.locator("#picker")).to_be_hidden()
    await expect(box).to_be_focused()
    await box.fill("1/2")  # a slash inside a text is a slash
    await expect(page.locator("#picker")).to_be_hidden()
    await box.press("End")
    await box.press("Control+A")
    await box.press("/")
    await expect(page.locator("#picker")).to_be_visible()
    await page.get_by_role("option", name="Thanks").click()
    assert (await box.input_value()).startswith("谢谢您的回复")


async def test_an_input_method_may_compose_in_peace(bank: Bank, open_as: Open) -> None:
    """What Chrome sends while pinyin is turned into characters: nothing of it opens, chooses or sends anything."""
    id, page = await mine(bank, open_as)
    client = await page.context.new_cdp_session(page)
    box = page.locator("#reply-text")
    await box.focus()
    for part in ("/", "n", "ni", "nih", "你好"):
        await client.send(
            "Input.imeSetComposition", {"text": part, "selectionStart": len(part), "selectionEnd": len(part)}
        )
        await expect(page.locator("#picker")).to_be_hidden()
    await client.send("Input.insertText", {"text": "你好"})
    assert await box.input_value() == "你好"
    await expect(page.locator("#picker")).to_be_hidden()
    await box.fill("")
    await client.send("Input.insertText", {"text": "、"})  # the same key under a Chinese input method
    await expect(page.locator("#picker-find")).to_be_focused()
    await client.send("Input.imeSetComposition", {"text": "ganxie", "selectionStart": 6, "selectionEnd": 6})
    await client.send("Input.insertText", {"text": "谢谢您的回复"})
    await expect(page.locator("[role=option]:visible")).to_have_count(1)
    await page.keyboard.press("Enter")
    assert (await box.input_value()).startswith("谢谢您的回复")
    assert await bank.texts(id) == []


async def test_what_is_typed_is_judged_within_a_moment(bank: Bank, open_as: Open) -> None:
    id, page = await mine(bank, open_as)
    box, checks = page.locator("#reply-text"), page.locator("#checks")
    await expect(checks).to_contain_text("A text may leave now")
    await box.fill("再不还就后果自负")
    await expect(checks).to_contain_text("Must not be said: a threat")
    await box.fill("可以减免罚息")
    await expect(page.get_by_label("Reason", exact=True).first).to_be_visible()
    await box.press("Control+Enter")  # a reason is missing: nothing leaves
    await page.locator("#reply-reason").fill("approved by the supervisor")
    await page.locator("#reply-reason").press("Control+Enter")
    await page.get_by_text("Your reply is queued.").wait_for()
    assert [row.text for row in await bank.texts(id)] == ["可以减免罚息"]


async def test_one_pause_in_typing_is_one_question(bank: Bank, open_as: Open) -> None:
    _, page = await mine(bank, open_as)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/check") else None)
    await page.locator("#reply-text").press_sequentially("您好我们一起商量吧您看行吗", delay=20)
    await expect(page.locator("#checks")).to_contain_text("Nothing against the words")
    assert len(asked) == 1


async def test_segments_are_counted_in_the_browser_as_on_the_server(bank: Bank, open_as: Open) -> None:
    _, page = await mine(bank, open_as)
    for signature in ("", "【示例银行】", "Example Bank: "):
        counted = await page.evaluate(
            """([texts, signature]) => {
              const box = document.getElementById("reply-text"), size = document.getElementById("segments");
              box.dataset.signature = signature;
              box.removeAttribute("maxlength");
              const shown = (text) => { box.value = text; box.dispatchEvent(new InputEvent("input")); };
              return texts.map((text) => { shown(text); return size.textContent; });
            }""",
            [TEXTS, signature],
        )
        for text, shown in zip(TEXTS, counted, strict=True):
            typed = "".join(c for c in text if c not in "\t\u200b").strip()
            size = measure(signature, typed)
            words = f"{size.units}/{size.room} · {size.parts} segment{'s' if size.parts > 1 else ''} · {size.encoding}"
            assert shown == words, (signature, text)


async def test_a_draft_is_saved_by_itself_and_is_there_on_another_device(bank: Bank, open_as: Open) -> None:
    id, page = await mine(bank, open_as)
    await page.locator("#reply-text").press_sequentially("半句")
    await expect(page.locator("#draft-state")).to_have_text("Draft saved", timeout=4000)
    await page.reload()
    assert await page.locator("#reply-text").input_value() == "半句"
    await page.locator("#reply-text").press_sequentially("话")
    await page.goto(str(bank.client.make_url("/queue")))  # away within a second: the page sends it as it leaves
    await asyncio.sleep(0.3)
    await page.goto(str(bank.client.make_url(f"/customers/{id}")))
    assert sorted(await page.locator("#reply-text").input_value()) == sorted("半句话")


async def test_a_draft_is_gone_once_it_is_sent(bank: Bank, open_as: Open) -> None:
    id, page = await mine(bank, open_as)
    await page.locator("#reply-text").fill("您好")
    await expect(page.locator("#draft-state")).to_have_text("Draft saved", timeout=4000)
    await page.locator("#reply-text").press("Control+Enter")
    await page.get_by_text("Your reply is queued.").wait_for()
    assert await page.locator("#reply-text").input_value() == ""
    await page.reload()
    assert await page.locator("#reply-text").input_value() == ""
    assert len(await bank.texts(id)) == 1


async def test_a_reply_written_past_a_new_text_stops_at_it_and_goes_when_sent_again(bank: Bank, open_as: Open) -> None:
    id, page = await mine(bank, open_as)
    await page.locator("#reply-text").fill("请问何时还款？")
    await bank.wrote(id, "别再联系我妈", pending=True)
    await page.locator("#reply-text").press("Control+Enter")
    banner = page.get_by_role("alert")
    await expect(banner).to_contain_text("别再联系我妈")
    await expect(banner).to_be_focused()
    assert await bank.texts(id) == []
    assert await page.locator("#reply-text").input_value() == "请问何时还款？"
    await page.keyboard.press("Control+Enter")
    await page.get_by_text("Your reply is queued.").wait_for()
    assert [row.text for row in await bank.texts(id)] == ["请问何时还款？"]


async def test_send_and_next_by_keys_opens_the_next_customer(bank: Bank, open_as: Open) -> None:
    first, page = await mine(bank, open_as)
    second = await bank.customer("+8613800000002")
    await bank.called(second)
    await bank.wrote(second, "第二位")
    await page.locator("#reply-text").fill("您好")
    await page.keyboard.press("Control+Shift+Enter")
    await page.wait_for_url(f"**/customers/{second}?done=take")
    await expect(page.locator("#reply-text")).to_be_focused()
    assert [len(await bank.texts(id)) for id in (first, second)] == [1, 0]


async def test_quiet_hours_that_begin_are_said_and_keep_what_is_typed(bank: Bank, open_as: Open) -> None:
    id, page = await mine(bank, open_as)
    await page.locator("#reply-text").fill("您好")
    async with bank.database.write() as connection:
        await connection.execute(update(cases.customer).values(zones="America/Los_Angeles"))
    await page.locator("#reply-text").press_sequentially("啊")
    await expect(page.locator("#checks")).to_contain_text("quiet hours")
    await page.locator("#reply-text").press("Control+Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Not sent: quiet hours")
    assert (await page.locator("#reply-text").input_value()).replace("啊", "") == "您好"
    assert await bank.texts(id) == []


async def test_a_promise_is_recorded_with_four_keys_beside_amount_and_day(bank: Bank, open_as: Open) -> None:
    id, page = await mine(bank, open_as)
    await expect(page.locator("#reply-text")).to_be_focused()
    await page.keyboard.press("Escape")  # 1: out of the reply box
    await page.keyboard.press("m")  # 2: the form of a promise, in its amount
    await expect(page.locator("#amount")).to_be_focused()
    await page.keyboard.press("Control+A")  # choosing the amount: what is due stands there already
    await page.keyboard.type("500")
    await page.keyboard.press("Tab")  # 3
    await page.keyboard.type("11272026")  # the day, in the order of this browser's own field
    await page.keyboard.press("Enter")  # 4
    await page.get_by_text("Promise to pay recorded.").wait_for()
    async with bank.database.read() as connection:
        (row,) = await connection.execute(select(cases.promise))
    assert (row.customer_id, row.amount, str(row.due_on)) == (id, 500, "2026-11-27")


async def test_a_conversation_is_resolved_by_keys_with_one_of_the_banks_outcomes(bank: Bank, open_as: Open) -> None:
    id, page = await mine(bank, open_as)
    await page.keyboard.press("Escape")
    await page.keyboard.press("e")
    await expect(page.locator("#resolve-outcome")).to_be_focused()
    await page.keyboard.type("Information")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")  # in the note's field
    await page.get_by_text("Resolved: Information given").wait_for()
    assert await bank.owner(id) == (Owner.BOT, None)


async def test_an_opt_out_shuts_the_whole_box_and_says_so_in_the_list(bank: Bank, open_as: Open) -> None:
    id, page = await mine(bank, open_as)
    await page.get_by_text("● Live").wait_for()
    box = page.locator("#reply-text")
    await box.fill("half a sentence")
    async with bank.database.read() as connection:
        person = (await agents.people(connection))[0]
    event = AgentActed(AgentAction.OPT_OUT, person.login, "said so on the phone")
    await action.act_on_own(bank.office, person, id, event, bank.time())
    await page.locator("#reply-text:disabled").wait_for(timeout=5000)
    assert await box.input_value() == "half a sentence"
    for name in ("send", "send-next", "pick"):
        await expect(page.locator(f"#{name}")).to_be_disabled()
    await expect(page.locator("#checks")).to_contain_text("May not be sent now")
    await page.keyboard.press("Control+Enter")
    assert [row.purpose for row in await bank.texts(id)] == ["opt_out_confirmation"]


async def test_a_draft_that_could_not_be_saved_says_so_and_is_tried_again(bank: Bank, open_as: Open) -> None:
    id, page = await mine(bank, open_as)
    box, state = page.locator("#reply-text"), page.locator("#draft-state")
    await page.route("**/draft", lambda route: route.abort())
    await box.fill("半句话")
    await expect(state).to_have_text("Draft not saved yet, trying again", timeout=8000)
    await page.unroute("**/draft")
    await expect(state).to_have_text("Draft saved", timeout=12000)
    await page.goto(str(bank.client.make_url(f"/customers/{id}")))
    assert await box.input_value() == "半句话"


async def test_a_colleague_who_takes_over_shuts_the_box_and_is_named_in_the_list(bank: Bank, open_as: Open) -> None:
    id, page = await mine(bank, open_as)
    await page.get_by_text("● Live").wait_for()
    await page.locator("#reply-text").fill("half a sentence")
    boss = await bank.browser("boss", "supervisor")
    await boss.post(f"/customers/{id}/take", **{"from": "1"})
    await page.locator("#reply-text:disabled").wait_for(timeout=5000)
    await expect(page.locator("#checks")).to_contain_text("Boss took this.")
    assert await page.locator("#reply-text").input_value() == "half a sentence"
