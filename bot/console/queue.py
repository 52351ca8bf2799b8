"""The queue page: who waits for a person, what is due first in front."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from bot.console import action, why
from bot.console.access import Right, Route, Visit
from bot.store import desk, queue
from bot.store.calm import calm
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
        quiet = None if rows else await calm(connection, visit.scope, visit.person.id, visit.now)
    endings = visit.office.mind.content.resolutions
    return visit.page(
        "queue.html", folder=folder, folders=list(Folder), counts=counts, rows=rows, desk=own, calm=quiet,
        ending=lambda outcome: why.ending(visit.words, outcome, endings),
    )  # fmt: skip


async def take_next(visit: Visit) -> web.Response:
    """Take whoever is due first."""
    return visit.redirect(await _next_free(visit))


async def go_on(visit: Visit, from_id: int) -> str:
    """Where to go on after this customer: to the first of one's own who waits for an answer, else to somebody new."""
    async with visit.office.database.read() as connection:
        waiting = {*await desk.unanswered(connection, visit.scope, visit.person.id)} - {from_id}
        own = await queue.rows(connection, visit.scope, Folder.MINE, visit.person.id, visit.now, visit.now)
    mine = next((row.customer_id for row in own if row.customer_id in waiting), None)
    return await _next_free(visit) if mine is None else f"/customers/{mine}?done=next"


async def _next_free(visit: Visit) -> str:
    """Take whoever is due first; whom somebody else took in the meantime is passed over."""
    async with visit.office.database.read() as connection:
        own = await desk.desk_of(connection, visit.person.id)
        if own is not None and own.is_full:
            return "/queue?folder=mine&done=full"
        ids = await queue.next_up(connection, visit.scope, own.skills if own else ())
    for id in ids:
        try:
            await action.take(visit.office, visit.person, id, visit.now)
        except action.Refused:
            continue
        return f"/customers/{id}?done=take"
    return "/queue?done=nobody"


ROUTES = [
    Route("GET", "/queue", Right.READ, show),
    Route("POST", "/queue/next", Right.ACT, take_next),
]
