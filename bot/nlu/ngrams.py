"""N-grams of folded texts: those of one text, looked up; and those of all examples, counted at once.

Chinese: runs of 1 to 4 characters of `^text$`, without blanks. English: runs of 3 to 5 characters and of 1 to 3 words.
Every digit but 0 counts as 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WORD = "w:"  # in front of a run of words
RUNS = {"zh": range(1, 5), "en": range(3, 6)}
WORDS = range(1, 4)
_DIGITS = str.maketrans("123456789", "000000000")
_UNKNOWN = itertools.repeat(-1)
_BASE = np.uint64(0x9E3779B97F4A7C15)
Numbers = NDArray[np.int32]


def known_grams(text: str, language: str, known: Mapping[str, int]) -> set[int]:
    """The numbers, in `known`, of the n-grams of a folded text."""
    get = known.get
    text = _prepared(text, language)
    found: set[int] = set()
    for size in RUNS[language]:
        found.update(map(get, [text[i : i + size] for i in range(len(text) - size + 1)], _UNKNOWN))
    if language == "en":
        plain = text.split()
        words = [WORD + word for word in plain]
        pairs = [f"{first} {word}" for first, word in zip(words, plain[1:], strict=False)]
        found.update(map(get, words, _UNKNOWN), map(get, pairs, _UNKNOWN))
        found.update(map(get, [f"{first} {word}" for first, word in zip(pairs, plain[2:], strict=False)], _UNKNOWN))
    found.discard(-1)
    return found


@dataclass(frozen=True, slots=True)
class Counted:
    """The n-grams that enough examples hold. `examples[starts[i] : starts[i + 1]]` are those that hold `grams[i]`."""

    grams: list[str]
    examples: Numbers
    starts: Numbers


def count_grams(examples: Sequence[Sequence[tuple[str, str]]], rare: int) -> Counted:
    """Count the n-grams of examples, each given as its foldings (text, language). Those in fewer than `rare` are left.

    Works on numbers rather than on strings: a run of characters is named by its polynomial hash of 64 bits.
    """
    texts = [(_prepared(text, language), language) for foldings in examples for text, language in foldings]
    whole = "".join(text for text, _ in texts)
    lengths = [len(text) for text, _ in texts]
    ends = np.repeat(np.cumsum(lengths, dtype=np.int32), lengths)
    holders_ = [number for number, foldings in enumerate(examples) for _ in foldings]
    example = np.repeat(np.array(holders_, dtype=np.int32), lengths)
    english = np.repeat([language == "en" for _, language in texts], lengths)
    codes = np.frombuffer(whole.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    hashes = _Hashes(codes)
    grams: list[str] = []
    holders: list[Numbers] = []
    counts: list[Numbers] = []

    def add(first: Numbers, last: Numbers, mark: str) -> None:
        places, held, of = _held_by(hashes.of(first, last), example[first], rare)
        grams.extend(mark + whole[first[i] : last[i]] for i in places.tolist())
        holders.append(held)
        counts.append(of)

    places = np.arange(len(codes), dtype=np.int32)
    for size in range(1, 6):
        in_language = [english == (language == "en") for language, sizes in RUNS.items() if size in sizes]
        first = places[(places + size <= ends) & np.logical_or.reduce(in_language)]
        add(first, first + size, "")
    blanks = places[english & (codes == ord(" "))]
    for size in WORDS:
        first, last = blanks[:-size] + 1, blanks[size:]
        whole_words = last <= ends[first - 1] - 1
        add(first[whole_words], last[whole_words], WORD)
    starts = np.concatenate([[0], np.concatenate(counts).cumsum(dtype=np.int32)], dtype=np.int32)
    return Counted(grams, np.concatenate(holders), starts)


def _prepared(text: str, language: str) -> str:
    text = text.translate(_DIGITS)
    return text if language == "en" else "^" + text.replace(" ", "") + "$"


class _Hashes:
    """Hashes of any stretch of a text: the sum of its characters, each times a power of one odd number, modulo 2^64."""

    def __init__(self, codes: NDArray[np.uint32]) -> None:
        spread = (codes.astype(np.uint64) + np.uint64(1)) * _BASE
        spread ^= spread >> np.uint64(29)
        self._powers = np.cumprod(np.full(len(codes) + 1, _BASE))
        self._sums = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(spread * self._powers[:-1])])

    def of(self, first: Numbers, last: Numbers) -> NDArray[np.uint64]:
        """Equal for equal stretches, wherever they stand."""
        hashes: NDArray[np.uint64] = (self._sums[last] - self._sums[first]) * self._powers[-1 - first]
        return hashes


def _held_by(hashes: NDArray[np.uint64], example: Numbers, rare: int) -> tuple[Numbers, Numbers, Numbers]:
    """For each frequent hash: one place where it stands; the examples that hold it (ascending, one hash after another);
    how many they are.
    """
    order = np.argsort(hashes, kind="stable")
    hashes, example = hashes[order], example[order]
    new, once = np.ones((2, len(order)), dtype=bool)
    new[1:] = hashes[1:] != hashes[:-1]
    once[1:] = new[1:] | (example[1:] != example[:-1])
    order, example, new = order[once], example[once], new[once]
    firsts = np.flatnonzero(new)
    counts = np.diff(np.append(firsts, len(new)))
    often = counts >= rare
    return order[firsts[often]].astype(np.int32), example[np.repeat(often, counts)], counts[often]
