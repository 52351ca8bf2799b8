"""channel · dead-letters: what operations look at, and the switch that they may turn."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import func, select

from bot import app
from bot.commands.places import database_of, settings_of
from bot.settings import SettingsError
from bot.store import agents, cases, outgoing
from bot.store.tables import Channel, DeadLetter

out = Console(highlight=False)
group = typer.Typer(help="See the channels, pause one, let it go on.", no_args_is_help=True)
channel, dead_letter = Channel.__table__, DeadLetter.__table__  # type: ignore[attr-defined]
Demo = Annotated[bool, typer.Option(help="Look into the demonstration's database.")]


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.add_typer(group, name="channel")
    commands.command("dead-letters")(dead_letters)


@group.command("list")
def list_(demo: Demo = False) -> None:
    """List every channel: whether it sends, why not, and how many texts wait on it."""

    async def run() -> tuple[list[Any], dict[str, int]]:
        async with database_of(settings_of(demo)) as database, database.read() as connection:
            o = cases.outbox
            waiting = select(o.c.channel, func.count()).where(o.c.state.in_(("queued", "held"))).group_by(o.c.channel)
            counts = {name: int(count) for name, count in await connection.execute(waiting)}
            return list(await connection.execute(select(channel).order_by(channel.c.name))), counts

    rows, counts = asyncio.run(run())
    table = Table("channel", "state", "waiting texts", box=None)
    for row in rows:
        state = f"[red]paused[/red]: {escape(row.paused_reason)}" if row.paused_reason else "[green]sends[/green]"
        table.add_row(row.name, state, str(counts.get(row.name, 0)))
    out.print(table)


@group.command()
def pause(
    name: Annotated[str, typer.Argument(help="The channel.")],
    reason: Annotated[str, typer.Option(help="Why; everyone who looks will read it.")],
    demo: Demo = False,
) -> None:
    """Stop a channel's sending. Replies still arrive; texts wait and are asked about again before they leave."""
    _switch(name, reason, demo)
    out.print(f"{name} is paused.")


@group.command()
def resume(name: Annotated[str, typer.Argument(help="The channel.")], demo: Demo = False) -> None:
    """Let a channel send again."""
    _switch(name, None, demo)
    out.print(f"{name} sends again.")


def _switch(name: str, reason: str | None, demo: bool) -> None:
    async def run() -> None:
        async with database_of(settings_of(demo)) as database, database.write() as connection:
            known = list((await connection.execute(select(channel.c.name).order_by(channel.c.name))).scalars())
            if name not in known:
                raise SettingsError(f"there is no channel {name!r}; there are {', '.join(known) or 'none yet'}")
            now = app.Clock()()
            if reason is None:
                await outgoing.resume(connection, name, now)
            else:
                await outgoing.pause(connection, name, reason, now)
            await agents.log_access(connection, "command line", None, f"channel {name}: {reason or 'resumed'}", now)

    asyncio.run(run())


def dead_letters(
    most: Annotated[int, typer.Option(help="How many of the newest to show.")] = 20,
    demo: Demo = False,
) -> None:
    """Show what gateways sent that could not be read, newest first, in full. Reading it is recorded."""

    async def run() -> list[Any]:
        async with database_of(settings_of(demo)) as database, database.write() as connection:
            await agents.log_access(connection, "command line", None, "dead letters", app.Clock()())
            return list(await connection.execute(select(dead_letter).order_by(dead_letter.c.id.desc()).limit(most)))

    rows = asyncio.run(run())
    for row in rows:
        out.print(f"[b]{row.id}[/b]  {row.received_at:%Y-%m-%d %H:%M:%S} UTC  {row.channel}  {escape(row.reason)}")
        out.print(row.body, markup=False, soft_wrap=True)
    if not rows:
        out.print("There are no dead letters.")
