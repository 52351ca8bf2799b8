"""The three steps of an upload: check its rows, rehearse them under the real rules, apply them. Each goes in slices."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.case import Timer
from bot.dialogues import Content
from bot.intake.fate import fate
from bot.intake.mapping import Chosen, Reception, row_of
from bot.intake.rows import BadField
from bot.intake.sheet import Sheet
from bot.intake.take import PORTFOLIO, Problem, check
from bot.store import tables as t
from bot.store.cases import customer, load
from bot.store.portfolio import PortfolioRow, Tally, put_portfolio

agenda = t.Agenda.__table__  # type: ignore[attr-defined]
Counts = dict[str, Any]
Line = tuple[int, tuple[str, ...]]
MOST_ACCOUNTS = 200


@dataclass(frozen=True, slots=True)
class Table:
    """A file with its mapping: `order` is the one in which rows are stored, all of a customer's together.

    `crowded` are customers with more accounts than anybody has: the wrong column was chosen for them.
    """

    sheet: Sheet
    chosen: Chosen
    reception: Reception
    order: tuple[int, ...]
    crowded: frozenset[str]

    @classmethod
    def of(cls, sheet: Sheet, chosen: Chosen, reception: Reception) -> Table:
        """Order the rows by customer, in the order in which customers first appear: nobody is stored by halves."""
        keys, first = [_cell(cells, chosen["customer"]) for _, cells in sheet.rows], dict[str, int]()
        for number, key in enumerate(keys):
            first.setdefault(key, number)
        order = sorted(range(len(keys)), key=lambda n: (first[keys[n]], n))
        crowded = {key for key, count in Counter(keys).items() if key and count > MOST_ACCOUNTS}
        return cls(sheet, chosen, reception, tuple(order), frozenset(crowded))

    def check(self, line: Line, seen: set[str]) -> PortfolioRow | Problem:
        """A row that can be stored, or what is wrong with it."""
        number, cells = line
        try:
            if _cell(cells, self.chosen["customer"]) in self.crowded:
                raise BadField("customer", "crowded", f"has more than {MOST_ACCOUNTS} rows", most=str(MOST_ACCOUNTS))
            row = row_of(self.chosen, cells, len(self.sheet.headings), self.reception.headings)
        except BadField as error:
            return Problem(number, error.column, error.problem, error.code, error.values)
        return check(PORTFOLIO, number, row, self.reception.defaults, seen)

    def slice(self, start: int, count: int) -> list[Line]:
        """The rows from a place on, in the order of storing; a customer who begins among them is whole."""
        end = min(start + count, len(self.order))
        while 0 < end < len(self.order) and (key := self._customer(end)) and key == self._customer(end - 1):
            end += 1
        return [self.sheet.rows[n] for n in self.order[start:end]]

    def _customer(self, place: int) -> str:
        key = _cell(self.sheet.rows[self.order[place]][1], self.chosen["customer"])
        return "" if key in self.crowded else key


def _cell(cells: Sequence[str], place: int | str) -> str:
    return cells[place].strip() if isinstance(place, int) and place < len(cells) else ""


def checked(table: Table, lines: Sequence[Line], seen: set[str], counts: Counts) -> list[Mapping[str, Any]]:
    """Check rows in the file's order; what is wrong with those that are refused."""
    problems: Counter[str] = Counter(counts.get("problems", {}))
    found: list[Mapping[str, Any]] = []
    for line in lines:
        result = table.check(line, seen)
        if isinstance(result, Problem):
            problems[f"{result.column}:{result.code}"] += 1
            found.append(refusal(result))
    counts["problems"] = dict(problems)
    counts["refused"] = counts.get("refused", 0) + len(found)
    counts["good"] = counts.get("good", 0) + len(lines) - len(found)
    return found


def refusal(problem: Problem) -> dict[str, Any]:
    """A refused row, as it is kept."""
    said = json.dumps({"code": problem.code, "values": dict(problem.values)}, ensure_ascii=False)
    return {"line": problem.line, "at_column": problem.column[:32], "problem": said}


async def rehearsed(
    connection: AsyncConnection,
    rows: Sequence[tuple[int, PortfolioRow]],
    content: Content,
    now: datetime,
    counts: Counts,
) -> list[Mapping[str, Any]]:
    """Store rows by the real code, ask the real rules what follows, and take all of it back; what was found."""
    touched = set(connection.info.get("changed", ()))
    attempt = await connection.begin_nested()
    try:
        tally = await put_portfolio(connection, [row for _, row in rows], content.rules.strategy, now)
        fates = await _fates(connection, list(tally.people), content, now)
    finally:
        await attempt.rollback()
        connection.info["changed"] = touched
    return _count(rows, tally, fates, counts)


async def _fates(
    connection: AsyncConnection, references: Sequence[str], content: Content, now: datetime
) -> dict[str, tuple[str, datetime | None]]:
    query = select(customer.c.id).where(customer.c.reference.in_(references))
    ids = list((await connection.execute(query)).scalars())
    due = select(agenda.c.customer_id, agenda.c.due_at).where(agenda.c.customer_id.in_(ids))
    reminders = await connection.execute(due.where(agenda.c.timer == Timer.REMINDER))
    due_at = {row.customer_id: row.due_at for row in reminders}
    files = await load(connection, ids, now)

    def judged() -> dict[str, tuple[str, datetime | None]]:
        return {file.reference: fate(file.case, due_at.get(id), content, now) for id, file in files.items()}

    return await asyncio.to_thread(judged)  # a fifth of a second for a thousand: pages and turns need the loop


def _count(
    rows: Sequence[tuple[int, PortfolioRow]],
    tally: Tally,
    fates: Mapping[str, tuple[str, datetime | None]],
    counts: Counts,
) -> list[Mapping[str, Any]]:
    """What each row would do, and the sums of all of them."""
    others = {place: (column, code) for place, column, code, _ in tally.refused}
    tallies: dict[str, Counter[str]] = {name: Counter(counts.get(name, {})) for name in ("person", "ledger", "outcome")}
    sums, told = counts.setdefault("sums", {}), set[str]()
    found: list[Mapping[str, Any]] = []
    for place, (line, row) in enumerate(rows):
        about = json.dumps({"customer": row.customer, "account": row.account}, ensure_ascii=False)
        if place in others:
            column, code = others[place]
            found.append({**refusal(Problem(line, column, "", code)), "ledger": "refused", "about": about})
            tallies["ledger"]["refused"] += 1
            continue
        one: dict[str, Any] = {"line": line, "ledger": tally.accounts[row.account].value, "about": about}
        if row.customer not in told:
            outcome, next_at = fates[row.customer]
            one |= {"person": tally.people[row.customer].value, "outcome": outcome, "next_at": next_at}
            told.add(row.customer)
        for name in tallies:
            if name in one:
                tallies[name][one[name]] += 1
        add_up(sums, row)
        found.append(one)
    counts.update({name: dict(tally) for name, tally in tallies.items()})
    return found


def add_up(sums: dict[str, dict[str, Any]], row: PortfolioRow) -> None:
    """Add a row's figures to the sums of its currency."""
    mine = sums.setdefault(row.currency, {"accounts": 0, "balance": "0", "due": "0"})
    mine["accounts"] += 1
    mine["balance"] = str(Decimal(mine["balance"]) + row.balance)
    mine["due"] = str(Decimal(mine["due"]) + row.amount_due)


Result = tuple[int, PortfolioRow | Problem]  # a line of the file, and what its row is found to be


def results(table: Table, lines: Sequence[Line], refused: set[int]) -> list[Result]:
    """Check rows once more, those left out that were refused before."""
    return [(line[0], table.check(line, set())) for line in lines if line[0] not in refused]


async def applied(
    connection: AsyncConnection, checked: Sequence[Result], many: int, content: Content, now: datetime, counts: Counts
) -> list[Mapping[str, Any]]:
    """Store rows for good, of so `many` in all; left out are those refused before, and those that the store refuses."""
    rows = [(line, row) for line, row in checked if isinstance(row, PortfolioRow)]
    found: list[Mapping[str, Any]] = [refusal(wrong) for _, wrong in checked if isinstance(wrong, Problem)]
    tally = await put_portfolio(connection, [row for _, row in rows], content.rules.strategy, now)
    for place, column, code, _ in tally.refused:
        found.append(refusal(Problem(rows[place][0], column, "", code)))
    done = counts.setdefault("applied", {"created": 0, "updated": 0, "unchanged": 0, "refused": 0})
    for name in ("created", "updated", "unchanged"):
        done[name] += getattr(tally, name)
    done["refused"] += many - len(rows) + len(tally.refused)
    people = Counter(done.get("people", {}))
    people.update(change.value for change in tally.people.values())
    done["people"] = dict(people)
    return found
