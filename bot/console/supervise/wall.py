"""The wall: who is there and has whom, which queue waits how long; a supervisor says who takes what, and moves people's
customers to others or back to the queue."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from bot.console.access import Missing, Right, Route, Visit
from bot.console.customer import action
from bot.console.customer.action import Refused
from bot.store import attempts, desk, queue, wall
from bot.store.desk import Desk
from bot.store.queue import Folder

MOST_AT_ONCE = 50  # customers whom one person may have
LONGEST = 200  # characters of a reason
BACK = "queue"  # where to, instead of a colleague


async def show(visit: Visit) -> web.Response:
    """Everyone's desk and every queue."""
    return await _wall(visit)


async def arrange(visit: Visit) -> web.Response:
    """Say what a person takes and how many at once."""
    known = set(visit.office.mind.content.rules.handoffs)
    posted = await visit.request.post()
    skills = tuple(sorted(str(one) for one in posted.getall("skills", []) if str(one) in known))
    most = visit.form.get("most", "")
    if not most.isdecimal() or len(most) > 4 or not 1 <= int(most) <= MOST_AT_ONCE:
        return await _wall(visit, 422, "invalid.most")
    async with visit.office.database.write() as connection:
        await desk.arrange(connection, int(visit.request.match_info["id"]), skills, int(most))
    return visit.redirect("/desks?done=people")


async def one(visit: Visit) -> web.Response:
    """One person's customers: to look at, and for a supervisor to move."""
    return await _one(visit)


async def reassign(visit: Visit) -> web.Response:
    """Move the ticked customers to a colleague or back to the queue. Each is moved or refused by itself."""
    posted = await visit.request.post()
    said = [str(value) for value in posted.getall("customer", [])]
    ids = [int(value) for value in dict.fromkeys(said) if value.isdecimal() and len(value) < 19][:MOST_AT_ONCE]
    reason, to = visit.form.get("text", "").strip()[:LONGEST], visit.form.get("to", "")
    if not ids:
        return await _one(visit, 422, "invalid.nobody")
    if not reason:
        return await _one(visit, 422, "invalid.reason")
    holder = _id(visit)
    async with visit.office.database.read() as connection:
        desks = {str(one.agent_id): one for one in await desk.desks(connection, visit.scope)}
    if to != BACK and (to not in desks or desks[to].agent_id == holder):
        return await _one(visit, 422, "invalid.colleague")
    moved, kept = 0, list[tuple[int, Refused]]()
    for id in ids:
        try:
            await action.reassign(visit.office, visit.person, id, holder, desks.get(to), reason, visit.now)
            moved += 1
        except Refused as refused:
            kept.append((id, refused))
    return await _one(visit, 409 if kept else 200, moved=moved, kept=kept)


def _id(visit: Visit) -> int:
    return int(visit.request.match_info["id"])


async def _wall(visit: Visit, status: int = 200, problem: str = "") -> web.Response:
    names = sorted(visit.office.mind.content.rules.handoffs)
    async with visit.office.database.read() as connection:
        found: list[Desk] = await desk.desks(connection, visit.scope)
        waiting = await wall.queues(connection, visit.scope, names, visit.now)
        failing = await attempts.repeated(connection, visit.now)
    return visit.page(
        "supervise/desks.html", status, desks=found, queues=names, waiting=waiting, failing=failing, problem=problem
    )


async def _one(
    visit: Visit, status: int = 200, problem: str = "", moved: int = 0, kept: list[tuple[int, Refused]] | None = None
) -> web.Response:
    holder, since = _id(visit), datetime.max.replace(tzinfo=visit.now.tzinfo)
    await visit.log_access(None, f"desk of {holder}")
    async with visit.office.database.read() as connection:
        desks = await desk.desks(connection, visit.scope)
        found = [each for each in desks if each.agent_id == holder]
        if not found:
            raise Missing
        rows = []
        for folder in (Folder.MINE, Folder.FOLLOW_UP):
            rows += await queue.rows(connection, visit.scope, folder, holder, visit.now, since, MOST_AT_ONCE)
    return visit.page(
        "supervise/desk.html", status, desk=found[0], rows=rows, problem=problem, moved=moved,
        kept=kept or [], back=BACK, others=[each for each in desks if each.agent_id != holder], longest=LONGEST,
    )  # fmt: skip


PATH = r"/desks/{id:\d{1,18}}"
ROUTES = [
    Route("GET", "/desks", Right.OVERSEE, show),
    Route("GET", PATH, Right.OVERSEE, one),
    Route("POST", PATH, Right.SUPERVISE, arrange),
    Route("POST", f"{PATH}/reassign", Right.SUPERVISE, reassign),
]
