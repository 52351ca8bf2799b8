"""Named days: which date 中秋 or Thanksgiving falls on in a year. Names are content (dialogues/lexicon/dates.yml)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays

from bot.dialogues import ROOT, ContentError, load_yaml
from bot.nlu.calendar_words import exact

_CALENDARS = {
    "CN": ("CN", ("public",)),
    "HK": ("HK", ("public", "optional")),
    "US": ("US", ("public", "unofficial")),
    "IN": ("IN", ("public", "optional")),
    "SG": ("SG", ("public",)),
}


@dataclass(frozen=True, slots=True)
class Festival:
    """One named day and how the calendar finds it."""

    day: str
    plus: int

    def on(self, year: int) -> date | None:
        """Its date in a year; None where the calendar has none or does not reach so far."""
        return _on(self.day, self.plus, year)

    def coming(self, reference: date) -> date | None:
        """The next one that is not past."""
        found = (self.on(year) for year in range(reference.year, reference.year + 3))
        return next((day for day in found if day is not None and day >= reference), None)


@cache
def festivals(language: str) -> dict[str, Festival]:
    """Every spelling in one language, with its day."""
    path = ROOT / "lexicon" / "dates.yml"
    found: dict[str, Festival] = {}
    for entry in load_yaml(path)["festivals"]:
        if not re.fullmatch(r"\d\d-\d\d|(?:CN|HK|US|IN|SG|LUNAR)/.+", entry["day"]):
            raise ContentError(
                f"{path}: festival day {entry['day']!r} must be MM-DD or CN/…, HK/…, US/…, IN/…, SG/…, LUNAR/MM-DD"
            )
        festival = Festival(entry["day"], int(entry.get("plus", "0")))
        found.update(dict.fromkeys(entry.get(language, []), festival))
    return found


@cache
def slips() -> dict[str, str]:
    """Chinese slips of the pen and dialect words for days, each with what is meant; both are equally long."""
    path = ROOT / "lexicon" / "dates.yml"
    table: dict[str, str] = load_yaml(path)["slips"]
    for said, meant in table.items():
        if len(said) != len(meant):
            raise ContentError(f"{path}: slips: {said!r} and {meant!r} must be equally long, so that places stay true")
    return table


@cache
def festival_pattern(language: str) -> str:
    """An alternation of all spellings, the longest first."""
    return "|".join(re.escape(name) for name in sorted(festivals(language), key=len, reverse=True))


@cache
def _on(rule: str, plus: int, year: int) -> date | None:
    calendar, _, name = rule.rpartition("/")
    if calendar == "LUNAR":
        found = lunar_day(year, int(name[:2]), int(name[3:]))
    elif calendar:
        days = [day for day, names in _calendar(calendar, year).items() if name in names]
        found = min(days, default=None)
    else:
        found = exact(year, int(rule[:2]), int(rule[3:]))
    return found + timedelta(days=plus) if found else None


@cache
def lunar_day(year: int, month: int, number: int) -> date | None:
    """The day of that solar year on which this day of the lunar calendar falls; None where it has none."""
    from borax.calendars.lunardate import InvalidLunarDateError, LunarDate

    for lunar_year in (year - 1, year):
        try:
            found: date = LunarDate(lunar_year, month, number).to_solar_date()
        except (InvalidLunarDateError, ValueError, OverflowError):
            continue
        if found.year == year:
            return found
    return None


def coming_lunar_day(reference: date, months: Iterable[int], number: int) -> date | None:
    """The next such day of the lunar calendar that is not past, in any of these months."""
    found = (lunar_day(reference.year + ahead, month, number) for month in months for ahead in (0, 1))
    return min((day for day in found if day is not None and day >= reference), default=None)


@cache
def _calendar(calendar: str, year: int) -> dict[date, list[str]]:
    country, categories = _CALENDARS[calendar]
    days = holidays.country_holidays(country, years=year, categories=categories, language="en_US", observed=False)
    return {day: names.split("; ") for day, names in days.items() if day.year == year}
