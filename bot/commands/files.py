"""import · payments · case: the bank's files in, a customer's file out."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TimeRemainingColumn
from rich.table import Table

from bot import intake
from bot.clock import Clock
from bot.commands.places import content_in, database_of, demo_moment, settings_of
from bot.core.calendar import local
from bot.intake import PAYMENTS, PORTFOLIO, Intake, Report
from bot.parts import check_schema, defaults_of, use_key
from bot.settings import Settings, SettingsError
from bot.store import accesses, thread
from bot.store.fileview import FileView
from bot.store.scope import EVERYONE
from bot.store.session import Database

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
SHOWN = 20  # problems on the screen; the rejects file has all


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.command("import")(import_)
    commands.command()(payments)
    commands.command()(case)


def import_(
    file: Annotated[Path, typer.Argument(help="CSV with one account a line; --columns lists the columns.")] = Path(),
    rejects: Annotated[Path | None, typer.Option(help="Where refused rows go; default: FILE.rejects.csv.")] = None,
    columns: Annotated[bool, typer.Option("--columns", help="List the columns and end.")] = False,
) -> None:
    """Import customers and accounts. What is known by its reference is updated; a second run changes nothing."""
    _take(file, PORTFOLIO, rejects, columns)


def payments(
    file: Annotated[Path, typer.Argument(help="CSV with one payment a line; --columns lists the columns.")] = Path(),
    rejects: Annotated[Path | None, typer.Option(help="Where refused rows go; default: FILE.rejects.csv.")] = None,
    columns: Annotated[bool, typer.Option("--columns", help="List the columns and end.")] = False,
) -> None:
    """Post payments. Promises are kept or not, and cases closed, in the next turn of a worker."""
    _take(file, PAYMENTS, rejects, columns)


def _take(file: Path, kind: Intake[Any], rejects: Path | None, columns: bool) -> None:
    if columns:
        table = Table("column", "", box=None)
        for name, text in kind.columns.items():
            table.add_row(f"[b]{name}[/b]" if name in kind.required else name, text)
        out.print(table)
        return
    if file == Path():
        raise typer.BadParameter("name the CSV file, or use --columns")
    report = asyncio.run(_run(settings_of(), file, kind))
    _show(file, report)
    if report.rejects:
        target = rejects or file.with_suffix(".rejects.csv")
        intake.write_rejects(target, kind, report)
        err.print(f"{len(report.rejects)} refused rows are in {target}: mend them there and import that file.")
        sys.exit(1)


async def _run(settings: Settings, file: Path, kind: Intake[Any]) -> Report:
    use_key(settings)
    database = Database(settings.database)
    try:
        await check_schema(database)
        content = await content_in(database, settings)
        rows = list(intake.read_csv(file, kind))
        bar = Progress(BarColumn(), TaskProgressColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=err)
        with bar as progress:
            task = progress.add_task("rows", total=len(rows))
            return await intake.take(
                database,
                kind,
                iter(rows),
                defaults_of(settings),
                content.rules.strategy,
                Clock()(),
                lambda done: progress.advance(task, done),
            )
    finally:
        await database.close()


def _show(file: Path, report: Report) -> None:
    out.print(
        f"{report.created} new · {report.updated} changed · {report.unchanged} unchanged · "
        f"{len(report.problems)} refused"
    )
    for problem in report.problems[:SHOWN]:
        place = f"  {file}:{problem.line}: {problem.column}: {problem.problem}"
        out.print(place, markup=False, soft_wrap=True)  # it quotes the file, which may hold anything
    if len(report.problems) > SHOWN:
        out.print(f"  … and {len(report.problems) - SHOWN} more")


def case(
    needle: Annotated[str, typer.Argument(help="A phone number, or the bank's reference of a customer or account.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    reveal: Annotated[bool, typer.Option(help="Show name and number in full; reading is recorded either way.")] = False,
    demo: Annotated[bool, typer.Option(help="Look into the demonstration's database.")] = False,
) -> None:
    """Print a customer's file: state, owner, holds, promises, agenda, accounts, thread."""
    settings = settings_of(demo)

    async def run() -> FileView:
        async with database_of(settings) as database, database.write() as connection:
            id = await thread.find_customer(connection, EVERYONE, needle)
            if id is None:
                raise SettingsError(f"no customer has the number or reference {needle!r}")
            now = await demo_moment(connection) if demo else Clock()()
            await accesses.log_access(connection, "command line", id, "case", now)
            return await thread.view(connection, EVERYONE, id, now, reveal=reveal)

    view = asyncio.run(run())
    if as_json:
        sys.stdout.write(json.dumps(view.as_json(), ensure_ascii=False, indent=1) + "\n")
    else:
        _print(view.as_json(), settings)


def _print(file: dict[str, Any], settings: Settings) -> None:
    """The file for a person: the thread as a conversation, the rest as short tables, times on the customer's clock."""
    zone = (file.get("zones") or [settings.zone])[0]

    def plain(value: Any) -> str:
        if isinstance(value, str) and len(value) > 18 and value[10:11] == "T":
            return f"{local(datetime.fromisoformat(value), zone):%Y-%m-%d %H:%M}"
        return "" if value is None else str(value)

    head = (
        "reference",
        "name",
        "number",
        "state",
        "owner",
        "language",
        "jurisdiction",
        "amount_due",
        "balance",
        "currency",
    )
    out.print("  ".join(f"[dim]{name}[/dim] {plain(file[name])}" for name in head), soft_wrap=True)
    for name in ("asked", "offer", "suppression", "agent"):
        if file.get(name):
            value = file[name]
            shown = " · ".join(f"{k} {plain(v)}" for k, v in value.items() if v) if isinstance(value, dict) else value
            out.print(f"[dim]{name}[/dim] {shown}")
    for name in ("holds", "promises", "plans", "handoffs", "agenda", "accounts", "payments"):
        rows = [{key: plain(value) for key, value in row.items() if value is not None} for row in file[name]]
        out.print(f"[b]{name}[/b]" + ("" if rows else "  none"))
        for row in rows:
            out.print("  " + "  ".join(f"[dim]{key}[/dim] {value}" for key, value in row.items()), soft_wrap=True)
    out.print("[b]texts[/b]")
    for text in file["texts"]:
        who = "[green]>[/green]" if text["way"] == "in" else "[cyan]<[/cyan]"
        state = " ".join(plain(text[key]) for key in ("state", "delivery", "reason") if text.get(key))
        out.print(f"  {plain(text['at'])} {who} {escape(text['text'])}  [dim]{escape(state)}[/dim]", soft_wrap=True)
