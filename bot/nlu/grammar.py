"""A set of date rules: patterns with the builder that turns a match into a piece, tried only where they can begin."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from bot.nlu.pieces import Piece

Build = Callable[[re.Match[str], datetime], Piece | None]


class Grammar:
    """Rules by the character that they begin with; at one place the longest match wins, then the first rule."""

    def __init__(self) -> None:
        self._rules: list[tuple[str, re.Pattern[str], Build, str]] = []
        self._by_first: dict[str, list[tuple[str, re.Pattern[str], Build]]] = {}

    def rule(self, name: str, pattern: str, first: str) -> Callable[[Build], Build]:
        """Register a builder for a pattern whose matches begin with one of the characters `first`."""

        def register(build: Build) -> Build:
            self._add(name, re.compile(pattern), build, first)
            return build

        return register

    def __add__(self, other: Grammar) -> Grammar:
        """Both rule sets in one, this one's first."""
        whole = Grammar()
        for rule in (*self._rules, *other._rules):
            whole._add(*rule)
        return whole

    def _add(self, name: str, pattern: re.Pattern[str], build: Build, first: str) -> None:
        self._rules.append((name, pattern, build, first))
        for character in dict.fromkeys(first):
            self._by_first.setdefault(character, []).append((name, pattern, build))

    @property
    def firsts(self) -> str:
        """Every character that some rule can begin with."""
        return "".join(self._by_first)

    def at(self, text: str, at: int, now: datetime) -> Piece | None:
        """The piece that begins at one place of a folded text."""
        best: Piece | None = None
        for name, pattern, build in self._by_first.get(text[at], ()):
            match = pattern.match(text, at)
            if match and (best is None or match.end() > best.to):
                piece = build(match, now)
                if piece is not None and (best is None or piece.to > best.to):
                    piece.rule, best = name, piece
        return best
