"""rasa serve · rasa export: the same decisions for a bank that runs Rasa."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from aiohttp import web
from rich.console import Console

from bot import dialogues
from bot.clock import Clock
from bot.logs import set_up_logging
from bot.nlu.read import Reader
from bot.rasa_export import export
from bot.settings import load_settings

out = Console(highlight=False)
group = typer.Typer(
    help="Serve the same decisions to a Rasa assistant, or export a Rasa project.", no_args_is_help=True
)


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.add_typer(group, name="rasa")


@group.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to serve on. The server asks for no password: keep it inside.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="Port to serve on; 5055 is Rasa's own default.")] = 5055,
) -> None:
    """Serve Rasa's action endpoint: POST /webhook, GET /health, GET /actions. Keeps nothing, needs no database."""
    from bot.rasa_actions import action_app  # imports Sanic, which nothing else needs

    settings = load_settings()
    root = settings.dialogues or dialogues.ROOT
    actions = action_app(Reader.load(root), dialogues.load(root, settings.bank_words()), Clock())
    set_up_logging(settings.log_level)
    web.run_app(actions, host=host, port=port, access_log=None)


@group.command("export")
def export_(
    folder: Annotated[Path, typer.Argument(help="Where the project is written; made if it is not there.")],
    actions: Annotated[str, typer.Option(help="Address of our action server.")] = "http://127.0.0.1:5055/webhook",
) -> None:
    """Write a complete Rasa 3.1 project from dialogues/: domain, training data, rules, config, endpoints."""
    for path in export(load_settings().dialogues or dialogues.ROOT, folder, actions):
        out.print(str(path))
