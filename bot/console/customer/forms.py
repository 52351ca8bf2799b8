"""The forms of a customer's page: take over, reply, note, promise, resolve … Each is a plain POST."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from aiohttp import web

from bot.console.access import Missing, Right, Route, Visit, problem
from bot.console.customer import action
from bot.console.customer.action import Refused
from bot.console.customer.conversation import LONGEST_REPLY, PATH, customer_of, may_reveal, page
from bot.console.customer.queue import go_on
from bot.core.agreement import Authority, Instalment, PlanKind
from bot.core.calendar import local_day
from bot.core.event import AgentActed, AgentAction
from bot.core.promise import is_plausible, series_fits
from bot.core.reading import Hardship
from bot.dialogues.resolutions import OTHER, Resolution
from bot.store import thread
from bot.store.agents import Role

FURTHEST_PROMISE = timedelta(days=366)
CENT, MOST = Decimal("0.01"), Decimal(10) ** 12
UNTYPED = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # categories of characters that no keyboard types


class Invalid(Exception):
    """A form's field will not do; carries the key of the words that say so."""


async def take(visit: Visit) -> web.Response:
    """Take the customer over; of two people who try, the second is told who was first."""
    held_by = visit.form.get("from", "")
    from_agent = int(held_by) if held_by.isdecimal() and len(held_by) < 19 else None
    return await _do(
        visit, lambda id: action.take(visit.office, visit.person, id, visit.now, from_agent), AgentAction.TAKE_OVER
    )


async def reply(visit: Visit) -> web.Response:
    """Answer the customer in the agent's own words."""
    text, template = typed(visit), visit.form.get("template", "")
    if not text:
        return await page(visit, customer_of(visit), 422, invalid="invalid.empty")
    if len(text) > LONGEST_REPLY:
        return await page(visit, customer_of(visit), 422, invalid="invalid.long", draft=text, template=template)
    reason = visit.form.get("reason", "").strip()[:LONGEST_REPLY]
    said = action.Reply(text, count_of(visit, "seen"), count_of(visit, "after"), template, reason)
    answer = await _do(
        visit, lambda id: action.reply(visit.office, visit.person, id, said, visit.now), AgentAction.REPLY
    )
    if answer.status == 303 and visit.form.get("next") == "yes":
        return visit.redirect(await go_on(visit, customer_of(visit)))
    return answer


async def note(visit: Visit) -> web.Response:
    """Write a note for colleagues, perhaps about a call or a visit just made."""
    text = typed(visit)
    if not text:
        return await page(visit, customer_of(visit), 422, invalid="invalid.empty")
    if len(text) > LONGEST_REPLY:
        return await page(visit, customer_of(visit), 422, invalid="invalid.long", note=text)
    contact = visit.form.get("contact", "")
    return await _do(
        visit, lambda id: action.write_note(visit.office, visit.person, id, text, visit.now, contact), "note"
    )


async def release(visit: Visit) -> web.Response:
    """Give the customer back to the queue."""
    code, note = _ending(visit, visit.office.mind.content.resolutions.released)
    return await _act(visit, AgentAction.RELEASE, code, note=note)


async def resolve(visit: Visit) -> web.Response:
    """The person's work is done, and how; with `lift` collection may go on."""
    code, note = _ending(visit, visit.office.mind.content.resolutions.resolved)
    return await _act(visit, AgentAction.RESOLVE, code, note=note, lift=visit.form.get("lift") == "yes")


async def promise(visit: Visit) -> web.Response:
    """Write on the file what the customer promised to a person."""
    async with visit.office.database.read() as connection:
        try:
            case = (await thread.view(connection, visit.scope, customer_of(visit), visit.now, newest=1)).case
        except LookupError:
            raise Missing from None
    today, rules = local_day(visit.now, case.zone), visit.office.mind.content.rules.promises
    first, *later = dated_sums(visit, rules.series_most)
    if not is_plausible(first.amount, case):
        raise Invalid("invalid.amount")
    if not today <= first.due_on <= today + FURTHEST_PROMISE:
        raise Invalid("invalid.date")
    if later and not series_fits((first, *later), today, case, rules):
        raise Invalid("invalid.series")
    more = {"amount": first.amount, "due_on": first.due_on, "later": tuple(later)}
    return await _act(visit, AgentAction.RECORD_PROMISE, "", **more)


def dated_sums(visit: Visit, most: int) -> list[Instalment]:
    """The sums and days of a form: the first must be there, `amount_2` with `due_on_2` and so on may be."""
    found = []
    for number in range(1, most + 1):
        suffix = "" if number == 1 else f"_{number}"
        said, day = visit.form.get(f"amount{suffix}", "").strip(), visit.form.get(f"due_on{suffix}", "").strip()
        if number > 1 and not said and not day:
            continue
        found.append(_dated_sum(said, day))
    return found


def _dated_sum(said: str, day: str) -> Instalment:
    try:
        amount, due_on = Decimal(said.replace(",", "")), date.fromisoformat(day)
    except (InvalidOperation, ValueError):
        raise Invalid("invalid.promise") from None
    if not amount.is_finite() or not 0 < amount < MOST or amount != amount.quantize(CENT):
        raise Invalid("invalid.amount")
    return Instalment(amount.quantize(CENT), due_on)


async def plan(visit: Visit) -> web.Response:
    """Propose a plan, or record one that was agreed by phone: the core says whether the table allows it."""
    lines = [line.split() for line in typed(visit, "rows").splitlines() if line.strip()]
    if not lines or any(len(line) != 2 for line in lines):
        raise Invalid("invalid.plan")
    instalments = tuple(_dated_sum(amount, day) for day, amount in lines)
    kind = PlanKind.EXTENSION if visit.form.get("kind") == PlanKind.EXTENSION else PlanKind.INSTALMENTS
    agreed = visit.form.get("agreed") == "yes"
    action_kind = AgentAction.RECORD_PLAN if agreed else AgentAction.PROPOSE_PLAN
    more = {"plan": instalments, "plan_kind": kind, "authority": _authority(visit)}
    return await _act(visit, action_kind, typed(visit)[:LONGEST_REPLY], **more)


async def approve_plan(visit: Visit) -> web.Response:
    """A second person approves a colleague's plan."""
    event = AgentActed(AgentAction.APPROVE_PLAN, visit.person.login, authority=_authority(visit))
    return await _do(
        visit,
        lambda id: action.approve(visit.office, visit.person, id, event, visit.now),
        AgentAction.APPROVE_PLAN,
    )


async def cancel_plan(visit: Visit) -> web.Response:
    """End a plan; reminders begin again."""
    return await _act(visit, AgentAction.CANCEL_PLAN, _required(visit))


def _authority(visit: Visit) -> Authority:
    return Authority.SUPERVISOR if visit.person.role is Role.SUPERVISOR else Authority.AGENT


async def lift(visit: Visit) -> web.Response:
    """Let collection go on."""
    return await _act(visit, AgentAction.LIFT_HOLDS, _required(visit))


async def hardship(visit: Visit) -> web.Response:
    """The customer told a person why they cannot pay: a category and no more."""
    said = visit.form.get("category", "")
    if said not in set(Hardship):
        raise Invalid("invalid.category")
    return await _act(visit, AgentAction.OPEN_HARDSHIP, typed(visit)[:LONGEST_REPLY], category=Hardship(said))


async def dispute(visit: Visit) -> web.Response:
    """The customer told a person that the debt or its amount is wrong."""
    return await _act(visit, AgentAction.OPEN_DISPUTE, _required(visit))


async def opt_out(visit: Visit) -> web.Response:
    """The customer told a person that they want no more texts."""
    return await _act(visit, AgentAction.OPT_OUT, _required(visit))


async def wrong_number(visit: Visit) -> web.Response:
    """The number is somebody else's."""
    return await _act(visit, AgentAction.WRONG_NUMBER, _required(visit))


async def reveal(visit: Visit) -> web.Response:
    """Show name and number in clear, once. Logged before anything is shown; an auditor says why."""
    customer_id, reason = customer_of(visit), visit.form.get("reason", "").strip()
    async with visit.office.database.read() as connection:
        try:
            view = await thread.view(connection, visit.scope, customer_id, visit.now, newest=1)
        except LookupError:
            raise Missing from None
    if not may_reveal(visit, view):
        return problem(visit, 403, "problem.reveal")
    if visit.person.role is Role.AUDITOR:
        if not reason:
            raise Invalid("invalid.reason")
        await visit.log_access(customer_id, f"reveal: {reason}")
    return await page(visit, customer_id, reveal=True)


async def _act(visit: Visit, kind: AgentAction, text: str, **more: Any) -> web.Response:
    event = AgentActed(kind, visit.person.login, text, **more)
    return await _do(visit, lambda id: action.act_on_own(visit.office, visit.person, id, event, visit.now), kind)


async def _do(visit: Visit, act: Callable[[int], Awaitable[None]], done: str) -> web.Response:
    """Do it and show the page anew; where it is refused, show why and keep what was typed."""
    customer_id = customer_of(visit)
    try:
        await act(customer_id)
    except Refused as refused:
        if refused.key == "problem.missing":
            raise Missing from None
        written = visit.form.get("text", "")
        if done == AgentAction.REPLY:
            return await page(
                visit, customer_id, 409, refused=refused, draft=written, template=visit.form.get("template", "")
            )
        return await page(visit, customer_id, 409, refused=refused, elsewhere=written)
    return visit.redirect(f"/customers/{customer_id}?done={done}")


def _with_invalid(handler: Callable[[Visit], Awaitable[web.Response]]) -> Callable[[Visit], Awaitable[web.Response]]:
    async def handle(visit: Visit) -> web.Response:
        try:
            return await handler(visit)
        except Invalid as invalid:
            return await page(visit, customer_of(visit), 422, invalid=str(invalid))

    return handle


def count_of(visit: Visit, field: str) -> int:
    """A number that our form carries; one that is missing reads as 0, so that the reply is stale rather than sent."""
    value = visit.form.get(field, "")
    return int(value) if value.isdecimal() and len(value) < 10 else 0


def typed(visit: Visit, field: str = "text") -> str:
    """What was typed, with the line ends of a text and without characters that no keyboard types."""
    text = visit.form.get(field, "").replace("\r\n", "\n")
    return "".join(c for c in text if c in "\n\u200d" or unicodedata.category(c) not in UNTYPED).strip()


def _ending(visit: Visit, codes: Mapping[str, Resolution]) -> tuple[str, str]:
    """The code that was chosen and what was said beside it; what comes without a code is `other`, in words."""
    code, note = visit.form.get("outcome") or OTHER, typed(visit)[:LONGEST_REPLY]
    if code not in codes:
        raise Invalid("invalid.outcome")
    if codes[code].needs_note and not note:
        raise Invalid("invalid.reason")
    return code, note


def _required(visit: Visit) -> str:
    """The reason that the file keeps of an action."""
    text = typed(visit)[:LONGEST_REPLY]
    if not text:
        raise Invalid("invalid.reason")
    return text


ROUTES = [
    Route("POST", f"{PATH}/reveal", Right.READ, _with_invalid(reveal)),
    Route("POST", f"{PATH}/approve_plan", Right.SUPERVISE, _with_invalid(approve_plan)),
    *(
        Route("POST", f"{PATH}/{name}", Right.ACT, _with_invalid(handler))
        for name, handler in (
            ("take", take),
            ("reply", reply),
            ("note", note),
            ("release", release),
            ("resolve", resolve),
            ("promise", promise),
            ("plan", plan),
            ("cancel_plan", cancel_plan),
            ("lift", lift),
            ("hardship", hardship),
            ("dispute", dispute),
            ("opt_out", opt_out),
            ("wrong_number", wrong_number),
        )
    ),
]
