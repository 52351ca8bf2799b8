"""replay · check --against: stored decisions made again, by the rules in force or by others."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TimeRemainingColumn
from sqlalchemy import select

from bot import dialogues
from bot.clock import Clock
from bot.commands.places import Folder, content_in, database_of, settings_of
from bot.core.calendar import local
from bot.core.case import Case
from bot.core.decision import Say
from bot.dialogues import Content
from bot.settings import Settings, SettingsError, load_settings
from bot.store import accesses, cases, replay, thread
from bot.store.replay import Difference
from bot.store.scope import EVERYONE
from bot.store.session import Database

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
EXAMPLES = 5  # of each kind, in the summary


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.command("replay")(replay_)


def replay_(
    needle: Annotated[str, typer.Argument(help="A phone number, or the bank's reference of a customer or account.")],
    folder: Folder = None,
    demo: Annotated[bool, typer.Option(help="Look into the demonstration's database.")] = False,
) -> None:
    """Make every stored decision of a customer again by the rules in force; ends with 1 where one comes out otherwise.

    The journal keeps what each was made of: the reading, the case and its accounts at that time, and the moment.
    """
    settings = settings_of(demo)

    async def run() -> tuple[Content, list[thread.JournalEntry], str]:
        async with database_of(settings) as database:
            return await content_in(database, settings, folder), *await look(database)

    async def look(database: Database) -> tuple[list[thread.JournalEntry], str]:
        async with database.write() as connection:
            id = await thread.find_customer(connection, EVERYONE, needle)
            if id is None:
                raise SettingsError(f"no customer has the number or reference {needle!r}")
            now = Clock()()
            await accesses.log_access(connection, "command line", id, "replay", now)
            entries, _ = await thread.journal_of(connection, EVERYONE, id)
            return entries, (await cases.load(connection, [id], now))[id].case.zone

    content, entries, zone = asyncio.run(run())
    decisions = differing = skipped = 0
    for entry in entries:
        if not replay.is_decision(entry.content):
            skipped += _is_old(entry.content)
            continue
        decisions += 1
        found = _compare(content, entry)
        if found:
            differing += 1
            out.print(f"[dim]{entry.seq:>4}  {local(entry.at, zone):%Y-%m-%d %H:%M:%S}[/dim]  [b]{entry.kind}[/b]")
            for one in found:
                _show(one)
    older = f" · {skipped} older ones keep too little to be made again" if skipped else ""
    out.print(
        f"{decisions - differing} of {decisions} decisions come out the same (rules {content.rules.version}){older}"
    )
    if differing:
        sys.exit(1)


@dataclass(slots=True)
class Tally:
    """What a trial of content on all stored conversations found."""

    customers: int = 0
    decisions: int = 0
    older: int = 0
    sealed: int = 0
    differing: int = 0
    touched: int = 0
    about: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[tuple[str, int, Difference]]] = field(default_factory=dict)


def against(folder: Path, address: str) -> bool:
    """Try this content on every stored conversation of a database; print what would change. True where nothing does."""
    settings = load_settings() if address == "configured" else load_settings(database=address)
    tally = asyncio.run(_try_on_all(settings, dialogues.load(folder, settings.bank_words())))
    out.print(
        f"{tally.decisions} decisions of {tally.customers} customers made again: "
        f"{tally.differing} come out otherwise, of {tally.touched} customers"
    )
    if tally.older:
        out.print(f"{tally.older} older decisions keep too little to be made again")
    if tally.sealed:
        out.print(f"{tally.sealed} customers' keys were destroyed; theirs cannot be read")
    for about, count in tally.about.most_common():
        out.print(f"[b]{about}[/b]  {count}")
        for reference, seq, one in tally.examples[about]:
            out.print(f"  {reference} entry {seq}", markup=False)
            _show(one, "    ")
    return tally.differing == 0


async def _try_on_all(settings: Settings, content: Content) -> Tally:
    tally = Tally()
    bar = Progress(BarColumn(), TaskProgressColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=err)
    async with database_of(settings) as database:
        async with database.write() as connection:
            now = Clock()()
            await accesses.log_access(connection, "command line", None, "check --against: all journals", now)
            query = select(cases.customer.c.id, cases.customer.c.reference).order_by(cases.customer.c.id)
            customers = list(await connection.execute(query))
        with bar as progress:
            task = progress.add_task("customers", total=len(customers))
            for row in customers:
                async with database.read() as connection:
                    entries, _ = await thread.journal_of(connection, EVERYONE, row.id)
                _add(tally, content, row.reference, entries)
                progress.advance(task)
    return tally


def _add(tally: Tally, content: Content, reference: str, entries: list[thread.JournalEntry]) -> None:
    tally.customers += 1
    tally.sealed += bool(entries) and all(entry.content is None for entry in entries)
    differing = 0
    for entry in entries:
        if not replay.is_decision(entry.content):
            tally.older += _is_old(entry.content)
            continue
        tally.decisions += 1
        found = _compare(content, entry)
        differing += bool(found)
        for about in {one.about for one in found}:
            tally.about[about] += 1
            shown = tally.examples.setdefault(about, [])
            if len(shown) < EXAMPLES:
                shown.append((_masked(reference), entry.seq, next(one for one in found if one.about == about)))
    tally.differing += differing
    tally.touched += bool(differing)


def _compare(content: Content, entry: thread.JournalEntry) -> list[Difference]:
    def render(say: Say, case: Case) -> str:
        return content.responses.render(say.response, case.language, say.slots, case.currency)

    return replay.compare(entry.content, entry.at, content.rules, render)


def _is_old(content: Any) -> bool:
    """A decision from before the journal kept what it was made of."""
    return isinstance(content, dict) and "why" in content and "event" in content and "before" not in content


def _masked(reference: str) -> str:
    return reference[:2] + "*" * max(3, len(reference) - 2)


def _show(one: Difference, indent: str = "      ") -> None:
    out.print(f"{indent}[yellow]{one.about}[/yellow] was: {escape(one.was) or 'nothing'}", soft_wrap=True)
    out.print(f"{indent}{' ' * len(one.about)} now: {escape(one.now) or 'nothing'}", soft_wrap=True)
