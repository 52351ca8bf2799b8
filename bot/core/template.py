"""What an agent's template may say of a customer: figures from the file, and none that may not be told."""

from __future__ import annotations

from datetime import datetime

from bot.core.calendar import local_day
from bot.core.case import Case
from bot.core.decision import Slot
from bot.core.strategy import reminder_slots

LEDGER = frozenset({"product", "tail", "amount_due", "minimum_due", "due_on", "days_past_due", "as_of"})
PROMISED = frozenset({"amount", "promised_on"})


def template_slots(case: Case, now: datetime) -> dict[str, Slot]:
    """The ledger where something is due and figures may be told to this number; the promise where one is open.

    A template that needs more than this cannot be said to this customer now.
    """
    slots: dict[str, Slot] = {}
    if case.amount_due > 0 and case.may_be_told(now):
        slots |= reminder_slots(case, local_day(now, case.zone))
    if case.promise is not None:
        slots |= {"amount": case.promise.amount, "promised_on": case.promise.due_on}
    return slots
