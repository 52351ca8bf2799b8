"""Which reminder comes next, in which words, and when a person takes over: tiers by days past due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.core.calendar import local_day, moment
from bot.core.case import Case
from bot.core.decision import Slot


@dataclass(frozen=True, slots=True)
class Tier:
    """From `from_days` past due on: wording, days between reminders, the hour at which they go out, or a person."""

    name: str
    from_days: int
    every_days: int
    at: time
    response: str
    handoff: str | None = None

    @property
    def responses(self) -> tuple[str, ...]:
        """Every wording that the tier may use."""
        return (self.response,)


@dataclass(frozen=True, slots=True)
class Strategy:
    """The ladder of tiers of each product, ascending (dialogues/policies/strategy.yml)."""

    version: str
    ladders: dict[str, tuple[Tier, ...]]


def tier(case: Case, strategy: Strategy, today: date) -> Tier | None:
    """The tier of the account that is longest past due; None before the first tier starts or where nothing is due."""
    due = [account for account in case.accounts if account.amount_due > 0]
    if not due:
        return None
    oldest = max(due, key=lambda account: account.days_past_due(today))
    days, found = oldest.days_past_due(today), None
    for step in strategy.ladders[oldest.product]:
        if days >= step.from_days:
            found = step
    return found


def first_reminder_at(case: Case, strategy: Strategy, now: datetime) -> datetime | None:
    """When a customer who is not being dunned yet is first due a reminder; None where nothing is due."""
    due = [account for account in case.accounts if account.amount_due > 0]
    if not due:
        return None
    oldest = min(due, key=lambda account: account.due_on)
    first = strategy.ladders[oldest.product][0]
    return max(now, moment(oldest.due_on + timedelta(days=first.from_days), first.at, case.zone))


def next_reminder_at(case: Case, strategy: Strategy, now: datetime) -> datetime | None:
    """When the reminder after this moment is due, by the cadence of the tier that will then hold."""
    today = local_day(now, case.zone)
    step = tier(case, strategy, today)
    if step is None:
        return first_reminder_at(case, strategy, now)
    return moment(today + timedelta(days=step.every_days), step.at, case.zone)


def reminder_slots(case: Case, today: date) -> dict[str, Slot]:
    """What a reminder says, from the ledger as it stands today."""
    due = [account for account in case.accounts if account.amount_due > 0]
    oldest = max(due, key=lambda account: account.days_past_due(today))
    return {
        "product": oldest.product.value,
        "tail": oldest.tail,
        "amount_due": case.amount_due,
        "minimum_due": case.minimum_due,
        "due_on": oldest.due_on,
        "days_past_due": max(0, oldest.days_past_due(today)),
        "as_of": today,
    }
