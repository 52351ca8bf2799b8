"""A page that renews itself: what arrives is shown, what a person did on the page stays, and a dead line is no trap."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page, Route

from bot.console import live
from bot.console.customer import conversation
from bot.store import agents
from tests.console.browser.conftest import Open
from tests.console.conftest import Bank

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HIDE = """hidden => { Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange")); }"""


async def taken(bank: Bank, open_as: Open, **options: Any) -> tuple[int, Page]:
    """A customer whom wang has, on the screen, with its stream open."""
    id = await bank.customer()
    await bank.called(id)
    page = await open_as("wang", f"/customers/{id}", **options)
    await page.get_by_role("button", name="Take over").click()
    await page.locator("#link.live").wait_for()
    return id, page


async def arrives(bank: Bank, id: int, text: str) -> None:
    """The customer wrote this, and pages are told."""
    await bank.wrote(id, text)
    bank.office.hub.tell(frozenset({id}))


async def until_open(bank: Bank, streams: int) -> None:
    async with asyncio.timeout(10):
        while bank.office.hub.open != streams:  # noqa: ASYNC110  (nothing tells a test of it)
            await asyncio.sleep(0.05)


async def test_a_first_load_is_light_and_fetches_nothing_twice(bank: Bank, open_as: Open) -> None:
    id = await bank.customer()
    await bank.called(id)
    for n in range(40):
        await bank.wrote(id, f"我失业了，真的还不上，第{n}次")
    page = await open_as("wang", "/settings")
    await page.goto("about:blank")  # what that page still fetched is not counted
    network = await page.context.new_cdp_session(page)
    await network.send("Network.enable")
    await network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[float] = []
    requests: list[str] = []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    network.on("Network.requestWillBeSent", lambda event: requests.append(event["request"]["url"]))
    # A machine that is busy for seconds opens no stream meanwhile, and pages without one are fetched on a timer.
    await page.add_init_script("window.setInterval = () => 0")
    await page.goto(str(bank.client.make_url(f"/customers/{id}")))
    await page.locator("#link.live").wait_for()
    await page.wait_for_timeout(1000)
    assert len(requests) <= 8, requests
    assert len([url for url in requests if url.endswith(f"/customers/{id}")]) == 1
    assert sum(sizes) < 60_000


async def test_a_script_that_comes_late_still_opens_the_stream(bank: Bank, open_as: Open) -> None:
    page = await open_as("wang", "/settings")

    async def late(route: Route) -> None:
        await asyncio.sleep(0.5)
        await route.continue_()

    await page.context.route("**/static/console.js*", late)
    await page.add_init_script("window.setInterval = () => 0")  # nothing on a timer opens it instead
    await page.goto(str(bank.client.make_url("/queue")))
    await page.locator("#link.live").wait_for()


async def test_only_what_is_new_is_added_and_everything_else_stays_as_it_was(bank: Bank, open_as: Open) -> None:
    id, page = await taken(bank, open_as)
    for n in range(30):
        await bank.wrote(id, f"第{n}条 " + "长" * 60)
    await page.reload()
    await page.locator("#link.live").wait_for()
    await page.locator("#reply-text").fill("half a sent")
    await page.locator("details[data-key=m] > summary").click()
    await page.locator("#amount").fill("77.70")
    await page.locator("#reply-text").focus()
    await page.evaluate("""() => {
        document.querySelector(".thread").scrollTop = -300;
        document.getElementById("file").scrollTop = 40;
        window.before = [...document.querySelectorAll("#texts li")];
        window.added = [];
        new MutationObserver((all) => all.forEach((one) => window.added.push(...one.addedNodes)))
            .observe(document.getElementById("texts"), { childList: true });
    }""")
    places = """() => [document.querySelector(".thread").scrollTop, document.getElementById("file").scrollTop]"""
    was = await page.evaluate(places)
    await arrives(bank, id, "还在吗")
    await page.locator("#texts").get_by_text("还在吗").wait_for()
    assert (
        await page.evaluate("""() => window.before.every((one) => one.isConnected)
        && window.added.filter((one) => one.nodeType === 1).map((one) => one.matches("li.text.in") ? 1 : 2).join()""")
        == "1"
    )
    assert await page.evaluate("document.activeElement.id") == "reply-text"
    assert await page.locator("#reply-text").input_value() == "half a sent"
    assert await page.locator("#amount").input_value() == "77.70"
    assert await page.locator("details[data-key=m]").get_attribute("open") is not None
    now = await page.evaluate(places)
    assert now[1] == was[1] and now[0] < -200  # still among what is older, not at the newest


@pytest.mark.parametrize("burst", [1, 8, 13])
async def test_news_is_put_behind_what_is_there_however_much_of_it_comes(bank: Bank, open_as: Open, burst: int) -> None:
    """A page fetches a few of its customer's newest texts: with those that it has they are all, each once."""
    id, page = await taken(bank, open_as)
    for n in range(12):
        await bank.wrote(id, f"第{n}条")
    await page.reload()
    await page.locator("#link.live").wait_for()
    for n in range(burst):
        await bank.wrote(id, f"新{n}条")
    async with page.expect_response(lambda answer: answer.request.headers.get("x-refresh") == "own") as fetched:
        bank.office.hub.tell(frozenset({id}))
    assert (await (await fetched.value).text()).count('class="words"') == min(conversation.NEWS, 12 + burst)
    said = [f"第{n}条" for n in range(12)] + [f"新{n}条" for n in range(burst)]
    await page.locator(".text .words", has_text=said[-1]).wait_for()
    assert [one.strip() for one in await page.locator("#texts .text .words").all_inner_texts()] == said


async def test_a_fold_that_is_renewed_stays_open(bank: Bank, open_as: Open) -> None:
    """An open fold, a typed word and an unsent choice inside a part that is morphed."""
    id, page = await taken(bank, open_as)
    await page.evaluate("""() => {
        const part = document.getElementById("file-facts");
        part.insertAdjacentHTML("afterbegin", `<details id="probe"><summary>x</summary>
            <input id="probe-text" value="a"></details>`);
    }""")
    fresh = '<details id="probe"><summary>y</summary><input id="probe-text" value="b" autofocus></details>'

    async def with_probe(route: Route) -> None:
        if "x-refresh" not in route.request.headers:
            await route.continue_()
            return
        answer = await route.fetch()
        html = (await answer.text()).replace('<div id="file-facts"', '<div data-x="1" id="file-facts"')
        at = html.index(">", html.index('id="file-facts"')) + 1
        await route.fulfill(response=answer, body=html[:at] + fresh + html[at:])

    await page.route(f"**/customers/{id}", with_probe)
    await page.locator("#probe > summary").click()
    await page.locator("#probe-text").fill("mine")
    await page.locator("#reply-text").focus()
    await arrives(bank, id, "还在吗")
    await page.locator("#probe > summary", has_text="y").wait_for()
    assert await page.locator("#probe").get_attribute("open") is not None
    assert await page.locator("#probe-text").input_value() == "mine"
    assert await page.evaluate("document.activeElement.id") == "reply-text"


@pytest.mark.parametrize("status", [500, 503, 404, 409])
async def test_an_error_is_never_shown_in_place_of_the_page(bank: Bank, open_as: Open, status: int) -> None:
    id, page = await taken(bank, open_as)
    await arrives(bank, id, "第一条")
    await page.locator("#texts").get_by_text("第一条").wait_for()
    asked = asyncio.Event()

    async def fail(route: Route) -> None:
        if "x-refresh" not in route.request.headers:
            await route.continue_()
            return
        asked.set()
        await route.fulfill(status=status, content_type="text/html", body='<ol id="texts" data-refresh="5">broken</ol>')

    await page.route(f"**/customers/{id}", fail)
    await arrives(bank, id, "第二条")
    await asyncio.wait_for(asked.wait(), 10)
    await page.wait_for_timeout(300)
    assert "broken" not in await page.content()
    assert await page.locator("#texts").get_by_text("第一条").count() == 1
    await page.unroute(f"**/customers/{id}")
    await arrives(bank, id, "第三条")
    await page.locator("#texts").get_by_text("第三条").wait_for()
    assert await page.locator("#texts").get_by_text("第二条").count() == 1


async def test_a_hidden_page_lets_go_of_its_stream_and_catches_up(bank: Bank, open_as: Open, monkeypatch: Any) -> None:
    monkeypatch.setattr(live, "BREATH", 0.1)
    id, page = await taken(bank, open_as)
    streams = bank.office.hub.open
    await page.evaluate(HIDE, True)
    await until_open(bank, streams - 1)
    await arrives(bank, id, "还在吗")
    await page.wait_for_timeout(500)
    assert await page.locator("#texts").get_by_text("还在吗").count() == 0
    await page.evaluate(HIDE, False)
    await page.locator("#texts").get_by_text("还在吗").wait_for()
    await until_open(bank, streams)


async def test_into_a_dead_line_nothing_is_sent_and_nothing_is_lost(bank: Bank, open_as: Open) -> None:
    id, page = await taken(bank, open_as)
    await page.locator("#reply-text").fill("您好，我们一起看看办法。")
    await page.locator("#link.live").wait_for()
    await page.context.set_offline(True)
    await page.locator("#link.offline").wait_for()
    await page.locator("#reply-text").press("Control+Enter")
    await page.locator("#toast", has_text="nothing was sent").wait_for()
    assert await page.locator("#reply-text").input_value() == "您好，我们一起看看办法。"
    assert await bank.texts(id) == []
    await page.context.set_offline(False)
    await page.locator("#link.live").wait_for()
    await page.locator("#reply-text").press("Control+Enter")
    await page.get_by_text("Your reply is queued.").wait_for()
    assert [row.text for row in await bank.texts(id)] == ["您好，我们一起看看办法。"]


async def test_a_revoked_persons_page_goes_to_the_log_in(bank: Bank, open_as: Open, monkeypatch: Any) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.3)
    page = await open_as("wang", "/queue")
    await page.locator("#link.live").wait_for()
    async with bank.database.write() as connection:
        await agents.set_active(connection, 1, False)
    await page.wait_for_url("**/login**", timeout=10_000)


async def test_who_waits_is_counted_in_the_title_and_marked_on_the_icon(bank: Bank, open_as: Open) -> None:
    id, page = await taken(bank, open_as)
    title = await page.title()
    await arrives(bank, id, "还在吗")
    await page.wait_for_function("() => document.title.startsWith('(1) ')")
    assert "icon-dot.svg" in str(await page.locator("link[rel=icon]").get_attribute("href"))
    await page.locator("#reply-text").fill("在的，请说。")
    await page.wait_for_timeout(3500)  # until the text counts as read
    async with page.expect_response("**/notices**"):
        await page.locator("#reply-text").press("Control+Enter")
    await page.get_by_text("Your reply is queued.").wait_for()
    await page.wait_for_timeout(300)
    assert await page.title() == title
    assert "icon.svg" in str(await page.locator("link[rel=icon]").get_attribute("href"))


async def test_sound_and_notice_can_be_tried_out(bank: Bank, open_as: Open) -> None:
    page = await open_as("wang", "/settings", permissions=["notifications"])
    await page.evaluate("""() => { window.shown = [];
        window.Notification = class { constructor(...said) { window.shown.push(said); }
            static permission = "granted"; static async requestPermission() { return "granted"; } }; }""")
    await page.get_by_role("button", name="Test sound").click()
    await page.locator("body[data-sounded=yes]").wait_for(state="attached")
    await page.get_by_role("button", name="Test notice").click()
    await page.wait_for_function("() => window.shown.length === 1")
    assert await page.evaluate("window.shown[0][1].body") == "Customers waiting for an answer: 1"


async def test_of_several_pages_one_listens_for_who_waits_and_another_takes_its_place(
    bank: Bank, open_as: Open
) -> None:
    one = await open_as("wang", "/queue")
    await one.locator("#link.live").wait_for()
    await one.wait_for_function("() => localStorage.getItem('huixin-waiting') !== null")  # it listens
    asked: list[str] = []
    one.context.on("request", lambda request: asked.append(request.url) if "/notices" in request.url else None)
    two = await one.context.new_page()
    await two.goto(one.url)
    await two.locator("#link.live").wait_for()
    await two.wait_for_timeout(500)
    assert asked == []
    id = await bank.customer()
    await bank.called(id)
    await one.close()
    while not asked:
        await two.wait_for_timeout(50)
    assert len(asked) == 1
    await two.locator("button[data-key=Enter]").click()
    await two.locator("#reply-text").wait_for()
    await arrives(bank, id, "还在吗")
    await two.wait_for_function("() => document.title.startsWith('(1) ')")


async def test_without_a_stream_the_page_says_so_and_still_follows_and_sends(bank: Bank, open_as: Open) -> None:
    id, page = await taken(bank, open_as)
    bank.office.hub.close()  # streams end, and new ones are refused
    await page.locator("#link.lost", has_text="Reconnecting").wait_for(timeout=15_000)
    await bank.wrote(id, "还在吗")
    await page.locator("#texts").get_by_text("还在吗").wait_for(timeout=15_000)
    await page.wait_for_timeout(3500)  # until the text counts as read
    await page.locator("#reply-text").fill("在的，请说。")
    await page.locator("#reply-text").press("Control+Enter")
    await page.get_by_text("Your reply is queued.").wait_for()


async def test_a_page_that_takes_its_time_says_so_and_takes_no_second_click(bank: Bank, open_as: Open) -> None:
    id = await bank.customer()
    await bank.called(id)
    page = await open_as("wang", f"/customers/{id}")
    go_on = asyncio.Event()

    async def wait(route: Route) -> None:
        await go_on.wait()
        await route.continue_()

    await page.route("**/take", wait)
    said = await page.evaluate("""async () => {
        const button = document.querySelector("button[data-key=t]");
        button.click();
        await new Promise((done) => setTimeout(done, 200));
        const early = document.body.dataset.busy;
        await new Promise((done) => setTimeout(done, 500));
        return [early, document.body.dataset.busy, button.getAttribute("aria-busy"), button.disabled];
    }""")
    assert said == [None, "", "true", True]
    go_on.set()
    await page.locator("#reply-text").wait_for()
    assert await page.locator("body[data-busy]").count() == 0
