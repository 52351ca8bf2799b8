"""The queue page: who waits for a person, what is due first in front."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from bot.console import action
from bot.console.access import Right, Route, Visit
from bot.store import desk, queue
from bot.store.queue import Folder

RECENT = timedelta(hours=24)  # what was resolved within this time is still listed


async def show(visit: Visit) -> web.Response:
    """One folder of the queue."""
    wanted = visit.request.query.get("folder", Folder.NEXT)
    folder = Folder(wanted) if wanted in set(Folder) else Folder.NEXT
    await visit.log_access(None, f"queue {folder}")
    since = visit.now - RECENT
    async with visit.office.database.read() as connection:
        counts = await queue.counts(connection, visit.scope, visit.person.id, since)
        rows = await queue.rows(connection, visit.scope, folder, visit.person.id, visit.now, since)
        own = await desk.desk_of(connection, visit.person.id)
    return visit.page("queue.html", folder=folder, folders=list(Folder), counts=counts, rows=rows, desk=own)


async def take_next(visit: Visit) -> web.Response:
    """Take whoever is due first; whom somebody else took in the meantime is passed over."""
    async with visit.office.database.read() as connection:
        own = await desk.desk_of(connection, visit.person.id)
        if own is not None and own.is_full:
            return visit.redirect("/queue?folder=mine&done=full")
        ids = await queue.next_up(connection, visit.scope, own.skills if own else ())
    for id in ids:
        try:
            await action.take(visit.office, visit.person, id, visit.now)
        except action.Refused:
            continue
        return visit.redirect(f"/customers/{id}?done=take")
    return visit.redirect("/queue?done=nobody")


ROUTES = [
    Route("GET", "/queue", Right.READ, show),
    Route("POST", "/queue/next", Right.ACT, take_next),
]
