"""The trained reader: logistic regressions on n-grams and lexicon cues, scored from one table at run time."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from bot.core.reading import Intent
from bot.nlu.logistic import fit_logistic

Floats = NDArray[np.float32]
LABELS: tuple[Intent, ...] = tuple(Intent)
CUE_WEIGHT = 0.6  # against n-grams whose squares sum to 1 over a whole message
RARE = 3  # an n-gram must stand in this many examples to be learnt
_DIGITS = str.maketrans("123456789", "000000000")
_WORDS = re.compile(r"[^ ]+")


@dataclass(frozen=True, slots=True)
class Observed:
    """What the model sees of a message: its n-grams and the lexicon cues (`intent/strength`) found in it."""

    grams: tuple[str, ...]
    cues: tuple[str, ...]


def grams_of(folded: str, language: str) -> tuple[str, ...]:
    """N-grams of a folded text, each once: characters 1-4 in Chinese; characters 3-4 and words 1-3 in English."""
    text = folded.translate(_DIGITS)
    grams: set[str] = set()
    if language == "en":
        words = text.split()
        for size in (3, 4, 5):
            grams.update(text[i : i + size] for i in range(len(text) - size + 1))
        grams.update("w:" + word for word in words)
        grams.update("w:" + first + " " + second for first, second in itertools.pairwise(words))
        grams.update("w:" + " ".join(words[i : i + 3]) for i in range(len(words) - 2))
    else:
        text = "^" + text.replace(" ", "") + "$"
        for size in (1, 2, 3, 4):
            grams.update(text[i : i + size] for i in range(len(text) - size + 1))
    return tuple(grams)


class IntentModel:
    """Scores every intent of a message; trained at start-up from examples, the same every time."""

    def __init__(
        self, observed: Sequence[Observed], labels: Sequence[Iterable[Intent]], strength: float = 30.0
    ) -> None:
        counts: dict[str, int] = {}
        for one in observed:
            for gram in one.grams:
                counts[gram] = counts.get(gram, 0) + 1
        kept = sorted(gram for gram, count in counts.items() if count >= RARE)
        self._column = {gram: i for i, gram in enumerate(kept)}
        rarity = np.log((1 + len(observed)) / (1 + np.array([counts[gram] for gram in kept]))) + 1
        self._idf: Floats = rarity.astype(np.float32)
        cues = sorted({cue for one in observed for cue in one.cues})
        self._cue = {cue: i for i, cue in enumerate(cues)}
        truth = np.zeros((len(observed), len(LABELS)), dtype=bool)
        for row, intents in enumerate(labels):
            for intent in intents:
                truth[row, LABELS.index(intent)] = True
        weights, self._bias = self._fit(observed, truth, strength)
        self._table: Floats = np.ascontiguousarray(weights[: len(kept)] * self._idf[:, None])
        self._cue_table: Floats = np.ascontiguousarray(weights[len(kept) :] * CUE_WEIGHT)

    def _fit(self, observed: Sequence[Observed], truth: NDArray[np.bool_], strength: float) -> tuple[Floats, Floats]:
        grams = len(self._column)
        entries: list[Floats] = []
        columns: list[int] = []
        starts = [0]
        for one in observed:
            found = self._columns(one.grams)
            weights = self._idf[found]
            entries.append(weights / (np.sqrt(weights @ weights) or np.float32(1)))
            cues = [grams + self._cue[cue] for cue in one.cues]
            entries.append(np.full(len(cues), CUE_WEIGHT, dtype=np.float32))
            columns += found + cues
            starts.append(len(columns))
        shape = (len(observed), grams + len(self._cue))
        rows = csr_matrix((np.concatenate(entries), np.array(columns, dtype=np.int32), np.array(starts)), shape=shape)
        return fit_logistic(rows, truth.astype(np.float32), 1 / strength)

    def _columns(self, grams: Iterable[str]) -> list[int]:
        column = self._column
        return [column[gram] for gram in grams if gram in column]

    def scores(self, observed: Observed) -> Floats:
        """The probability of each of LABELS, in that order."""
        found = self._columns(observed.grams)
        total = self._bias
        if found:
            weights = self._idf[found]
            total = total + self._table[found].sum(axis=0) / np.sqrt(weights @ weights)
        if cues := [self._cue[cue] for cue in observed.cues if cue in self._cue]:
            total = total + self._cue_table[cues].sum(axis=0)
        probabilities: Floats = (1 / (1 + np.exp(-total))).astype(np.float32)
        return probabilities

    def telling(self, observed: Observed, intent: Intent, most: int = 3) -> list[str]:
        """The n-grams that spoke most for an intent, strongest first."""
        number = LABELS.index(intent)
        known = [(float(self._table[self._column[g], number]), g) for g in observed.grams if g in self._column]
        return [gram for weight, gram in sorted(known, key=lambda pair: (-pair[0], pair[1]))[:most] if weight > 0]
