"""A CSV file as it lies there: its encoding, separator, headings and rows. Any file may be hostile."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any

CELL_LIMIT = 1024 * 1024 * 1024
MOST_COLUMNS = 200
LONGEST_HEADING = 100
ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = (",", ";", "\t")
# How files begin that are no text, whatever they are called.
OTHERS = (
    (b"PK\x03\x04", "xlsx"), (b"PK\x05\x06", "xlsx"), (b"\xd0\xcf\x11\xe0", "xls"), (b"%PDF", "pdf"),
    (b"\x1f\x8b", "gzip"), (b"Rar!", "rar"), (b"7z\xbc\xaf", "7z"),
    (b"\xff\xfe", "utf16"), (b"\xfe\xff", "utf16"),
)  # fmt: skip


class IntakeError(Exception):
    """The file as a whole cannot be read; says why and what would help. `code` is for the console's own words."""

    def __init__(self, code: str, problem: str, **values: object):
        super().__init__(problem)
        self.code, self.values = code, values


@dataclass(frozen=True, slots=True)
class Sheet:
    """Headings and rows, each row with the line of the file that it begins in."""

    encoding: str
    delimiter: str
    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def decode(raw: bytes) -> tuple[str, str]:
    """The text and its encoding: UTF-8 with or without a mark, or GB18030, as Chinese Excel writes."""
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise IntakeError("encoding", "is neither UTF-8 nor GB18030; save it as UTF-8")


def lines(text: str, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Every row that is not blank, with the line it begins in; raise IntakeError where quotation marks do not close."""
    csv.field_size_limit(CELL_LIMIT)  # a cell that is far too long is its row's problem, not the file's
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        cure = "; look at its quotation marks" if line > 1 else ""
        raise IntakeError("quotes", f"not CSV ({error}){cure}", line=line) from None


def read_sheet(raw: bytes) -> Sheet:
    """Read a file of whatever separator; raise IntakeError where it is no table that anybody can mean."""
    for beginning, kind in OTHERS:
        if raw.startswith(beginning):
            raise IntakeError(kind, f"is no CSV file but {kind}; open it and save it as CSV (UTF-8)")
    if b"\0" in raw:
        raise IntakeError("nul", "holds NUL characters; open it and save it as CSV (UTF-8)")
    text, encoding = decode(raw)
    if not text.strip():
        raise IntakeError("empty", "is empty; the first line must name the columns")
    delimiter = _delimiter(text)
    rows = iter(lines(text, delimiter))
    _, first = next(rows, (1, []))
    headings = tuple(name.strip() for name in first)
    _check_headings(headings)
    found = tuple((line, tuple(cells)) for line, cells in rows if any(cell.strip() for cell in cells))
    if not found:
        raise IntakeError("no_rows", "has headings and no rows")
    return Sheet(encoding, delimiter, headings, found)


def _delimiter(text: str) -> str:
    """The separator that parts the first row into most cells."""
    counts: dict[str, Any] = {}
    for delimiter in DELIMITERS:
        try:
            counts[delimiter] = len(next(lines(text[:100_000], delimiter), (1, []))[1])
        except IntakeError:
            counts[delimiter] = 0
    return max(DELIMITERS, key=lambda delimiter: counts[delimiter])


def _check_headings(headings: tuple[str, ...]) -> None:
    if len(headings) > MOST_COLUMNS:
        problem = f"has {len(headings)} columns; {MOST_COLUMNS} are read at most"
        raise IntakeError("columns", problem, count=len(headings), most=MOST_COLUMNS)
    if len(headings) < 2:
        raise IntakeError("one_column", "has one column; separate the cells by commas, semicolons or tabs")
    if any(len(name) > LONGEST_HEADING for name in headings):
        raise IntakeError("headings", "the first line does not name the columns: it has very long cells")
    twice = sorted({name for name in headings if name and headings.count(name) > 1})
    if twice:
        raise IntakeError(
            "twice", f"the first line names {', '.join(twice)} twice; take one out", names="、".join(twice)
        )
