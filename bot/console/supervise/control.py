"""Control limits of a rate: which days differ from the rest by more than chance would have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

SIGMAS = 3


@dataclass(frozen=True, slots=True)
class Control:
    """A p-chart: the mean of the whole time; for each place its rate and limits, None where nothing was counted.

    The limits are the mean ± 3 standard deviations of a share of so many, cut off at 0 and 1: the fewer were counted,
    the wider they are. `outside` are the places whose rate is beyond its limits.
    """

    mean: float | None
    rates: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    outside: frozenset[int]


def p_chart(counted: Sequence[tuple[int, int]]) -> Control:
    """Judge shares, each given as how many of how many."""
    whole = sum(many for _, many in counted)
    if whole == 0:
        nothing = (None,) * len(counted)
        return Control(None, nothing, nothing, nothing, frozenset())
    mean = sum(some for some, many in counted if many) / whole
    rates = [some / many if many else None for some, many in counted]
    spread = [SIGMAS * sqrt(max(0.0, mean * (1 - mean)) / many) if many else None for _, many in counted]
    low = [None if one is None else max(0.0, mean - one) for one in spread]
    high = [None if one is None else min(1.0, mean + one) for one in spread]
    outside = frozenset(
        place
        for place, rate in enumerate(rates)
        if rate is not None and not (low[place] or 0.0) <= rate <= (high[place] or 0.0)
    )
    return Control(mean, tuple(rates), tuple(low), tuple(high), outside)
