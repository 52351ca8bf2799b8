"""The labelled phrases of one language, indexed so that a text meets only the few that it can match."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.nlu.patterns import Pattern, Words, alternatives, parse

LAYERS = 3  # how many of a phrase's key sets are asked for before its expression is tried


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: what it speaks for, how strongly, and where (offsets into the folded text, end exclusive)."""

    label: str
    strength: str  # sure | likely | unless
    start: int
    end: int
    source: str


class _Entry:
    """A phrase with its label. `search` is its expression's; an English one begins with the blank before the phrase."""

    def __init__(self, label: str, strength: str, pattern: Pattern) -> None:
        self.label, self.strength, self.pattern = label, strength, pattern
        self.search = re.compile(pattern.regex).search

    def hit(self, match: re.Match[str]) -> Hit:
        """What was found."""
        start, end = match.span()
        return Hit(self.label, self.strength, start + self.pattern.lead, end, self.pattern.source)

    def all_from(self, text: str, first: re.Match[str]) -> Iterator[Hit]:
        """What was found and what stands after it."""
        match: re.Match[str] | None = first
        while match is not None:
            yield self.hit(match)
            match = self.search(text, max(match.end() - self.pattern.lead, match.start() + 1))


class Phrasebook:
    """The phrases of one language.

    Each phrase has a bit in every layer. A key of the text sets the bits of the phrases that name it in that layer;
    a phrase with fewer key sets than layers has the rest set from the beginning. Whoever is set in all may match.
    """

    def __init__(self, intents: Mapping[str, Mapping[str, Sequence[str]]], words: Words, language: str) -> None:
        self.language = language
        phrases = [
            (label, strength, source)
            for label, strengths in intents.items()
            for strength, sources in strengths.items()
            for whole in sources
            for source in alternatives(whole)
        ]
        patterns = parse([source for _, _, source in phrases], words, language)
        self._entries = [
            _Entry(label, strength, pattern) for (label, strength, _), pattern in zip(phrases, patterns, strict=True)
        ]
        self._all = (1 << len(phrases)) - 1
        self._from_the_beginning = 0
        self._by_key: dict[str, int] = {}
        for number, pattern in enumerate(patterns):
            for layer in range(LAYERS):
                bit = 1 << (layer * len(phrases) + number)
                if layer < len(pattern.keys):
                    for key in pattern.keys[layer]:
                        self._by_key[key] = self._by_key.get(key, 0) | bit
                else:
                    self._from_the_beginning |= bit

    def find(self, text: str) -> tuple[list[Hit], list[Hit]]:
        """Phrases in `text` (folded), each at its first place: those that count, and those that an `unless` took."""
        found: list[tuple[_Entry, re.Match[str]]] = []
        struck: list[Hit] = []
        for entry in self._worth_trying(text):
            match = entry.search(text, 0)
            if match is None:
                continue
            if entry.strength == "unless":
                struck += entry.all_from(text, match)
            else:
                found.append((entry, match))
        if not struck:
            return [entry.hit(match) for entry, match in found], []
        standing: list[Hit] = []
        taken_back: list[Hit] = []
        for entry, match in found:
            free = (hit for hit in entry.all_from(text, match) if not any(_overlap(hit, other) for other in struck))
            hit = next(free, None)
            (taken_back if hit is None else standing).append(hit or entry.hit(match))
        return standing, taken_back

    def _worth_trying(self, text: str) -> Iterator[_Entry]:
        seen = self._from_the_beginning
        by_key = self._by_key
        for key in keys_of(text, self.language):
            if key in by_key:
                seen |= by_key[key]
        size = len(self._entries)
        left = self._all
        for layer in range(LAYERS):
            left &= seen >> (layer * size)
        while left:
            lowest = left & -left
            yield self._entries[lowest.bit_length() - 1]
            left ^= lowest


def keys_of(text: str, language: str) -> set[str]:
    """The keys that a folded text offers: words and their beginnings in English, characters and pairs in Chinese."""
    if language == "en":
        words = text.split()
        return {*words, *[word[:3] + "*" for word in words], *[word[:4] + "*" for word in words]}
    return {*text, *map("".join, itertools.pairwise(text))}


def _overlap(hit: Hit, other: Hit) -> bool:
    return hit.label == other.label and hit.start < other.end and other.start < hit.end
