"""Takes personal data out of a reply before a second reader sees it; days, and figures as short as sums, stay."""

from __future__ import annotations

import re
from collections.abc import Sequence

NUMBER, NAME, ADDRESS = "[number]", "[name]", "[address]"
LONG = 7  # so many digits are hardly a sum any more: numbers of phones, cards, accounts and people
_DAY = r"(?<!\d)20[2-9]\d(?P<gap>[-./]?)(?:1[0-2]|0?[1-9])(?P=gap)(?:3[01]|[12]\d|0?[1-9])(?!\d)"
_GAP = r"[ \t\-‐-―()（）·]{0,2}"
_LONG_RUN = re.compile(rf"{_DAY}|\+?(?:\d{_GAP}(?!20[2-9]\d[-./])){{{LONG - 1},}}\d[xX]?")
_SPOKEN = re.compile(rf"[零〇一二三四五六七八九幺]{{{LONG},}}")
_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]{1,200}|(?:https?://|www\.)\S+", re.IGNORECASE)


def hidden(text: str, name: str, after: Sequence[str]) -> str:
    """The text without the customer's name, addresses, long numbers, and the figures that follow the words `after`."""
    text = _ADDRESS.sub(ADDRESS, text)
    for part in _parts(name):
        text = re.sub(part, NAME, text, flags=re.IGNORECASE)
    if after:
        words = "|".join(
            rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word) for word in after
        )
        text = re.sub(rf"((?:{words})\D{{0,4}})\d{{3,}}x?", rf"\1{NUMBER}", text, flags=re.IGNORECASE)
    text = _SPOKEN.sub(NUMBER, text)
    return _LONG_RUN.sub(lambda run: run[0] if run["gap"] is not None else NUMBER, text)


def _parts(name: str) -> list[str]:
    """What of a name may stand in a text: all of it, a Chinese given name of two characters, Latin words of three."""
    name = name.strip()
    if not name:
        return []
    parts = [re.escape(name)]
    if re.fullmatch(r"[\u3400-\u9fff]{3,4}", name):
        parts.append(re.escape(name[-2:]))
    parts += [rf"\b{re.escape(word)}\b" for word in re.findall(r"[^\W\d_\u3400-\u9fff]{3,}", name)]
    return parts
