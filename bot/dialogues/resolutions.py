"""Loads dialogues/policies/resolutions.yml: how an agent's work on a customer may end, as codes that are counted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.dialogues.content import ContentError
from bot.dialogues.fields import Fields

CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
OTHER = "other"  # must be there: what no code fits is said in words


@dataclass(frozen=True, slots=True)
class Resolution:
    """One way to end: its code, its name in each language, and whether a note must say more."""

    code: str
    names: Mapping[str, str]
    needs_note: bool

    def name(self, language: str) -> str:
        """What it is called in this language; in English where we do not speak it."""
        return self.names.get(language, self.names["en"])


@dataclass(frozen=True, slots=True)
class Resolutions:
    """Why a customer is done, and why one goes back to the queue: by code, in the order of the file."""

    version: str
    resolved: Mapping[str, Resolution]
    released: Mapping[str, Resolution]


def load_resolutions(root: Path) -> Resolutions:
    """Both lists, each with every name in both languages."""
    fields = Fields.of(root / "policies" / "resolutions.yml").only("version", "resolved", "released")
    return Resolutions(fields.text("version"), _codes(fields, "resolved"), _codes(fields, "released"))


def _codes(fields: Fields, part: str) -> dict[str, Resolution]:
    found = {}
    for code, row in fields.part(part).parts().items():
        if not CODE.fullmatch(code):
            raise ContentError(f"{row.where}: a code is 2 to 40 of a-z 0-9 _ and begins with a letter")
        row.only("zh", "en", "note")
        found[code] = Resolution(code, {language: row.text(language) for language in ("zh", "en")}, row.flag("note"))
    if OTHER not in found or not found[OTHER].needs_note:
        raise ContentError(f'{fields.where}: {part}: {OTHER!r} must be there, with note: "true"')
    return found
