"""Who looked at whose data: every read is in the log, and auditors read the log page by page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.store import accesses
from tests.console.conftest import Bank


async def test_every_way_to_a_customers_data_leaves_an_entry(bank: Bank) -> None:
    customer = await bank.customer()
    await bank.called(customer)
    browser = await bank.browser("fang")
    await browser.get("/queue")
    await browser.get("/customers?q=13800000001")
    await browser.post(f"/customers/{customer}/take")
    await browser.post(f"/customers/{customer}/reveal")
    await browser.get(f"/customers/{customer}/journal")
    kinds = [(what.split()[0], whose) for who, whose, what in await bank.readings() if who == "fang"]
    for kind, whose in (("queue", None), ("search", customer), ("conversation", customer), ("reveal", customer),
                        ("journal", customer)):  # fmt: skip
        assert (kind, whose) in kinds, kind


async def test_auditors_filter_by_person_customer_and_day_and_that_is_an_entry_too(bank: Bank) -> None:
    first, second = await bank.customer(), await bank.customer("+8613800000002")
    fang, chen = await bank.browser("fang"), await bank.browser("chen")
    await fang.get(f"/customers/{first}")
    await chen.get(f"/customers/{second}")
    bank.time.now += timedelta(days=1)
    auditor = await bank.browser("audit", "auditor")
    async with bank.database.write() as connection:
        await accesses.log_access(connection, "fang", second, "conversation", bank.time())
    everything = (await auditor.get("/access")).words
    assert "A customer's page" in everything
    assert everything.count("C000002") == 2
    of_fang = (await auditor.get("/access?who=Fang")).words
    assert "C000001" in of_fang and "C000002" in of_fang and "chen" not in of_fang
    for needle in ("C000001", "A000001", "13800000001"):
        of_first = await auditor.get(f"/access?customer={needle}")
        assert "fang" in of_first.words and "chen" not in of_first.words, needle
    that_day = (await auditor.get("/access?day=2026-11-23")).words
    assert that_day.count("C000002") == 1 and "C000001" in that_day
    own = [(whose, what) for who, whose, what in await bank.readings() if who == "audit"]
    assert (None, "access log fang") not in own
    assert (None, "access log Fang") in own
    assert (first, "access log") in own
    assert (None, "access log 2026-11-23") in own


async def test_the_log_is_paged_without_losing_or_repeating_an_entry(bank: Bank) -> None:
    async with bank.database.write() as connection:
        for n in range(120):
            await accesses.log_access(connection, "fang", None, f"entry-{n:03d}", bank.time())
    auditor = await bank.browser("audit", "auditor")
    path, seen = "/access?who=fang", []
    for _ in range(3):
        page = await auditor.get(path)
        seen += [word for word in page.words.split() if word.startswith("entry-")]
        older = [attrs["href"] for tag, attrs in page.elements if tag == "a" and "before=" in (attrs.get("href") or "")]
        path = older[0] or "" if older else ""
    assert seen == [f"entry-{n:03d}" for n in range(119, -1, -1)]
    assert path == ""


@pytest.mark.parametrize("query", [
    "?day=yesterday", "?day=0001-01-01", "?day=9999-12-31", "?before=x", "?before=99999999999999999999", "?who=%00",
    "?customer=nobody", "?who='%20OR%201=1", "?day=2026-02-30&who=fang", "?who=%ED%A0%80",
])  # fmt: skip
async def test_garbage_finds_nothing_and_breaks_nothing(bank: Bank, query: str) -> None:
    auditor = await bank.browser("audit", "auditor")
    assert (await auditor.get(f"/access{query}")).status in (200, 404)


async def test_only_auditors_see_it(bank: Bank) -> None:
    for role in ("agent", "supervisor", "admin"):
        assert (await (await bank.browser(role, role)).get("/access")).status == 403
