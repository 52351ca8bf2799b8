"""Any bytes at all are a table or a clear no; what is a table comes back cell by cell."""

from __future__ import annotations

import csv
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st

from bot.intake.mapping import Reception, guess
from bot.intake.rows import PORTFOLIO_COLUMNS
from bot.intake.sheet import IntakeError, read_sheet
from bot.intake.steps import Table
from bot.intake.take import Problem
from bot.store.portfolio import PortfolioRow

CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=12)
HEADINGS = list(PORTFOLIO_COLUMNS)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_break_the_reading(raw: bytes) -> None:
    try:
        sheet = read_sheet(raw)
    except IntakeError as error:
        assert error.code and str(error)
        return
    assert len(sheet.headings) >= 2 and sheet.rows
    assert [line for line, _ in sheet.rows] == sorted({line for line, _ in sheet.rows})


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=5), st.sampled_from(",;\t"))
def test_what_was_written_is_what_is_read(rows: list[list[str]], delimiter: str) -> None:
    file = StringIO(newline="")
    csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *rows])
    kept = [tuple(row) for row in rows if any(cell.strip() for cell in row)]
    try:
        sheet = read_sheet(file.getvalue().encode())
    except IntakeError as error:
        assert error.code == "no_rows" and not kept
        return
    assert (sheet.delimiter, [cells for _, cells in sheet.rows]) == (delimiter, kept)


@given(st.lists(st.lists(CELL, max_size=len(HEADINGS) + 2), min_size=1, max_size=4))
def test_every_row_is_stored_whole_or_refused_with_a_reason(rows: list[list[str]]) -> None:
    file = StringIO(newline="")
    csv.writer(file).writerows([HEADINGS, *rows])
    try:
        sheet = read_sheet(file.getvalue().encode())
    except IntakeError:
        return
    table, seen = Table.of(sheet, guess(Reception().headings, sheet.headings), Reception()), set[str]()
    assert sorted(table.order) == list(range(len(sheet.rows)))
    for line in sheet.rows:
        found = table.check(line, seen)
        assert isinstance(found, PortfolioRow) or (isinstance(found, Problem) and found.code and found.column)


@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=40), st.integers(1, 9))
def test_slices_cover_every_row_once_and_never_part_a_customer(customers: list[str], size: int) -> None:
    lines = "\n".join(f"{name},x" for name in customers)
    sheet = read_sheet(f"customer,name\n{lines}\n".encode())
    table, position, slices = Table.of(sheet, {"customer": 0, "name": 1}, Reception()), 0, []
    while position < len(table.order):
        slices.append(table.slice(position, size))
        position += len(slices[-1])
    assert sorted(line for part in slices for line, _ in part) == [line for line, _ in sheet.rows]
    homes = [{cells[0] for _, cells in part} for part in slices]
    assert sum(map(len, homes)) == len(set(customers))
