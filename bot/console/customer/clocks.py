"""The two service clocks of a conversation: until when a person first answers, and until when they answer again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.core.rules import HandoffRules
from bot.core.service import Service, amber_at, deadline
from bot.store.clocks import Waiting


@dataclass(frozen=True, slots=True)
class Clock:
    """Which of the two runs (`first` or `next`), from when on it warns, and when its time is over."""

    kind: str
    amber_at: datetime
    due_at: datetime

    def state(self, now: datetime) -> str:
        """calm, soon (75 % of the working time is over, by the policy) or late."""
        return "late" if now >= self.due_at else "soon" if now >= self.amber_at else "calm"


def clock_of(
    waiting: Waiting | None, zone: str, service: Service, handoffs: Mapping[str, HandoffRules]
) -> Clock | None:
    """The clock that runs for a customer; None where nobody waits. Time in which nobody works does not count, save
    for a queue that calls people at once."""
    if waiting is None:
        return None
    if waiting.opened_at is not None and waiting.due_at is not None and not _answered(waiting, waiting.opened_at):
        opened, due, rule = waiting.opened_at, waiting.due_at, handoffs.get(waiting.queue or "")
        warns = opened + (due - opened) * service.amber if rule and rule.alert else amber_at(opened, due, zone, service)
        return Clock("first", warns, due)
    if waiting.since is not None:
        due = deadline(waiting.since, service.next_reply, zone, service)
        return Clock("next", amber_at(waiting.since, due, zone, service), due)
    return None


def _answered(waiting: Waiting, since: datetime) -> bool:
    return waiting.answered_at is not None and waiting.answered_at >= since
