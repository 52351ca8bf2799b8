"""Why? All that happened to a customer, each decision with the rules behind it, and whether the chain holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.console.access import Missing, Right, Route, Visit
from bot.console.render import clock
from bot.console.rulebook import book, why
from bot.console.words import Words
from bot.core.contact import ContactRules
from bot.core.event import AgentAction
from bot.dialogues.resolutions import Resolutions
from bot.store import agents, thread
from bot.store.thread import JournalEntry


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a decision in plain words, and the code that it is kept as."""

    words: str
    code: str


@dataclass(frozen=True, slots=True)
class Told:
    """A journal entry in plain words; `content` is what it is made of."""

    seq: int
    at: datetime
    kind: str
    hash: str
    reasons: tuple[Reason, ...]
    heard: str  # what the customer wrote
    texts: tuple[str, ...]  # what we wrote
    rules: str
    content: Any

    @property
    def raw(self) -> str:
        """The entry as it is kept; empty where the customer's key was destroyed."""
        if self.content is None:
            return ""
        return json.dumps(self.content, ensure_ascii=False, indent=1, sort_keys=True)


async def show(visit: Visit) -> web.Response:
    """The journal of one customer, newest first."""
    customer_id = int(visit.request.match_info["id"])
    async with visit.office.database.read() as connection:
        try:
            view = await thread.view(connection, visit.scope, customer_id, visit.now, newest=1)
        except LookupError:
            raise Missing from None
        entries, broken_at = await thread.journal_of(connection, visit.scope, customer_id)
        names = {one.login: one.name for one in await agents.people(connection)}
    await visit.log_access(customer_id, "journal")
    contact = visit.office.mind.content.rules.contact_for(view.case)
    endings = visit.office.mind.content.resolutions
    told = [tell(visit.words, entry, contact) for entry in reversed(entries)]
    beside = {
        entry.seq: details(visit.words, entry, names, contact, endings, (view.case.zone, visit.now))
        for entry in entries
    }
    return visit.page(
        "customer/journal.html",
        view=view,
        zone=view.case.zone,
        entries=told,
        beside=beside,
        broken_at=broken_at,
        place_of=book.places(visit.office.mind.content),
    )


def tell(words: Words, entry: JournalEntry, contact: ContactRules | None) -> Told:
    """An entry in words. What is missing, as where the customer's key was destroyed, is empty."""
    content: dict[str, Any] = entry.content if isinstance(entry.content, dict) else {}
    reading = heard_in(entry) or {}
    heard = reading.get("text", "")
    texts = content.get("texts") or ([content["text"]] if isinstance(content.get("text"), str) else [])
    return Told(
        entry.seq,
        entry.at,
        entry.kind,
        entry.hash,
        tuple(Reason(why.because(words, code, contact), code) for code in content.get("why", ())),
        heard if isinstance(heard, str) else "",
        tuple(texts),
        content.get("rules", ""),
        entry.content,
    )


def details(
    words: Words,
    entry: JournalEntry,
    names: Mapping[str, str],
    contact: ContactRules | None,
    endings: Resolutions,
    there: tuple[str, datetime],
) -> tuple[str, ...]:
    """What an entry says beside its reasons: who acted, for what cause, what the carrier reported, until when.

    `names` are people's, by login; `there` is the customer's zone and the moment at which this is read.
    """
    content: dict[str, Any] = entry.content if isinstance(entry.content, dict) else {}
    event: dict[str, Any] = content.get("event") if isinstance(content.get("event"), dict) else {}  # type: ignore[assignment]
    login, found = event.get("agent") or content.get("agent"), []
    if login:
        found.append(words("journal.by", who=names.get(login, login), login=login))
    action = event.get("action")
    if action in (AgentAction.RESOLVE, AgentAction.RELEASE):
        found += [why.ending(words, event.get("text"), endings), event.get("note", "")]
    elif action and action != AgentAction.REPLY:
        found.append(event.get("text", ""))
    if entry.kind == "receipt":
        found.append(words.name("text", content.get("status")))
    elif entry.kind == "follow_up":
        at = content.get("at")
        found.append(clock(datetime.fromisoformat(at), *there) if at else words("journal.no_follow_up"))
    elif entry.kind == "not_sent":
        found.append(why.not_sent(words, content.get("reason"), contact))
    return tuple(one for one in found if one)


def heard_in(entry: JournalEntry) -> Mapping[str, Any] | None:
    """The reading of what the customer wrote, where the entry is of that."""
    event = entry.content.get("event") if isinstance(entry.content, dict) else None
    if not isinstance(event, dict) or event.get("type") != "Heard":
        return None
    reading: Mapping[str, Any] = event.get("reading", {})
    return reading


ROUTES = [Route("GET", r"/customers/{id:\d{1,18}}/journal", Right.READ, show)]
