"""Measures: what supervisors and auditors count. Each number is a count of named rows, so that each can be shown.

`rows` says which rows a measure counts, `slices` which part of them, `figures` counts, `listing` shows.
"""

from bot.store.measures.figures import (
    Sum,
    by_day,
    by_tier,
    by_week,
    by_word,
    count,
    funnel,
    oldest,
    percentile,
    total,
    waits,
    whereabouts,
)
from bot.store.measures.listing import Line, everything, lines
from bot.store.measures.rows import AFTER_CONTACT, ROWS
from bot.store.measures.slices import AGES, Slice, age_of, period

__all__ = [
    "AFTER_CONTACT",
    "AGES",
    "ROWS",
    "Line",
    "Slice",
    "Sum",
    "age_of",
    "by_day",
    "by_tier",
    "by_week",
    "by_word",
    "count",
    "everything",
    "funnel",
    "lines",
    "oldest",
    "percentile",
    "period",
    "total",
    "waits",
    "whereabouts",
]
