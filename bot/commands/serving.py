"""demo · serve · work · migrate: what runs."""

from __future__ import annotations

import asyncio
import csv
import shutil
from contextlib import AsyncExitStack
from datetime import datetime
from io import StringIO
from typing import Annotated

import structlog
import typer
import uvloop
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from sqlalchemy import func, select

from bot import demo, intake
from bot.app import running, stop_signal
from bot.clock import Clock
from bot.core.calendar import local, local_day
from bot.gateways.kannel_boxes import KannelMissing
from bot.gateways.kannel_carrier import KannelCarrier
from bot.logs import set_up_logging
from bot.parts import Parts, check_schema, defaults_of, open_parts
from bot.settings import Settings, SettingsError, load_settings
from bot.store import agents, migrate
from bot.store.session import Database
from bot.store.tables import Journal

log = structlog.get_logger()
out = Console()


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.command()(demo_)
    commands.registered_commands[-1].name = "demo"
    commands.command()(serve)
    commands.command()(work)
    commands.command("migrate")(migrate_)


def demo_(
    port: Annotated[int, typer.Option(help="Port to serve on.")] = 8080,
    reset: Annotated[bool, typer.Option(help="Forget everything and start over.")] = False,
    kannel: Annotated[
        bool, typer.Option("--kannel", help="Let the texts pass through a Kannel, which must be installed.")
    ] = False,
) -> None:
    """Serve a demonstration: simulated phones, a small portfolio, the agents' console. Nothing leaves this machine."""
    if reset:
        shutil.rmtree(demo.FOLDER, ignore_errors=True)
    own = demo.load_secrets(demo.FOLDER)
    url = f"http://127.0.0.1:{port}"
    settings = load_settings(
        database=f"sqlite:///{demo.FOLDER / 'huixin.db'}",
        data_key=own.data_key,
        api_tokens=own.api_token,
        host="127.0.0.1",
        port=port,
        public_url=url,
        default_channel="phone",
    )
    set_up_logging("warning")
    try:
        uvloop.run(_demo(settings, own, kannel))
    except KannelMissing as error:
        raise SettingsError(str(error)) from None


async def _demo(settings: Settings, own: demo.Secrets, through_kannel: bool) -> None:
    clock = Clock()
    async with AsyncExitStack() as stack:
        kannel = None
        if through_kannel:
            hook = demo.hook(own, settings.public_url)
            kannel = await stack.enter_async_context(
                KannelCarrier.start(demo.FOLDER / "kannel", hook, settings.port, clock)
            )
        await _rehearse(settings, clock, demo.Rehearsal(own, settings.public_url, kannel))


async def _rehearse(settings: Settings, clock: Clock, rehearsal: demo.Rehearsal) -> None:
    async with open_parts(settings, clock, rehearsal.channels) as parts:
        await migrate.upgrade(parts.database)
        clock.move_to_working_hours(settings.zone, await _last_moment(parts.database))
        await _seed(parts)
        stop = stop_signal()
        async with running(parts, web_too=True, work=True, rehearsal=rehearsal):
            _announce(settings, rehearsal, clock())
            await stop.wait()


async def _last_moment(database: Database) -> datetime | None:
    async with database.read() as connection:
        return (await connection.execute(select(func.max(Journal.__table__.c.at)))).scalar()  # type: ignore[attr-defined]


async def _seed(parts: Parts) -> None:
    """The portfolio, on the first start only: later ones keep what happened. Whoever has no log-in yet gets one."""
    now = parts.clock()
    async with parts.database.read() as connection:
        known = {one.login for one in await agents.people(connection)}
    async with parts.database.write() as connection:
        for login, role, name in demo.WORKERS:
            if login not in known:
                await agents.create_agent(connection, login, name, role, f"demo-{login}", "zh")
    if known:
        return
    text = demo.portfolio(local_day(now, parts.settings.zone))
    rows = enumerate(csv.DictReader(StringIO(text)), 2)
    strategy = parts.mind.content.rules.strategy
    await intake.take(parts.database, intake.PORTFOLIO, iter(rows), defaults_of(parts.settings), strategy, now)


def _announce(settings: Settings, rehearsal: demo.Rehearsal, now: datetime) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_row("A customer's phone", f"{settings.public_url}/demo/phone")
    table.add_row("The agents' console", f"{settings.public_url}/queue")
    for login, password, _ in rehearsal.logins:
        table.add_row("", f"log-in [b]{login}[/b]  password [b]{password}[/b]")
    table.add_row("Time in the demonstration", f"{local(now, settings.zone):%a %Y-%m-%d %H:%M} {settings.zone}")
    if isinstance(rehearsal.phones, KannelCarrier):
        table.add_row("Texts pass through Kannel", f"{demo.FOLDER / 'kannel' / 'kannel.conf'}, and its logs beside it")
    table.add_row("", "Nothing is sent anywhere. Ctrl-C stops; `make demo-reset` starts over.")
    out.print(Panel(table, title="Huixin 回信 is ready", expand=False))


def serve(
    work_too: Annotated[
        bool | None,
        typer.Option("--work/--no-work", help="Run the workers too. SQLite: always. PostgreSQL: default no."),
    ] = None,
) -> None:
    """Serve webhooks, the API and the console. On SQLite the workers run in the same process."""
    settings = load_settings()
    work_here = settings.database.startswith("sqlite") if work_too is None else work_too
    if settings.database.startswith("sqlite") and not work_here:
        raise SettingsError("SQLite serves one process: web and workers run together; leave --no-work out")
    set_up_logging(settings.log_level)
    uvloop.run(_run(settings, web_too=True, work=work_here))


def work() -> None:
    """Run the workers alone: turns, sends, receipts. Any number of them share one PostgreSQL."""
    settings = load_settings()
    if settings.database.startswith("sqlite"):
        raise SettingsError("SQLite serves one process: use `huixin serve`, or PostgreSQL for several processes")
    set_up_logging(settings.log_level)
    uvloop.run(_run(settings, web_too=False, work=True))


async def _run(settings: Settings, *, web_too: bool, work: bool) -> None:
    async with open_parts(settings) as parts:
        await check_schema(parts.database)
        stop = stop_signal()
        async with running(parts, web_too=web_too, work=work) as port:
            log.info("ready", web=web_too, work=work, port=port)
            await stop.wait()


def migrate_() -> None:
    """Bring the database to the schema of this version."""
    settings = load_settings()

    async def run() -> None:
        database = Database(settings.database)
        await migrate.upgrade(database)
        await database.close()

    asyncio.run(run())
    out.print("The database is at this version's schema.")
