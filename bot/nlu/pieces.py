"""A piece of a date expression, and how two that stand side by side become one (下个月 + 5号, Tuesday + next week)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.nlu.calendar_words import Grain, Stretch, day, weekday_and_number

Within = Callable[[Stretch], Stretch | None]


@dataclass(slots=True)
class Piece:
    """Words at `at`:`to` and the days they mean when they stand alone.

    `within` reads the same words inside a coarser stretch (5号 in 下个月). A piece with `needs_outer` means nothing
    alone. `weekday` and `number` are kept where only they were said, so that "Friday the 26th" can find both.
    """

    at: int
    to: int
    stretch: Stretch
    within: Within | None = None
    needs_outer: Grain | None = None
    weekday: int | None = None
    number: int | None = None
    festival: bool = False
    bare_year: bool = False
    explicit_year: bool = False
    closed: bool = False
    spoken_past: bool = False
    now: bool = False
    timed: bool = False
    rule: str = ""

    @classmethod
    def of(cls, match: re.Match[str], stretch: Stretch, within: Within | None = None, **marks: object) -> Piece:
        """A piece that covers a whole match."""
        return cls(match.start(), match.end(), stretch, within, **marks)  # type: ignore[arg-type]

    @property
    def grain(self) -> Grain:
        """How coarse the words are."""
        return self.stretch.grain

    @property
    def stands(self) -> bool:
        """Whether the words mean days without help."""
        return self.needs_outer is None and (self.stretch.start is not None or self.stretch.end is not None)


def _fits(inner: Piece, outer: Piece) -> bool:
    if inner.within is None or not outer.stands:
        return False
    if inner.needs_outer is not None:
        return outer.grain >= inner.needs_outer
    return outer.grain > inner.grain


def join(first: Piece, second: Piece, today_forward: Callable[[int, int], Stretch | None]) -> Piece | None:
    """Two neighbours as one piece, or None where they are separate dates.

    `today_forward(weekday, number)` finds the day that is both.
    """
    for inner, outer in ((second, first), (first, second)):
        if _fits(inner, outer) and inner.within is not None:
            stretch = inner.within(outer.stretch)
            if stretch is not None:
                return _joined(first, second, stretch, inner)
    if first.grain is Grain.DAY and second.grain is Grain.DAY and first.stands and second.stands:
        for one, other in ((first, second), (second, first)):
            if one.weekday is not None and other.number is not None and other.rule == "day_number":
                both = today_forward(one.weekday, other.number)
                return _joined(first, second, both, other) if both else None
            if one.weekday is not None and other.weekday is None and other.stretch.start == other.stretch.end:
                if other.closed:
                    return None
                agree = other.stretch.start is not None and other.stretch.start.weekday() == one.weekday
                if not agree and not other.rule.startswith(("month_day", "full_date", "day_", "iso", "figures")):
                    return None
                whole = _joined(first, second, replace(other.stretch, ambiguous=not agree), other)
                whole.closed = True
                return whole
        if first.stretch == second.stretch:
            return _joined(first, second, first.stretch, first)
    return None


def _joined(first: Piece, second: Piece, stretch: Stretch, by: Piece) -> Piece:
    rule = f"{first.rule}+{second.rule}"
    ambiguous = stretch.ambiguous or (first.stretch.ambiguous and second.stretch.ambiguous)
    return Piece(
        min(first.at, second.at),
        max(first.to, second.to),
        replace(stretch, ambiguous=ambiguous),
        festival=by.festival,
        explicit_year=first.explicit_year or second.explicit_year or first.bare_year or second.bare_year,
        spoken_past=first.spoken_past or second.spoken_past,
        timed=first.timed or second.timed,
        rule=rule,
    )


def both(reference: Stretch, weekday: int, number: int) -> Stretch | None:
    """The next day from the reference on that is this weekday and has this number; far ones are doubtful."""
    assert reference.start is not None
    found = weekday_and_number(reference.start, weekday, number)
    return day(found, ambiguous=(found - reference.start).days > 45) if found else None
