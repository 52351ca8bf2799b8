"""Folds a message to one plain spelling that rules can match, and keeps the way back to the original."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Normal:
    """A folded text. `offsets[i]` is where `text[i]` came from in `original`; the last entry is the end."""

    text: str
    original: str
    offsets: tuple[int, ...]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original (end exclusive) that `text[start:end]` came from."""
        if end <= start:
            return self.offsets[start], self.offsets[start]
        return self.offsets[start], max(self.offsets[end], self.offsets[end - 1] + 1)


# Nothing to fold but case: the common English text takes this way.
_NOT_PLAIN = re.compile(r"[^\x20-\x7e]|  |^ | $")

# Spellings that Unicode's own compatibility folding leaves apart although a typist means the same.
_SAME_AS = {
    "‘": "'", "’": "'", "‛": "'", "′": "'", "`": "'", "´": "'", "“": '"', "”": '"', "″": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "─": "-", "⁄": "/", "∕": "/",
    "〜": "~", "∼": "~", "｡": "。", "元": "元", "亓": "元", "圓": "元", "円": "元", "🔟": "10", "💯": "100",
    "週": "周", "裏": "里", "禮": "礼", "祂": "他",
}  # fmt: skip

_DROPPED = frozenset({"Cc", "Cf", "Cs", "Cn"})
_MOST_REMEMBERED = 20_000


def normalise(text: str) -> Normal:
    """Fold width, case, script variant, accents, digits and spaces. Total: any `str` gives a result."""
    if not _NOT_PLAIN.search(text):
        return Normal(text.lower(), text, tuple(range(len(text) + 1)))
    folds = _folds()
    out: list[str] = []
    offsets: list[int] = []
    end = 0
    for index, character in enumerate(text):
        folded = folds[character]
        if not folded or (folded == " " and (not out or out[-1] == " ")):
            continue
        if len(folded) == 1:
            out.append(folded)
            offsets.append(index)
        else:
            out.extend(folded)
            offsets.extend([index] * len(folded))
        end = index + 1
    if out and out[-1] == " ":
        out.pop()
        end = offsets.pop()
    return Normal("".join(out), text, (*offsets, end))


class _Folds(dict[str, str]):
    """Character → what it folds to, worked out once for each character that is met."""

    def __init__(self, simplified: dict[str, str]) -> None:
        super().__init__()
        self._simplified = simplified

    def __missing__(self, character: str) -> str:
        folded = self._fold(character)
        if len(self) < _MOST_REMEMBERED:
            self[character] = folded
        return folded

    def _fold(self, character: str) -> str:
        if character in _SAME_AS:
            return _SAME_AS[character]
        if character.isspace():
            return " "
        if unicodedata.category(character) in _DROPPED or _is_mark(character):
            return ""
        digit = unicodedata.digit(character, None)
        if digit is not None:
            return str(digit)
        number = unicodedata.numeric(character, None)
        if number is not None and number.is_integer() and unicodedata.category(character) == "No":
            return str(int(number))
        plain = "".join(c for c in unicodedata.normalize("NFKD", character) if not _is_mark(c))
        return "".join(_SAME_AS.get(c, self._simplified.get(c, c)).lower() for c in unicodedata.normalize("NFC", plain))


def _is_mark(character: str) -> bool:
    """Accents, keycap frames, strokes and variation selectors: laid over a letter, no letter of their own."""
    return (
        "\u0300" <= character <= "\u036f"
        or "\u1ab0" <= character <= "\u1aff"
        or "\u20d0" <= character <= "\u20ff"
        or "\ufe00" <= character <= "\ufe2f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )


@cache
def _folds() -> _Folds:
    """OpenCC's traditional → simplified table, one character for one, so that offsets stay true."""
    table = (files("opencc") / "dictionary" / "TSCharacters.txt").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in table.splitlines() if "\t" in line)
    return _Folds({old: new.split(" ")[0] for old, new in pairs if len(old) == 1})
