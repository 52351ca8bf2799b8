"""Folds slips of spelling, contractions and texting shorthand, so that one phrase in the lexicon meets all of them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

_ENGLISH_TOKEN = re.compile(r"\d+(?:[.,:/]\d+)*(?:st|nd|rd|th|k)?(?![^\W\d_])|[^\W_]+(?:'[^\W_]+)*|[^\w\s]|_")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_SPACED_OUT = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff](?: |\Z))")
_SPACED_LETTERS = re.compile(r"(?:\b[^\W\d_][ .\-_]){2,}[^\W\d_]\b")
_CJK = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[a-z]{2,}")


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text. English: one space around every word (`" do not text me "`); Chinese: as written.

    `pieces` holds (start in `text`, start in the source, end in the source), in order.
    """

    text: str
    language: str
    pieces: tuple[tuple[int, int, int], ...]

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the source text (end exclusive) behind `text[start:end]`."""
        if not self.pieces:
            return start, end
        first = max(0, bisect_right(self.pieces, (start, 1 << 60, 0)) - 1)
        last = max(first, bisect_right(self.pieces, (max(start, end - 1), 1 << 60, 0)) - 1)
        return self.pieces[first][1], self.pieces[last][2]


def script_of(text: str) -> str:
    """`zh` where there is a Chinese character, else `en`."""
    return "zh" if _CJK.search(text) else "en"


def has_latin_words(text: str) -> bool:
    """Whether lower-case text holds Latin words, so that English phrases are worth trying too."""
    return _LATIN_WORD.search(text) is not None


def fold(text: str, language: str, spelling: Mapping[str, str]) -> Folded:
    """Fold normalised (lower-case, half-width) text of one language."""
    return _fold_english(text, spelling) if language == "en" else _fold_chinese(text, spelling)


def _fold_english(text: str, spelling: Mapping[str, str]) -> Folded:
    out = " "
    pieces = []
    for match in _ENGLISH_TOKEN.finditer(text):
        token = match.group()
        word = spelling.get(token)
        if word is None:
            plain = token.replace("'", "")
            word = spelling.get(plain)
            if word is None:
                single = _STRETCHED.sub(r"\1", plain)
                word = spelling.get(single, single)
        pieces.append((len(out), match.start(), match.end()))
        out += word + " "
    return Folded(out, "en", tuple(pieces))


def _fold_chinese(text: str, spelling: Mapping[str, str]) -> Folded:
    pieces: list[tuple[int, int, int]] = []
    out: list[str] = []
    at = 0
    spaced = len(_SPACED_OUT.findall(text)) >= 2
    longest = 4
    heads = {key[0] for key in spelling} if not isinstance(spelling, Spelling) else spelling.heads
    length = 0
    while at < len(text):
        char = text[at]
        width, replacement = 1, char
        if char in heads:
            for size in range(min(longest, len(text) - at), 0, -1):
                if (known := spelling.get(text[at : at + size])) is not None:
                    width, replacement = size, known
                    break
        stretched = out and replacement == char and len(out) > 1 and out[-1] == out[-2] == char and not char.isdigit()
        if stretched or (spaced and char == " "):
            at += 1
            continue
        pieces.append((length, at, at + width))
        out.append(replacement)
        length += len(replacement)
        at += width
    return Folded("".join(out), "zh", tuple(pieces))


class Spelling(dict[str, str]):
    """A spelling table that knows the first characters of its keys, so that most text is passed over quickly."""

    def __init__(self, table: Mapping[str, str]) -> None:
        super().__init__(table)
        self.heads = frozenset(key[0] for key in table)
