"""What is said of a plan itself: how many instalments, more time, not wanted (dialogues/lexicon/wishes.yml)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.numerals import en_number, zh_number
from bot.core.reading import Wish
from bot.nlu.folding import Folded
from bot.nlu.patterns import NUMBER, parse

MOST = 120  # instalments; a greater number is no number of instalments
KINDS = ("instalments", "extension", "cancel", "concession")
_FIGURES = {"zh": re.compile(NUMBER["zh"]), "en": re.compile(r"[0-9]+|[a-z]+")}


class Wishes:
    """The phrases, compiled. Raises PatternError where one cannot be understood."""

    def __init__(self, content: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._shapes = {
            (language, kind): re.compile("|".join(pattern.regex for pattern in parse(rows.get(kind, ()), {}, language)))
            for language, rows in content.items()
            for kind in KINDS
            if rows.get(kind)
        }

    def find(self, folds: Sequence[Folded]) -> Wish:
        """The wish that one reply holds; empty where it speaks of none."""
        found: dict[str, Any] = {}
        for folded in folds:
            for kind in KINDS:
                shape = self._shapes.get((folded.language, kind))
                match = shape.search(folded.text) if shape else None
                if match:
                    found[kind] = _count(match[0], folded.language) if kind == "instalments" else True
        return Wish(found.pop("instalments", None), **found)


def _count(words: str, language: str) -> int | None:
    for figure in _FIGURES[language].findall(words):
        number = zh_number(figure) if language == "zh" else en_number(figure)
        if number is not None and number == number.to_integral_value() and 0 < number <= MOST:
            return int(number)
    return None
