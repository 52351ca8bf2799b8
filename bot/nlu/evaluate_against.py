"""Whether a reader has become worse than a score file that was kept, and by which replies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.nlu.evaluate import Evaluation
from bot.nlu.evaluate_figures import Verdict
from bot.nlu.evaluate_report import as_json

GUARDED = ("primary_accuracy", "macro_f1", "opt_out_recall")
GUARDED_SLICES = ("all", "zh", "en")
ONE_POINT = 0.01
ROUNDING = 1e-4  # scores are kept with four digits


class ScoreError(ValueError):
    """A score file cannot be compared with; says why."""


@dataclass(frozen=True, slots=True)
class Fall:
    """One guarded figure of one slice that is more than a point below the kept one."""

    slice: str
    figure: str
    kept: float
    now: float

    def __str__(self) -> str:
        return f"{self.figure} of {self.slice} fell from {self.kept:.2%} to {self.now:.2%}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`falls` is empty where nothing guarded fell. `broken` are the rows with a fault that they did not have before."""

    falls: tuple[Fall, ...]
    broken: tuple[Verdict, ...]


def read_scores(path: Path) -> dict[str, Any]:
    """A file that `as_json` was written to."""
    try:
        scores = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ScoreError(f"{path}: cannot be read ({error})") from None
    if not isinstance(scores, dict) or not all(isinstance(scores.get(name), dict) for name in ("slices", "wrong")):
        raise ScoreError(f"{path}: no score file; make one with `huixin evaluate FILE… --json {path}`")
    return scores


def compare(evaluation: Evaluation, kept: dict[str, Any]) -> Comparison:
    """Hold an evaluation against kept scores of the same rows: accuracy, macro-F1 and opt-out recall may not fall."""
    falls = []
    now = as_json(evaluation)
    for name in GUARDED_SLICES:
        before, after = kept["slices"].get(name, {}), now["slices"].get(name, {})
        if before.get("rows") != after.get("rows"):
            counts = f"{before.get('rows', 0)} rows of {name}, these files {after.get('rows', 0)}"
            raise ScoreError(f"the kept scores are of {counts}: evaluate the same files, or keep new scores")
        for figure in GUARDED:
            was, is_now = before.get(figure), after.get(figure)
            if was is not None and is_now is not None and was - is_now > ONE_POINT + ROUNDING:
                falls.append(Fall(name, figure, was, is_now))
    wrong: dict[str, list[str]] = kept["wrong"]
    broken = tuple(v for v in evaluation.verdicts if set(v.faults) - set(wrong.get(v.row.id, [])))
    return Comparison(tuple(falls), broken)
