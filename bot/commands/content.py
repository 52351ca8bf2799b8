"""check · draw: the content of dialogues/, checked and pictured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot import dialogues
from bot.core.conversation import draw as draw_table
from bot.core.segments import count
from bot.dialogues.load import sample
from bot.nlu.read import Reader

out = Console(highlight=False)


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.command()(check)
    commands.command()(draw)


def check(
    folder: Annotated[Path, typer.Option(help="Another folder of dialogues/.")] = dialogues.ROOT,
) -> None:
    """Check everything in dialogues/ as the start-up does; list each response with its longest form in segments."""
    content = dialogues.load(folder)
    Reader.load(folder)
    for language, texts in content.responses.texts.items():
        for name in texts:
            text = content.responses.render(name, language, sample(), "CNY")
            segments = count("【示例银行】" + text)
            mark = "[yellow]long[/yellow] " if segments.parts > 3 else ""
            out.print(f"{language} {name:<28} {segments.encoding:<6} {segments.parts} {mark}", highlight=False)
    cells = len(content.rules.conversation.cells)
    out.print(
        f"dialogues/ is sound: {cells} cells, {len(content.responses.texts['zh'])} responses, {content.rules.version}"
    )


def draw() -> None:
    """Print the state machine as a Mermaid diagram, drawn from the table itself."""
    out.print(draw_table(dialogues.load().rules.conversation), markup=False, soft_wrap=True, end="")
