"""Chooses the thresholds: what a set of labelled replies costs together, for each value that a threshold may take."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from bot.core.decision import Decision
from bot.core.reading import Reading
from bot.core.rules import Rules
from bot.dialogues.costs import Costs, Mistake
from bot.dialogues.limits import Limits
from bot.nlu.evaluate_rows import Row
from bot.nlu.evaluate_silent import decision_on
from bot.nlu.mistakes import mistake_of, right_decision
from bot.nlu.read import Reader

GRID = (0.01, 0.02, *(step / 20 for step in range(1, 20)), 0.98)
SURELY = 2.0  # standard errors by which a value must be better before a threshold counts as wrong,
WORTHWHILE = 0.01  # and what it must save with each reply: one needless question in a hundred replies
POLICIES = {"sure_enough": "dialogue.yml", "sure_of_opt_out": "dialogue.yml", "promise_sure_enough": "promises.yml"}
Read = Callable[[Limits], Sequence[Reading]]  # the readings of a trial's rows under these limits
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a threshold: what a reply costs on average, and the standard error of what it saves over today's."""

    value: float
    cost: float
    error: float


@dataclass(frozen=True, slots=True)
class Curve:
    """One threshold: what a reply costs at each value of the grid (ascending), the others left as they are."""

    name: str
    file: str
    now: Point
    points: tuple[Point, ...]

    @property
    def best(self) -> Point:
        """The cheapest value; of several, the middle of the longest run, which a few more replies move least."""
        least = min(point.cost for point in self.points)
        runs: list[list[Point]] = [[]]
        for point in self.points:
            if point.cost <= least + 1e-9:
                runs[-1].append(point)
            else:
                runs.append([])
        longest = max(runs, key=len)
        return longest[(len(longest) - 1) // 2]

    @property
    def better(self) -> tuple[Point, ...]:
        """The values that are cheaper than today's by more than two standard errors of the paired difference."""
        worth = [(point, max(WORTHWHILE, SURELY * point.error)) for point in self.points]
        return tuple(point for point, least in worth if self.now.cost - point.cost > least)


class Trial:
    """Labelled replies that thresholds are tried on, what follows from their labels, and what a mistake costs."""

    def __init__(self, rows: Sequence[Row], rules: Rules, costs: Costs, telling: frozenset[str]) -> None:
        self.rows, self.rules = rows, rules
        self._costs, self._telling = costs, telling
        self._right: list[Decision] = [right_decision(row, rules) for row in rows]

    def verdicts(self, readings: Sequence[Reading], rules: Rules) -> list[Mistake | None]:
        """The mistake that each reading leads to."""
        return [
            mistake_of(row, decision_on(reading, row, rules), right, self._telling)
            for row, reading, right in zip(self.rows, readings, self._right, strict=True)
        ]

    def costs(self, readings: Sequence[Reading], rules: Rules) -> Floats:
        """What each reply costs."""
        verdicts = self.verdicts(readings, rules)
        return np.array([self._costs[mistake] if mistake else 0.0 for mistake in verdicts])


def reading_all(reader: Reader, rows: Sequence[Row]) -> Read:
    """Reads these rows with this reader under any limits."""

    def read(limits: Limits) -> list[Reading]:
        other = reader.with_limits(limits)
        return [other.read(row.text, row.heard_at, row.asked) for row in rows]

    return read


def curves(
    read: Read,
    trial: Trial,
    limits: Limits,
    grid: Sequence[float] = GRID,
    limits_grid: Sequence[float] = GRID,
) -> Iterator[Curve]:
    """The curve of every threshold: first those of the policies, then the limits of reading, whose readings change."""
    readings = read(limits)
    now = trial.costs(readings, trial.rules)
    for name, file in POLICIES.items():
        tried = {value: trial.costs(readings, _with(trial.rules, name, value)) for value in grid}
        yield _curve(name, file, _now(trial.rules, name), now, tried)
    for name in (one.name for one in fields(Limits)):
        moved = {value: replace(limits, **{name: value}) for value in limits_grid}
        tried = {value: trial.costs(read(other), trial.rules) for value, other in moved.items()}
        yield _curve(f"limits.{name}", "reading.yml", float(getattr(limits, name)), now, tried)


def _curve(name: str, file: str, value: float, now: Floats, tried: dict[float, Floats]) -> Curve:
    tried = {**tried, value: now}
    count = max(1, len(now))
    points = [
        Point(one, float(costs.mean()), float((now - costs).std() / math.sqrt(count)))
        for one, costs in sorted(tried.items())
    ]
    return Curve(name, file, next(point for point in points if point.value == value), tuple(points))


def _now(rules: Rules, name: str) -> float:
    return float(rules.promises.sure_enough if name == "promise_sure_enough" else getattr(rules, name))


def _with(rules: Rules, name: str, value: float) -> Rules:
    match name:
        case "sure_enough":
            return replace(rules, sure_enough=value)
        case "sure_of_opt_out":
            return replace(rules, sure_of_opt_out=value)
    return replace(rules, promises=replace(rules.promises, sure_enough=Decimal(str(value))))
