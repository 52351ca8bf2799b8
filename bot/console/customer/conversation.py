"""A customer's page: the thread of texts, the file, and the forms that an agent fills in (see forms.py)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from bot.console.access import Missing, Right, Route, Visit
from bot.console.customer.action import NOTED, Refused
from bot.console.customer.checks import judge, measure, templates
from bot.console.customer.clocks import clock_of
from bot.console.customer.lawful import lawful
from bot.console.customer.timeline import timeline_of
from bot.console.rulebook import book, why
from bot.core.agreement import PlanStatus
from bot.core.calendar import local_day
from bot.core.case import Owner
from bot.core.reading import Hardship
from bot.core.segments import GSM7_BASE, GSM7_EXTENSION
from bot.store import desk, drafts, presence, queue, thread
from bot.store.agents import Role
from bot.store.clocks import waits
from bot.store.fileview import FileView, Text, mask_name, mask_number
from bot.store.queue import Folder

NEWEST = 50  # texts on a page; the rest is one link away
NEWS = 50  # texts in what a page fetches after news of its customer: live.js puts them behind those that it has
LONGEST_REPLY = 500
TAKEN = ("take", "take_over", "next")  # whoever has just taken somebody wants to answer them
FURTHEST_PROMISE = timedelta(days=366)
CENT = Decimal("0.01")


async def show(visit: Visit) -> web.Response:
    """The page of one customer."""
    return await page(visit, customer_of(visit), template=visit.request.query.get("template", ""))


async def page(
    visit: Visit,
    customer_id: int,
    status: int = 200,
    refused: Refused | None = None,
    invalid: str = "",
    draft: str = "",
    template: str = "",
    note: str = "",
    elsewhere: str = "",
    reveal: bool = False,
) -> web.Response:
    """The page, perhaps with why something was refused; then what was typed is still in its box.

    A page that renews itself after news of its own customer gets the thread and the file without lists and forms.
    `template` names the approved wording that the draft began as; without a draft it fills the box. `elsewhere` is what
    was typed into another box: it is shown, and never where a reply is written.
    """
    whole, own = "all" in visit.request.query, visit.refreshes == "own"
    async with visit.office.database.read() as connection:
        try:
            newest = NEWS if own else None if whole else NEWEST
            view = await thread.view(connection, visit.scope, customer_id, visit.now, reveal, newest)
        except LookupError:
            raise Missing from None
        rows = [] if own else await _queue(visit, connection)
        waiting = await waits(connection, [customer_id, *(row.customer_id for row in rows)])
        is_mine = view.case.owner is Owner.AGENT and view.agent_id == visit.person.id
        desks = await desk.colleagues(connection, visit.scope, customer_id) if is_mine and not own else []
        follow_up_at = await desk.follow_up_of(connection, visit.scope, customer_id)
        contact = visit.office.mind.content.rules.contact_for(view.case)
        kept = None if own else await drafts.find(connection, visit.scope, visit.person.id, customer_id)
        also = await presence.others(connection, customer_id, visit.person.id, visit.now)
        timeline = await timeline_of(connection, view, visit.words, contact)
    await visit.log_access(customer_id, "reveal" if reveal else "conversation")
    sight = lawful(view.case, contact, visit.now)
    permission = sight.text
    channel = view.channel or visit.office.mind.channel
    choices = (
        templates(visit.office, view.case, channel, visit.now, visit.words.language) if is_mine and not own else []
    )
    if template and not draft:
        draft = next((one.text for one in choices if one.name == template), "")
    elif kept is not None and not draft:
        draft, template = kept.text, kept.template
    rules, zones = visit.office.mind.content.rules, {row.customer_id: row.zone for row in rows}
    zones[customer_id] = view.case.zone
    clocks = {id: clock_of(one, zones[id], rules.service, rules.handoffs) for id, one in waiting.items()}
    line, resolutions = visit.office.line(channel), visit.office.mind.content.resolutions
    return visit.page(
        "customer/conversation.html",
        status,
        own=own,
        view=view,
        case=view.case,
        zone=view.case.zone,
        masked=(mask_name(view.name), mask_number(view.number)) if reveal else (view.name, view.number),
        timeline=timeline,
        also=also,
        holds=why.holds_beside(view),
        rows=rows,
        clocks=clocks,
        is_mine=is_mine,
        is_free=view.case.owner is Owner.BOT,
        may_act=visit.may(Right.ACT),
        may_break=visit.person.role is Role.SUPERVISOR,
        may_reveal=may_reveal(visit, view),
        needs_reason=visit.person.role is Role.AUDITOR,
        permission=permission,
        call=sight.call,
        lawful=sight,
        wished=why.wished(visit.words, view.case.preference) if view.case.preference else "",
        noted=NOTED,
        hardships=tuple(Hardship),
        forbidding=why.rule(visit.words, permission.rule, contact),
        rule_of=lambda code: why.rule(visit.words, code, contact),
        place_of=book.places(visit.office.mind.content),
        ending=lambda outcome: why.ending(visit.words, outcome, resolutions),
        resolutions=resolutions,
        not_sent=lambda reason: why.not_sent(visit.words, reason, contact),
        stopped_by=lambda reason: why.stopped_by(visit.words, reason, contact),
        today=local_day(visit.now, view.case.zone),
        longest=LONGEST_REPLY,
        because=lambda code: why.because(visit.words, code, contact),
        may_approve=may_approve(visit, view),
        follow_up_at=follow_up_at,
        colleagues=[one for one in desks if one.agent_id != visit.person.id and one.away_since is None],
        series_most=visit.office.mind.content.rules.promises.series_most,
        refused=refused,
        invalid=invalid,
        draft=draft,
        chosen=template,
        templates=choices,
        kept=kept,
        elsewhere=elsewhere,
        focus=template or (status >= 400 and draft) or visit.request.query.get("done") in TAKEN,
        alphabet="".join(sorted(GSM7_BASE)),
        twice="".join(sorted(GSM7_EXTENSION - {"\f"})),  # no keyboard types a form feed
        verdict=judge(visit.office, view.case, channel, draft, template, visit.now),
        signature=line.signature,
        size=measure(line.signature, draft),
        missed=_heard_last(view, refused.missed if refused else 0),
        note=note,
    )


def _heard_last(view: FileView, count: int) -> list[Text]:
    """So many of the customer's newest texts: what somebody wrote past."""
    return [text for text in view.texts if text.way == "in"][-count:] if count else []


def may_reveal(visit: Visit, view: FileView) -> bool:
    """An agent sees the whole number of customers whom they have; a supervisor and an auditor of any."""
    return visit.person.role is not Role.AGENT or view.agent_id == visit.person.id


def may_approve(visit: Visit, view: FileView) -> bool:
    """A plan waits for a second person, and this is one: a supervisor who did not propose it."""
    plan = view.case.plan
    waits = plan is not None and plan.status is PlanStatus.PENDING and plan.proposed_by != visit.person.login
    return waits and visit.person.role is Role.SUPERVISOR and visit.may(Right.ACT)


def customer_of(visit: Visit) -> int:
    """The customer that the address names."""
    return int(visit.request.match_info["id"])


async def _queue(visit: Visit, connection: Any) -> list[queue.QueueRow]:
    """The list beside the thread: what this person has, then what is due next."""
    found = []
    for folder in (Folder.MINE, Folder.NEXT):
        found += await queue.rows(connection, visit.scope, folder, visit.person.id, visit.now, visit.now, 20, True)
    return found


PATH = r"/customers/{id:\d{1,18}}"
ROUTES = [Route("GET", PATH, Right.READ, show)]
