"""The trained reader: logistic regressions on n-grams and lexicon cues, scored from one table at run time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from bot.core.reading import RANK, Intent
from bot.nlu.gate import Gated
from bot.nlu.logistic import fit_logistic
from bot.nlu.ngrams import Counted, count_grams, known_grams

Floats = NDArray[np.float32]
LABELS: tuple[Intent, ...] = tuple(Intent)
CUE_WEIGHT = 0.6  # against n-grams whose squares sum to 1 over a whole message
RARE = 3  # an n-gram must stand in this many examples to be learnt


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learnt from one example: its foldings (text, language), the lexicon cues in it, and what it means."""

    foldings: tuple[tuple[str, str], ...]
    cues: tuple[str, ...]
    intents: tuple[Intent, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """The probability of every intent, and the n-grams (rows of the table) that it comes from."""

    probabilities: dict[Intent, float]
    rows: tuple[int, ...]


class IntentModel:
    """Scores every intent of a message; trained at start-up from examples, the same every time."""

    def __init__(self, lessons: Sequence[Lesson], strength: float = 30.0) -> None:
        counted = count_grams([lesson.foldings for lesson in lessons], RARE)
        self._grams = counted.grams
        self._row = {gram: row for row, gram in enumerate(counted.grams)}
        cues = sorted({cue for lesson in lessons for cue in lesson.cues})
        self._cue_row = {cue: row for row, cue in enumerate(cues)}
        rarity: Floats = (np.log((1 + len(lessons)) / (1 + np.diff(counted.starts))) + 1).astype(np.float32)
        truth = np.zeros((len(lessons), len(LABELS)), dtype=np.float32)
        for row, lesson in enumerate(lessons):
            truth[row, [RANK[intent] for intent in lesson.intents]] = 1
        features = vstack([_weighted(counted, rarity, len(lessons)), self._cue_features(lessons)], format="csr")
        weights, self._bias = fit_logistic(features, truth, 1 / strength)
        # The last column adds up to the squared length of a message's n-grams.
        self._table: Floats = np.hstack([weights[: len(rarity)] * rarity[:, None], rarity[:, None] ** 2])
        self._cue_table: Floats = weights[len(rarity) :] * np.float32(CUE_WEIGHT)

    def _cue_features(self, lessons: Sequence[Lesson]) -> Any:
        found = [(self._cue_row[cue], row) for row, lesson in enumerate(lessons) for cue in lesson.cues]
        values = np.full(len(found), CUE_WEIGHT, dtype=np.float32)
        return csr_matrix(
            (values, tuple(zip(*found, strict=True)) or ((), ())), shape=(len(self._cue_row), len(lessons))
        )

    def score(self, gated: Gated) -> Scored:
        """The probability of each intent."""
        rows: set[int] = set()
        for folded in gated.folds:
            rows |= known_grams(folded.text, folded.language, self._row)
        total = self._bias
        if rows:
            spoken = self._table[np.fromiter(rows, np.intp, len(rows))].sum(axis=0)
            total = total + spoken[:-1] / np.sqrt(spoken[-1])
        if cues := [self._cue_row[cue] for cue in gated.cues if cue in self._cue_row]:
            total = total + self._cue_table[cues].sum(axis=0)
        probabilities = (1 / (1 + np.exp(-total))).tolist()
        return Scored(dict(zip(LABELS, probabilities, strict=True)), tuple(rows))

    def telling(self, scored: Scored, intent: Intent, most: int = 3) -> list[str]:
        """The n-grams that spoke most for an intent, strongest first."""
        spoke = zip(self._table[list(scored.rows), RANK[intent]].tolist(), scored.rows, strict=True)
        best = sorted(((weight, self._grams[row]) for weight, row in spoke if weight > 0), key=lambda p: (-p[0], p[1]))
        return [gram for _, gram in best[:most]]


def _weighted(counted: Counted, rarity: Floats, examples: int) -> Any:
    """The n-grams as features: each weighs its rarity, and the squares of each example's add up to 1."""
    values = np.repeat(rarity, np.diff(counted.starts))
    squares = np.bincount(counted.examples, values**2, examples)
    values /= np.sqrt(squares)[counted.examples].astype(np.float32)
    return csr_matrix((values, counted.examples, counted.starts), shape=(len(rarity), examples))
