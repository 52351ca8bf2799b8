"""The parts that rules are told in: paragraphs, and spans of time, weekdays, shares and lists in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bot.console.words import Words
from bot.core.kinds import Span
from bot.dialogues.fields import Fields


@dataclass(frozen=True, slots=True)
class Basis:
    """What a rule rests on, how well that was checked, and who confirmed it."""

    source: str = ""
    grade: str = ""
    confirmed: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One rule as a person reads it. `anchor` is what links lead to; `about` says whom it binds and since when."""

    anchor: str
    title: str
    lines: tuple[str, ...]
    about: tuple[str, ...] = ()
    basis: Basis = Basis()
    code: str = ""  # how the files and the journal name it
    texts: tuple[tuple[str, str], ...] = ()  # wording by language, as written

    @property
    def said(self) -> tuple[str, ...]:
        """All that it says, for searching and comparing."""
        return (*self.lines, *(text for _, text in self.texts), *self.about, self.basis.source, self.basis.confirmed)


@dataclass(frozen=True, slots=True)
class Group:
    """The paragraphs of one file, or of one part of it."""

    anchor: str
    title: str
    file: str
    version: str
    paragraphs: tuple[Paragraph, ...]
    lead: tuple[str, ...] = field(default=())


def span(words: Words, lasts: timedelta) -> str:
    """30 days, 24 hours, 5 minutes: as whole as it goes."""
    minutes = int(lasts.total_seconds()) // 60
    if minutes % 1440 == 0 and minutes > 1440:
        return words("span.days", n=minutes // 1440)
    if minutes % 60 == 0:
        return words("span.hours", n=minutes // 60)
    return words("span.minutes", n=minutes)


def week(words: Words, days: Sequence[Span | None]) -> str:
    """Open hours as `Mon–Sat 07:00–21:00, Sun 13:00–17:00`; equal days that follow one another stand together."""
    runs: list[tuple[int, int]] = []
    for day, open_ in enumerate(days):
        if runs and days[runs[-1][0]] == open_:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    shown = []
    for first, last in runs:
        if (open_ := days[first]) is not None:
            named = words.name("weekday", str(first)) + (f"–{words.name('weekday', str(last))}" if last > first else "")
            shown.append(f"{named} {hours(open_)}")
    return listed(words, shown)


def hours(open_: Span) -> str:
    """09:00–20:00; the last moment of a day is 24:00."""
    closes = "24:00" if open_[1].hour == 23 and open_[1].minute == 59 else f"{open_[1]:%H:%M}"
    return f"{open_[0]:%H:%M}–{closes}"


def names(words: Words, kind: str, values: Iterable[Any], like: Iterable[Any] = ()) -> str:
    """What these are called, in the order of `like` or else of the alphabet, with the language's comma."""
    order = [str(one) for one in like] or sorted(map(str, values))
    there = set(map(str, values))
    return listed(words, [words.name(kind, one) for one in order if one in there])


def listed(words: Words, items: Iterable[str]) -> str:
    """Several, with the language's own comma."""
    return ("、" if words.language == "zh" else ", ").join(items)


def share(value: Decimal | float) -> str:
    """0.05 as 5 %."""
    figure = f"{Decimal(str(value)) * 100:f}"
    return f"{figure.rstrip('0').rstrip('.') if '.' in figure else figure} %"


def basis(words: Words, row: Fields) -> Basis:
    """What a rule rests on, as its row says it."""
    by, on = row.maybe("confirmed_by"), row.maybe("confirmed_on")
    confirmed = words("rules.confirmed", who=by, on=on) if by and on else ""
    return Basis(row.maybe("source") or "", row.maybe("grade") or "", confirmed)
