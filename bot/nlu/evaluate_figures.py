"""The figures of an evaluation: shares, scores of one intent, the verdict on one reply, and a slice of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.core.reading import Intent, Reading
from bot.nlu.evaluate_rows import Row
from bot.nlu.evaluate_silent import Done


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        """Between 0 and 1; None of nothing."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class IntentScore:
    """One intent over some rows, primary or not: rightly read, read where it was not meant, missed."""

    hits: int
    false_alarms: int
    missed: int

    @property
    def precision(self) -> Share:
        """Of the rows read so, those that mean it."""
        return Share(self.hits, self.hits + self.false_alarms)

    @property
    def recall(self) -> Share:
        """Of the rows that mean it, those read so. `recall.of` is the support."""
        return Share(self.hits, self.hits + self.missed)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 0 where nothing was hit."""
        return 2 * self.hits / max(1, 2 * self.hits + self.false_alarms + self.missed)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One row beside its reading. Days and sums count as right where label and reading both have none."""

    row: Row
    reading: Reading
    done: Done

    @property
    def primary_right(self) -> bool:
        """The intent that decides is the one labelled."""
        return self.reading.primary is self.row.primary

    @property
    def date_right(self) -> bool:
        """The very day."""
        return self.reading.date == self.row.date

    @property
    def amount_right(self) -> bool:
        """The very sum or share."""
        return (self.reading.amount.as_json() if self.reading.amount else None) == self.row.amount

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong, of: primary, intents (the set), date, amount."""
        right = {
            "primary": self.primary_right,
            "intents": set(self.reading.intents) == set(self.row.intents),
            "date": self.date_right,
            "amount": self.amount_right,
        }
        return tuple(name for name, is_right in right.items() if not is_right)

    @property
    def silent_error(self) -> bool:
        """The primary, the day or the sum is wrong, and the bot acts on it with nobody asked or called."""
        return self.done.silent and not (self.primary_right and self.date_right and self.amount_right)


@dataclass(frozen=True, slots=True)
class Slice:
    """The figures of some of the rows."""

    verdicts: tuple[Verdict, ...]

    def intent(self, intent: Intent) -> IntentScore:
        """How one intent is read."""
        seen = Counter((intent in v.row.intents, v.reading.has(intent)) for v in self.verdicts)
        return IntentScore(seen[True, True], seen[False, True], seen[True, False])

    @property
    def macro_f1(self) -> float | None:
        """The mean F1 of the intents that any row here means; None without rows."""
        scores = [score.f1 for score in map(self.intent, Intent) if score.recall.of]
        return sum(scores) / len(scores) if scores else None

    @property
    def primary(self) -> Share:
        """Rows whose primary intent is right."""
        return Share(sum(v.primary_right for v in self.verdicts), len(self.verdicts))

    @property
    def dates(self) -> Share:
        """Rows labelled as a promise whose day is exactly right, "no day" included."""
        return _share(self.verdicts, lambda v: Intent.PROMISE_TO_PAY in v.row.intents, lambda v: v.date_right)

    @property
    def amounts(self) -> Share:
        """Rows labelled as a promise whose sum is exactly right, "no sum" included."""
        return _share(self.verdicts, lambda v: Intent.PROMISE_TO_PAY in v.row.intents, lambda v: v.amount_right)

    @property
    def dates_invented(self) -> Share:
        """Of the rows in which no day is promised, those read with one."""
        return _share(self.verdicts, lambda v: v.row.date is None, lambda v: not v.date_right)

    @property
    def amounts_invented(self) -> Share:
        """Of the rows in which no sum is promised, those read with one."""
        return _share(self.verdicts, lambda v: v.row.amount is None, lambda v: not v.amount_right)

    @property
    def unclear(self) -> Share:
        """Of the rows that mean nothing on our list, those left unclear."""
        return self.intent(Intent.UNCLEAR).recall

    @property
    def silent(self) -> Share:
        """Rows on which the bot acts wrongly and unnoticed."""
        return Share(sum(v.silent_error for v in self.verdicts), len(self.verdicts))


@dataclass(frozen=True, slots=True)
class Bin:
    """The rows whose primary was read with a confidence in [low, low + 0.1); the last bin holds 1.0 too."""

    low: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds a message: read alone (median, 99th percentile), and in batches through `read_many` (mean)."""

    median_us: float
    p99_us: float
    batch_us: float


def _share(verdicts: Sequence[Verdict], of: Callable[[Verdict], bool], counts: Callable[[Verdict], bool]) -> Share:
    asked_of = [verdict for verdict in verdicts if of(verdict)]
    return Share(sum(map(counts, asked_of)), len(asked_of))
