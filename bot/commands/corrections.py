"""corrections export: what people say that replies meant, as examples and rows that a person can review."""

from __future__ import annotations

import asyncio
import json
import sys
import unicodedata
from datetime import datetime
from typing import Annotated, Any

import typer

from bot.clock import Clock
from bot.commands.places import database_of, settings_of
from bot.core.calendar import local
from bot.dialogues.briefing import load_briefing
from bot.second.hiding import hidden
from bot.settings import SettingsError
from bot.store import accesses, corrections
from bot.store.corrections import Correction

commands_ = typer.Typer(help="What people say that replies meant, for training.", no_args_is_help=True)
FORMATS = ("jsonl", "yaml")


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.add_typer(commands_, name="corrections")


@commands_.callback()
def _group() -> None:
    """What people say that replies meant, for training."""


@commands_.command()
def export(
    form: Annotated[str, typer.Option("--format", help="jsonl: rows as in tests/readings; yaml: examples.")] = "yaml",
    language: Annotated[str, typer.Option(help="Only replies in this language: zh or en.")] = "zh",
    demo: Annotated[bool, typer.Option(help="Look into the demonstration's database.")] = False,
) -> None:
    """Print the corrected replies with names, numbers and addresses taken out. Read them before you train on them.

    `yaml` is the format of dialogues/intents, `jsonl` that of labelled replies, which `huixin evaluate` takes. Of
    several corrections of one reply the newest counts. The export is noted in the access log.
    """
    if form not in FORMATS:
        raise SettingsError(f"--format {form!r} is not known; it is one of: {', '.join(FORMATS)}")
    settings = settings_of(demo)
    after = load_briefing().hidden_after

    async def run() -> list[tuple[Correction, str, datetime]]:
        async with database_of(settings) as database, database.write() as connection:
            await accesses.log_access(connection, "command line", None, "corrections export", Clock()())
            found = [one async for one in corrections.all_corrections(connection) if one[0].language == language]
        return [(made, clean(hidden(made.text, name, after)), at) for made, name, at in found]

    rows = asyncio.run(run())
    if form == "yaml":
        sys.stdout.write(as_examples([(made, text) for made, text, _ in rows]))
        return
    for made, text, at in rows:
        sys.stdout.write(json.dumps(as_row(made, text, at), ensure_ascii=False) + "\n")


def clean(text: str) -> str:
    """A text on one line, as a YAML block and a reader's eye can take it; nothing that looks like an entity's mark."""
    line = " ".join(text.split()).replace("](", "] (")
    return "".join(c for c in line if unicodedata.category(c) not in ("Cc", "Cs", "Cn") and c != "\ufeff")


def as_examples(rows: list[tuple[Correction, str]]) -> str:
    """Rasa's NLU training format, one block for each combination of intents."""
    blocks: dict[str, list[str]] = {}
    for made, text in rows:
        if text:
            lines = blocks.setdefault("+".join(made.meant.intents), [])
            lines += [text] if text not in lines else []
    out = ['version: "3.1"', "nlu:" if blocks else "nlu: []"]
    for intents, texts in sorted(blocks.items()):
        out += [f"- intent: {intents}", "  metadata: {voice: plain, origin: corrected}", "  examples: |"]
        out += [f"    - {text}" for text in texts]
    return "\n".join(out) + "\n"


def as_row(made: Correction, text: str, at: datetime) -> dict[str, Any]:
    """A labelled reply, as `huixin evaluate` reads them."""
    meant, amount = made.meant, made.meant.sum
    return {
        "id": f"correction-{made.inbound_id}",
        "lang": made.language,
        "text": text,
        "heard_at": local(at, "UTC").isoformat(),
        "asked": None,
        "intents": [str(intent) for intent in meant.intents],
        "primary": str(meant.intents[0]),
        "date": meant.day.isoformat() if meant.day else None,
        "date_vague": False,
        "amount": None if amount is None else int(amount) if amount == int(amount) else float(amount),
        "note": f"read as {'+'.join(made.read.intents)}",
    }
