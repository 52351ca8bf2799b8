"""Which column of a bank's own file is which of ours: guessed from its headings, changed by a person, then frozen."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path

from bot.dialogues import ROOT
from bot.dialogues.headings import Headings, fold, load_headings
from bot.intake.files import harmless
from bot.intake.rows import PORTFOLIO_COLUMNS, REQUIRED, BadField, Defaults

Chosen = Mapping[str, int | str]  # our column: the file's column, counted from 0, or `=value` for every row
DAYS = ("due_date", "number_verified", "notice_date")
YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?( 0?0:00(:00)?)?")
FORMULA = ("=", "@")


@cache
def headings(root: Path = ROOT) -> Headings:
    """The words of dialogues/headings.yml; raise ContentError where it names a column that there is not."""
    return load_headings(PORTFOLIO_COLUMNS, root)


@dataclass(frozen=True, slots=True)
class Reception:
    """How uploaded files are received: the words that they are understood by, what a row means where it is silent,
    how many bytes a file may have, and for how long one is kept that nobody goes on with."""

    headings: Headings = field(default_factory=headings)
    defaults: Defaults = field(default_factory=Defaults)
    limit: int = 32 * 1024 * 1024
    keep: timedelta = timedelta(days=14)


def guess(known: Headings, names: Sequence[str]) -> dict[str, int | str]:
    """Our columns by the file's headings; the first heading that means a column has it."""
    found: dict[str, int | str] = {}
    for place, name in enumerate(names):
        column = known.column(name)
        if column is not None:
            found.setdefault(column, place)
    return found


def missing(chosen: Chosen) -> list[str]:
    """The columns that a portfolio needs and that nothing is chosen for."""
    return [name for name in PORTFOLIO_COLUMNS if name in REQUIRED and name not in chosen]


def headings_hash(names: Sequence[str]) -> str:
    """The name under which the mapping of files with these headings is remembered."""
    return hashlib.sha256(json.dumps([fold(name) for name in names]).encode()).hexdigest()


def row_of(chosen: Chosen, cells: Sequence[str], width: int, known: Headings) -> dict[str, str]:
    """A row of the file by our columns, in our words; raise BadField where it is not what its columns say."""
    if any(cell.strip() for cell in cells[width:]):
        raise BadField("row", "surplus", f"has {len(cells)} cells under {width} headings", count=str(len(cells)))
    row = {}
    for column, place in chosen.items():
        if isinstance(place, str):
            row[column] = place.removeprefix("=")
            continue
        text = cells[place].strip() if place < len(cells) else ""
        if text.startswith("'") and harmless(text[1:]) == text:
            text = text[1:]  # refused rows were written so; they come back mended
        if text.startswith(FORMULA):
            raise BadField(column, "formula", "is a formula")
        row[column] = known.cell(column, _day(text) if column in DAYS else text)
    return row


def _day(text: str) -> str:
    """A day whose year stands first, as the importer reads it; every other order could be read in two ways."""
    found = YEAR_FIRST.fullmatch(text)
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else text


def fingerprint(sha256: str, chosen: Chosen, reception: Reception) -> str:
    """Names the bytes, the mapping and all that gives cells their meaning: same fingerprint, same portfolio."""
    meant = [sha256, dict(chosen), reception.headings.version, asdict(reception.defaults)]
    return hashlib.sha256(json.dumps(meant, sort_keys=True).encode()).hexdigest()
