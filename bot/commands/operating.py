"""dead-letters: what operations look at."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy import select

from bot.clock import Clock
from bot.commands.places import database_of, settings_of
from bot.store import accesses
from bot.store.tables import DeadLetter

out = Console(highlight=False)
dead_letter = DeadLetter.__table__  # type: ignore[attr-defined]
Demo = Annotated[bool, typer.Option(help="Look into the demonstration's database.")]


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.command("dead-letters")(dead_letters)


def dead_letters(
    most: Annotated[int, typer.Option(help="How many of the newest to show.")] = 20,
    demo: Demo = False,
) -> None:
    """Show what gateways sent that could not be read or belongs to no text, newest first, in full. It is recorded."""

    async def run() -> list[Any]:
        async with database_of(settings_of(demo)) as database, database.write() as connection:
            await accesses.log_access(connection, "command line", None, "dead letters", Clock()())
            return list(await connection.execute(select(dead_letter).order_by(dead_letter.c.id.desc()).limit(most)))

    rows = asyncio.run(run())
    for row in rows:
        out.print(f"[b]{row.id}[/b]  {row.received_at:%Y-%m-%d %H:%M:%S} UTC  {row.channel}  {escape(row.reason)}")
        out.print(row.body, markup=False, soft_wrap=True)
    if not rows:
        out.print("There are no dead letters.")
