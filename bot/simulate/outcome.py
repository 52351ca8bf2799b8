"""What became of one simulated customer, as numbers that can be added up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bot.checker.log import Violation


@dataclass(slots=True)
class Outcome:
    """One customer after the last day. Money is in yuan, days count from the first one."""

    id: int
    kind: str
    language: str
    due: float = 0.0
    texts: Counter[str] = field(default_factory=Counter)  # by purpose
    calls: int = 0
    segments: int = 0
    replies: int = 0
    promises: int = 0
    kept: int = 0
    partial: int = 0
    broken: int = 0
    withdrawn: int = 0
    plans: int = 0  # agreed
    plans_broken: int = 0
    plans_completed: int = 0
    misunderstood: int = 0  # promises recorded otherwise than they were meant
    payments: list[tuple[int, float]] = field(default_factory=list)  # day, yuan
    cured_on: int | None = None
    hardship: bool = False
    opted_out: bool = False
    wished_out: bool = False  # asked for no more texts, whether understood or not
    after_wish: int = 0  # texts that still came after that, beyond the confirmation and our one question
    complained: bool = False
    wrong_number: bool = False
    handoffs: Counter[str] = field(default_factory=Counter)  # by queue
    violations: list[Violation] = field(default_factory=list)

    @property
    def contacts(self) -> int:
        """Texts that we began: reminders, reminders of promises, and agents' own."""
        return self.texts["reminder"] + self.texts["promise_reminder"] + self.texts["agent"]

    @property
    def recovered(self) -> float:
        """All that was paid."""
        return sum(paid for _, paid in self.payments)
