"""Chinese typed in Latin letters (wo mingtian huan 500): turned into characters, so that everything else reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.nlu.normal import Normal

_WORD = re.compile(r"[a-z]+")
# Runs of syllables, r-coloured or not. Whatever letters the longest final takes, a vowel that is left begins a
# syllable: no way back is needed, and none is taken, which would be slow.
_SYLLABLES = re.compile(
    r"(?<![a-z])(?:ok|(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])?(?:[iu]?ang|[iu]?an|iong|[ui]?eng|ing|ong|[ui]?en|in|un|iao|uai|"
    r"ai|ei|ui|ao|ou|iu|ie|ue|ve|er|ia|ua|uo|io|a|o|e|i|u|v)r?)++(?![a-z])"
)
_LONGEST = 5  # words typed apart that one entry of the table may span: da dian hua gei wo
_ENOUGH = 0.7  # this share of the letters must be known
_TELLING = 2  # so many words must be pinyin and nothing else


class Pinyin:
    """The table of dialogues/lexicon/zh.yml: spelling without spaces or tones → characters."""

    def __init__(self, table: Mapping[str, str], also_english: frozenset[str]) -> None:
        self._table = dict(table)
        self._also_english = also_english

    def spelled_out(self, normal: Normal) -> Normal:
        """The message in characters where it is pinyin, else as it was. Offsets still lead to the original."""
        text = normal.text
        if not text.isascii():
            return normal
        words = [(m.group(), m.start(), m.end()) for m in _WORD.finditer(text)]
        enough = _ENOUGH * sum(to - at for _, at, to in words)
        if len(words) < _TELLING or sum(map(len, _SYLLABLES.findall(text))) < enough:
            return normal  # the usual case, told at once
        found = self._found(words)
        known = sum(to - at for at, to, _, _ in found)
        telling = sum(count for _, _, _, count in found)
        if telling < _TELLING or known < enough:
            return normal
        out: list[str] = []
        offsets: list[int] = []
        at = 0
        for start, stop, characters, _ in found:
            for index in range(at, start):
                if text[index] != " ":
                    out.append(text[index])
                    offsets.append(normal.offsets[index])
            width = stop - start
            for number, character in enumerate(characters):
                out.append(character)
                offsets.append(normal.offsets[start + number * width // len(characters)])
            at = stop
        for index in range(at, len(text)):
            if text[index] != " ":
                out.append(text[index])
                offsets.append(normal.offsets[index])
        return Normal("".join(out), normal.original, (*offsets, normal.offsets[-1]))

    def _found(self, words: list[tuple[str, int, int]]) -> list[tuple[int, int, str, int]]:
        """(start, end, characters, words that could not be English), left to right, the longest entry first."""
        found = []
        index = 0
        while index < len(words):
            for count in range(min(_LONGEST, len(words) - index), 0, -1):
                some = words[index : index + count]
                characters = self._characters("".join(word for word, _, _ in some))
                if characters is not None:
                    telling = sum(word not in self._also_english for word, _, _ in some)
                    found.append((some[0][1], some[-1][2], characters, telling))
                    index += count
                    break
            else:
                index += 1
        return found

    def _characters(self, letters: str) -> str | None:
        """One entry, or entries run together (mingtianhuan); None where letters are left over."""
        if letters in self._table:
            return self._table[letters]
        best: list[str | None] = ["", *([None] * len(letters))]
        for to in range(1, len(letters) + 1):
            for at in range(max(0, to - 12), to):
                head = best[at]
                if head is not None and (tail := self._table.get(letters[at:to])) is not None:
                    best[to] = head + tail
                    break
        return best[len(letters)] if len(letters) > 3 else None
