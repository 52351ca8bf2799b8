"""Evidence: which of the customer's words stood for what, marked in the text as the customer wrote it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from bot.console.render import money
from bot.console.words import Words

SLOTS = ("date", "amount")
UNREADABLE = "*?"  # what the journal keeps in the place of verifying figures and of broken characters
JOINER = "\u200d"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a text, and what they stood for: `date`, `amount` or intents. All pieces joined are the text."""

    text: str
    labels: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """How it is marked: as a day, a sum, an intent, or not at all."""
        return next((label for label in self.labels if label in SLOTS), "intent" if self.labels else "")


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that was read, and the customer's words that said so; none where it was not said in so many words."""

    label: str
    words: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A text in pieces, and what was read in it."""

    pieces: tuple[Piece, ...]
    signs: tuple[Sign, ...]


def evidence_of(
    reading: Mapping[str, Any], fragments: Sequence[str], intents: Sequence[Sequence[str]]
) -> list[Evidence]:
    """The evidence in each of the texts that were read together as one reply; `intents` are what each was taken for.

    `reading` is a Reading as the journal keeps it. Whatever it says, the pieces of each text joined are that text.
    """
    starts, at = {}, 0
    for fragment in dict.fromkeys(fragments):
        starts[fragment] = at
        at += len(fragment) + 1
    whole = reading.get("text")
    spans = reading.get("spans") if isinstance(whole, str) and len(whole) == at - 1 else ()
    return [
        _evidence(fragment, _within(spans or (), starts[fragment], fragment), reading, labels)
        for fragment, labels in zip(fragments, intents, strict=True)
    ]


def _within(spans: Sequence[Mapping[str, Any]], begins: int, text: str) -> list[tuple[int, int, str]]:
    """What of the spans lies in one text, by its own offsets; where other words stand there, it is left out."""
    found = []
    for span in spans:
        first = span["start"] - begins
        start, end = max(0, first), min(len(text), span["end"] - begins)
        kept = span["text"][start - first : end - first]
        if start < end and all(a in (b, *UNREADABLE) for a, b in zip(kept, text[start:end], strict=False)):
            found.append((_back(text, start), _on(text, end), span["label"]))
    return found


def _evidence(
    text: str, spans: Sequence[tuple[int, int, str]], reading: Mapping[str, Any], intents: Sequence[str]
) -> Evidence:
    cuts = sorted({0, len(text), *(start for start, _, _ in spans), *(end for _, end, _ in spans)})
    pieces: list[Piece] = []
    for start, end in pairwise(cuts):
        labels = tuple(dict.fromkeys(label for first, last, label in spans if first <= start and end <= last))
        labels = tuple(sorted(labels, key=lambda label: label not in SLOTS))
        if pieces and pieces[-1].labels == labels:
            pieces[-1] = Piece(pieces[-1].text + text[start:end], labels)
        else:
            pieces.append(Piece(text[start:end], labels))
    read = [*intents, *(slot for slot in SLOTS if reading.get(slot) is not None)]
    read += ["date"] if reading.get("date_vague") and "date" not in read else []
    return Evidence(tuple(pieces), tuple(Sign(label, _words(pieces, label)) for label in read))


def _words(pieces: Sequence[Piece], label: str) -> tuple[str, ...]:
    """The words that stood for it: neighbouring pieces together, and without what only surrounds them."""
    runs, before = [""], False
    for piece in pieces:
        here = label in piece.labels
        if here:
            runs[-1:] = [runs[-1] + piece.text] if before else [runs[-1], piece.text]
        before = here
    return tuple(dict.fromkeys(words for run in runs if (words := run.strip(" \n,.!?，。！？、"))))


def _on(text: str, at: int) -> int:
    """The next place to cut a text: no mark is parted from its letter, no emoji from what it is joined to."""
    while 0 < at < len(text) and (_clings(text[at]) or text[at - 1] == JOINER):
        at += 1
    return at


def _back(text: str, at: int) -> int:
    while 0 < at < len(text) and (_clings(text[at]) or text[at - 1] == JOINER):
        at -= 1
    return at


def _clings(character: str) -> bool:
    skin_tone = 0x1F3FB <= ord(character) <= 0x1F3FF
    return character == JOINER or skin_tone or unicodedata.category(character) in ("Mn", "Mc", "Me")


def in_words(found: Evidence, words: Words, reading: Mapping[str, Any], currency: str) -> Evidence:
    """The same evidence with each label as a person reads it."""
    names = {label: _name(words, label, reading, currency) for piece in found.pieces for label in piece.labels}
    names |= {sign.label: _name(words, sign.label, reading, currency) for sign in found.signs}
    return Evidence(
        tuple(replace(piece, names=tuple(names[label] for label in piece.labels)) for piece in found.pieces),
        tuple(replace(sign, name=names[sign.label]) for sign in found.signs),
    )


def _name(words: Words, label: str, reading: Mapping[str, Any], currency: str) -> str:
    if label == "date":
        return words("evidence.date", on=reading["date"]) if reading.get("date") else words("evidence.vague")
    if label == "amount":
        amount = reading.get("amount") or {}
        kind, value = amount.get("kind"), amount.get("value")
        if kind == "exact" and value is not None:
            return words("evidence.exact", amount=money(Decimal(value), currency))
        if kind == "fraction" and value is not None:
            return words("evidence.fraction", share=f"{Decimal(value) * 100:.0f} %")
        return words.name("evidence", kind)
    return words.name("intent", label)
