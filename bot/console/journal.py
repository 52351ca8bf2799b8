"""Why? All that happened to a customer, each decision with the rules behind it, and whether the chain holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.console import why
from bot.console.access import Missing, Right, Route, Visit
from bot.core.contact import ContactRules
from bot.store import thread
from bot.store.thread import JournalEntry


@dataclass(frozen=True, slots=True)
class Told:
    """A journal entry in plain words; `raw` is the entry as it is kept."""

    seq: int
    at: datetime
    kind: str
    hash: str
    reasons: tuple[str, ...]
    heard: str  # what the customer wrote
    texts: tuple[str, ...]  # what we wrote
    rules: str
    raw: str


async def show(visit: Visit) -> web.Response:
    """The journal of one customer, newest first."""
    customer_id = int(visit.request.match_info["id"])
    async with visit.office.database.read() as connection:
        try:
            view = await thread.view(connection, customer_id, visit.now, newest=1)
        except LookupError:
            raise Missing from None
        entries, broken_at = await thread.journal_of(connection, customer_id)
    await visit.log_access(customer_id, "journal")
    contact = visit.office.mind.content.rules.contact_for(view.case)
    told = [_tell(visit, entry, contact) for entry in reversed(entries)]
    return visit.page("journal.html", view=view, zone=view.case.zone, entries=told, broken_at=broken_at)


def _tell(visit: Visit, entry: JournalEntry, contact: ContactRules | None) -> Told:
    content: dict[str, Any] = entry.content if isinstance(entry.content, dict) else {}
    event = content.get("event")
    heard = event.get("reading", {}).get("text") if isinstance(event, dict) and event.get("type") == "Heard" else ""
    texts = content.get("texts") or ([content["text"]] if isinstance(content.get("text"), str) else [])
    return Told(
        entry.seq,
        entry.at,
        entry.kind,
        entry.hash,
        tuple(why.because(visit.words, code, contact) for code in content.get("why", ())),
        heard if isinstance(heard, str) else "",
        tuple(texts),
        content.get("rules", ""),
        json.dumps(entry.content, ensure_ascii=False, indent=1, sort_keys=True) if entry.content is not None else "",
    )


ROUTES = [Route("GET", r"/customers/{id:\d{1,18}}/journal", Right.READ, show)]
