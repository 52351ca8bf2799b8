"""What the reply box asks for while somebody types: is this allowed, and keep it until it is sent."""

from __future__ import annotations

from aiohttp import web

from bot.console import render
from bot.console.access import Missing, Right, Route, Visit
from bot.console.customer.checks import judge
from bot.console.customer.conversation import LONGEST_REPLY, PATH, customer_of
from bot.console.customer.forms import count_of, typed
from bot.console.rulebook import book, why
from bot.store import cases, drafts, queue, texts
from bot.store.drafts import Draft

LONGEST_NAME = 48  # of a template


async def check(visit: Visit) -> web.Response:
    """What stands in the way of this text, as a list; only who has the customer may ask. Nothing is written down."""
    customer_id, text = customer_of(visit), typed(visit)[:LONGEST_REPLY]
    async with visit.office.database.read() as connection:
        ids = list(await visit.scope.only(connection, [customer_id]))
        file = (await cases.load(connection, ids, visit.now)).get(customer_id)
        if file is None:
            raise Missing
        heard = await texts.heard(connection, customer_id)
        holder = await queue.agent_name(connection, file.agent_id)
    if file.agent_id != visit.person.id:
        return visit.page("customer/checks.html", 409, verdict=None, holder=holder)
    channel = file.channel or visit.office.mind.channel
    verdict = judge(visit.office, file.case, channel, text, visit.form.get("template", ""), visit.now)
    contact = visit.office.mind.content.rules.contact_for(file.case)
    return visit.page(
        "customer/checks.html",
        verdict=verdict,
        draft=text,
        unread=max(0, heard - count_of(visit, "seen")),
        zone=file.case.zone,
        forbidding=why.rule(visit.words, verdict.permission.rule, contact),
        place_of=book.places(visit.office.mind.content),
    )


async def save(visit: Visit) -> web.Response:
    """Keep what was typed, for this person alone. What they have sent meanwhile is no draft any more."""
    customer_id, text = customer_of(visit), typed(visit)[:LONGEST_REPLY]
    kept = Draft(text, visit.form.get("template", "")[:LONGEST_NAME], visit.now)
    async with visit.office.database.write() as connection:
        if not await visit.scope.has(connection, customer_id):
            raise Missing
        if not await drafts.was_sent(connection, customer_id, visit.person.login, text, count_of(visit, "after")):
            await drafts.save(connection, visit.person.id, customer_id, kept)
    if "quiet" in visit.form:  # the page's own script: nobody waits for an answer
        return web.Response(status=204, headers=render.HEADERS)
    return visit.redirect(f"/customers/{customer_id}?done=draft#answer")


ROUTES = [
    Route("POST", f"{PATH}/check", Right.ACT, check),
    Route("POST", f"{PATH}/draft", Right.ACT, save),
]
