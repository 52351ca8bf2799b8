"""Scores a reader on labelled replies: what it gets right, what goes wrong unnoticed, how sure it is, what it costs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import median
from time import perf_counter_ns

from bot import dialogues
from bot.core.reading import Intent
from bot.core.rules import Rules
from bot.nlu.evaluate_figures import Bin, Cost, Slice, Verdict
from bot.nlu.evaluate_rows import Row, RowError, read_rows
from bot.nlu.evaluate_silent import done_on
from bot.nlu.read import Reader

__all__ = ["Evaluation", "Row", "RowError", "Slice", "Verdict", "evaluate", "read_rows"]

BATCH = 200  # messages that one turn of the worker reads together
BINS = 10


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Every row with its reading; all figures follow from these. `cost` is the one thing that a machine changes."""

    verdicts: tuple[Verdict, ...]
    cost: Cost

    @property
    def slices(self) -> dict[str, Slice]:
        """All rows, each language, and the rows without and with a note: everyday replies and traps."""
        languages = sorted({v.row.lang for v in self.verdicts}, reverse=True)
        return {
            "all": Slice(self.verdicts),
            **{lang: Slice(tuple(v for v in self.verdicts if v.row.lang == lang)) for lang in languages},
            "everyday": Slice(tuple(v for v in self.verdicts if not v.row.note)),
            "traps": Slice(tuple(v for v in self.verdicts if v.row.note)),
        }

    @property
    def silent_errors(self) -> tuple[Verdict, ...]:
        """The misreadings that nobody would notice, in the order of the rows."""
        return tuple(v for v in self.verdicts if v.silent_error)

    @property
    def confusions(self) -> list[tuple[Intent, Intent, int]]:
        """(labelled, read, how often) for every wrong primary, the most frequent first."""
        pairs = Counter((v.row.primary, v.reading.primary) for v in self.verdicts if not v.primary_right)
        return [(meant, read, count) for (meant, read), count in sorted(pairs.items(), key=lambda p: (-p[1], p[0]))]

    @property
    def calibration(self) -> tuple[Bin, ...]:
        """Ten bins by the primary's confidence; an empty one has confidence and accuracy 0."""
        sorted_in: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
        for v in self.verdicts:
            sure = v.reading.confidence(v.reading.primary)
            sorted_in[min(int(sure * BINS), BINS - 1)].append((sure, v.primary_right))
        return tuple(
            Bin(n / BINS, len(i), sum(s for s, _ in i) / max(1, len(i)), sum(r for _, r in i) / max(1, len(i)))
            for n, i in enumerate(sorted_in)
        )

    @property
    def calibration_error(self) -> float:
        """Expected calibration error: how far confidence is from accuracy, on average over the rows."""
        gaps = sum(one.count * abs(one.confidence - one.accuracy) for one in self.calibration)
        return gaps / max(1, len(self.verdicts))


def evaluate(
    reader: Reader,
    rows: Sequence[Row],
    sure_enough: float = 0.5,
    slot_sure: float = 0.75,
    *,
    rules: Rules | None = None,
    seen: Callable[[], None] = lambda: None,
) -> Evaluation:
    """Read every row twice (alone, and in batches of 200) and judge the first reading.

    A reading is a silent error where its primary, day or sum is wrong and `decide` acts on it without asking back or
    calling a person (see `done_on`). `sure_enough` and `slot_sure` stand in for dialogue.yml's and promises.yml's
    figures of that name in `rules` (default: dialogues/ as shipped). `seen` is called after each message.
    """
    rules = rules or dialogues.load().rules
    promises = replace(rules.promises, sure_enough=Decimal(str(slot_sure)))
    rules = replace(rules, sure_enough=sure_enough, promises=promises)
    verdicts, alone = [], []
    for row in rows:
        started = perf_counter_ns()
        reading = reader.read(row.text, row.heard_at, row.asked)
        alone.append((perf_counter_ns() - started) / 1000)
        verdicts.append(Verdict(row, reading, done_on(reading, row, rules)))
        seen()
    return Evaluation(tuple(verdicts), _cost(alone, _in_batches(reader, rows)))


def _in_batches(reader: Reader, rows: Sequence[Row]) -> float:
    spent = 0
    for first in range(0, len(rows), BATCH):
        batch = [(row.text, row.heard_at, row.asked) for row in rows[first : first + BATCH]]
        started = perf_counter_ns()
        reader.read_many(batch)
        spent += perf_counter_ns() - started
    return spent / 1000 / max(1, len(rows))


def _cost(alone: list[float], batch_us: float) -> Cost:
    ordered = sorted(alone) or [0.0]
    return Cost(median(ordered), ordered[math.ceil(0.99 * len(ordered)) - 1], batch_us)
