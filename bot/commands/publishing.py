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
from bot.store import agents, attempts, editions, passwords, totp
from bot.store.agents import Person, Role
from bot.store.editions import NotNow, Origin
from bot.store.session import Database

out = Console(highlight=False)
commands_ = typer.Typer(help="Editions of rules and wording: propose one, let a second person approve it.")
Login = Annotated[str, typer.Option("--login", help="Your log-in of the console, as a supervisor or an admin.")]
Note = Annotated[str, typer.Option(help="What changes and why, or what you looked at. It is kept with the edition.")]
HERE = "address:command line"  # where tries come from
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
    """Check a folder as a start would and keep it, for a second person to approve. Asks for your password and code."""
    settings = settings_of(demo)
    files = _checked(settings, Bundle.of(folder or settings.dialogues or dialogues.ROOT))

    async def step(connection: AsyncConnection, who: str) -> int:
        return await editions.propose(connection, files, Origin.COMMAND, who, note, Clock()())

    out.print(f"Edition {_run(settings, step, login)} waits for a second person: huixin publish approve")


@commands_.command()
def approve(
    number: Annotated[int, typer.Argument(help="The edition.", min=1)], login: Login, note: Note, demo: Demo = False
) -> None:
    """Show how a proposal differs from what is in force, and put it in force. Asks for your password and code."""
    settings = settings_of(demo)

    async def look(connection: AsyncConnection, _: str) -> tuple[Bundle, int | None, Bundle | None]:
        against = await editions.in_force(connection)
        old = await editions.files_of(connection, against) if against is not None else None
        return await editions.files_of(connection, number), against, old

    new, against, old = _run(settings, look)
    _checked(settings, new)
    _show(settings, old or Bundle.of(settings.dialogues or dialogues.ROOT), new)

    async def step(connection: AsyncConnection, who: str) -> None:
        await editions.approve(connection, number, against, who, note, Clock()())

    _run(settings, step, login)
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


async def person_of(database: Database, settings: Settings, login: str) -> str:
    """The log-in of whoever may publish: asks for their password, and for a code where they have a second step.

    Every try counts as one to log in to the console does. Raise SettingsError.
    """
    login = login.strip().lower()[:64]
    async with database.read() as connection:
        person, hashed = await agents.find_person(connection, login) or (None, None)
    password = _ask("Password", hidden=True)
    await _count(database, f"login:{login}", person)
    right = await passwords.is_password(password[: passwords.LONGEST], hashed)
    if not right or person is None or person.role not in (Role.SUPERVISOR, Role.ADMIN):
        raise SettingsError("no supervisor or admin has this log-in and password")
    await _forgive(database, f"login:{login}")
    if person.has_code:
        code = _ask("Code of your phone, or a recovery code")
        await _count(database, f"code:{person.login}", person)
        async with database.write() as connection:
            if not await totp.accept(connection, person.id, code[:40], Clock()()):
                raise SettingsError("this code is wrong, over, or was used already: wait for the next one")
        await _forgive(database, f"code:{person.login}")
    elif person.role in settings.code_roles.split():
        raise SettingsError("your role needs a second step: set it up in the console first")
    return person.login


def _ask(what: str, hidden: bool = False) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=hidden))
    return sys.stdin.readline().rstrip("\n")


async def _count(database: Database, subject: str, person: Person | None) -> None:
    async with database.write() as connection:
        until = await attempts.attempt(connection, [subject, HERE], Clock()(), person.login if person else "")
    if until is not None:
        raise SettingsError(f"too many tries; the next one counts from {until:%H:%M:%S} UTC on")


async def _forgive(database: Database, subject: str) -> None:
    async with database.write() as connection:
        await attempts.forgive(connection, subject, HERE, Clock()())


def _run(settings: Settings, step: Any, login: str | None = None) -> Any:
    """Do a step in one transaction, as this person where one is named; nothing is locked while they are asked."""

    async def run() -> Any:
        async with database_of(settings) as database:
            who = await person_of(database, settings, login) if login is not None else ""
            async with database.write() as connection:
                return await step(connection, who)

    try:
        return asyncio.run(run())
    except NotNow as refused:
        said = words("en").name("publish_refused", refused.key)
        raise SettingsError(f"edition {refused.id}: {said}" if refused.id else said) from None
    except LookupError as error:
        raise SettingsError(str(error)) from None
