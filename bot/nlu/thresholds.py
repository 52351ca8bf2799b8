"""Chooses the thresholds: what a set of labelled replies costs together, for each value that a threshold may take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal

from bot.core.decision import Decision
from bot.core.reading import Reading
from bot.core.rules import Rules
from bot.dialogues.costs import Costs, Mistake
from bot.dialogues.limits import Limits
from bot.nlu.evaluate_rows import Row
from bot.nlu.evaluate_silent import decision_on
from bot.nlu.mistakes import mistake_of, right_decision
from bot.nlu.read import Reader

GRID = tuple(step / 20 for step in range(1, 20))  # 0.05 to 0.95
TOLERANCE = 0.1  # a threshold fits if it costs at most so much more than the best value, as a share of that
POLICIES = {"sure_enough": "dialogue.yml", "sure_of_opt_out": "dialogue.yml", "promise_sure_enough": "promises.yml"}
Read = Callable[[Limits], Sequence[Reading]]  # the readings of a trial's rows under these limits


@dataclass(frozen=True, slots=True)
class Curve:
    """One threshold: what a reply costs on average at each value of the grid, the others left as they are."""

    name: str
    file: str
    now: float
    cost_now: float
    costs: tuple[tuple[float, float], ...]  # (value, cost), ascending

    @property
    def best(self) -> float:
        """The cheapest value; of several, the middle of the longest run, which a few more replies move least."""
        runs: list[list[float]] = [[]]
        for value, cost in self.costs:
            if cost <= self.least + 1e-9:
                runs[-1].append(value)
            else:
                runs.append([])
        longest = max(runs, key=len)
        return longest[(len(longest) - 1) // 2]

    @property
    def least(self) -> float:
        """What a reply costs at the best value."""
        return min(cost for _, cost in self.costs)

    @property
    def fits(self) -> bool:
        """Whether the threshold as it stands costs no more than the tolerance above the best."""
        return self.cost_now <= self.least * (1 + TOLERANCE) + 1e-9


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

    def cost(self, readings: Sequence[Reading], rules: Rules) -> float:
        """What a reply costs on average."""
        found = Counter(mistake for mistake in self.verdicts(readings, rules) if mistake is not None)
        return sum(self._costs[mistake] * count for mistake, count in found.items()) / max(1, len(self.rows))


def reading_all(reader: Reader, rows: Sequence[Row]) -> Read:
    """Reads these rows with this reader under any limits."""

    def read(limits: Limits) -> list[Reading]:
        other = reader.with_limits(limits)
        return [other.read(row.text, row.heard_at, row.asked) for row in rows]

    return read


def curves(read: Read, trial: Trial, limits: Limits, grid: Sequence[float] = GRID) -> Iterator[Curve]:
    """The curve of every threshold: first those of the policies, then the limits of reading."""
    readings = read(limits)
    for name, file in POLICIES.items():
        now = _now(trial.rules, name)
        at = {value: trial.cost(readings, _with(trial.rules, name, value)) for value in sorted({*grid, now})}
        yield Curve(name, file, now, at[now], tuple(at.items()))
    for name in (one.name for one in fields(Limits)):
        now = float(getattr(limits, name))
        at = {value: trial.cost(read(replace(limits, **{name: value})), trial.rules) for value in sorted({*grid, now})}
        yield Curve(f"limits.{name}", "reading.yml", now, at[now], tuple(at.items()))


def _now(rules: Rules, name: str) -> float:
    return float(rules.promises.sure_enough if name == "promise_sure_enough" else getattr(rules, name))


def _with(rules: Rules, name: str, value: float) -> Rules:
    match name:
        case "sure_enough":
            return replace(rules, sure_enough=value)
        case "sure_of_opt_out":
            return replace(rules, sure_of_opt_out=value)
    return replace(rules, promises=replace(rules.promises, sure_enough=Decimal(str(value))))
