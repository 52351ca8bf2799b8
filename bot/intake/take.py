"""Taking rows in: checked one by one, stored in batches; a bad row costs only itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from bot.core.strategy import Strategy
from bot.intake.rows import (
    PAYMENT_COLUMNS,
    PORTFOLIO_COLUMNS,
    REQUIRED,
    BadField,
    Defaults,
    payment_row,
    portfolio_row,
)
from bot.store.portfolio import PaymentRow, PortfolioRow, Tally, put_payments, put_portfolio
from bot.store.session import Database

BATCH = 2000
T = TypeVar("T", PortfolioRow, PaymentRow)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row was refused. `line` counts the file's lines from 1 (the header), or the items of a JSON array."""

    line: int
    column: str
    problem: str
    code: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Report:
    """What became of a file."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    rejects: list[tuple[Problem, Mapping[str, str]]] = field(default_factory=list)

    def refuse(self, problem: Problem, row: Mapping[str, str]) -> None:
        """Name a bad row and keep it."""
        self.problems.append(problem)
        self.rejects.append((problem, row))

    def as_json(self) -> dict[str, Any]:
        """The report for the API."""
        problems = [{"row": p.line, "column": p.column, "problem": p.problem} for p in self.problems]
        return {"created": self.created, "updated": self.updated, "unchanged": self.unchanged, "rejected": problems}


@dataclass(frozen=True, slots=True)
class Intake(Generic[T]):
    """One kind of file: its columns, how a row is checked, which column names it, and how a batch is stored."""

    columns: Mapping[str, str]
    required: frozenset[str]
    check: Callable[[Mapping[str, str], Defaults], T]
    key: Callable[[T], str]
    put: Callable[[Any, Sequence[T], Strategy, datetime], Any]


async def _put_payments(connection: Any, rows: Sequence[PaymentRow], strategy: Strategy, now: datetime) -> Tally:
    return await put_payments(connection, rows, now)


PORTFOLIO = Intake(PORTFOLIO_COLUMNS, frozenset(REQUIRED), portfolio_row, lambda row: row.account, put_portfolio)
PAYMENTS = Intake(PAYMENT_COLUMNS, frozenset(PAYMENT_COLUMNS), payment_row, lambda row: row.reference, _put_payments)


async def take(
    database: Database,
    kind: Intake[T],
    rows: Iterator[tuple[int, Mapping[str, str]]],
    defaults: Defaults,
    strategy: Strategy,
    now: datetime,
    progress: Callable[[int], None] = lambda done: None,
) -> Report:
    """Check and store rows in batches, each its own transaction; a bad row costs only itself."""
    report, seen = Report(), set[str]()
    async for batch in _batches(kind, rows, defaults, report, seen):
        async with database.write() as connection:
            tally: Tally = await kind.put(connection, [row for _, _, row in batch], strategy, now)
        report.created += tally.created
        report.updated += tally.updated
        report.unchanged += tally.unchanged
        for place, column, code, problem in tally.refused:
            line, raw, _ = batch[place]
            report.refuse(Problem(line, column, problem, code), raw)
        progress(len(batch))
    return report


async def _batches(
    kind: Intake[T],
    rows: Iterator[tuple[int, Mapping[str, str]]],
    defaults: Defaults,
    report: Report,
    seen: set[str],
) -> AsyncIterator[list[tuple[int, Mapping[str, str], T]]]:
    batch: list[tuple[int, Mapping[str, str], T]] = []
    for line, raw in rows:
        checked = check(kind, line, raw, defaults, seen)
        if isinstance(checked, Problem):
            report.refuse(checked, raw)
            continue
        batch.append((line, raw, checked))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def check(kind: Intake[T], line: int, raw: Mapping[str, str], defaults: Defaults, seen: set[str]) -> T | Problem:
    """A row that can be stored, or what is wrong with it. `seen`: the accounts of the rows before, to which it adds."""
    try:
        if unknown := [name for name in raw if name not in kind.columns]:
            known = ", ".join(kind.columns)
            raise BadField(unknown[0], "column", f"is no column of this file; known are {known}")
        row = kind.check(raw, defaults)
        if kind.key(row) in seen:
            column = "account" if "balance" in kind.columns else "payment"
            raise BadField(column, "twice", "stands in this file before")
    except BadField as error:
        return Problem(line, error.column, error.problem, error.code, error.values)
    seen.add(kind.key(row))
    return row
