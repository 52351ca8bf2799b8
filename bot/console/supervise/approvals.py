"""Everything that waits for a second person: plans, hardships, and what other pages have to approve."""

from __future__ import annotations

from aiohttp import web

from bot.console import pending
from bot.console.access import Missing, Right, Route, Visit
from bot.console.customer import action
from bot.console.customer.action import Refused
from bot.console.customer.conversation import customer_of
from bot.core.agreement import Authority
from bot.core.event import AgentActed, AgentAction
from bot.store import approvals

LONGEST = 200  # characters of a reason
PATH = r"/approvals/{id:\d{1,18}}"


async def show(visit: Visit) -> web.Response:
    """The list, for those who approve and those who check that somebody did."""
    return await _page(visit)


async def approve_plan(visit: Visit) -> web.Response:
    """Let a plan above the limits be offered, or be active where the customer agreed already."""
    return await _judge(visit, AgentAction.APPROVE_PLAN, needs_reason=False)


async def decline_plan(visit: Visit) -> web.Response:
    """Take a plan off the table; collection stands still until a person has answered the customer."""
    return await _judge(visit, AgentAction.DECLINE_PLAN)


async def approve_hardship(visit: Visit) -> web.Response:
    """Say that a hardship is one."""
    return await _judge(visit, AgentAction.APPROVE_HARDSHIP, needs_reason=False)


async def decline_hardship(visit: Visit) -> web.Response:
    """Doubt a hardship: it stands, and a person speaks with the customer."""
    return await _judge(visit, AgentAction.DECLINE_HARDSHIP)


async def _judge(visit: Visit, act: AgentAction, needs_reason: bool = True) -> web.Response:
    reason = visit.form.get("text", "").strip()[:LONGEST]
    if needs_reason and not reason:
        return await _page(visit, 422, invalid="invalid.reason")
    event = AgentActed(act, visit.person.login, reason, authority=Authority.SUPERVISOR)
    try:
        await action.approve(visit.office, visit.person, customer_of(visit), event, visit.now)
    except Refused as refused:
        if refused.key == "problem.missing":
            raise Missing from None
        return await _page(visit, 409, refused=refused)
    return visit.redirect("/approvals?done=judged")


async def _page(visit: Visit, status: int = 200, invalid: str = "", refused: Refused | None = None) -> web.Response:
    await visit.log_access(None, "approvals")
    async with visit.office.database.read() as connection:
        plans = await approvals.plans(connection, visit.scope)
        hardships = await approvals.hardships(connection, visit.scope)
        counts = await approvals.counts(connection, visit.scope)
        others = await pending.elsewhere(connection, visit.person)
    return visit.page(
        "supervise/approvals.html", status, plans=plans, hardships=hardships, more=counts, others=others,
        invalid=invalid, refused=refused, decides=visit.may(Right.SUPERVISE), longest=LONGEST, zone=visit.office.zone,
    )  # fmt: skip


ROUTES = [
    Route("GET", "/approvals", Right.OVERSEE, show),
    Route("POST", f"{PATH}/approve_plan", Right.SUPERVISE, approve_plan),
    Route("POST", f"{PATH}/decline_plan", Right.SUPERVISE, decline_plan),
    Route("POST", f"{PATH}/approve_hardship", Right.SUPERVISE, approve_hardship),
    Route("POST", f"{PATH}/decline_hardship", Right.SUPERVISE, decline_hardship),
]
