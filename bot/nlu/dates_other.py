"""Explicit days in other languages: `5 de diciembre`, `le 12 janvier 2027`. Only a number beside a month's name counts.

dateparser's tables know the months of many languages. Its parser is not asked: given bare words, it invents dates.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from importlib import import_module

LANGUAGES = ["es", "fr", "pt", "de", "it", "nl", "id", "ms", "vi", "tr", "ru"]
_DAY_AND_MONTH = re.compile(r"\b(\d{1,2})\.?(?: de| di)? ([^\W\d_]{3,12})\.?(?:,?(?: de)? (20\d\d))?\b")
_ENGLISH = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)  # how those tables call the months


def find_day(text: str, heard_at: datetime) -> tuple[date, tuple[int, int]] | None:
    """The first such day in a folded text, with its place; a day without a year is the next one that is not past."""
    for match in _DAY_AND_MONTH.finditer(text):
        month = _months().get(match[2])
        if month is None:
            continue
        years = [int(match[3])] if match[3] else [heard_at.year, heard_at.year + 1]
        for year in years:
            try:
                day = date(year, month, int(match[1]))
            except ValueError:
                continue
            if match[3] or day >= heard_at.date():
                return day, match.span()
    return None


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    """The names of months in all these languages, as dateparser's own tables have them; loaded when first needed."""
    months: dict[str, int] = {}
    for language in LANGUAGES:
        names = import_module(f"dateparser.data.date_translation_data.{language}").info
        for number, english in enumerate(_ENGLISH, 1):
            for name in names.get(english, ()):
                months.setdefault(name.lower().rstrip("."), number)
    return months
