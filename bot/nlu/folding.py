"""Folds slips of spelling, contractions and texting shorthand, so that one phrase in the lexicon meets all of them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

_ENGLISH_TOKEN = re.compile(r"\d+(?:[.,:/]\d+)*(?:st|nd|rd|th|k)?(?![^\W\d_])|[^\W_]+(?:'[^\W_]+)*|[^\w\s]|_")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_SPACED_OUT = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff](?: |\Z))")
_CJK = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[a-z]{2,}")
_MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text. English: one space around every word (`" do not text me "`); Chinese: as written.

    `pieces` holds, in order, the text of each piece and where it stood in the source (end exclusive); none: nothing
    was changed. In English one space stands before the first piece and after each.
    """

    text: str
    language: str
    pieces: Sequence[tuple[str, tuple[int, int]]]

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the source text (end exclusive) behind `text[start:end]`."""
        if not self.pieces:
            return start, end
        space = int(self.language == "en")
        starts = list(accumulate((len(piece) + space for piece, _ in self.pieces), initial=space))
        first = max(0, bisect_right(starts, start, hi=len(self.pieces)) - 1)
        last = max(first, bisect_right(starts, max(start, end - 1), hi=len(self.pieces)) - 1)
        return self.pieces[first][1][0], self.pieces[last][1][1]


Fold = Callable[[str], Folded]  # folds normalised (lower-case, half-width) text of one language


def script_of(text: str) -> str:
    """`zh` where there is a Chinese character, else `en`."""
    return "zh" if _CJK.search(text) else "en"


def has_latin_words(text: str) -> bool:
    """Whether lower-case text holds Latin words, so that English phrases are worth trying too."""
    return _LATIN_WORD.search(text) is not None


def folder(language: str, spelling: Mapping[str, str]) -> Fold:
    """What folds texts of a language; `spelling` is the lexicon's table."""
    return _english(spelling) if language == "en" else _chinese(spelling)


def _english(spelling: Mapping[str, str]) -> Fold:
    words = _Words(spelling)

    def fold(text: str) -> Folded:
        pieces = [(words[match.group()], match.span()) for match in _ENGLISH_TOKEN.finditer(text)]
        pieces = [piece for piece in pieces if piece[0]]
        return Folded(" ".join(["", *[word for word, _ in pieces], ""]) if pieces else " ", "en", pieces)

    return fold


class _Words(dict[str, str]):
    """English token → the word that it stands for, worked out once for each token; an apostrophe alone is none."""

    def __init__(self, spelling: Mapping[str, str]) -> None:
        super().__init__(spelling)

    def __missing__(self, token: str) -> str:
        plain = token.replace("'", "")
        single = _STRETCHED.sub(r"\1", plain)
        word = self.get(plain) or self.get(single) or single
        if len(self) < _MOST_REMEMBERED:
            self[token] = word
        return word


def _chinese(spelling: Mapping[str, str]) -> Fold:
    slip = "|".join(map(re.escape, sorted(spelling, key=len, reverse=True)))
    to_change = re.compile(rf"(?:{slip or '(?!)'})|(\D)\1\1", re.DOTALL)

    def fold(text: str) -> Folded:
        spaced = text.count(" ") > 1 and len(_SPACED_OUT.findall(text)) >= 2
        if not spaced and to_change.search(text) is None:
            return Folded(text, "zh", ())
        pieces: list[tuple[str, tuple[int, int]]] = []
        at = 0
        while at < len(text):
            match = to_change.match(text, at)
            width = len(match.group()) if match and match.lastindex is None else 1
            piece = text[at : at + width]
            word = spelling.get(piece, piece)
            stretched = word == piece and [earlier for earlier, _ in pieces[-2:]] == [piece, piece]
            if not (stretched and not piece.isdigit()) and not (spaced and piece == " "):
                pieces.append((word, (at, at + width)))
            at += width
        return Folded("".join(word for word, _ in pieces), "zh", pieces)

    return fold
