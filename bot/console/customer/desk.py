"""An agent's own desk: transfer, follow up later, be away."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.console.access import Missing, Right, Route, Visit
from bot.console.customer import action
from bot.console.customer.action import Refused
from bot.console.customer.conversation import PATH, customer_of, page
from bot.core.event import AgentActed, AgentAction
from bot.store import desk, thread

FURTHEST = timedelta(days=60)  # how far ahead a follow-up may lie


async def transfer(visit: Visit) -> web.Response:
    """Give a customer to a colleague who is there and has room."""
    customer_id, reason = customer_of(visit), visit.form.get("text", "").strip()[:200]
    if not reason:
        return await page(visit, customer_id, 422, invalid="invalid.reason")
    async with visit.office.database.read() as connection:
        there = await desk.colleagues(connection, visit.scope, customer_id)
        chosen = [one for one in there if str(one.agent_id) == visit.form.get("to")]
    if not chosen or chosen[0].agent_id == visit.person.id:
        return await page(visit, customer_id, 422, invalid="invalid.colleague")
    try:
        await action.transfer(visit.office, visit.person, customer_id, chosen[0], reason, visit.now)
    except Refused as refused:
        if refused.key == "problem.missing":
            raise Missing from None
        return await page(visit, customer_id, 409, refused=refused)
    return visit.redirect("/queue?folder=mine&done=transfer")


async def follow_up(visit: Visit) -> web.Response:
    """Look at a customer again on a day and hour of the customer's clock; an empty field means that it is done."""
    customer_id, said = customer_of(visit), visit.form.get("at", "").strip()
    async with visit.office.database.read() as connection:
        try:
            zone = (await thread.view(connection, visit.scope, customer_id, visit.now, newest=1)).case.zone
        except LookupError:
            raise Missing from None
    at: datetime | None = None
    if said:
        try:
            at = datetime.fromisoformat(said).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        except (ValueError, OverflowError):  # no such day, or one at the edge of the calendar
            return await page(visit, customer_id, 422, invalid="invalid.moment")
        if not visit.now < at <= visit.now + FURTHEST:
            return await page(visit, customer_id, 422, invalid="invalid.moment")
    try:
        await action.follow_up(visit.office, visit.person, customer_id, at, visit.now)
    except Refused as refused:
        return await page(visit, customer_id, 409, refused=refused)
    return visit.redirect(f"/customers/{customer_id}?done=follow_up")


async def away(visit: Visit) -> web.Response:
    """Be away: who waits for an answer goes back to the queue, and nobody new comes; or be back."""
    leaves = visit.form.get("away") == "yes"
    async with visit.office.database.write() as connection:
        await desk.be_away(connection, visit.person.id, visit.now if leaves else None)
        waiting = await desk.unanswered(connection, visit.scope, visit.person.id) if leaves else []
    for customer_id in waiting:
        event = AgentActed(AgentAction.RELEASE, visit.person.login, "away")
        with suppress(Refused):  # somebody took them in the meantime
            await action.act_on_own(visit.office, visit.person, customer_id, event, visit.now)
    return visit.redirect(f"/queue?done={'away' if leaves else 'back'}")


ROUTES = [
    Route("POST", f"{PATH}/transfer", Right.ACT, transfer),
    Route("POST", f"{PATH}/follow_up", Right.ACT, follow_up),
    Route("POST", "/away", Right.ACT, away),
]
