"""read --second: one reply put to the second reader that the settings name, beside our own reading of it."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime

from rich.table import Table

from bot import dialogues
from bot.core.opinion import Opinion, Question, is_doubtful, weigh
from bot.core.reading import Asked, Reading
from bot.nlu.read import Reader
from bot.parts import second_of
from bot.settings import SettingsError, load_settings


def ask(reader: Reader, reading: Reading, heard_at: datetime, asked: Asked | None) -> Opinion:
    """What the second reader says. Raise SettingsError where none is set."""
    settings = load_settings()
    content = dialogues.load(settings.dialogues or dialogues.ROOT)
    question = Question(0, "", (), (reading.text,), heard_at, asked, reading.language)

    async def answer() -> Opinion:
        second = second_of(settings, reader, content)
        if second is None:
            raise SettingsError("no second reader is set: HUIXIN_SECOND_READER is none (docs/second-readers.md)")
        try:
            return await second.opinion(question)
        finally:
            await second.close()

    return asyncio.run(answer())


def show(table: Table, reading: Reading, opinion: Opinion) -> None:
    """Add what the second reader said, and what follows from both."""
    rules = dialogues.load().rules.second
    told = "would be asked" if is_doubtful(reading, rules) else "would not be asked: the first is sure, or asks itself"
    table.add_row("second", f"[b]{opinion.reader}[/b]", told)
    if opinion.failure:
        table.add_row("", f"[red]{opinion.failure}[/red]", "the first reading stands")
        return
    table.add_row("", " + ".join(opinion.intents), f"{opinion.confidence:.2f}")
    for name, found in (("date", opinion.date), ("amount", opinion.amount and opinion.amount.as_json())):
        if name in opinion.disputed:
            table.add_row("", name, "[yellow]not what our grammar finds[/yellow]")
        elif found is not None:
            table.add_row("", name, json.dumps(found) if name == "amount" else f"{found:%a %Y-%m-%d}")
    both, verdict = weigh(reading, opinion, rules)
    table.add_row("both", f"[b]{verdict}[/b]", ", ".join(f"{i} {both.confidence(i):.2f}" for i in both.intents))
