"""plan: the coming contacts with a customer, by running the real core forward without sending."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.clock import Clock
from bot.commands.places import Folder, content_in, database_of, demo_moment, settings_of
from bot.core.ahead import forward
from bot.core.calendar import local
from bot.core.case import Case, Timer
from bot.core.contact import outlook
from bot.core.decision import OpenHandoff
from bot.dialogues import Content
from bot.settings import SettingsError
from bot.store import accesses, thread
from bot.store.fileview import FileView
from bot.store.scope import EVERYONE
from bot.store.session import Database

out = Console(highlight=False)


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.command()(plan)


def plan(
    needle: Annotated[str, typer.Argument(help="A phone number, or the bank's reference of a customer or account.")],
    days: Annotated[int, typer.Option(help="How far ahead.", min=1, max=120)] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    folder: Folder = None,
    demo: Annotated[bool, typer.Option(help="Look into the demonstration's database.")] = False,
) -> None:
    """Print the coming contacts with a customer who stays silent: when, how, in which words, by which rule, and why.

    Nothing is sent and nothing is changed; a reply, a payment or an agent changes what comes.
    """
    settings = settings_of(demo)

    async def run() -> tuple[Content, FileView, datetime]:
        async with database_of(settings) as database:
            return await content_in(database, settings, folder), *await look(database)

    async def look(database: Database) -> tuple[FileView, datetime]:
        async with database.write() as connection:
            id = await thread.find_customer(connection, EVERYONE, needle)
            if id is None:
                raise SettingsError(f"no customer has the number or reference {needle!r}")
            now = await demo_moment(connection) if demo else Clock()()
            await accesses.log_access(connection, "command line", id, "plan", now)
            return await thread.view(connection, EVERYONE, id, now, newest=1), now

    content, view, now = asyncio.run(run())
    timers = {Timer(one.timer): one.due_at for one in view.agenda}
    found = coming(view.case, timers, content, now, days)
    sight = outlook(view.case, content.rules.contact_for(view.case), now)
    if as_json:
        head = {
            "customer": view.reference,
            "next_lawful": sight.next_at and sight.next_at.isoformat(),
            "forbidden_by": sight.permission.rule or None,
            "left_today": sight.left_today,
            "coming": found,
        }
        sys.stdout.write(json.dumps(head, ensure_ascii=False, indent=1) + "\n")
        return
    zone = view.case.zone
    lawful = f"{local(sight.next_at, zone):%a %Y-%m-%d %H:%M}" if sight.next_at else "none known"
    forbidding = f" ({sight.permission.rule}: {sight.permission.reason})" if not sight.permission.allowed else ""
    out.print(
        f"{view.reference}  state {view.case.state} · next lawful moment {lawful}{forbidding} · "
        f"contacts left today {sight.left_today}",
        soft_wrap=True,
    )
    table = Table("when", "how", "wording", "why", box=None)
    for row in found:
        at = local(datetime.fromisoformat(row["at"]), zone)
        table.add_row(f"{at:%a %m-%d %H:%M}", row["how"], escape(row["wording"]), escape(" · ".join(row["why"])))
    out.print(table if found else f"no contact in the next {days} days")


def coming(
    case: Case, timers: dict[Timer, datetime], content: Content, now: datetime, days: int
) -> list[dict[str, Any]]:
    """The texts and the tasks for people of the next days, oldest first, if nothing else happens."""
    talk = forward(case, timers, content.rules, content.responses.render, now, now + timedelta(days=days))
    language = content.responses.language(case.language)
    found: list[dict[str, Any]] = [
        {
            "at": one.at.isoformat(),
            "how": "sms",
            "wording": content.responses.approvals[language][one.response].id,
            "text": one.text,
            "why": list(one.why),
        }
        for one in talk.said
    ]
    for at, decision in talk.log:
        tasks = [effect for effect in decision.effects if isinstance(effect, OpenHandoff)]
        if f"timer:{Timer.HANDOFF_DEADLINE}" in decision.why:
            continue  # the same task, reminded of
        by_hand = next((code.partition(":")[2] for code in decision.why if code.startswith("by-a-person:")), "person")
        found += [
            {
                "at": at.isoformat(),
                "how": by_hand,
                "wording": task.queue,
                "text": task.reason,
                "why": list(decision.why),
            }
            for task in tasks
        ]
    return sorted(found, key=lambda row: row["at"])
