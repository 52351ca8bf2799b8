"""What stands in the thread: texts in their order and what happened between them, with evidence and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.console import evidence
from bot.console.evidence import Evidence
from bot.console.journal import Told, heard_in, tell
from bot.console.words import Words
from bot.core.contact import ContactRules
from bot.store import thread
from bot.store.fileview import FileView, Text
from bot.store.thread import JournalEntry


@dataclass(frozen=True, slots=True)
class Item:
    """What stands in the thread: a text, a note, or that a person was called, came or was done."""

    kind: str
    at: datetime
    of: Any


@dataclass(frozen=True, slots=True)
class Timeline:
    """The thread of one customer. `evidence` is by the id of a reply, with each sign as `signs` names it; `told` is
    what was decided, by entry of the journal."""

    items: tuple[Item, ...]
    evidence: Mapping[int, Evidence]
    told: Mapping[int, Told]


async def timeline_of(
    connection: AsyncConnection, view: FileView, words: Words, contact: ContactRules | None
) -> Timeline:
    """All that the thread shows, of the texts that the view holds."""
    wanted = {text.entry for text in view.texts if text.entry is not None}
    entries = await thread.entries_of(connection, view.customer_id, wanted)
    told = {seq: tell(words, entry, contact) for seq, entry in entries.items()}
    return Timeline(tuple(items_of(view)), _evidence(view, entries, words), told)


def items_of(view: FileView) -> list[Item]:
    """The texts in their order, and between them, by time, notes and when a person was called or done."""
    items = [Item("text", text.at, text) for text in view.texts]
    others = [Item("note", note.at, note) for note in view.notes]
    others += [Item("called", handoff.opened_at, handoff) for handoff in view.handoffs]
    others += [Item("taken", handoff.taken_at, handoff) for handoff in view.handoffs if handoff.taken_at]
    others += [Item("resolved", handoff.closed_at, handoff) for handoff in view.handoffs if handoff.closed_at]
    begins = items[0].at if items and view.earlier else None
    for other in sorted(others, key=lambda item: item.at):
        if begins is None or other.at >= begins:
            before = [place for place, item in enumerate(items) if item.at <= other.at]
            items.insert(before[-1] + 1 if before else 0, other)
    return items


def _evidence(view: FileView, entries: Mapping[int, JournalEntry], words: Words) -> dict[int, Evidence]:
    """Texts that were read together have one reading, and each shows its own part of the evidence."""
    together: dict[int, list[Text]] = {}
    for text in view.texts:
        if text.way == "in" and text.entry is not None and text.entry in entries:
            together.setdefault(text.entry, []).append(text)
    found = {}
    for seq, texts in together.items():
        reading = heard_in(entries[seq])
        if reading is None:
            continue
        said = [text.text for text in texts]
        read = [[intent for intent in text.intents.split(",") if intent] for text in texts]
        for text, one in zip(texts, evidence.evidence_of(reading, said, read), strict=True):
            found[text.id] = evidence.in_words(one, words, reading, view.case.currency)
    return found
