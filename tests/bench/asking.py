"""How long the console's server takes to answer, one request after another, beside one look-up and a bare page."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from random import Random
from statistics import quantiles

import aiohttp
import asyncpg

from tests.bench.portfolio import SUPERVISOR, number, reference
from tests.bench.serving import Serving

ASKED = 200  # requests of each kind, of customers all over the portfolio
BOARDS = 20  # requests of each dashboard


def spread(seconds: Iterable[float]) -> tuple[float, float, float]:
    """p50, p95 and p99 in milliseconds."""
    cuts = quantiles(seconds, n=100)
    return cuts[49] * 1000, cuts[94] * 1000, cuts[98] * 1000


def shown(seconds: Iterable[float]) -> str:
    """The same as a line of the table says it."""
    return " / ".join(f"{one:.0f}" if one >= 10 else f"{one:.1f}" for one in spread(seconds)) + " ms"


async def each(do: Callable[[int], Awaitable[None]], places: Iterable[int]) -> list[float]:
    """Do it for each of these customers, one after another; seconds of each."""
    took = []
    for place in places:
        started = time.perf_counter()
        await do(place)
        took.append(time.perf_counter() - started)
    return took


async def measure_answers(one: Serving, bare: str, ids: dict[int, int]) -> dict[str, list[float]]:
    """Seconds of each request, by what was asked. `ids`: customers' own numbers by place."""
    places = Random(5).sample(sorted(ids), min(ASKED, len(ids)))
    cookie = one.cookie(1)
    found: dict[str, list[float]] = {}
    async with aiohttp.ClientSession(headers={"Accept-Language": "en"}) as session:

        async def get(path: str) -> None:
            async with session.get(f"{one.console}{path}", headers=cookie, allow_redirects=False) as answer:
                await answer.read()
                assert answer.status in (200, 303), f"{path}: {answer.status}"

        async def hello(place: int) -> None:
            async with session.get(f"{bare}/{place}") as answer:
                await answer.read()

        await each(lambda place: get(f"/customers/{ids[place]}"), places[:20])  # both sides are warm
        found["open"] = await each(lambda place: get(f"/customers/{ids[place]}"), places)
        found["refresh"] = await each(lambda place: get(f"/customers/{ids[place]}"), places[:1] * ASKED)
        found["phone"] = await each(lambda place: get(f"/customers?q=%2B{number(place)[1:]}"), places)
        found["account"] = await each(lambda place: get(f"/customers?q=A{reference(place)}"), places)
        found["queue"] = await each(lambda _: get("/queue"), places)
        found["mine"] = await each(lambda _: get("/queue?folder=mine"), places)
        found["hello"] = await each(hello, places)
    driver = await asyncpg.connect(one.database.url.render_as_string(hide_password=False))
    look_up = await driver.prepare("SELECT customer_id, text FROM inbound WHERE customer_id = $1")

    async def look(place: int) -> None:
        await look_up.fetch(ids[place])

    found["look-up"] = await each(look, places)
    await driver.close()
    return found


async def measure_dashboards(one: Serving) -> dict[str, list[float]]:
    """Seconds of a supervisor's dashboard, by what was chosen."""
    cookie, found = one.cookie(SUPERVISOR), {}
    chosen = {"30 days": "days=30", "90 days": "days=90", "90 days of one product": "days=90&product=credit_card"}
    async with aiohttp.ClientSession(headers={"Accept-Language": "en"}) as session:

        async def get(path: str) -> None:
            async with session.get(f"{one.console}{path}", headers=cookie) as answer:
                assert answer.status == 200 and "<svg" in await answer.text(), path

        for name, query in chosen.items():
            await get(f"/dashboard?{query}")
            found[name] = await each(lambda _, query=query: get(f"/dashboard?{query}"), range(BOARDS))  # type: ignore[misc]
    return found
