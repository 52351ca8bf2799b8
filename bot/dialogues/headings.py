"""Loads dialogues/headings.yml: what the columns of banks' own files are called, and the words that stand in them."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.dialogues.content import ROOT, ContentError
from bot.dialogues.fields import Fields


@dataclass(frozen=True, slots=True)
class Headings:
    """Folded headings and cells, and what each stands for. `version` names all of it."""

    columns: Mapping[str, str]
    cells: Mapping[str, Mapping[str, str]]
    version: str

    def column(self, heading: str) -> str | None:
        """Our column, of a heading as a bank wrote it."""
        return self.columns.get(fold(heading))

    def cell(self, column: str, text: str) -> str:
        """A cell in our words; what is not known stays as it is."""
        words = self.cells.get(column)
        return words.get(fold(text), text) if words else text


def fold(text: str) -> str:
    """Letters and digits alone, in one width and case: `Due Date`, `due_date` and `ＤＵＥ－ＤＡＴＥ` are the same."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def load_headings(known: Collection[str], root: Path = ROOT) -> Headings:
    """Load and check: every column must be known, and no word may stand for two."""
    fields = Fields.of(root / "headings.yml").only("columns", "cells")
    columns = _words(fields.part("columns").only(*known))
    cells = {name: _words(part) for name, part in fields.part("cells").only(*known).parts().items()}
    written = json.dumps([columns, cells], sort_keys=True).encode()
    return Headings(columns, cells, hashlib.sha256(written).hexdigest()[:12])


def _words(part: Fields) -> dict[str, str]:
    found: dict[str, str] = {}
    for meaning, words in part.values.items():
        if not isinstance(words, list) or not all(isinstance(word, str) and fold(word) for word in words):
            raise ContentError(f"{part.where}: {meaning}: give a list of words, such as [name, 姓名]")
        for word in (meaning, *words):
            if found.setdefault(fold(word), meaning) != meaning:
                raise ContentError(f"{part.where}: {word!r} stands for both {found[fold(word)]} and {meaning}")
    return found
