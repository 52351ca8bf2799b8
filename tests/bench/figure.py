"""One line of the table, and how fast one thing can be done."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    database: str
    what: str
    measured: str
    limit: str
    ratio: str


def per_second(work: Callable[[], object], seconds: float = 0.5) -> float:
    """How often it can be done in a second."""
    count, started = 0, time.perf_counter()
    while (passed := time.perf_counter() - started) < seconds:
        for _ in range(100):
            work()
        count += 100
    return count / passed
