"""What stands in the thread: texts in their order and what happened between them, with evidence and reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.console.customer import evidence
from bot.console.customer.advice import Corrected, correction_in_words
from bot.console.customer.evidence import Evidence
from bot.console.customer.journal import Told, heard_in, tell
from bot.console.words import Words
from bot.core.case import HoldKind
from bot.core.contact import ContactRules
from bot.store import texts, thread
from bot.store.corrections import corrections_of
from bot.store.fileview import FileView, Text, mask_number
from bot.store.merges import Merge, merged_from, merged_into
from bot.store.thread import JournalEntry

TOLD_OTHERWISE = (HoldKind.PROMISE_OPEN, HoldKind.PLAN_ACTIVE, HoldKind.HANDOFF)  # holds that another event speaks of


@dataclass(frozen=True, slots=True)
class Item:
    """What stands in the thread: a text, a note, a contact by another way, money, or what became of something."""

    kind: str
    at: datetime
    of: Any


@dataclass(frozen=True, slots=True)
class Timeline:
    """The thread of one customer. `evidence` is by the id of a reply, with each sign as `signs` names it; `told` is
    what was decided, by entry of the journal; `corrected` what a person says that a reply meant, by its id."""

    items: tuple[Item, ...]
    evidence: Mapping[int, Evidence]
    told: Mapping[int, Told]
    corrected: Mapping[int, Corrected]
    into: Merge | None  # whose number an unknown sender's is said to be
    others: tuple[tuple[Merge, str], ...]  # unknown numbers that are said to be this customer's, masked


async def timeline_of(
    connection: AsyncConnection, view: FileView, words: Words, contact: ContactRules | None
) -> Timeline:
    """All that the thread shows, of the texts that the view holds."""
    wanted = {text.entry for text in view.texts if text.entry is not None}
    entries = await thread.entries_of(connection, view.customer_id, wanted)
    told = {seq: tell(words, entry, contact) for seq, entry in entries.items()}
    corrected = {
        id: correction_in_words(made, view.case, words)
        for id, made in (await corrections_of(connection, view.customer_id)).items()
    }
    others = await merged_from(connection, view.customer_id)
    items = items_of(view, [item for one in others for item in await _elsewhere(connection, one, len(view.texts))])
    into = await merged_into(connection, view.customer_id)
    masked = tuple((one, mask_number(one.number)) for one in others)
    return Timeline(tuple(items), _evidence(view, entries, words), told, corrected, into, masked)


async def _elsewhere(connection: AsyncConnection, merge: Merge, newest: int) -> list[Item]:
    """What went to and fro on a number that was merged, also since."""
    found = await texts.texts_of(connection, merge.stranger_id, {}, max(newest, 10))
    return [Item("elsewhere", text.at, (text, mask_number(merge.number))) for text in found]


def items_of(view: FileView, elsewhere: Iterable[Item] = ()) -> list[Item]:
    """The texts in their order, and between them, by time, what else happened, on whatever channel or number."""
    items = [Item("text", text.at, text) for text in view.texts]
    begins = items[0].at if items and view.earlier else None
    for other in sorted([*_others(view), *elsewhere], key=lambda item: item.at):
        if begins is None or other.at >= begins:
            before = [place for place, item in enumerate(items) if item.at <= other.at]
            items.insert(before[-1] + 1 if before else 0, other)
    return items


def _others(view: FileView) -> Iterator[Item]:
    for contact in view.contacts:
        yield Item("contact", contact.at, contact)
    for note in view.notes:
        yield Item(note.kind, note.at, note)
    for payment in view.payments:
        yield Item("payment", payment.posted_at, payment)
    for promise in view.promises:
        yield Item("promised", promise.made_at, promise)
        if promise.closed_at:
            yield Item("promise_over", promise.closed_at, promise)
    for hold in (*view.lifted, *view.holds):
        if hold.kind not in TOLD_OTHERWISE:
            yield Item("held", hold.placed_at, hold)
            if hold.lifted_at:
                yield Item("lifted", hold.lifted_at, hold)
    for plan in view.plans:
        yield Item("plan", plan.made_at, plan)
        if plan.closed_at:
            yield Item("plan_over", plan.closed_at, plan)
    for handoff in view.handoffs:
        yield Item("called", handoff.opened_at, handoff)
        if handoff.taken_at:
            yield Item("taken", handoff.taken_at, handoff)
        if handoff.closed_at:
            yield Item("resolved", handoff.closed_at, handoff)


def _evidence(view: FileView, entries: Mapping[int, JournalEntry], words: Words) -> dict[int, Evidence]:
    """Texts that were read together have one reading, and each shows its own part of the evidence."""
    together: dict[int, list[Text]] = {}
    for text in view.texts:
        if text.way == "in" and text.entry is not None and text.entry in entries:
            together.setdefault(text.entry, []).append(text)
    found = {}
    for seq, replies in together.items():
        reading = heard_in(entries[seq])
        if reading is None:
            continue
        said = [text.text for text in replies]
        read = [[intent for intent in text.intents.split(",") if intent] for text in replies]
        for text, one in zip(replies, evidence.evidence_of(reading, said, read), strict=True):
            found[text.id] = evidence.in_words(one, words, reading, view.case.currency)
    return found
