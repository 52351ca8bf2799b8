"""Commands: one module per kind of work, put together here."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.markup import escape

from bot.commands import (
    channels,
    coming,
    content,
    corrections,
    evidence,
    files,
    operating,
    protection,
    publishing,
    rasa,
    reading,
    replaying,
    serving,
    simulating,
    talking,
    thresholds,
    tools,
)
from bot.dialogues import ContentError
from bot.intake import IntakeError
from bot.settings import SettingsError
from bot.store.keys import KeyProblem
from bot.store.session import StoreDown

app = typer.Typer(
    name="huixin",
    help="Two-way SMS conversations between a bank and customers who are behind on a loan or card.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
MODULES = (
    serving, talking, reading, thresholds, files, coming, evidence, channels, operating, content, rasa, replaying,
    tools,
    simulating, corrections, publishing, protection,
)  # fmt: skip
for module in MODULES:
    module.add_to(app)

USERS_ERRORS = (SettingsError, ContentError, IntakeError, KeyProblem, StoreDown)


def main() -> None:
    """Run a command. What the user can mend is said in one line, with the cure; it exits with 2."""
    try:
        app()
    except USERS_ERRORS as error:
        Console(stderr=True).print(f"[red]error:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)
