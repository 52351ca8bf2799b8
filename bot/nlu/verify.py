"""The answer to what we verify by: found in a reply, compared, and blacked out in the reading."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.reading import NEVER_OUTVOTED, Asked, Intent, Reading
from bot.nlu.read import Reader

# Any run of four figures or more: a longer one is a wrong answer, perhaps the whole number of a document.
_FIGURES = re.compile(r"\d{3,}[\dXx\uff38\uff58]")
IsTheirs = Callable[[str], bool]


def read_answer(
    reader: Reader, texts: Sequence[str], heard_at: datetime, asked: Asked | None, is_theirs: IsTheirs
) -> tuple[Reading, bool | None]:
    """Read a reply, and say whether it holds what we asked to verify by; the reading then holds no figure of it.

    None where we did not ask, where no figures are there, or where they are a promise's. What else is said is read
    without the figures. Several answers in one reply are a wrong one: nobody tries many at once.
    """
    reading = reader.read(texts, heard_at, asked)
    found = set(_FIGURES.findall(reading.text)) if asked is Asked.VERIFY else set[str]()
    if not found or reading.date is not None:
        return reading, None
    beside = reader.read([_over(text, " ") for text in texts], heard_at, asked)
    if reading.amount is not None and beside.has(Intent.PROMISE_TO_PAY):
        return reading, None
    right = len(found) == 1 and is_theirs(unicodedata.normalize("NFKC", found.pop()).upper())
    return _blacked_out(reading if reading.primary in NEVER_OUTVOTED else beside, reading.text), right


def _over(text: str, sign: str) -> str:
    return _FIGURES.sub(lambda figures: sign * len(figures.group()), text)


def _blacked_out(reading: Reading, text: str) -> Reading:
    """The reading with stars in the place of figures, in the words that it shows too."""
    spans = tuple(replace(span, text=_over(span.text, "*")) for span in reading.spans)
    rejected = tuple(_over(reason, "*") for reason in reading.rejected)
    return replace(reading, text=_over(text, "*"), spans=spans, rejected=rejected)
