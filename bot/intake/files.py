"""CSV files: read in whatever encoding the bank writes, and refused rows written so that they can be mended."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from bot.intake.take import Intake, Report

FILE_LIMIT = 1024 * 1024 * 1024
REJECT_COLUMNS = ("line", "column", "problem")


class IntakeError(Exception):
    """The file as a whole cannot be read; says why and what would help."""


def read_csv(path: Path, kind: Intake[Any]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Rows of a CSV file with their line numbers. UTF-8 with or without a mark, or GB18030, as Chinese Excel writes."""
    csv.field_size_limit(FILE_LIMIT)  # a cell that is far too long is its row's problem, not the file's
    reader = csv.reader(StringIO(_decode(path), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise IntakeError(f"{path}:1: not CSV ({error})") from None
    missing = kind.required - set(header)
    if missing:
        wanted = "; ".join(f"{name}: {kind.columns[name]}" for name in kind.columns if name in missing)
        raise IntakeError(f"{path}: the first line must name the columns; missing are {wanted}")
    mended = header[: len(REJECT_COLUMNS)] == list(REJECT_COLUMNS)
    skipped = len(REJECT_COLUMNS) if mended else 0
    unknown = set(header[skipped:]) - set(kind.columns)
    if unknown:
        raise IntakeError(f"{path}: unknown columns {', '.join(sorted(unknown))}; known are {', '.join(kind.columns)}")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise IntakeError(f"{path}: the first line names {', '.join(twice)} twice; take one out")
    line = reader.line_num + 1
    try:
        for cells in reader:
            if cells:
                yield line, _named(header, cells, skipped)
            line = reader.line_num + 1
    except csv.Error as error:
        raise IntakeError(f"{path}:{line}: not CSV ({error}); look at its quotation marks") from None


def _named(header: Sequence[str], cells: Sequence[str], skipped: int) -> dict[str, str]:
    """A row by column; cells beyond the header's keep their place under a name that no column has."""
    named = dict(zip(header[skipped:], cells[skipped:], strict=False))
    if skipped:
        named = {name: value.removeprefix("'") for name, value in named.items()}
    return named | {f"cell {number}": cell for number, cell in enumerate(cells[len(header) :], len(header) + 1)}


def _decode(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise IntakeError(f"{path}: cannot be read ({error.strerror})") from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise IntakeError(f"{path}: is neither UTF-8 nor GB18030; save it as UTF-8")


def write_rejects(path: Path, kind: Intake[Any], report: Report) -> None:
    """The refused rows with line, column and problem: mend them there and import that file."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*REJECT_COLUMNS, *kind.columns])
        for problem, row in report.rejects:
            cells = [problem.line, problem.column, problem.problem, *(row.get(name, "") for name in kind.columns)]
            writer.writerow([_harmless(str(cell)) for cell in cells])


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula is shown as text."""
    formula = cell.startswith(("=", "@", "\t", "'")) or (cell.startswith(("+", "-")) and not cell[1:2].isdigit())
    return "'" + cell if formula else cell
