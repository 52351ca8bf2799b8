"""The queue page: who waits for a person, what is due first in front."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from bot.console.access import Missing, Right, Route, Visit
from bot.console.customer import action
from bot.console.customer.clocks import clock_of
from bot.console.rulebook import why
from bot.store import desk, queue
from bot.store.calm import calm
from bot.store.clocks import waits
from bot.store.queue import Folder

PAGE = 50  # customers on a page
RECENT = timedelta(hours=24)  # what was resolved within this time is still listed


async def show(visit: Visit) -> web.Response:
    """One folder of the queue."""
    wanted = visit.request.query.get("folder", Folder.NEXT)
    folder = Folder(wanted) if wanted in set(Folder) else Folder.NEXT
    await visit.log_access(None, f"queue {folder}")
    since = visit.now - RECENT
    async with visit.office.database.read() as connection:
        counts = await queue.counts(connection, visit.scope, visit.person.id, since)
        after = visit.request.query.get("after", "")[:200]
        rows = await queue.rows(connection, visit.scope, folder, visit.person.id, visit.now, since, PAGE, after=after)
        waiting = await waits(connection, [row.customer_id for row in rows])
        own = await desk.desk_of(connection, visit.person.id)
        quiet = None if rows else await calm(connection, visit.scope, visit.person.id, visit.now)
    rules, endings = visit.office.mind.content.rules, visit.office.mind.content.resolutions
    clocks = {
        row.customer_id: clock_of(waiting.get(row.customer_id), row.zone, rules.service, rules.handoffs) for row in rows
    }
    return visit.page(
        "customer/queue.html", folder=folder, folders=list(Folder), counts=counts, rows=rows, desk=own, calm=quiet,
        clocks=clocks, after=after, page_size=PAGE,
        ending=lambda outcome: why.ending(visit.words, outcome, endings),
    )  # fmt: skip


async def take_next(visit: Visit) -> web.Response:
    """Take whoever is due first."""
    return visit.redirect(await _next_free(visit))


async def pin(visit: Visit) -> web.Response:
    """A supervisor puts a customer who waits in front of the queue, for a reason, or back to their place."""
    customer_id, why_ = int(visit.request.match_info["id"]), visit.form.get("text", "").strip()[:200]
    wanted = visit.form.get("pin") == "yes"
    if wanted and not why_:
        return visit.redirect(f"/customers/{customer_id}?done=pin_reason")
    try:
        await action.pin(visit.office, visit.person, customer_id, why_ if wanted else None, visit.now)
    except action.Refused as refused:
        if refused.key == "problem.missing":
            raise Missing from None
        return visit.redirect(f"/customers/{customer_id}?done=pin_nobody")
    return visit.redirect(f"/customers/{customer_id}?done={'pin' if wanted else 'unpin'}")


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
        if own is not None and own.away_since is not None:
            return "/queue?done=still_away"
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
    Route("POST", r"/customers/{id:\d{1,18}}/pin", Right.SUPERVISE, pin),
]
