"""CSV files: read in whatever encoding the bank writes, and refused rows written so that they can be mended."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.intake.sheet import IntakeError, decode, lines
from bot.intake.take import Intake, Report

REJECT_COLUMNS = ("line", "column", "problem")
FORMULA = ("=", "+", "-", "@")
SIGNED = re.compile(r"[+-][0-9]+(?:[., ][0-9]+)*")


def read_csv(path: Path, kind: Intake[Any]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Rows of a CSV file with their line numbers. UTF-8 with or without a mark, or GB18030, as Chinese Excel writes."""
    try:
        rows = lines(decode(path.read_bytes())[0])
        line, first = next(rows, (1, []))
    except OSError as error:
        raise IntakeError("unreadable", f"{path}: cannot be read ({error.strerror})") from None
    except IntakeError as error:
        where = f"{path}:{error.values['line']}" if "line" in error.values else path
        raise IntakeError(error.code, f"{where}: {error}", **error.values) from None
    header = [name.strip() for name in first]
    missing = kind.required - set(header)
    if missing:
        wanted = "; ".join(f"{name}: {kind.columns[name]}" for name in kind.columns if name in missing)
        problem = f"{path}: the first line must name the columns; missing are {wanted}"
        raise IntakeError("missing", problem)
    mended = header[: len(REJECT_COLUMNS)] == list(REJECT_COLUMNS)
    skipped = len(REJECT_COLUMNS) if mended else 0
    unknown = set(header[skipped:]) - set(kind.columns)
    if unknown:
        problem = f"{path}: unknown columns {', '.join(sorted(unknown))}; known are {', '.join(kind.columns)}"
        raise IntakeError("unknown", problem)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise IntakeError("twice", f"{path}: the first line names {', '.join(twice)} twice; take one out")
    try:
        for line, cells in rows:
            yield line, _named(header, cells, skipped)
    except IntakeError as error:
        raise IntakeError(error.code, f"{path}:{error.values['line']}: {error}", **error.values) from None


def _named(header: Sequence[str], cells: Sequence[str], skipped: int) -> dict[str, str]:
    """A row by column; cells beyond the header's keep their place under a name that no column has."""
    named = dict(zip(header[skipped:], cells[skipped:], strict=False))
    if skipped:
        named = {name: value.removeprefix("'") for name, value in named.items()}
    return named | {f"cell {number}": cell for number, cell in enumerate(cells[len(header) :], len(header) + 1)}


def write_rejects(path: Path, kind: Intake[Any], report: Report) -> None:
    """The refused rows with line, column and problem: mend them there and import that file."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*REJECT_COLUMNS, *kind.columns])
        for problem, row in report.rejects:
            cells = [problem.line, problem.column, problem.problem, *(row.get(name, "") for name in kind.columns)]
            writer.writerow([harmless(str(cell)) for cell in cells])


def harmless(cell: str) -> str:
    """The cell, so that no spreadsheet runs it as a formula. A number with its sign, such as a phone's, is none."""
    begins = unicodedata.normalize("NFKC", cell).lstrip()[:1]  # ＝ begins a formula too, where Chinese is written
    formula = cell.startswith(("\t", "\r", "\n", "'")) or (begins in FORMULA and not SIGNED.fullmatch(cell))
    return "'" + cell if formula else cell
