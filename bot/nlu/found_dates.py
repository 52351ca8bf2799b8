"""Every date that a message speaks of, resolved against the day on which it was sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.nlu import dates_en, dates_other, dates_zh
from bot.nlu.calendar_words import Grain
from bot.nlu.dates_zh_words import mended, spaced_apart
from bot.nlu.folding import has_latin_words
from bot.nlu.normal import Normal, normalise
from bot.nlu.pieces import Piece

_PRECISION = {
    Grain.TIME: "day",
    Grain.DAY: "day",
    Grain.WEEK: "week",
    Grain.MONTH: "month",
    Grain.QUARTER: "span",
    Grain.YEAR: "span",
}


@dataclass(frozen=True, slots=True)
class FoundDate:
    """One date expression. `end` is inclusive; an open side is None. `span` counts in the folded text.

    `ambiguous`: people differ on which day is meant. `vague`: no day is meant at all (过两天, after Christmas).
    `condition` is `time` where only a time of day was said. `past`: over before the message's own date.
    """

    start: date | None
    end: date | None
    precision: str
    ambiguous: bool
    vague: bool
    condition: str | None
    past: bool
    span: tuple[int, int]
    rule: str


def find_dates(normal: Normal, language: str, heard_at: datetime) -> list[FoundDate]:
    """Every date expression in order, resolved against the local date of `heard_at`."""
    today = heard_at.date()
    if language == "zh":
        pieces = dates_zh.expressions(mended(normal.text), heard_at)
        if has_latin_words(normal.text):  # 我next Friday还
            english = dates_en.expressions(spaced_apart(normal.text), heard_at)
            pieces = sorted(
                [*pieces, *(e for e in english if all(e.to <= p.at or p.to <= e.at for p in pieces))], key=_at
            )
    else:
        pieces = dates_en.expressions(normal.text, heard_at)
    found = [_found(piece, today) for piece in pieces]
    if not found and language == "en" and (other := dates_other.find_day(normal.text, heard_at)):
        day, span = other
        found = [FoundDate(day, day, "day", False, False, None, day < today, span, "other language")]
    return found


def _at(piece: Piece) -> int:
    return piece.at


def _found(piece: Piece, today: date) -> FoundDate:
    stretch = piece.stretch
    if stretch.start and stretch.end and stretch.start > stretch.end:
        stretch = replace(stretch, start=stretch.end)
    last = stretch.end or stretch.start
    past = piece.spoken_past or (last is not None and last < today)
    precision = _PRECISION[stretch.grain]
    if stretch.vague:
        precision = "vague"
    elif precision == "day" and stretch.start != stretch.end:
        precision = "span"
    condition = "time" if piece.rule == "time" else None
    return FoundDate(
        stretch.start,
        stretch.end,
        precision,
        stretch.ambiguous,
        stretch.vague,
        condition,
        past,
        (piece.at, piece.to),
        piece.rule,
    )


def extract(text: str, language: str, reference: datetime) -> FoundDate | None:
    """The first date expression of any text, past ones too; a bare time of day only where nothing else is said."""
    found = find_dates(normalise(text), language, reference)
    return next((one for one in found if one.condition is None), found[0] if found else None)
