"""Merge an unknown number into a customer, or undo it: the files are linked, and what stops either stops both."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from bot.console.access import Missing, Right, Route, Visit
from bot.console.customer.action import Refused
from bot.console.customer.conversation import LONGEST_REPLY, PATH, customer_of, page
from bot.console.customer.forms import typed
from bot.console.office import Office
from bot.core.case import Owner, State
from bot.core.event import AgentActed, AgentAction
from bot.store import cases, merges, outgoing, queue, thread
from bot.store.agents import Person
from bot.store.cases import File
from bot.turn import follow


async def merge(visit: Visit) -> web.Response:
    """Say whose number an unknown sender's is: by the customer's reference, an account's, or their number."""
    stranger_id, reason = customer_of(visit), typed(visit)[:LONGEST_REPLY]
    if not reason:
        return await page(visit, stranger_id, 422, invalid="invalid.reason")
    async with visit.office.database.read() as connection:
        wanted = await thread.find_customer(connection, visit.scope, visit.form.get("needle", "")[:80])
    if wanted is None:
        return await page(visit, stranger_id, 422, invalid="invalid.customer")
    try:
        await link(visit.office, visit.person, stranger_id, wanted, reason, visit.now)
    except Refused as refused:
        if refused.key == "problem.missing":
            raise Missing from None
        return await page(visit, stranger_id, 409, refused=refused)
    return visit.redirect(f"/customers/{wanted}?done=merge")


async def link(office: Office, person: Person, stranger_id: int, customer_id: int, reason: str, now: datetime) -> None:
    """Link the two in one transaction that has locked both. Nothing is loosened: where either has opted out, the other
    is stopped too; nothing that is stopped is allowed again."""
    async with office.database.write() as connection:
        await cases.lock(connection, [stranger_id, customer_id], skip_locked=False)
        seen = await person.scope.only(connection, [stranger_id, customer_id])
        files = await cases.load(connection, list(seen), now)
        if stranger_id not in files or customer_id not in files:
            raise Refused("problem.missing")
        stranger, known = files[stranger_id], files[customer_id]
        if stranger.case.owner is Owner.BOT:
            raise Refused("refused.not_taken")
        if stranger.agent_id != person.id:
            raise Refused("refused.taken", who=await queue.agent_name(connection, stranger.agent_id))
        if not is_unknown(stranger) or is_unknown(known) or stranger.case.state is State.WRONG_NUMBER:
            raise Refused("refused.merge")
        if await merges.merged_into(connection, stranger_id) is not None:
            raise Refused("refused.merged")
        await merges.link(connection, stranger, known, person.login, reason, now)
        if not stranger.case.reachable and known.case.reachable:
            stop = AgentActed(AgentAction.OPT_OUT, person.login, "merged: the other number had opted out")
            await follow(connection, office.mind, known, stop, now, known.agent_id)
        elif not known.case.reachable and stranger.case.reachable:
            await outgoing.stop_number(connection, stranger.number_hash, "opt_out", now)
        done = AgentActed(AgentAction.RESOLVE, person.login, "other", note=reason)
        await follow(connection, office.mind, stranger, done, now, person.id)
    office.wake()


async def undo(visit: Visit) -> web.Response:
    """A supervisor takes a merge back: the number turned out to be somebody else's."""
    stranger_id, reason = customer_of(visit), typed(visit)[:LONGEST_REPLY]
    if not reason:
        return await page(visit, stranger_id, 422, invalid="invalid.reason")
    try:
        await part(visit.office, visit.person, stranger_id, reason, visit.now)
    except Refused as refused:
        if refused.key == "problem.missing":
            raise Missing from None
        return await page(visit, stranger_id, 409, refused=refused)
    return visit.redirect(f"/customers/{stranger_id}?done=undo_merge")


async def part(office: Office, person: Person, stranger_id: int, reason: str, now: datetime) -> None:
    """End the link in one transaction that has locked both. What was stopped stays stopped on either side: whoever
    opted out while the two were linked may have meant both. Whose the number is, a person is asked again."""
    async with office.database.write() as connection:
        seen = await person.scope.only(connection, [stranger_id])
        found = await merges.merged_into(connection, stranger_id) if seen else None
        ids = [stranger_id, *([found.customer_id] if found else [])]
        await cases.lock(connection, ids, skip_locked=False)
        files = await cases.load(connection, list(await person.scope.only(connection, ids)), now)
        if stranger_id not in files or (found is not None and found.customer_id not in files):
            raise Refused("problem.missing")
        there = await merges.merged_into(connection, stranger_id)  # of two who undo it, or merge anew, one was first
        if found is None or there is None or there.customer_id != found.customer_id:
            raise Refused("refused.unmerged")
        await merges.unlink(connection, files[stranger_id], files[found.customer_id], person.login, reason, now)
        undone = AgentActed(AgentAction.UNDO_MERGE, person.login, reason)
        await follow(connection, office.mind, files[stranger_id], undone, now, files[stranger_id].agent_id)
    office.wake()


def is_unknown(file: File) -> bool:
    """Whether a file was opened for a number that nobody has."""
    return file.reference.startswith(merges.UNKNOWN) and not file.case.accounts


ROUTES = [
    Route("POST", f"{PATH}/merge", Right.ACT, merge),
    Route("POST", f"{PATH}/unmerge", Right.SUPERVISE, undo),
]
