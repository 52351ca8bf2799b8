"""How quick the console is on PostgreSQL with a large portfolio, each figure beside its bar and a bare peer.

`python -m tests.bench.console [--customers N] [--no-browser]` measures this alone; the bars are for 100,000.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from bot import dialogues
from bot.console.render import ZIPPED
from bot.store import cases, migrate
from bot.store.columns import use_keyring
from bot.store.keys import Keyring
from bot.store.session import Database
from tests.bench import painting
from tests.bench.asking import measure_answers, measure_dashboards, shown
from tests.bench.portfolio import SUPERVISOR, fill
from tests.bench.postgres import empty, postgres
from tests.bench.serving import Serving, serving
from tests.bench.uploading import ROWS, measure_upload
from tests.console.browser.conftest import CHROMIUM

CUSTOMERS = 100_000
NOTE = """p50 / p95 / p99. Two processes, as in earnest: one takes signed webhooks and works, the other serves the
console; browser, driver and carrier share this machine's cores with them and with PostgreSQL (fsync on, its other
settings as shipped). "Answered" is one request on an open connection. "Painted" ends after the frame that shows it; it
begins with the press on a link, the moment before the webhook is posted, or Ctrl+Enter. No TLS, no proxy. Bare: aiohttp
with one small page and one stream, nothing else, in the same browser; one SELECT by asyncpg."""
Line = tuple[str, str, str, str]  # what, measured, bar, bare peer


async def measure(folder: Path, address: str, customers: int, browser: bool = True) -> list[Line]:
    """Every figure of the console; what cannot be measured here says why."""
    database = Database(address)
    await empty(database)
    await migrate.upgrade(database)
    started = time.perf_counter()
    texts = await fill(database, dialogues.load().rules.strategy, datetime.now(UTC), customers)
    seconds = time.perf_counter() - started
    lines: list[Line] = [("portfolio", f"{customers:,} customers, {texts:,} texts", "", f"made in {seconds:.0f} s")]
    async with database.read() as connection:
        c = cases.customer.c
        rows = await connection.execute(select(c.id, c.reference).where(c.reference.like("B%")))
        ids = {int(row.reference[1:]): int(row.id) for row in rows}
    async with serving(database, folder, SUPERVISOR) as one, bare_page() as bare:
        lines += await _answers(one, bare, ids)
        lines += await _dashboards(one)
        if browser and CHROMIUM:
            lines += await _painted(one, bare, ids)
        else:
            why = "left out" if CHROMIUM else "not measured: Chromium is not installed (apt-get install chromium)"
            lines.append(("what is painted in a browser", why, "", ""))
    lines += await _uploaded(database, folder)
    await database.close()
    script, style = len(ZIPPED["console.js"]) / 1000, len(ZIPPED["console.css"]) / 1000
    lines.append(("script, style; compressed", f"{script:.1f} kB, {style:.1f} kB", "30 kB, 10 kB", ""))
    return lines


async def _answers(one: Serving, bare: str, ids: dict[int, int]) -> list[Line]:
    took = await measure_answers(one, bare, ids)
    hello, look_up = f"{shown(took['hello'])}, a bare page", f"{shown(took['look-up'])}, one SELECT"
    return [
        ("open a conversation, answered", shown(took["open"]), "p95 150 ms", hello),
        ("search by phone, answered", shown(took["phone"]), "p95 100 ms", look_up),
        ("search by account, answered", shown(took["account"]), "p95 100 ms", look_up),
        ("queue, who is next, answered", shown(took["queue"]), "", hello),
        ("queue, whom I have, answered", shown(took["mine"]), "", hello),
    ]


async def _dashboards(one: Serving) -> list[Line]:
    took = await measure_dashboards(one)
    return [
        (f"dashboard of {chosen}, answered", shown(seconds), f"p95 {1 if chosen == '30 days' else 2}000 ms", "")
        for chosen, seconds in took.items()
    ]


async def _uploaded(database: Database, folder: Path) -> list[Line]:
    took = await measure_upload(database, folder)
    bare = f"{ROWS / took['copy']:,.0f}, COPY of what they became"
    named = {"checking": "checked", "rehearsing": "rehearsed (dry run)", "applying": "imported"}
    return [
        (f"uploaded rows {words}, a second", f"{ROWS / took[stage]:,.0f}", "", bare if stage == "applying" else "")
        for stage, words in named.items()
    ]


async def _painted(one: Serving, bare: str, ids: dict[int, int]) -> list[Line]:
    async with painting.chromium() as browser:
        bytes_, requests = await painting.measure_first_load(browser, one, f"/customers/{ids[0]}")
        bare_open, bare_live = await painting.measure_bare(browser, bare)
        opened = await painting.measure_opening(browser, one, ids)
        live = await painting.measure_live(browser, one, ids)
        sent = await painting.measure_sending(browser, one, ids)
        stopped = await painting.measure_stopping(browser, one, ids)
    at_20 = f"webhook to painted, {painting.AT_20} at 20/s"
    at_50 = f"webhook to painted, {painting.AT_50} at 50/s, {painting.STREAMS} other streams"
    most = f", at most {max(live['20/s']) * 1000:.0f}"
    return [
        ("open a conversation, click to painted", shown(opened), "p95 150 ms", f"{shown(bare_open)}, a bare page"),
        (at_20, shown(live["20/s"]) + most, "p95 150 ms", f"{shown(bare_live)}, a bare stream"),
        (at_50, shown(live["50/s"]), "p95 300 ms", ""),
        ("  of these lost, doubled", f"{live['lost']}, {live['doubled']}", "0, 0", ""),
        ("Ctrl+Enter to own text painted", shown(sent), "", ""),
        ("opt-out by webhook to reply box closed", shown(stopped), "p95 500 ms", ""),
        ("first visit of a conversation", f"{bytes_ / 1000:.1f} kB, {requests} requests", "60 kB, 8 requests", ""),
    ]


@asynccontextmanager
async def bare_page() -> AsyncIterator[str]:
    """The bare peer, in a process of its own; its address."""
    pipe = asyncio.subprocess.PIPE
    module = [sys.executable, "-m", "tests.bench.bare_page"]
    process = await asyncio.create_subprocess_exec(*module, stdin=pipe, stdout=pipe)
    assert process.stdout is not None and process.stdin is not None
    yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    process.stdin.close()
    await process.wait()


def show(lines: list[Line]) -> None:
    """Print them as one table."""
    out = Console(width=140)
    table = Table("what", "measured", "bar", "bare", title="The console on this machine", box=None)
    for line in lines:
        table.add_row(*line)
    out.print(table)
    out.print(f"[dim]{NOTE}[/dim]")


def main() -> None:
    """Measure the console alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=CUSTOMERS, help="how many; at least 1,000")
    parser.add_argument("--no-browser", action="store_true", help="only what the server answers")
    options = parser.parse_args()
    use_keyring(Keyring(bytes(range(32))))
    with postgres() as (folder, address):
        load = os.getloadavg()[0]
        lines = uvloop.run(measure(folder, address, max(1_000, options.customers), not options.no_browser))
    show([*lines, ("load of the machine before and after", f"{load:.1f}, {os.getloadavg()[0]:.1f}", "", "")])


if __name__ == "__main__":
    main()
