"""Which reminder comes next, when, in which words, and when a person takes over: tiers, and what adapts them.

A tier says the pace; everything that is known of the customer can only make it slower, and each adaptation is named.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from bot.core.calendar import local_day, moment
from bot.core.case import Account, Case, ContactChannel
from bot.core.decision import Purpose, Slot

MONTH = timedelta(days=31)  # no longer than a case remembers contacts


@dataclass(frozen=True, slots=True)
class Tier:
    """From `from_days` past due on: wording, days between reminders, the hour at which they go out, or a person.

    `in_parts` is the wording for a customer who said what they can pay at a time. A channel other than SMS is a task
    for the people of the queue `handoff`; no text goes then.
    """

    name: str
    from_days: int
    every_days: int
    at: time
    response: str
    handoff: str | None = None
    in_parts: str | None = None
    channel: ContactChannel = ContactChannel.SMS

    @property
    def responses(self) -> tuple[str, ...]:
        """Every wording that the tier may use."""
        return (self.response, self.in_parts) if self.in_parts else (self.response,)

    def wording(self, case: Case) -> str:
        """The wording for this customer."""
        able = case.ability is not None and case.ability < case.amount_due
        return self.in_parts if self.in_parts and able else self.response


@dataclass(frozen=True, slots=True)
class Pace:
    """What makes reminders rarer (dialogues/policies/strategy.yml). Factors multiply the tier's days.

    `silent_after` reminders without an answer; `annoyed_days` after anger or a refusal; `kept_least` promises kept;
    amounts below `small` of their currency. `answered_days` is the least time after the customer wrote.
    `payday_within`: a reminder so few days before payday waits for it. `silent_for_a_person` reminders without an
    answer, or amounts from `large` on, `large_from_days` past due, call a person.
    """

    silent_after: int
    silent_factor: Decimal
    silent_for_a_person: int
    annoyed_days: int
    annoyed_factor: Decimal
    kept_least: int
    kept_factor: Decimal
    answered_days: int
    payday_within: int
    small: dict[str, Decimal]
    small_factor: Decimal
    large: dict[str, Decimal]
    large_from_days: int


@dataclass(frozen=True, slots=True)
class Strategy:
    """The ladder of tiers of each product, ascending, and what adapts it (dialogues/policies/strategy.yml)."""

    version: str
    ladders: dict[str, tuple[Tier, ...]]
    pace: Pace


@dataclass(frozen=True, slots=True)
class Next:
    """When the next reminder is due, and what moved it from the tier's own day: silent, annoyed, payday …"""

    at: datetime
    why: tuple[str, ...] = ()


def _oldest(case: Case, today: date) -> Account | None:
    due = [account for account in case.accounts if account.amount_due > 0]
    return max(due, key=lambda account: account.days_past_due(today)) if due else None


def tier(case: Case, strategy: Strategy, today: date) -> Tier | None:
    """The tier of the account that is longest past due; None before the first tier starts or where nothing is due."""
    oldest = _oldest(case, today)
    if oldest is None:
        return None
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


def next_reminder(case: Case, strategy: Strategy, now: datetime) -> Next | None:
    """When the reminder after this moment is due: never sooner than the tier's pace, later where the customer's own
    ways ask for it. None where nothing is due."""
    today = local_day(now, case.zone)
    step = tier(case, strategy, today)
    if step is None:
        first = first_reminder_at(case, strategy, now)
        return Next(first) if first else None
    days, why = _days(case, step, strategy.pace, now)
    day = today + timedelta(days=days)
    if case.opened_at is not None:
        rested = local_day(case.opened_at, case.zone) + timedelta(days=strategy.pace.answered_days)
        if rested > day:
            day, why = rested, [*why, "answered"]
    if case.payday is not None:
        payday = next_payday(case.payday, day)
        if 0 < (payday - day).days <= strategy.pace.payday_within:
            day, why = payday, [*why, "payday"]
    return _at_their_hour(case, day, step.at, why)


def _days(case: Case, step: Tier, pace: Pace, now: datetime) -> tuple[int, list[str]]:
    """The days until the next reminder: the tier's, times everything that makes reminders rarer."""
    factor = Decimal(1)
    why: list[str] = []
    if silent_in_a_row(case, now) >= pace.silent_after:
        factor, why = factor * pace.silent_factor, [*why, "silent"]
    if case.annoyed_at is not None and now - case.annoyed_at < timedelta(days=pace.annoyed_days):
        factor, why = factor * pace.annoyed_factor, [*why, "annoyed"]
    if case.kept_promises >= pace.kept_least and case.broken_in_a_row == 0:
        factor, why = factor * pace.kept_factor, [*why, "kept"]
    if case.amount_due < pace.small.get(case.currency, Decimal(0)):
        factor, why = factor * pace.small_factor, [*why, "small"]
    return int(step.every_days * factor), why


def _at_their_hour(case: Case, day: date, at: time, why: list[str]) -> Next:
    """The tier's hour on that day, or the customer's own where they named one."""
    wish = case.preference
    if wish is None or not wish.weekdays:
        return Next(moment(day, at, case.zone), tuple(why))
    asked = at
    if not wish.opens <= at < wish.closes:
        asked = wish.opens
    chosen = day
    while chosen.weekday() not in wish.weekdays:
        chosen += timedelta(days=1)
    moved = chosen != day or asked != at
    return Next(moment(chosen, asked, case.zone), (*why, "preference") if moved else tuple(why))


def next_payday(payday: int, today: date) -> date:
    """The next day from today on which the customer is paid; the 31st is the last day of shorter months."""
    for ahead in range(2):
        month = today.month - 1 + ahead
        year, month = today.year + month // 12, month % 12 + 1
        day = date(year, month, min(payday, monthrange(year, month)[1]))
        if day >= today:
            return day
    raise AssertionError("the month after has the day")


def silent_in_a_row(case: Case, now: datetime) -> int:
    """How many reminders of the past month the customer has not answered."""
    since = max(now - MONTH, case.opened_at) if case.opened_at is not None else now - MONTH
    return sum(contact.purpose == Purpose.REMINDER and contact.at > since for contact in case.contacts)


def person_needed(case: Case, strategy: Strategy, now: datetime) -> str | None:
    """Why a person should look at this customer beside the tier's own handoff: silent, large; None where not."""
    pace = strategy.pace
    if silent_in_a_row(case, now) >= pace.silent_for_a_person:
        return "silent"
    large = pace.large.get(case.currency)
    late = case.days_past_due(local_day(now, case.zone)) >= pace.large_from_days
    if large is not None and case.amount_due >= large and late:
        return "large"
    return None


def reminder_slots(case: Case, today: date) -> dict[str, Slot]:
    """What a reminder says, from the ledger as it stands today."""
    due = [account for account in case.accounts if account.amount_due > 0]
    oldest = max(due, key=lambda account: account.days_past_due(today))
    slots: dict[str, Slot] = {
        "product": oldest.product.value,
        "tail": oldest.tail,
        "amount_due": case.amount_due,
        "minimum_due": case.minimum_due,
        "due_on": oldest.due_on,
        "days_past_due": max(0, oldest.days_past_due(today)),
        "as_of": today,
    }
    return slots if case.ability is None else {**slots, "able": case.ability}
