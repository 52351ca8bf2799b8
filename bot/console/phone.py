"""The customer's phone in a demonstration: read what it received, answer as its owner, let time pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.console.access import Missing, Right, Route, Visit
from bot.console.office import Demo
from bot.console.rulebook import why
from bot.core.calendar import local_day, moment
from bot.dialogues import load_yaml
from bot.store import sessions, thread
from bot.store.fileview import FileView
from bot.store.scope import EVERYONE

STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
HOURS = {"morning": time(10), "night": time(22)}  # the next time that it is so late on the customer's clock
WAITING = ("queued", "held", "claimed")
LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Bubble:
    """A text on the phone: received, or written on it."""

    way: str
    at: datetime
    text: str


@lru_cache
def samples() -> dict[str, dict[str, list[str]]]:
    """Replies that customers might write, by language and by what they show."""
    found: dict[str, dict[str, list[str]]] = load_yaml(Path(__file__).parent / "words" / "samples.yml")
    return found


async def show(visit: Visit) -> web.Response:
    """One customer's phone beside the list of all; below it the texts that wait, and the rule that holds each back."""
    demo = _demo(visit)
    async with visit.office.database.read() as connection:
        book = await thread.phonebook(connection)
        wanted = visit.request.query.get("customer", "")
        if not wanted and book:
            wanted = str(book[0].customer_id)
        entry = next((one for one in book if str(one.customer_id) == wanted), None)
        if wanted and entry is None:
            raise Missing
        view = await thread.view(connection, EVERYONE, entry.customer_id, visit.now, reveal=True) if entry else None
    values: dict[str, Any] = {"book": book, "entry": entry, "view": view, "samples": samples(), "longest": LONGEST}
    if view is not None and entry is not None:
        contact = visit.office.mind.content.rules.contact_for(view.case)
        values |= {
            "bubbles": bubbles(demo, entry.number, view),
            "waiting": [text for text in view.texts if text.way == "out" and text.state in WAITING],
            "not_sent": lambda reason: why.not_sent(visit.words, reason, contact),
            "zone": view.case.zone,
            "holds": why.holds_beside(view),
        }
    return visit.page("phone.html", **values)


def bubbles(demo: Demo, number: str, view: FileView) -> list[Bubble]:
    """What the phone's owner sees: what arrived on it and what was written on it, by time."""
    found = [Bubble("in", received.at, received.text) for received in demo.phones.phone(number).inbox]
    found += [Bubble("out", text.at, text.text) for text in view.texts if text.way == "in"]
    return sorted(found, key=lambda bubble: bubble.at)


async def reply(visit: Visit) -> web.Response:
    """Text the bank as the customer, through the carrier and the real webhook."""
    demo, customer_id = _demo(visit), visit.form.get("customer", "")
    async with visit.office.database.read() as connection:
        book = {str(entry.customer_id): entry for entry in await thread.phonebook(connection)}
    entry, text = book.get(customer_id), visit.form.get("text", "").strip()[:LONGEST]
    if entry is None:
        raise Missing
    done = "phone"
    if text:
        status = await demo.phones.phone_replies(entry.number, text, demo.destination, visit.now)
        done = "phone" if 200 <= status < 300 else "phone_failed"
        visit.office.wake()
    return visit.redirect(f"/demo/phone?customer={entry.customer_id}&done={done}")


async def move_clock(visit: Visit) -> web.Response:
    """Let an hour or a day pass, or go on to the next morning or night, or to the morning of the promised day."""
    demo, customer_id = _demo(visit), visit.form.get("customer", "")
    customer_id = customer_id if customer_id.isdecimal() and len(customer_id) < 19 else ""
    by = STEPS.get(visit.form.get("by", ""))
    if by is None and customer_id:
        async with visit.office.database.read() as connection:
            try:
                case = (await thread.view(connection, EVERYONE, int(customer_id), visit.now, newest=1)).case
            except LookupError:
                raise Missing from None
        hour = HOURS.get(visit.form.get("by", ""))
        if hour is not None:
            today = moment(local_day(visit.now, case.zone), hour, case.zone)
            by = (today if today > visit.now else today + timedelta(days=1)) - visit.now
        elif case.promise is not None and visit.form.get("by") == "promise":
            by = moment(case.promise.due_on, time(10), case.zone) - visit.now
    if by is not None and by > timedelta(0):
        async with visit.office.database.write() as connection:
            await sessions.carry(connection, by)
        demo.move_clock(by)
        visit.office.wake()
    return visit.redirect(f"/demo/phone?customer={customer_id}&done=clock")


def _demo(visit: Visit) -> Demo:
    if visit.office.demo is None:
        raise Missing
    return visit.office.demo


ROUTES = [
    Route("GET", "/demo/phone", Right.OPEN, show),
    Route("POST", "/demo/phone", Right.OPEN, reply),
    Route("POST", "/demo/clock", Right.OPEN, move_clock),
]
