"""why · verify: every decision with its reasons, and proof that none was changed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy import select

from bot.clock import Clock
from bot.commands.places import Folder, content_in, database_of, settings_of
from bot.console.rulebook.why import because
from bot.console.words import Words, words
from bot.core.calendar import local
from bot.core.contact import ContactRules
from bot.dialogues import Content
from bot.dialogues.sources import Sources
from bot.settings import SettingsError
from bot.store import accesses, cases, journal, thread
from bot.store.scope import EVERYONE
from bot.store.session import Database
from bot.store.tables import Journal

out = Console(highlight=False)
table = Journal.__table__  # type: ignore[attr-defined]


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.command()(why)
    commands.command()(verify)


def why(
    needle: Annotated[str, typer.Argument(help="A phone number, or the bank's reference of a customer or account.")],
    language: Annotated[str, typer.Option(help="zh or en: the language of the reasons; empty: HUIXIN_LANGUAGE.")] = "",
    folder: Folder = None,
    demo: Annotated[bool, typer.Option(help="Look into the demonstration's database.")] = False,
) -> None:
    """Tell every decision on a customer's file, oldest first: what happened, what was done, and which rules said so.

    Each reason names the file and version of the rule as it is in force today, and what the rule rests on.
    """
    settings = settings_of(demo)

    async def run() -> tuple[Content, list[tuple[Any, Any]], str]:
        async with database_of(settings) as database:
            return await content_in(database, settings, folder), *await look(database)

    async def look(database: Database) -> tuple[list[tuple[Any, Any]], str]:
        async with database.write() as connection:
            id = await thread.find_customer(connection, EVERYONE, needle)
            if id is None:
                raise SettingsError(f"no customer has the number or reference {needle!r}")
            await accesses.log_access(connection, "command line", id, "why", Clock()())
            file = (await cases.load(connection, [id], Clock()()))[id]
            rows = await connection.execute(select(table).where(table.c.customer_id == id).order_by(table.c.seq))
            return [(row, journal.read(dict(row._mapping), file.data_key)) for row in rows], file.case.zone

    content, entries, zone = asyncio.run(run())
    sentences, rules = words(language or settings.language), content.rules
    with content.files.unfolded() as root:
        sources = Sources(root)
    for row, entry in entries:
        out.print(
            f"[dim]{row.seq:>4}  {local(row.at, zone):%Y-%m-%d %H:%M:%S}[/dim]  [b]{row.kind}[/b]", highlight=False
        )
        if entry is None:
            out.print("      the customer's key was destroyed; only the chain remains")
            continue
        _tell(entry, sentences, sources, rules.contact)


def _tell(content: Any, words: Words, sources: Sources, packs: Mapping[str, ContactRules]) -> None:
    """One entry in plain words: what was heard, each reason with the rule behind it, and what was said."""
    said = content.get("event", {}) if isinstance(content, dict) else {}
    if isinstance(said, dict) and isinstance(said.get("reading"), dict):
        out.print(f"      heard: {said['reading']['text']!r}", markup=False, soft_wrap=True)
    contact = packs.get(content.get("case", {}).get("jurisdiction", ""))
    for code in content.get("why", ()):
        source = sources.of(code)
        behind = f"  ({source})" if source else ""
        out.print(f"      · {because(words, code, contact)}{behind}", markup=False, soft_wrap=True)
    if content.get("why"):
        out.print(f"      why: {' · '.join(content['why'])}  (rules {content['rules']})", markup=False, soft_wrap=True)
    for text in content.get("texts", []):
        out.print(f"      said: {text}", markup=False, soft_wrap=True)
    if "state" in content:
        out.print(f"      {content['state']} {content.get('reason') or ''}", markup=False, soft_wrap=True)


def verify(
    demo: Annotated[bool, typer.Option(help="Look into the demonstration's database.")] = False,
) -> None:
    """Check the hash chain of every customer's journal; names the first entry of each that does not fit."""

    async def run() -> tuple[int, list[tuple[int, int]]]:
        async with database_of(settings_of(demo)) as database, database.read() as connection:
            heads = {row.id: row for row in await connection.execute(select(cases.customer))}
            wrong = []
            for id, row in heads.items():
                rows = await connection.execute(select(table).where(table.c.customer_id == id).order_by(table.c.seq))
                entries = [dict(one._mapping) for one in rows]
                broken = journal.verify(entries)
                if broken is None and (entries[-1]["hash"] if entries else "") != row.journal_head:
                    broken = len(entries) + 1  # entries at the end are missing
                if broken is not None:
                    wrong.append((id, broken))
            return len(heads), wrong

    customers, wrong = asyncio.run(run())
    for id, seq in wrong:
        out.print(f"[red]customer {id}: entry {seq} was changed or is missing[/red]")
    out.print(f"{customers - len(wrong)} of {customers} journals are whole")
    if wrong:
        sys.exit(1)
