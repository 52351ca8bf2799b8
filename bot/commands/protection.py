"""erase: what a data protection officer needs to do to a customer's data, with a password and a reason."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bot.clock import Clock
from bot.commands.places import database_of, demo_moment, settings_of
from bot.commands.publishing import person_of
from bot.settings import SettingsError
from bot.store import erasure, thread
from bot.store.erasure import Erased, NotErased
from bot.store.scope import EVERYONE

out = Console(highlight=False)
LONGEST = 70  # characters of a reason that the access log keeps


class _Rehearsed(Exception):
    """What would be erased is known; the transaction is taken back."""

    def __init__(self, would: Erased):
        super().__init__()
        self.would = would


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.command()(erase)


def erase(
    customer: Annotated[
        str, typer.Argument(help="Their reference, an account's, or their number. Prefer a reference.")
    ],
    login: Annotated[str, typer.Option("--login", help="Your log-in of the console, as a supervisor or an admin.")],
    reason: Annotated[str, typer.Option(help="Who asked for it, as a number of a request. The access log keeps it.")],
    confirm: Annotated[bool, typer.Option("--confirm", help="Do it. Without this nothing is changed.")] = False,
    despite_debt: Annotated[bool, typer.Option("--despite-debt", help="Also where a debt is still open.")] = False,
    demo: Annotated[bool, typer.Option(help="Use the demonstration's database.")] = False,
) -> None:
    """Erase a customer for good. Without --confirm it says what would go. Asks for your password and code.

    The customer's own key is destroyed, so that nobody can read their journal again, backups of the journal with a
    newer copy of the keys included; `huixin verify` still finds its chain whole. Name, numbers, texts, notes and
    references are overwritten. Kept are sums and days without a name, who looked at the file, and, where they opted
    out, the hash by which the number stays stopped. Refused while a reply or text is on its way, and while a debt,
    plan or promise is open unless --despite-debt is given. Older backups of the database have to expire by themselves.
    """
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST or not reason.isprintable():
        raise SettingsError(f"--reason: say in 1 to {LONGEST} characters who asked for it, such as 'request 2026-117'")
    settings = settings_of(demo)

    async def run() -> Erased:
        async with database_of(settings) as database:
            who = await person_of(database, settings, login)
            async with database.write() as connection:
                now = await demo_moment(connection) if demo else Clock()()
                found = await thread.find_customer(connection, EVERYONE, customer)
                if found is None:
                    raise SettingsError("there is no customer with this reference, account or number")
                done = await erasure.erase(connection, found, who, reason, now, despite_debt)
                if not confirm:
                    raise _Rehearsed(done)
                return done

    try:
        _show(asyncio.run(run()), "Erased")
        out.print("Now `huixin verify` finds the journal's chain whole, and nobody can read it.")
    except _Rehearsed as rehearsed:
        _show(rehearsed.would, "Would erase")
        out.print("Nothing was changed. To erase for good, say the same with --confirm; it cannot be undone.")
    except NotErased as refused:
        raise SettingsError(str(refused)) from None


def _show(erased: Erased, did: str) -> None:
    out.print(f"{did} customer {erased.customer_id}: the key of the journal, and")
    for table, count in erased.rows.items():
        if count:
            out.print(f"  {count:>6}  {escape(table)}")
    if erased.stays_stopped:
        out.print("A number stays stopped: its hash is kept, and nothing else of it.")
    if erased.merged:
        ids = ", ".join(map(str, erased.merged))
        out.print(f"Unknown numbers were merged into this file; they have files of their own (customers {ids}).")
