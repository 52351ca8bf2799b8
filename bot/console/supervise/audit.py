"""Who looked at whose data: the log of accesses, for auditors. That they looked at it is in it too."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from aiohttp import web

from bot.console.access import Right, Route, Visit
from bot.core.calendar import moment
from bot.store import accesses, attempts, thread
from bot.store.accesses import Access, Filter

PAGE = 50
ABOUT = {"queue": "queue", "rows": "measure", "export": "measure"}  # what the second word of an entry is called by
FILLERS = {"access": " log", "desk": " of"}


async def show(visit: Visit) -> web.Response:
    """One page of the log, newest first, of one person, one customer or one day where asked."""
    asked = {name: visit.request.query.get(name, "").strip()[:80] for name in ("who", "customer", "day")}
    day, before = _day(asked["day"]), visit.request.query.get("before", "")
    customer_id = None
    if asked["customer"]:
        async with visit.office.database.read() as connection:
            customer_id = await thread.find_customer(connection, visit.scope, asked["customer"])
    unknown = bool(asked["customer"] and customer_id is None) or bool(asked["day"] and day is None)
    unknown = unknown or not asked["who"].isprintable()
    wanted = Filter(asked["who"].lower(), customer_id, *_bounds(day, visit.office.zone))
    rows: list[Access] = []
    last = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
    async with visit.office.database.read() as connection:
        failing = await attempts.repeated(connection, visit.now)
        if not unknown:
            rows = await accesses.listed(connection, wanted, last, PAGE + 1)
    said = ["access log", asked["who"], str(day or "")] if not unknown else ["access log"]
    await visit.log_access(customer_id, " ".join(filter(None, said)))
    more = rows[PAGE - 1].id if len(rows) > PAGE else None
    return visit.page(
        "supervise/access.html", 404 if unknown else 200, rows=rows[:PAGE], more=more, asked=asked, unknown=unknown,
        failing=failing, zone=visit.office.zone, label=lambda what: label(visit, what),
    )  # fmt: skip


def label(visit: Visit, what: str) -> str:
    """What somebody did, in the reader's words as far as there are any: `reveal: complaint 12` → `Whole number: …`."""
    words, whole = visit.words, what.replace(" ", "_")
    if words.has(f"looked.{whole}"):
        return words.name("looked", whole)
    kind = re.split("[ :]", what, maxsplit=1)[0]
    if not words.has(f"looked.{kind}"):
        return what
    rest = what.removeprefix(kind).removeprefix(FILLERS.get(kind, ""))
    about, _, more = rest.strip().partition(" ")
    if kind in ABOUT and words.has(f"{ABOUT[kind]}.{about}"):
        rest = f"{words('mark.colon')}{words.name(ABOUT[kind], about)} {more}".rstrip()
    return words.name("looked", kind) + rest


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _bounds(day: date | None, zone: str) -> tuple[datetime | None, datetime | None]:
    """From when to when a day lasts on the bank's clock."""
    if day is None or day.year in (1, 9999):
        return None, None
    return moment(day, time(0), zone), moment(day + timedelta(days=1), time(0), zone)


ROUTES = [Route("GET", "/access", Right.AUDIT, show)]
