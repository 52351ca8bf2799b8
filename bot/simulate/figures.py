"""What a simulation came to. Each figure is a ratio of two sums over customers, so that two compare in pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from bot.simulate.luck import margin
from bot.simulate.outcome import Outcome

Part = Callable[[Outcome], float]


@dataclass(frozen=True, slots=True)
class Figure:
    """A name, how it is written (`share`, `number`, `money`, `days`), and what is divided by what."""

    name: str
    form: str
    above: Part
    below: Part = lambda _: 1.0

    def value(self, outcomes: Sequence[Outcome]) -> float | None:
        """The figure over these customers; None where there is nothing to divide by."""
        below = sum(map(self.below, outcomes))
        return sum(map(self.above, outcomes)) / below if below else None


def figures(segment_yuan: float) -> tuple[Figure, ...]:
    """Every figure of the report, in its order. `segment_yuan`: the price of one segment."""
    return (
        Figure("contacts per customer", "number", lambda o: o.contacts),
        Figure("texts of all kinds per customer", "number", lambda o: o.texts.total()),
        Figure("calls by agents per customer", "number", lambda o: o.calls),
        Figure("replies per customer", "number", lambda o: o.replies),
        Figure("customers who wrote", "share", lambda o: o.replies > 0),
        Figure("promises per customer", "number", lambda o: o.promises),
        Figure("promises kept", "share", lambda o: o.kept, _over),
        Figure("promises kept in part", "share", lambda o: o.partial, _over),
        Figure("promises broken", "share", lambda o: o.broken, _over),
        Figure("promises recorded otherwise than meant", "share", lambda o: o.misunderstood, lambda o: o.promises),
        Figure("plans agreed per customer", "number", lambda o: o.plans),
        Figure("plans broken, of those that ended", "share", lambda o: o.plans_broken, _ended),
        Figure("customers cured", "share", lambda o: o.cured_on is not None),
        Figure("days to cure", "days", lambda o: o.cured_on or 0, lambda o: o.cured_on is not None),
        Figure("recovered of what was due", "share", lambda o: o.recovered, lambda o: o.due),
        Figure("hardship found", "share", lambda o: o.hardship),
        Figure("opt-outs", "share", lambda o: o.opted_out),
        Figure("complaints", "share", lambda o: o.complained),
        Figure("handoffs per customer", "number", lambda o: o.handoffs.total()),
        Figure("segments per customer", "number", lambda o: o.segments),
        Figure("cost per recovered yuan", "money", lambda o: o.segments * segment_yuan, lambda o: o.recovered),
        Figure("opt-outs not understood", "share", lambda o: o.after_wish > 0, lambda o: o.wished_out),
        Figure("violations", "number", lambda o: len(o.violations)),
    )


def _over(outcome: Outcome) -> float:
    return outcome.kept + outcome.partial + outcome.broken


def _ended(outcome: Outcome) -> float:
    return outcome.plans_broken + outcome.plans_completed


@dataclass(frozen=True, slots=True)
class Difference:
    """How far a second policy's figure is from the first's, and half the width of its 95 % confidence interval."""

    name: str
    form: str
    first: float | None
    second: float | None
    change: float | None
    margin: float

    @property
    def is_told(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.change is not None and abs(self.change) > self.margin


def compare(first: Sequence[Outcome], second: Sequence[Outcome], all_figures: Sequence[Figure]) -> list[Difference]:
    """The same customers under two policies, in pairs; a ratio of sums is taken as linear around its value."""
    assert [one.id for one in first] == [one.id for one in second]
    return [_difference(figure, first, second) for figure in all_figures]


def _difference(figure: Figure, first: Sequence[Outcome], second: Sequence[Outcome]) -> Difference:
    before, after = figure.value(first), figure.value(second)
    if before is None or after is None:
        return Difference(figure.name, figure.form, before, after, None, 0.0)
    pulls = zip(_pulls(figure, first, before), _pulls(figure, second, after), strict=True)
    return Difference(figure.name, figure.form, before, after, after - before, margin([b - a for a, b in pulls]))


def _pulls(figure: Figure, outcomes: Sequence[Outcome], ratio: float) -> list[float]:
    """How far each customer pulls the ratio away from its value (the delta method)."""
    mean = sum(map(figure.below, outcomes)) / len(outcomes)
    return [(figure.above(one) - ratio * figure.below(one)) / mean for one in outcomes]


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so large a share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else 0.0


def totals(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Beside the figures: texts by purpose, handoffs by queue, types of customers, violations by rule."""
    contacts = [one.contacts for one in outcomes]
    kinds = sorted({one.kind for one in outcomes})
    return {
        "customers": len(outcomes),
        "contacts_p95": percentile(contacts, 0.95),
        "contacts_most": max(contacts, default=0),
        "texts": dict(sorted(sum((one.texts for one in outcomes), Counter[str]()).items())),
        "handoffs": dict(sum((one.handoffs for one in outcomes), Counter[str]()).most_common()),
        "violations": dict(Counter(v.rule for one in outcomes for v in one.violations).most_common()),
        "kinds": {kind: _kind([one for one in outcomes if one.kind == kind]) for kind in kinds},
        "funnel": funnel(outcomes),
    }


def _kind(outcomes: Sequence[Outcome]) -> dict[str, float]:
    count = len(outcomes)
    return {
        "customers": count,
        "contacts": sum(one.contacts for one in outcomes) / count,
        "cured": sum(one.cured_on is not None for one in outcomes) / count,
        "recovered": sum(one.recovered for one in outcomes) / (sum(one.due for one in outcomes) or 1),
        "opted_out": sum(one.opted_out for one in outcomes) / count,
        "handed_over": sum(one.handoffs.total() > 0 for one in outcomes) / count,
    }


def funnel(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many customers came how far."""
    return {
        "customers": len(outcomes),
        "texted": sum(one.contacts > 0 for one in outcomes),
        "wrote": sum(one.replies > 0 for one in outcomes),
        "promised": sum(one.promises > 0 for one in outcomes),
        "kept a promise": sum(one.kept > 0 for one in outcomes),
        "paid something": sum(one.recovered > 0 for one in outcomes),
        "cured": sum(one.cured_on is not None for one in outcomes),
    }


def recovery_by_day(outcomes: Sequence[Outcome], days: int) -> list[float]:
    """The share of what was due that had come in by the end of each day."""
    paid = [0.0] * (days + 1)
    for one in outcomes:
        for day, amount in one.payments:
            paid[min(day, days)] += amount
    due, sum_, shares = sum(one.due for one in outcomes) or 1.0, 0.0, []
    for amount in paid:
        sum_ += amount
        shares.append(sum_ / due)
    return shares


def contacts_histogram(outcomes: Sequence[Outcome]) -> dict[int, int]:
    """How many customers were contacted how often."""
    found = Counter(one.contacts for one in outcomes)
    return {number: found[number] for number in range(max(found, default=0) + 1)}
