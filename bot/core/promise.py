"""Promises to pay: what can be recorded, what must be confirmed first, and what became of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from bot.core.agreement import Instalment, Promise, PromiseStatus
from bot.core.case import Case
from bot.core.reading import AmountKind, SaidAmount

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class PromiseRules:
    """Limits on promises (dialogues/policies/promises.yml). Days are calendar days, shares are of the promised sum."""

    version: str
    grace_days: int
    kept_share: Decimal
    remind_days_before: tuple[int, ...]
    horizon_days: tuple[tuple[int, int], ...]  # (from days past due, longest horizon), ascending
    least_share: tuple[tuple[int, Decimal], ...]  # (from days past due, least share of what is due), ascending
    series_most: int
    series_days: int
    moved_for_a_person: int
    broken_for_a_person: int
    sure_enough: Decimal

    def horizon(self, days_past_due: int) -> int:
        """The furthest day ahead that a promise may name for arrears of this age."""
        longest = 0
        for since, days in self.horizon_days:
            if days_past_due >= since:
                longest = days
        return longest

    def least(self, case: Case, today: date) -> Decimal:
        """The smallest sum that a promise may be of: a share of what is due, whole cents."""
        share = Decimal(0)
        for since, part in self.least_share:
            if case.days_past_due(today) >= since:
                share = part
        return (case.amount_due * share).quantize(CENT, rounding=ROUND_HALF_UP)


def resolve_amount(said: SaidAmount | None, case: Case) -> Decimal | None:
    """Turn what was said into money from the ledger; None where nothing was said or nothing is due."""
    if said is None:
        return None
    match said.kind:
        case AmountKind.EXACT:
            amount = said.value or Decimal(0)
        case AmountKind.FULL:
            amount = case.amount_due
        case AmountKind.MINIMUM:
            amount = case.minimum_due
        case AmountKind.FRACTION:
            amount = case.amount_due * (said.value or Decimal(0))
    amount = amount.quantize(CENT, rounding=ROUND_HALF_UP)
    return amount if amount > 0 else None


def is_within_horizon(due_on: date, today: date, case: Case, rules: PromiseRules) -> bool:
    """Whether a promise for this day is near enough; a later one is a plan."""
    return today <= due_on <= today + timedelta(days=rules.horizon(case.days_past_due(today)))


def series_fits(series: Sequence[Instalment], today: date, case: Case, rules: PromiseRules) -> bool:
    """Whether several promises can be recorded as a series: few, near, one after the other, no more than is owed."""
    days = [one.due_on for one in series]
    return (
        0 < len(series) <= rules.series_most
        and days == sorted(set(days))
        and is_within_horizon(days[0], today, case, rules)
        and days[-1] <= today + timedelta(days=rules.series_days)
        and all(one.amount > 0 for one in series)
        and sum(one.amount for one in series) <= case.balance
    )


def is_plausible(amount: Decimal, case: Case) -> bool:
    """A promise of more than all that is owed was misread or mistyped, and is asked back."""
    return case.balance == 0 or amount <= case.balance


def judge(promise: Promise, rules: PromiseRules) -> PromiseStatus:
    """What became of a promise once its grace is over: `paid` of it counts, nothing else."""
    if promise.paid >= promise.amount * rules.kept_share:
        return PromiseStatus.KEPT
    return PromiseStatus.PARTIAL if promise.paid > 0 else PromiseStatus.BROKEN


def next_reminder_on(due_on: date, today: date, rules: PromiseRules) -> date | None:
    """The next day after `today` on which to remind of a promise; None where none is left."""
    return next_day_of(due_on, today, rules.remind_days_before)


def next_day_of(due_on: date, today: date, days_before: Sequence[int]) -> date | None:
    """The next day after `today` that lies so many days before a due day; None where none is left."""
    days = sorted(due_on - timedelta(days=before) for before in days_before)
    return next((day for day in days if day > today), None)
