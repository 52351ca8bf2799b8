"""Loads dialogues/policies/reading.yml: when a second reader is asked, what its word weighs, and what it is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bot.core.opinion import SecondRules
from bot.core.reading import Asked, Intent
from bot.dialogues.content import ROOT, ContentError
from bot.dialogues.fields import Fields

NUMBERS = ("ask_below", "doubt_left", "disputed", "grave_from")
PLACES = {"today", "asked", "meanings"}


@dataclass(frozen=True, slots=True)
class Briefing:
    """What a language model is told, and the words after which figures are hidden from any second reader."""

    instructions: str
    asked: dict[Asked | None, str]
    meanings: dict[Intent, str]
    hidden_after: tuple[str, ...]

    def told(self, today: str, asked: Asked | None) -> str:
        """The instructions about one reply, without the reply."""
        meanings = "\n".join(f"- {intent}: {meaning}" for intent, meaning in self.meanings.items())
        return self.instructions.format(today=today, asked=self.asked[asked], meanings=meanings)


def load_second(root: Path, sure_enough: float) -> SecondRules:
    """The figures. Raise ContentError where a disputed reading would still be acted upon."""
    fields = _fields(root)
    rules = SecondRules(**{name: float(fields.share(name, "0.5")) for name in NUMBERS})
    if rules.disputed >= sure_enough:
        raise ContentError(f"{fields.where}: disputed: {rules.disputed} must be below sure_enough ({sure_enough})")
    return rules


def load_briefing(root: Path = ROOT) -> Briefing:
    """The words."""
    fields = _fields(root)
    asked = fields.part("asked").only("none", *Asked)
    meanings = fields.part("meanings").only(*Intent)
    hidden_after = fields.values.get("hidden_after")
    if not isinstance(hidden_after, list) or not all(isinstance(word, str) and word for word in hidden_after):
        raise ContentError(f"{fields.where}: hidden_after must be a list of words, such as [尾号, card]")
    instructions = fields.text("instructions")
    places = re.findall(r"\{([^{}]*)\}", instructions)
    if set(places) != PLACES or re.sub(r"\{\w+\}", "", instructions).count("{"):
        raise ContentError(f"{fields.where}: instructions must have the places {sorted(PLACES)} and no other braces")
    return Briefing(
        instructions=instructions,
        asked={None: asked.text("none"), **{one: asked.text(one) for one in Asked}},
        meanings={intent: meanings.text(intent) for intent in Intent},
        hidden_after=tuple(hidden_after),
    )


def _fields(root: Path) -> Fields:
    names = ("version", "limits", *NUMBERS, "hidden_after", "instructions", "asked", "meanings")
    return Fields.of(root / "policies" / "reading.yml").only(*names)
