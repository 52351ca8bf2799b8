"""read · evaluate · dates · amounts: what the reading layer understands, and how well."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from bot import dialogues
from bot.commands import second as second_opinion
from bot.commands.talking import moment_of
from bot.core.opinion import Opinion
from bot.core.reading import Asked, Reading
from bot.nlu import amounts, dates
from bot.nlu.evaluate import Evaluation, RowError, evaluate, read_rows
from bot.nlu.evaluate_against import ScoreError, compare, read_scores
from bot.nlu.evaluate_plots import calibration_svg, confusion_svg
from bot.nlu.evaluate_report import as_json as scores_as_json
from bot.nlu.evaluate_report import describe, render
from bot.nlu.read import Reader
from bot.settings import SettingsError

out = Console(highlight=False)


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.command()(read)
    commands.command("evaluate")(evaluate_)
    commands.command("dates")(dates_)
    commands.command("amounts")(amounts_)


def rows_of(path: Path, *needed: str) -> Iterator[dict[str, Any]]:
    """The rows of a JSON Lines file; raise with file and line where one is not what it must be."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read ({error})") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise SettingsError(f"{path}:{number}: not JSON ({error})") from None
        if not isinstance(row, dict) or any(not isinstance(row.get(name), str) for name in needed):
            raise SettingsError(f"{path}:{number}: each line is an object with {', '.join(needed)} as text")
        yield row


def _moment(row: dict[str, Any], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(row[name])
    except ValueError:
        raise SettingsError(f"{row['id']}: {name}: {row[name]!r} is no moment in ISO 8601") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _asked(value: Any) -> Asked | None:
    try:
        return Asked(value) if value else None
    except ValueError:
        return None


def read(
    text: Annotated[str, typer.Argument(help="The reply, as a customer wrote it.")] = "",
    at: Annotated[str, typer.Option(help="When it was sent, for example 2026-11-23T10:00+08:00; default: now.")] = "",
    asked: Annotated[str, typer.Option(help="Our open question: date, amount, confirm_promise, confirm_opt_out.")] = "",
    jsonl: Annotated[
        Path | None, typer.Option(help="Read rows {id, text, heard_at, asked} instead, a JSON reading each.")
    ] = None,
    second: Annotated[
        bool, typer.Option("--second", help="Ask the second reader of the settings too; shows both.")
    ] = False,
) -> None:
    """Show what a reply was understood to mean: intents with scores, date, amount, and the words that said so."""
    if asked and asked not in list(Asked):
        raise typer.BadParameter(f"--asked {asked!r} is unknown; known are {', '.join(Asked)}")
    if jsonl is None and not text:
        raise typer.BadParameter("give a reply to read, or --jsonl FILE")
    if second and jsonl is not None:
        raise typer.BadParameter("--second takes one reply, not --jsonl")
    reader = Reader.load()
    if jsonl is None:
        heard_at = moment_of(at)
        reading = reader.read(text, heard_at, _asked(asked))
        _explain(reading, second_opinion.ask(reader, reading, heard_at, _asked(asked)) if second else None)
        return
    for row in rows_of(jsonl, "id", "text", "heard_at"):
        reading = reader.read(row["text"], _moment(row, "heard_at"), _asked(row.get("asked")))
        sys.stdout.write(json.dumps({"id": row["id"], **as_json(reading)}, ensure_ascii=False) + "\n")


def as_json(reading: Reading) -> dict[str, Any]:
    """A reading in the form that readings are exchanged in."""
    return {
        "intents": [str(intent) for intent in reading.intents],
        "primary": str(reading.primary),
        "date": reading.date.isoformat() if reading.date else None,
        "date_vague": reading.date_vague,
        "amount": reading.amount.as_json() if reading.amount else None,
    }


def _explain(reading: Reading, second: Opinion | None = None) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2))
    for intent in reading.intents:
        table.add_row("intent", f"[b]{intent}[/b]", f"{reading.confidence(intent):.2f}")
    if reading.date or reading.date_vague:
        shown = reading.date.strftime("%a %Y-%m-%d") if reading.date else "vague"
        table.add_row("date", shown, f"{reading.date_score:.2f}")
    if reading.amount:
        table.add_row("amount", json.dumps(reading.amount.as_json()), f"{reading.amount_score:.2f}")
    if reading.conditional:
        table.add_row("condition", "yes", "")
    if reading.opt_out_suspected:
        table.add_row("opt-out", "suspected: texts are held and the customer is asked", "")
    for span in reading.spans:
        table.add_row(
            "evidence",
            f"“{escape(span.text)}” [dim]{span.start}–{span.end}[/dim]",
            f"{span.label} [dim]{escape(span.rule)}[/dim]",
        )
    for reason in reading.rejected:
        table.add_row("rejected", escape(reason), "")
    if second is not None:
        second_opinion.show(table, reading, second)
    out.print(table)


def evaluate_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Labelled replies in JSON Lines.")],
    json_: Annotated[Path | None, typer.Option("--json", help="Also write the figures (not the cost) here.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Also write calibration.svg and confusion.svg into here.")] = None,
    against: Annotated[
        Path | None, typer.Option(help="Kept scores; exit with 1 where a guarded figure is a point below them.")
    ] = None,
) -> None:
    """Score the reader on labelled replies: intents, dates, amounts, silent errors, calibration, cost.

    Guarded by --against, for all and for each language: primary accuracy, macro-F1, opt-out recall.
    """
    try:
        rows = read_rows(*files)
        kept = read_scores(against) if against else None
    except (RowError, ScoreError) as error:
        raise SettingsError(str(error)) from None
    rules = dialogues.load().rules
    screen = Console(stderr=True)
    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as progress:
        training = progress.add_task("training the reader", total=None)
        reader = Reader.load()
        progress.remove_task(training)
        reading = progress.add_task("reading", total=len(rows))
        sure = rules.sure_enough, float(rules.promises.sure_enough)
        done = evaluate(reader, rows, *sure, rules=rules, seen=lambda: progress.advance(reading))
    out.print(render(done))
    if json_ is not None:
        write(json_, json.dumps(scores_as_json(done), ensure_ascii=False, indent=1) + "\n")
    if svg is not None:
        write(svg / "calibration.svg", calibration_svg(done))
        write(svg / "confusion.svg", confusion_svg(done))
    if kept is not None:
        _hold_against(done, kept)


def write(path: Path, text: str) -> None:
    """Write a file that a command was asked for, with its folder."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written ({error})") from None


def _hold_against(done: Evaluation, kept: dict[str, Any]) -> None:
    try:
        comparison = compare(done, kept)
    except ScoreError as error:
        raise SettingsError(str(error)) from None
    if not comparison.falls:
        out.print("\n[green]No guarded figure fell.[/green]")
        return
    out.print()
    for fall in comparison.falls:
        out.print(f"[red]{fall}[/red]")
    out.print(f"[b]Replies with a fault that they did not have before: {len(comparison.broken)}[/b]")
    for verdict in comparison.broken:
        out.print(describe(verdict), soft_wrap=True)
    sys.exit(1)


def dates_(
    jsonl: Annotated[Path, typer.Option(help="Rows {id, lang, text, reference}; prints {id, start, end} each.")],
) -> None:
    """The date extractor alone, whatever the intent: local days, end inclusive, null where there is none."""
    for row in rows_of(jsonl, "id", "lang", "text"):
        reference = (
            _moment(row, "reference") if isinstance(row.get("reference"), str) else datetime(2026, 1, 1, tzinfo=UTC)
        )
        found = dates.extract(row["text"], row["lang"], reference)
        start = found.start.isoformat() if found and found.start else None
        end = found.end.isoformat() if found and found.end else None
        sys.stdout.write(json.dumps({"id": row["id"], "start": start, "end": end}) + "\n")


def amounts_(
    jsonl: Annotated[Path, typer.Option(help="Rows {id, lang, text}; prints {id, amount} each.")],
) -> None:
    """The amount extractor alone, whatever the intent."""
    for row in rows_of(jsonl, "id", "lang", "text"):
        found = amounts.extract(row["text"], row["lang"])
        amount = None if found is None else (int(found) if found == found.to_integral_value() else float(found))
        sys.stdout.write(json.dumps({"id": row["id"], "amount": amount}) + "\n")
