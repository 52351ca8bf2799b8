"""publish list · propose · approve: editions of rules and wording on the command line, by two people all the same."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import dialogues
from bot.clock import Clock
from bot.commands.places import database_of, settings_of
from bot.console.rulebook.changes import by_file, in_words
from bot.console.words import words
from bot.dialogues.bundle import Bundle
from bot.edition import content_of, thinking
from bot.settings import Settings, SettingsError, fits, load_channels
from bot.store import agents, editions, passwords
from bot.store.agents import Role
from bot.store.editions import NotNow, Origin

out = Console(highlight=False)
commands_ = typer.Typer(help="Editions of rules and wording: propose one, let a second person approve it.")
Login = Annotated[str, typer.Option("--login", help="Your log-in of the console, as a supervisor or an admin.")]
Note = Annotated[str, typer.Option(help="What changes and why, or what you looked at. It is kept with the edition.")]
Demo = Annotated[bool, typer.Option(help="Use the demonstration's database.")]


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.add_typer(commands_, name="publish")


@commands_.command("list")
def list_(demo: Demo = False) -> None:
    """List all editions, the newest first."""

    async def run() -> list[editions.Edition]:
        async with database_of(settings_of(demo)) as database, database.read() as connection:
            return await editions.listed(connection)

    found = asyncio.run(run())
    for one in found:
        decided = f" · {one.decided_by} {one.decided_at:%Y-%m-%d %H:%M}: {one.decided_note}" if one.decided_at else ""
        proposed = f"{one.proposed_by or one.origin} {one.proposed_at:%Y-%m-%d %H:%M}: {one.note}".rstrip(": ")
        out.print(f"{one.id:>4}  {one.state:<9}  {one.rules}  {escape(proposed + decided)}", soft_wrap=True)
    if not found:
        out.print("There is no edition: each server goes by the folder that it was started with.")


@commands_.command()
def propose(
    login: Login,
    note: Note,
    folder: Annotated[Path | None, typer.Option(help="Another folder than the configured one.")] = None,
    demo: Demo = False,
) -> None:
    """Check a folder as a start would and keep it, for a second person to approve. Asks for your password."""
    settings = settings_of(demo)
    files = _checked(settings, Bundle.of(folder or settings.dialogues or dialogues.ROOT))

    async def step(connection: AsyncConnection) -> int:
        who = await _person(connection, login)
        return await editions.propose(connection, files, Origin.COMMAND, who, note, Clock()())

    out.print(f"Edition {_run(settings, step)} waits for a second person: huixin publish approve")


@commands_.command()
def approve(
    number: Annotated[int, typer.Argument(help="The edition.", min=1)], login: Login, note: Note, demo: Demo = False
) -> None:
    """Show how a proposal differs from what is in force, and put it in force. Asks for your password."""
    settings = settings_of(demo)

    async def look(connection: AsyncConnection) -> tuple[Bundle, int | None, Bundle | None]:
        against = await editions.in_force(connection)
        old = await editions.files_of(connection, against) if against is not None else None
        return await editions.files_of(connection, number), against, old

    new, against, old = _run(settings, look)
    _checked(settings, new)
    _show(settings, old or Bundle.of(settings.dialogues or dialogues.ROOT), new)

    async def step(connection: AsyncConnection) -> None:
        await editions.approve(connection, number, against, await _person(connection, login), note, Clock()())

    _run(settings, step)
    out.print(f"Edition {number} is in force; every process works by it from its next unit of work on.")


def _checked(settings: Settings, files: Bundle) -> Bundle:
    _, content = thinking(files, settings.bank_words())
    fits(load_channels(settings.channels) if settings.channels else {})(content.responses)
    return files


def _show(settings: Settings, old: Bundle, new: Bundle) -> None:
    bank = settings.bank_words()
    for change in in_words(words("en"), content_of(old, bank), content_of(new, bank)):
        out.print(f"[b]{change.kind}[/b] {escape(change.code or change.title)}")
        for line in change.lines:
            marks = {"gone": "[red strike]{}[/red strike]", "new": "[green]{}[/green]", "same": "{}"}
            out.print("    " + "".join(marks[one.kind].format(escape(one.text)) for one in line), soft_wrap=True)
    for file in by_file(old, new):
        out.print(f"{file.name}: {file.kind}")


async def _person(connection: AsyncConnection, login: str) -> str:
    """The log-in of whoever may publish and knows their password, which is asked for. Raise SettingsError."""
    password = typer.prompt("Password", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    person, hashed = await agents.find_person(connection, login) or (None, None)
    right = await passwords.is_password(password[: passwords.LONGEST], hashed)
    if not right or person is None or person.role not in (Role.SUPERVISOR, Role.ADMIN):
        raise SettingsError("no supervisor or admin has this log-in and password")
    return person.login


def _run(settings: Settings, step: Any) -> Any:
    async def run() -> Any:
        async with database_of(settings) as database, database.write() as connection:
            return await step(connection)

    try:
        return asyncio.run(run())
    except NotNow as refused:
        said = words("en").name("publish_refused", refused.key)
        raise SettingsError(f"edition {refused.id}: {said}" if refused.id else said) from None
    except LookupError as error:
        raise SettingsError(str(error)) from None
