"""Service clocks in a real browser: they tick from the server's deadlines, with nothing asked of the server."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.console.browser.conftest import Open
from tests.console.conftest import Bank

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_a_clock_ticks_and_changes_its_colour_between_two_renewals(bank: Bank, open_as: Open) -> None:
    id = await bank.customer()
    await bank.called(id, timedelta(seconds=62))
    page = await open_as("wang", "/queue")
    clock = page.locator("table.queue time.due")
    assert await clock.inner_text() == "1 min left"
    await page.locator("#link.live").wait_for()  # until then pages are fetched on a timer
    asked: list[str] = []
    # The stream of counts opens whenever the page has been painted; it asks for nothing that a clock shows.
    page.on("request", lambda request: asked.append(request.url) if "/notices?" not in request.url else None)
    await page.locator("table.queue time.due", has_text="0 min left").wait_for(timeout=25000)
    assert asked == []
    deadline = "document.querySelector('time[data-amber]')"
    await page.evaluate(f"{deadline}.dateTime = new Date(Date.parse({deadline}.dateTime) - 120000).toISOString()")
    await page.locator("table.queue time.due.late", has_text="1 min overdue").wait_for(timeout=25000)
