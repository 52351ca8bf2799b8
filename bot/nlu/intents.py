"""The trained model: logistic regressions on n-grams and lexicon cues, scored from one table."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.core.reading import RANK, Intent
from bot.nlu.gate import Gated
from bot.nlu.ngrams import known_grams

Floats = NDArray[np.float32]
LABELS: tuple[Intent, ...] = tuple(Intent)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learnt from one example: its foldings (text, language), the lexicon cues in it, and what it means."""

    foldings: tuple[tuple[str, str], ...]
    cues: tuple[str, ...]
    intents: tuple[Intent, ...]


@dataclass(frozen=True, slots=True)
class Trained:
    """What was learnt: for each n-gram and each cue a row of weights, one for each of LABELS, and what all start from.

    The last column of `table` adds up to the squared length of a message's n-grams, which their weights are divided by.
    """

    grams: list[str]
    table: Floats
    cues: list[str]
    cue_table: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class Scored:
    """The probability of every intent, and the n-grams (rows of the table) that it comes from."""

    probabilities: dict[Intent, float]
    rows: list[int]


class IntentModel:
    """Scores every intent of messages."""

    def __init__(self, trained: Trained) -> None:
        self._grams = trained.grams
        self._row = {gram: row for row, gram in enumerate(trained.grams)}
        self._cue_row = {cue: row for row, cue in enumerate(trained.cues, 1)}
        # A row of zeros for messages in which nothing is known; and what all messages start from, as the first cue.
        self._table: Floats = np.vstack([trained.table, np.zeros_like(trained.table[:1])])
        self._cue_table: Floats = np.vstack([trained.bias, trained.cue_table])

    def score(self, many: Sequence[Gated]) -> list[Scored]:
        """The probability of each intent, message by message; many at once cost less than one by one."""
        rows = [self._rows(gated) for gated in many]
        cues = [[0, *(self._cue_row[cue] for cue in gated.cues if cue in self._cue_row)] for gated in many]
        spoken = _sums(self._table, rows)
        lengths = np.sqrt(np.where(spoken[:, -1:] > 0, spoken[:, -1:], 1))
        total = _sums(self._cue_table, cues) + spoken[:, :-1] / lengths
        probabilities = (1 / (1 + np.exp(-np.maximum(total, -80)))).tolist()  # no further: single floats end there
        return [Scored(dict(zip(LABELS, some, strict=True)), of) for some, of in zip(probabilities, rows, strict=True)]

    def _rows(self, gated: Gated) -> list[int]:
        found: set[int] = set()
        for folded in gated.folds:
            found |= known_grams(folded.text, folded.language, self._row)
        return sorted(found) or [len(self._grams)]

    def telling(self, scored: Scored, intent: Intent, most: int = 3) -> list[str]:
        """The n-grams that spoke most for an intent, strongest first."""
        weights = self._table[scored.rows, RANK[intent]].tolist()
        best = sorted(zip(weights, scored.rows, strict=True), reverse=True)[:most]
        return [self._grams[row] for weight, row in best if weight > 0]


def _sums(table: Floats, rows: Sequence[Sequence[int]]) -> Floats:
    """For each list of rows (none is empty) their sum."""
    starts = list(itertools.accumulate(map(len, rows[:-1]), initial=0))
    chosen = table.take(list(itertools.chain.from_iterable(rows)), axis=0)
    sums: Floats = np.add.reduceat(chosen, starts, axis=0)
    return sums
