"""Correct a reading: say what a reply meant, for training. What was decided stays; the thread then says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from aiohttp import web

from bot.console.access import Missing, Right, Route, Visit
from bot.console.customer.conversation import PATH, customer_of
from bot.console.customer.journal import heard_in
from bot.core.reading import Intent, by_rank
from bot.store import cases, corrections, texts, thread
from bot.store.corrections import Correction, Meaning
from bot.store.fileview import Text

CENT, MOST = Decimal("0.01"), Decimal(10) ** 12


async def form(visit: Visit) -> web.Response:
    """The form for one reply, filled in with what the reader made of it."""
    return await _form(visit)


async def _form(visit: Visit, problem: str = "") -> web.Response:
    text, reading, zone = await _reply(visit)
    await visit.log_access(customer_of(visit), "correct")
    read = _read(text, reading)
    return visit.page(
        "customer/correction.html",
        422 if problem else 200,
        customer_id=customer_of(visit),
        text=text,
        read=read,
        zone=zone,
        intents=[intent for intent in Intent if intent is not Intent.UNCLEAR] + [Intent.UNCLEAR],
        problem=problem,
    )


async def correct(visit: Visit) -> web.Response:
    """Keep what a person says that a reply meant."""
    posted = await visit.request.post()
    chosen = {str(one) for one in posted.getall("intents", [])}
    if not chosen or not chosen <= set(Intent):
        return await _form(visit, "invalid.intents")
    try:
        meant = Meaning(by_rank({Intent(one) for one in chosen}), _day(visit), _sum(visit))
    except (InvalidOperation, ValueError):
        return await _form(visit, "invalid.promise")
    text, reading, _ = await _reply(visit)
    customer_id, version = customer_of(visit), visit.office.mind.content.rules.version
    async with visit.office.database.write() as connection:
        await cases.lock(connection, [customer_id], skip_locked=False)
        file = (await cases.load(connection, [customer_id], visit.now))[customer_id]
        language = str(reading.get("language") or file.case.language)
        made = Correction(
            text.id, language, text.text, _read(text, reading), meant, visit.person.login, visit.now, version
        )
        await corrections.correct(connection, file, made)
    return visit.redirect(f"/customers/{customer_id}?done=correction#text-{text.id}")


async def _reply(visit: Visit) -> tuple[Text, Mapping[str, Any], str]:
    """The reply that the address names, its reading as the journal keeps it, and the customer's zone."""
    customer_id, wanted = customer_of(visit), int(visit.request.match_info["text"])
    async with visit.office.database.read() as connection:
        if not await visit.scope.has(connection, customer_id):
            raise Missing
        text = await texts.reply_of(connection, customer_id, wanted)
        if text is None or text.state == "pending":
            raise Missing
        seqs = [text.entry] if text.entry is not None else []
        entries = await thread.entries_of(connection, customer_id, seqs)
        zone = (await cases.load(connection, [customer_id], visit.now))[customer_id].case.zone
    readings = [heard_in(entry) for entry in entries.values()]
    return text, (readings[0] if readings else None) or {}, zone


def _read(text: Text, reading: Mapping[str, Any]) -> Meaning:
    """What the reader made of it: its intents as they were weighed, and day and sum where they were exact."""
    intents = frozenset(Intent(name) for name in text.intents.split(",") if name in set(Intent))
    amount, day = reading.get("amount") or {}, reading.get("date")
    exact = amount.get("kind") == "exact" and amount.get("value") is not None
    return Meaning(
        by_rank(intents), date.fromisoformat(day) if day else None, Decimal(amount["value"]) if exact else None
    )


def _day(visit: Visit) -> date | None:
    said = visit.form.get("date", "").strip()
    return date.fromisoformat(said) if said else None


def _sum(visit: Visit) -> Decimal | None:
    said = visit.form.get("amount", "").strip().replace(",", "")
    if not said:
        return None
    amount = Decimal(said)
    if not amount.is_finite() or not 0 < amount < MOST or amount != amount.quantize(CENT):
        raise ValueError(said)
    return amount.quantize(CENT)


ADDRESS = rf"{PATH}/texts/{{text:\d{{1,18}}}}/correct"
ROUTES = [Route("GET", ADDRESS, Right.ACT, form), Route("POST", ADDRESS, Right.ACT, correct)]
