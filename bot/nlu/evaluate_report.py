"""An evaluation as JSON to keep and as tables to read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.core.reading import Intent
from bot.nlu.evaluate import Evaluation
from bot.nlu.evaluate_figures import IntentScore, Share, Slice, Verdict
from bot.nlu.evaluate_rows import Amount

GRAVE = (Intent.OPT_OUT, Intent.SELF_HARM, Intent.DECEASED)
CONFUSIONS_SHOWN = 12


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Every figure but the cost, so that the same readings give the same file on any machine.

    Shares are rounded to four digits and null where there is nothing to count; `wrong` holds the faults of each row.
    """
    return {
        "slices": {name: _slice_json(part) for name, part in evaluation.slices.items()},
        "calibration_error": _rounded(evaluation.calibration_error),
        "calibration": [
            {"from": b.low, "rows": b.count, "confidence": _rounded(b.confidence), "accuracy": _rounded(b.accuracy)}
            for b in evaluation.calibration
        ],
        "confusions": [[meant, read, count] for meant, read, count in evaluation.confusions],
        "silent_errors": [verdict.row.id for verdict in evaluation.silent_errors],
        "wrong": {verdict.row.id: list(verdict.faults) for verdict in evaluation.verdicts if verdict.faults},
    }


def _slice_json(part: Slice) -> dict[str, Any]:
    scores = {intent.value: part.intent(intent) for intent in Intent}
    return {
        "rows": len(part.verdicts),
        "primary_accuracy": _rounded(part.primary.value),
        "macro_f1": _rounded(part.macro_f1),
        "date_exact": _rounded(part.dates.value),
        "amount_exact": _rounded(part.amounts.value),
        "dates_invented": part.dates_invented.count,
        "amounts_invented": part.amounts_invented.count,
        "opt_out_recall": _rounded(part.intent(Intent.OPT_OUT).recall.value),
        "opt_out_precision": _rounded(part.intent(Intent.OPT_OUT).precision.value),
        "self_harm_recall": _rounded(part.intent(Intent.SELF_HARM).recall.value),
        "deceased_recall": _rounded(part.intent(Intent.DECEASED).recall.value),
        "unclear_recall": _rounded(part.unclear.value),
        "silent_errors": part.silent.count,
        "intents": {name: _intent_json(score) for name, score in scores.items() if score.recall.of},
    }


def _intent_json(score: IntentScore) -> dict[str, Any]:
    return {
        "precision": _rounded(score.precision.value),
        "recall": _rounded(score.recall.value),
        "f1": _rounded(score.f1),
        "support": score.recall.of,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def render(evaluation: Evaluation) -> Group:
    """Tables for a terminal of 80 columns or more; every silent error in full."""
    cost = evaluation.cost
    silent, missed = evaluation.silent_errors, [v for v in evaluation.verdicts if _misses_grave(v)]
    error = _percent(evaluation.calibration_error)
    parts: list[RenderableType] = [
        _heading("Readings, in per cent or as counts"),
        _summary(evaluation.slices),
        _heading("Per intent: precision, recall, F1 (per cent) and support"),
        _intents(evaluation.slices),
        _heading("Worst confusions of the primary"),
        _confusions(evaluation),
        _heading(f"Calibration of the primary: expected error {error} per cent"),
        _calibration(evaluation),
        _heading("Cost"),
        Text(f"alone {cost.median_us:,.0f} µs a message (p99 {cost.p99_us:,.0f}), in batches {cost.batch_us:,.0f} µs"),
        _heading(f"Grave meanings missed ({', '.join(GRAVE)}): {len(missed)}"),
        *map(describe, missed),
        _heading(f"Silent errors (misread, acted on, nobody asked or called): {len(silent)}"),
        *map(describe, silent),
    ]
    return Group(*parts)


def _heading(words: str) -> Text:
    return Text(f"\n{words}", "bold")


def _misses_grave(verdict: Verdict) -> bool:
    return any(intent in verdict.row.intents and not verdict.reading.has(intent) for intent in GRAVE)


def _summary(slices: dict[str, Slice]) -> Table:
    table = Table("", *slices, box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    figures = [_figures(part) for part in slices.values()]
    for name in figures[0]:
        table.add_row(name, *(column[name] for column in figures))
    return table


def _figures(part: Slice) -> dict[str, str]:
    grave = {f"{intent} recall": _counted(part.intent(intent).recall) for intent in GRAVE}
    return {
        "rows": str(len(part.verdicts)),
        "primary accuracy": _percent(part.primary.value),
        "macro-F1": _percent(part.macro_f1),
        **grave,
        "opt_out precision": _counted(part.intent(Intent.OPT_OUT).precision),
        "unclear recall": _counted(part.unclear),
        "date exact": _percent(part.dates.value),
        "amount exact": _percent(part.amounts.value),
        "dates invented": _counted(part.dates_invented),
        "amounts invented": _counted(part.amounts_invented),
        "silent errors": str(part.silent.count),
    }


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _counted(share: Share) -> str:
    return f"{share.count}/{share.of}" if share.of else "–"


def _intents(slices: dict[str, Slice]) -> Table:
    shown = {name: part for name, part in slices.items() if name not in ("everyday", "traps")}
    table = Table("", box=None, padding=(0, 1, 0, 0))
    for name in shown:
        for figure in (f"{name} P", "R", "F1", "n"):
            table.add_column(figure, justify="right")
    for intent in Intent:
        cells: list[str] = []
        for score in (part.intent(intent) for part in shown.values()):
            precision, recall = score.precision.value, score.recall.value
            figures = (precision, recall, score.f1 if score.recall.of else None)
            cells += ["–" if value is None else f"{100 * value:.0f}" for value in figures]
            cells.append(str(score.recall.of))
        table.add_row(intent.value, *cells)
    return table


def _confusions(evaluation: Evaluation) -> Table:
    table = Table("labelled", "read", "times", box=None)
    table.columns[2].justify = "right"
    for meant, read, count in evaluation.confusions[:CONFUSIONS_SHOWN]:
        table.add_row(meant, read, str(count))
    return table


def _calibration(evaluation: Evaluation) -> Table:
    table = Table("confidence", "rows", "mean", "right", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for one in evaluation.calibration:
        mean, right = (_percent(one.confidence), _percent(one.accuracy)) if one.count else ("–", "–")
        table.add_row(f"{one.low:.1f}–{one.low + 0.1:.1f}", str(one.count), mean, right)
    return table


def describe(verdict: Verdict) -> Text:
    """One row in full: the text, its label, its reading, and what the bot does on it."""
    row, reading = verdict.row, verdict.reading
    said = reading.amount.as_json() if reading.amount else None
    sure = ", ".join(f"{reading.confidence(intent):.2f}" for intent in reading.intents)
    shown = row.text.encode("utf-8", "backslashreplace").decode().replace("\n", " ⏎ ")
    return Text.assemble(
        (f"{row.id}  ", "bold"),
        f"{shown}\n",
        f"    label   {_meaning(row.intents, row.date, row.amount)}{f'  ({row.note})' if row.note else ''}\n",
        f"    read    {_meaning(reading.intents, reading.date, said)}  (sure {sure})\n",
        f"    bot     {verdict.done.outcome}{f', asked {row.asked}' if row.asked else ''}",
    )


def _meaning(intents: Sequence[Intent], day: date | None, amount: Amount) -> str:
    slots = [f"date {day}"] if day else []
    slots += [f"amount {json.dumps(amount)}"] if amount is not None else []
    return " · ".join((" + ".join(intents), *slots))
