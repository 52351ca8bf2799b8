"""Writes what decisions say besides the text: cancelled texts, promises, plans, holds, handoffs, timers, numbers.

A function a table. What is taken back is written before what is put in its place.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, update
from sqlalchemy import case as case_when

from bot.core import decision as d
from bot.core.agreement import PlanStatus, PromiseStatus
from bot.core.calendar import local_day
from bot.core.case import Owner
from bot.store import cases, journal
from bot.store import tables as t
from bot.store.cases import File
from bot.store.columns import UtcMoment
from bot.store.linked import linked_numbers
from bot.store.round import Round, Step
from bot.store.session import upsert

agenda = t.Agenda.__table__  # type: ignore[attr-defined]
OPEN = ("queued", "held")


async def write_effects(round: Round) -> None:
    """All effects of a round; the texts themselves are written with the journal."""
    await _cancelled_texts(round)
    await _promises(round)
    await _plans(round)
    await _holds(round)
    await _handoffs(round)
    await _agenda(round)
    await _numbers(round)


async def _cancelled_texts(round: Round) -> None:
    reasons = defaultdict[str, list[int]](list)
    for file, effect in round.only(d.CancelQueued):
        reasons[effect.reason].append(file.case.customer_id)
    table = cases.outbox
    waiting = table.c.state.in_(OPEN) & (table.c.author == "bot") & table.c.purpose.not_in(d.NOT_CANCELLED)
    for reason, ids in reasons.items():
        change = update(table).where(waiting, table.c.customer_id.in_(ids))
        await round.connection.execute(change.values(state="cancelled", reason=f"cancelled: {reason}"))


async def _promises(round: Round) -> None:
    table, paid = cases.promise, []
    for file, step in round.work:
        before, after = file.case.promise, step.decision.case.promise
        if before is not None and after is not None and before.id == after.id and before.paid != after.paid:
            paid.append({"b_id": before.id, "paid": after.paid})
    closed = [
        {"b_customer": file.case.customer_id, "status": ended.status, "paid": ended.paid, "closed_at": round.now}
        for file, ended in round.only(d.ClosePromise)
    ]
    made = [
        {
            "customer_id": file.case.customer_id, "amount": promise.amount, "due_on": promise.due_on,
            "made_at": round.now, "status": PromiseStatus.OPEN, "paid": promise.paid, "closed_at": None,
            "later": promise.later, "moved": promise.moved,
            "days_past_due": file.case.days_past_due(local_day(round.now, file.case.zone)),
        }
        for file, promise in round.only(d.RecordPromise)
    ]  # fmt: skip
    still = (table.c.customer_id == bindparam("b_customer")) & (table.c.status == "open")
    await round.write(update(table).where(table.c.id == bindparam("b_id")), paid)
    await round.write(update(table).where(still), closed)
    await round.write(insert(table), made)


async def _plans(round: Round) -> None:
    """Each effect in its order, but in sets: what ends, what moves on or was paid, what begins."""
    made, changed, paid = dict[int, dict[str, Any]](), dict[int, dict[str, Any]](), []
    for id, effect in round.effects():
        if isinstance(effect, d.RecordPlan):
            made[id] = _plan(id, effect)
        elif isinstance(effect, d.ChangePlan):
            agreed_at = round.now if effect.status == PlanStatus.ACTIVE else None
            row = made[id] if id in made else changed.setdefault(id, {"b_customer": id})
            row |= {
                "status": effect.status, "approved_by": effect.approved_by, "agreed_by": effect.agreed_by,
                "agreed_at": agreed_at,
            }  # fmt: skip
    for file, step in round.work:
        id, before, after = file.case.customer_id, file.case.plan, step.decision.case.plan
        if id not in made and before is not None and after is not None and before.instalments != after.instalments:
            paid.append({"b_customer": id, "instalments": after.instalments})
    closed = [
        {
            "b_customer": file.case.customer_id, "status": ended.status, "instalments": ended.instalments,
            "closed_at": round.now,
        }
        for file, ended in round.only(d.ClosePlan)
    ]  # fmt: skip
    table = cases.plan
    is_open = or_(*(table.c.status == status for status in cases.OPEN_PLANS))
    for rows in (closed, changed.values(), paid):
        await round.write(update(table).where(table.c.customer_id == bindparam("b_customer"), is_open), rows)
    await round.write(insert(table), made.values())


def _plan(customer_id: int, effect: d.RecordPlan) -> dict[str, Any]:
    plan = effect.plan
    return {
        "customer_id": customer_id, "kind": plan.kind, "status": plan.status, "terms": plan.terms,
        "interest": plan.interest, "instalments": plan.instalments, "made_at": plan.made_at,
        "contents": journal.canonical(effect.contents).decode(), "proposed_by": plan.proposed_by,
        "approved_by": plan.approved_by, "agreed_by": plan.agreed_by, "agreed_at": None, "closed_at": None,
    }  # fmt: skip


async def _holds(round: Round) -> None:
    last: dict[tuple[int, str], d.PlaceHold | d.LiftHold] = {}
    for id, effect in round.effects():
        if isinstance(effect, (d.PlaceHold, d.LiftHold)):
            last[id, effect.kind] = effect
    lifted = [{"b_customer": id, "b_kind": kind, "lifted_at": round.now} for id, kind in last]
    placed = [
        {
            "customer_id": id, "kind": kind, "placed_at": round.now, "until_at": hold.until,
            "review_at": hold.review_at, "category": hold.category, "opened_by": hold.opened_by, "lifted_at": None,
        }
        for (id, kind), hold in last.items()
        if isinstance(hold, d.PlaceHold)
    ]  # fmt: skip
    judged = [
        {
            "b_customer": file.case.customer_id, "b_kind": word.kind, "judged_at": round.now,
            "approved_by": word.approved_by, "declined_by": word.declined_by,
        }
        for file, word in round.only(d.JudgeHold)
    ]  # fmt: skip
    table = cases.hold
    mine = (table.c.customer_id == bindparam("b_customer")) & (table.c.kind == bindparam("b_kind"))
    standing = update(table).where(mine, table.c.lifted_at.is_(None))
    await round.write(standing, lifted)
    await round.write(insert(table), placed)
    await round.write(standing, judged)


async def _handoffs(round: Round) -> None:
    opened, changed = dict[int, dict[str, Any]](), []
    for file, effect in round.only(d.OpenHandoff):
        id, row = file.case.customer_id, {"queue": effect.queue, "reason": effect.reason, "priority": effect.priority}
        if file.case.handoff_queue is not None or id in opened:
            changed.append({"b_customer": id, **row, "b_due_at": effect.due_at})
        else:
            answered_at = round.now if file.case.owner is Owner.AGENT else None
            opened[id] = {
                "customer_id": id, **row, "opened_at": round.now, "due_at": effect.due_at, "answered_at": answered_at,
            }  # fmt: skip
    closed = [
        {
            "b_customer": file.case.customer_id,
            "closed_at": round.now,
            "outcome": done.outcome,
            "note": done.note or None,
        }
        for file, done in round.only(d.CloseHandoff)
    ]
    taken = [_taken(file, step, round.now) for file, step in round.work if _changes_hands(file, step)]
    answered = [
        {"b_customer": row["b_customer"], "answered_at": row["taken_at"]}
        for row in taken
        if row["taken_at"] is not None
    ]
    table = cases.handoff
    still = (table.c.customer_id == bindparam("b_customer")) & table.c.closed_at.is_(None)
    sooner = bindparam("b_due_at", type_=UtcMoment)
    due_at = case_when((table.c.due_at > sooner, sooner), else_=table.c.due_at)
    await round.write(update(table).where(still).values(due_at=due_at), changed)
    for rows in (taken, closed):
        await round.write(update(table).where(still), rows)
    await round.write(update(table).where(still, table.c.answered_at.is_(None)), answered)
    await round.write(insert(table), opened.values())


def _changes_hands(file: File, step: Step) -> bool:
    after = step.decision.case
    return after.owner != file.case.owner and after.handoff_queue is not None


def _taken(file: File, step: Step, now: datetime) -> dict[str, Any]:
    """Who has the handoff from now on: an agent, or again nobody."""
    by_agent = step.agent_id is not None and step.decision.case.owner is Owner.AGENT
    return {
        "b_customer": file.case.customer_id,
        "taken_at": now if by_agent else None,
        "agent_id": step.agent_id if by_agent else None,
    }


async def _agenda(round: Round) -> None:
    last: dict[tuple[int, str], datetime | None] = {
        (file.case.customer_id, step.fired): None for file, step in round.work if step.fired
    }
    for id, effect in round.effects():
        if isinstance(effect, (d.Schedule, d.Cancel)):
            last[id, effect.timer] = effect.due_at if isinstance(effect, d.Schedule) else None
    gone = [{"b_customer": id, "b_timer": timer} for (id, timer), at in last.items() if at is None]
    due = [{"customer_id": id, "timer": timer, "due_at": at} for (id, timer), at in last.items() if at is not None]
    key = (agenda.c.customer_id == bindparam("b_customer")) & (agenda.c.timer == bindparam("b_timer"))
    put = upsert(round.connection, agenda)
    anew = put.on_conflict_do_update(index_elements=["customer_id", "timer"], set_={"due_at": put.excluded.due_at})
    await round.write(delete(agenda).where(key), gone)
    await round.write(anew, due)


async def _numbers(round: Round) -> None:
    """An opt-out stops every number that was merged with this one, too."""
    stops = list(round.only(d.StopNumber))
    numbers = [(file.number_hash, stop.reason) for file, stop in stops if file.number_hash]
    opted_out = {file.case.customer_id for file, stop in stops if stop.reason == "opt_out"}
    if opted_out:
        numbers += [(hash, "opt_out") for hash in await linked_numbers(round.connection, opted_out)]
    stopped = [{"number_hash": hash, "reason": reason, "since_at": round.now} for hash, reason in numbers]
    allowed = [{"b_hash": file.number_hash} for file, _ in round.only(d.AllowNumber)]
    table = cases.suppression
    await round.write(upsert(round.connection, table).on_conflict_do_nothing(index_elements=["number_hash"]), stopped)
    await round.write(delete(table).where(table.c.number_hash == bindparam("b_hash")), allowed)
