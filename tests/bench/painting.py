"""How long until an agent sees it: from a click, a webhook or an opt-out to the frame that shows it, in Chromium."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from playwright.async_api import Browser, Page, async_playwright

from bot.console.access import COOKIE
from tests.bench.portfolio import AGENTS
from tests.bench.serving import Serving
from tests.console.browser.conftest import CHROMIUM

AT_20, AT_50, STREAMS, OPENED, SENT, STOPPED = 240, 600, 50, 60, 20, 40
# Runs in every document. Times are milliseconds since 1970 by the machine's one clock, taken after the frame is drawn.
WATCH = r"""
const now = () => performance.timeOrigin + performance.now();
const afterFrame = (tell) => requestAnimationFrame(() => setTimeout(tell));
addEventListener("pointerdown", () => sessionStorage.setItem("asked", now()), true);
addEventListener("keydown", () => sessionStorage.setItem("asked", now()), true);
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  if (entry.name === "first-contentful-paint") window.painted = performance.timeOrigin + entry.startTime;
})).observe({ type: "paint", buffered: true });
window.shown = {};
window.doubled = 0;
new MutationObserver(() => {
  const fresh = [], met = new Set();
  document.querySelectorAll(".words").forEach((one) => {
    const said = /№(\d+)/.exec(one.textContent);
    if (!said) return;
    if (met.has(said[1])) window.doubled += 1;
    met.add(said[1]);
    if (!(said[1] in window.shown)) { window.shown[said[1]] = 0; fresh.push(said[1]); }
  });
  if (fresh.length) afterFrame(() => fresh.forEach((one) => { window.shown[one] = now(); }));
  const box = document.getElementById("reply-text");
  if ((box && !box.disabled) || window.closed_at) return;
  window.closed_at = -1;
  afterFrame(() => { window.closed_at = now(); });
}).observe(document, { childList: true, subtree: true, attributes: true });
"""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser that the tests use too."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def tab(browser: Browser, one: Serving, path: str, agent_id: int = 1) -> Page:
    """A page of somebody who is logged in."""
    context = await browser.new_context(locale="en-GB", viewport={"width": 1366, "height": 768})
    url = one.console.replace("http:", "https:")
    await context.add_cookies([{"name": COOKIE, "value": one.sids[agent_id], "url": url, "secure": True}])
    await context.add_init_script(WATCH)
    page = await context.new_page()
    await page.goto(f"{one.console}{path}")
    return page


async def measure_bare(browser: Browser, bare: str) -> tuple[list[float], list[float]]:
    """Seconds from click to painted, and from POST to painted, of a page that has nothing to do."""
    context = await browser.new_context()
    await context.add_init_script(WATCH)
    page = await context.new_page()
    await page.goto(f"{bare}/1")
    opened = [await _opens(page, f"{bare}/{place}", "a") for place in range(2, 2 + OPENED)]
    async with aiohttp.ClientSession() as session:

        async def say(words: str) -> None:
            async with session.post(f"{bare}/say", data=words.encode()):
                pass

        live = await _live(page, say, AT_20, 20)
    await context.close()
    return opened, live


async def measure_opening(browser: Browser, one: Serving, ids: dict[int, int]) -> list[float]:
    """Seconds from the click on a customer in the list to their page painted."""
    page = await tab(browser, one, f"/customers/{ids[0]}")
    took = []
    for turn in range(OPENED):
        id = ids[AGENTS * (1 + turn % 9)]
        await page.get_by_text("● Live").wait_for()  # as for somebody who reads before they go on
        took.append(await _opens(page, f"{one.console}/customers/{id}", f"#list a[href='/customers/{id}']"))
    await page.context.close()
    return took[5:]


async def _opens(page: Page, url: str, link: str) -> float:
    await page.evaluate("window.painted = 0")
    await page.locator(link).click(no_wait_after=True)
    await page.wait_for_url(url)
    await _until(page, "window.painted > 0")
    return float(await page.evaluate("window.painted - Number(sessionStorage.asked)")) / 1000


async def _until(page: Page, expression: str, seconds: float = 20) -> None:
    """Ask the page until it is so: what Playwright waits by is forbidden by our own policy for scripts."""
    deadline = time.monotonic() + seconds
    while not await page.evaluate(expression):
        assert time.monotonic() < deadline, f"after {seconds} s still not: {expression}"
        await asyncio.sleep(0.01)


async def measure_live(browser: Browser, one: Serving, ids: dict[int, int]) -> dict[str, Any]:
    """Seconds from webhook to painted in the open conversation: at 20 a second, then at 50 beside other streams."""
    found: dict[str, Any] = {}
    page = await tab(browser, one, f"/customers/{ids[0]}")
    await page.get_by_text("● Live").wait_for()
    found["20/s"] = await _live(page, lambda words: one.says(0, words), AT_20, 20)
    await page.context.close()
    page = await tab(browser, one, f"/customers/{ids[AGENTS]}")
    await page.get_by_text("● Live").wait_for()
    async with streams(one, ids, STREAMS):
        found["50/s"] = await _live(page, lambda words: one.says(AGENTS, words), AT_50, 50)
    found["lost"] = AT_50 - len(found["50/s"])
    found["doubled"] = await page.evaluate("window.doubled")
    await page.context.close()
    return found


async def _live(page: Page, say: Callable[[str], Awaitable[None]], count: int, rate: int) -> list[float]:
    """Say so many things at this rate, and read from the page when each was painted; seconds."""
    asked: dict[str, float] = {}

    async def post(place: int) -> None:
        await asyncio.sleep(place / rate)
        asked[str(place)] = time.time()
        await say(f"还在吗 №{place}")

    await asyncio.gather(*(post(place) for place in range(count)))
    for _ in range(40):
        shown: dict[str, float] = await page.evaluate("window.shown")
        if len(shown) == count and all(shown.values()):
            break
        await asyncio.sleep(0.25)
    return [shown[place] / 1000 - at for place, at in asked.items() if shown.get(place)]


@asynccontextmanager
async def streams(one: Serving, ids: dict[int, int], count: int) -> AsyncIterator[None]:
    """So many more open pages, as the server sees them: each holds its stream and reads what it is told."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def hold(place: int) -> None:
            agent_id = 1 + place % AGENTS
            timeout = aiohttp.ClientTimeout(total=None)
            path = f"{one.console}/live?customer={ids[place]}"
            async with session.get(path, headers=one.cookie(agent_id), timeout=timeout) as answer:
                async for _ in answer.content:
                    pass

        held = [asyncio.create_task(hold(place)) for place in range(count)]
        await asyncio.sleep(1)
        yield
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)


async def measure_sending(browser: Browser, one: Serving, ids: dict[int, int]) -> list[float]:
    """Seconds from Ctrl+Enter to the agent's own bubble painted."""
    page = await tab(browser, one, "/queue?folder=mine", 2)
    took = []
    for turn in range(SENT):  # one to each customer of agent 2: caps allow a second one tomorrow
        await page.goto(f"{one.console}/customers/{ids[1 + AGENTS * turn]}")
        words = f"您好，我们一起看看办法。№{turn}"
        box = page.locator("#reply-text")
        await box.fill(words)
        await box.press("Control+Enter")
        await _until(page, f"(window.shown || {{}})['{turn}'] > 0")
        took.append(float(await page.evaluate(f"window.shown['{turn}'] - Number(sessionStorage.asked)")) / 1000)
    await page.context.close()
    return took


async def measure_stopping(browser: Browser, one: Serving, ids: dict[int, int]) -> list[float]:
    """Seconds from the webhook of an opt-out to the reply box of the open conversation closed."""
    took = []
    for turn in range(STOPPED):
        place = 3 + AGENTS * (turn % 20) + turn // 20  # of agents 4 and 5
        page = await tab(browser, one, f"/customers/{ids[place]}", 1 + place % AGENTS)
        await page.get_by_text("● Live").wait_for()
        await page.evaluate("window.closed_at = 0")
        at = time.time()
        await one.says(place, "退订")
        await _until(page, "window.closed_at > 0")
        took.append(float(await page.evaluate("window.closed_at")) / 1000 - at)
        await page.context.close()
    return took


async def measure_first_load(browser: Browser, one: Serving, path: str) -> tuple[int, int]:
    """Bytes over the wire and requests of a first visit, with an empty cache."""
    context = await browser.new_context(locale="en-GB")
    url = one.console.replace("http:", "https:")
    await context.add_cookies([{"name": COOKIE, "value": one.sids[1], "url": url, "secure": True}])
    page = await context.new_page()
    wire = await context.new_cdp_session(page)
    await wire.send("Network.enable")
    sizes: list[int] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    await page.goto(f"{one.console}{path}", wait_until="load")
    await asyncio.sleep(0.5)
    await context.close()
    return sum(sizes), len(sizes)
