"""Runs every measurement on both databases and prints one table."""

from __future__ import annotations

from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from bot import dialogues
from bot.nlu.read import Reader
from bot.store.columns import use_keyring
from bot.store.keys import Keyring
from tests.bench import console, reading
from tests.bench.figure import Figure
from tests.bench.measure import measure_all
from tests.bench.postgres import postgres
from tests.bench.sessions import measure_sessions
from tests.bench.webhooks import measure_webhooks

out = Console(width=110)
NOTE = """limit: the same INSERT, UPDATE and DELETE statements with the same values in the same transactions,
replayed by the bare driver (asyncpg, sqlite3) on a copy of the same database; for a connection to a gateway,
what its window, or that many requests at a time, allows at that latency. Server, client and worker
share this machine's cores."""


async def run(folder: Path, postgres: str) -> list[Figure]:
    """Every figure, on SQLite and on PostgreSQL."""
    reader, content = Reader.load(), dialogues.load()
    figures = []
    for name, url in (("SQLite", f"sqlite:///{folder / 'bench.db'}"), ("PostgreSQL", postgres)):
        out.print(f"[dim]measuring on {name} …[/dim]")
        figures += await measure_all(name, url, folder, reader, content)
    return figures + await measure_sessions() + await measure_webhooks()


def main() -> None:
    """Measure everything, and print."""
    reading.show()
    use_keyring(Keyring(bytes(range(32))))
    with postgres() as (folder, address):
        figures = uvloop.run(run(folder, address))
        lines = uvloop.run(console.measure(folder, address, console.CUSTOMERS))
    table = Table("database", "what", "measured", "limit", "ratio", title="Huixin on this machine", box=None)
    for figure in figures:
        table.add_row(figure.database, figure.what, figure.measured, figure.limit, figure.ratio)
    out.print(table)
    out.print(f"[dim]{NOTE}[/dim]")
    console.show(lines)


if __name__ == "__main__":
    main()
