"""A simulation as tables for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from bot.simulate.figures import Difference, Figure, contacts_histogram, recovery_by_day, totals
from bot.simulate.outcome import Outcome

SHOWN_VIOLATIONS = 10


def written(value: float | None, form: str, sign: bool = False) -> str:
    """A figure as people write it."""
    if value is None:
        return "–"
    plus = "+" if sign else ""
    match form:
        case "share":
            return f"{value * 100:{plus}.1f} %"
        case "money":
            return f"{value:{plus}.5f}"
        case "days":
            return f"{value:{plus}.1f}"
        case _:
            return f"{value:{plus}.2f}"


def render(outcomes: Sequence[Outcome], all_figures: Sequence[Figure]) -> RenderableType:
    """Everything about one policy, for a terminal."""
    sums = totals(outcomes)
    table = Table(box=None, show_header=False, padding=(0, 2))
    for figure in all_figures:
        if figure.name == "violations":
            continue
        table.add_row(figure.name, written(figure.value(outcomes), figure.form))
        if figure.name == "contacts per customer":
            table.add_row("  of 95 % at most", str(sums["contacts_p95"]))
            table.add_row("  at most", str(sums["contacts_most"]))
    table.add_row("texts", ", ".join(f"{name} {count}" for name, count in sums["texts"].items()))
    table.add_row("handoffs", ", ".join(f"{name} {count}" for name, count in sums["handoffs"].items()))
    kinds = Table("type", "customers", "contacts", "cured", "recovered", "opted out", "to a person", box=None)
    for name, one in sums["kinds"].items():
        shares = [f"{one[part] * 100:.1f} %" for part in ("cured", "recovered", "opted_out", "handed_over")]
        kinds.add_row(name, str(one["customers"]), f"{one['contacts']:.2f}", *shares)
    return Group(table, "", kinds, "", _violations(outcomes, sums["violations"]))


def _violations(outcomes: Sequence[Outcome], by_rule: dict[str, int]) -> RenderableType:
    if not by_rule:
        return "violations  0"
    table = Table("violations", "rule", "customer", "at", "what", box=None)
    for rule, count in by_rule.items():
        table.add_row(str(count), rule)
    found = [violation for one in outcomes for violation in one.violations]
    for one in found[:SHOWN_VIOLATIONS]:
        table.add_row("", one.rule, str(one.customer), f"{one.at:%Y-%m-%d %H:%M} UTC", one.reason)
    return table


def render_comparison(differences: Sequence[Difference], names: tuple[str, str]) -> RenderableType:
    """Two policies side by side; a change beyond its margin is marked."""
    table = Table("", names[0], names[1], "change", "± (95 %)", "", box=None)
    for one in differences:
        first, second = written(one.first, one.form), written(one.second, one.form)
        change = written(one.change, one.form, sign=True)
        table.add_row(one.name, first, second, change, written(one.margin, one.form), "*" if one.is_told else "")
    return Group(table, "* the same customers under both: the interval of the paired difference leaves zero out")


def as_json(outcomes: Sequence[Outcome], all_figures: Sequence[Figure], days: int) -> dict[str, Any]:
    """Everything about one policy, to be kept. The same trial gives the same JSON."""
    return {
        "figures": {figure.name: _rounded(figure.value(outcomes)) for figure in all_figures},
        **totals(outcomes),
        "recovered_by_day": [round(share, 6) for share in recovery_by_day(outcomes, days)],
        "contacts": {str(number): count for number, count in contacts_histogram(outcomes).items()},
        "first_violations": [
            {"customer": one.customer, "at": one.at.isoformat(), "rule": one.rule, "reason": one.reason}
            for outcome in outcomes
            for one in outcome.violations
        ][:100],
    }


def comparison_as_json(differences: Sequence[Difference]) -> dict[str, Any]:
    """Each figure of both policies, its change and half the width of the 95 % interval."""
    return {
        one.name: {
            "first": _rounded(one.first),
            "second": _rounded(one.second),
            "change": _rounded(one.change),
            "margin": _rounded(one.margin),
        }
        for one in differences
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
