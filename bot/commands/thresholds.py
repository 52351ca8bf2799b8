"""thresholds: what labelled replies cost at each value of each threshold, and which value is best."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bot import dialogues
from bot.commands.reading import write
from bot.core.reading import Reading
from bot.dialogues.costs import Costs, load_costs
from bot.dialogues.limits import Limits, load_limits
from bot.nlu.by_voice import read_by_voice, rows_of
from bot.nlu.evaluate_rows import Row, RowError, read_rows
from bot.nlu.read import Reader
from bot.nlu.threshold_plots import curves_svg
from bot.nlu.thresholds import GRID, Curve, Trial, curves, reading_all
from bot.settings import SettingsError

out = Console(highlight=False)
MOST = 5000  # examples that thresholds are tried on, taken evenly: each value reads them all again
SENT_AT = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # examples carry no moment: a Monday


def add_to(commands: typer.Typer) -> None:
    """Add this command."""
    commands.command()(thresholds)


def thresholds(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE…", help="Labelled replies in JSON Lines.")] = None,
    by_voice: Annotated[
        bool, typer.Option(help="Also the training examples, each read as if its voice were unknown. Takes long.")
    ] = False,
    svg: Annotated[Path | None, typer.Option(help="Also draw the curves into this file.")] = None,
    json_: Annotated[Path | None, typer.Option("--json", help="Also write the curves here.")] = None,
) -> None:
    """Show what replies cost by dialogues/policies/costs.yml, and at which value of each threshold they cost least.

    One threshold is moved at a time, the others stay. ± is the standard error of what the best value saves; surely
    better is what saves more than two of them, and more than 0.01. Nothing is changed: set what convinces you.
    """
    if not files and not by_voice:
        raise typer.BadParameter("give files of labelled replies, or --by-voice")
    try:
        rows = read_rows(*files) if files else []
    except RowError as error:
        raise SettingsError(str(error)) from None
    content, costs, limits = dialogues.load(), load_costs(), load_limits()
    telling = content.responses.telling_sums()
    screen = Console(stderr=True)
    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as progress:
        reader = Reader.load()
        reads = [reading_all(reader, rows)] if rows else []
        if by_voice:
            examples, training = dialogues.load_examples(), progress.add_task("training without each voice", total=None)
            other = read_by_voice(reader, examples, lambda _: progress.advance(training))
            more = rows_of(examples[:: 1 + len(examples) // MOST], reader, SENT_AT)
            reads.append(reading_all(other, more))
            rows = [*rows, *more]

        def read(limits: Limits) -> list[Reading]:
            return [reading for one in reads for reading in one(limits)]

        trial = Trial(rows, content.rules, costs, telling)
        moving = progress.add_task("moving thresholds", total=None)
        found = []
        for curve in curves(read, trial, limits, GRID, GRID[::2] if by_voice else GRID):
            progress.advance(moving)
            found.append(curve)
    out.print(_mistakes(trial, read(limits), costs))
    out.print(_table(found))
    if svg is not None:
        write(svg, curves_svg(found))
    if json_ is not None:
        write(json_, json.dumps(_as_json(found, rows), indent=1) + "\n")


def _mistakes(trial: Trial, readings: list[Reading], costs: Costs) -> Table:
    counts = Counter(mistake for mistake in trial.verdicts(readings, trial.rules) if mistake is not None)
    table = Table(title=f"{len(trial.rows)} replies, thresholds as they are", title_justify="left", box=None)
    for name in ("mistake", "how often", "each costs", "a reply"):
        table.add_column(name, justify="left" if name == "mistake" else "right")
    for mistake, cost in costs.items():
        share = cost * counts[mistake] / max(1, len(trial.rows))
        table.add_row(mistake, str(counts[mistake]), f"{cost:g}", f"{share:.3f}")
    return table


def _table(found: list[Curve]) -> Table:
    table = Table(title="What a reply costs, by threshold", title_justify="left", box=None)
    table.caption = "limits: in reading.yml · promise_sure_enough: sure_enough in promises.yml · others: dialogue.yml"
    table.add_column("threshold", no_wrap=True)
    for name in ("now", "costs", "best", "costs", "±"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("surely better")
    for curve in found:
        now, best = curve.now, curve.best
        better = ", ".join(f"{point.value:g}" for point in curve.better)
        figures = (f"{now.value:g}", f"{now.cost:.3f}", f"{best.value:g}", f"{best.cost:.3f}", f"{best.error:.3f}")
        table.add_row(curve.name, *figures, f"[red]{better}[/red]" if better else "none")
    return table


def _as_json(found: list[Curve], rows: list[Row]) -> dict[str, Any]:
    return {
        "replies": len(rows),
        "thresholds": {
            curve.name: {
                "now": curve.now.value,
                "best": curve.best.value,
                "costs": [[point.value, round(point.cost, 4), round(point.error, 4)] for point in curve.points],
            }
            for curve in found
        },
    }
