"""Why somebody is in difficulty, as a category (dialogues/lexicon/hardship.yml); the words themselves are not kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.core.reading import Hardship
from bot.nlu.folding import Folded
from bot.nlu.patterns import parse


class Reasons:
    """The phrases of each category, compiled. Raises PatternError or ValueError where the file is wrong."""

    def __init__(self, content: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self._shapes = [
            (language, Hardship(name), re.compile("|".join(one.regex for one in parse(phrases, {}, language))))
            for language, rows in content.items()
            for name, phrases in rows.items()
        ]

    def find(self, folds: Sequence[Folded]) -> Hardship:
        """The first category that is spoken of, in the order of the file; `other` where none is."""
        for folded in folds:
            for language, category, shape in self._shapes:
                if language == folded.language and shape.search(folded.text):
                    return category
        return Hardship.OTHER
