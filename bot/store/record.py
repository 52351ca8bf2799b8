"""Writes decisions down: file, promises, holds, handoffs, agenda, outbox and journal, all in the turn's transaction.

Written in sets: the k-th decision of every customer of a turn is one round, and a round is a handful of statements.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, update
from sqlalchemy import case as case_when
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core import decision as d
from bot.core.calendar import local_day
from bot.core.case import Case, PlanStatus, PromiseStatus
from bot.core.event import AgentActed, AgentAction
from bot.store import cases, journal
from bot.store import tables as t
from bot.store.cases import File
from bot.store.columns import UtcMoment
from bot.store.linked import linked_numbers
from bot.store.replay import before_of
from bot.store.session import touch

agenda, inbound, payment = t.Agenda.__table__, t.Inbound.__table__, t.Payment.__table__  # type: ignore[attr-defined]
journal_table = t.Journal.__table__  # type: ignore[attr-defined]
OPEN = ("queued", "held")


@dataclass(frozen=True, slots=True)
class Reply:
    """A stored reply that a decision answers: its row, and what the journal keeps of it."""

    id: int
    text: str
    intents: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One event of one customer, decided: what the store has to write."""

    kind: str
    content: Any  # the event, as the journal keeps it
    decision: d.Decision
    author: str = "bot"
    replies: tuple[Reply, ...] = ()
    payment_id: int | None = None
    fired: str | None = None  # the timer that this event was
    agent_id: int | None = None
    before: Case | None = None  # what was decided upon, where it is not the case on file (money is on it already)


@dataclass(slots=True)
class Turned:
    """A customer's file and the decisions that follow one another on it."""

    file: File
    steps: list[Step]


Render = Callable[[d.Say, Case], str]


def upsert(connection: AsyncConnection, table: Any) -> Any:
    """INSERT … ON CONFLICT in the database's own dialect."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


async def record(
    connection: AsyncConnection,
    turned: Sequence[Turned],
    now: datetime,
    render: Render,
    rules_version: str,
    channel: str,
) -> None:
    """Write all decisions of a turn. `channel` is used for customers who never wrote."""
    for number in range(max((len(one.steps) for one in turned), default=0)):
        await _Round(connection, now, render, rules_version, channel).write(
            [(one.file, one.steps[number]) for one in turned if number < len(one.steps)]
        )
    await _counters(connection, [one.file for one in turned])
    touch(connection, (one.file.case.customer_id for one in turned))


class _Round:
    """One decision of each of many customers, turned into rows."""

    def __init__(self, connection: AsyncConnection, now: datetime, render: Render, rules_version: str, channel: str):
        self.connection, self.now, self.render = connection, now, render
        self.rules_version, self.channel = rules_version, channel

    async def write(self, work: list[tuple[File, Step]]) -> None:
        """All statements of the round; what is taken back is written before what is put in its place."""
        await self._handled(work)
        await self._cancelled(work)
        await self._promises(work)
        await self._plans(work)
        await self._holds(work)
        await self._handoffs(work)
        await self._agenda(work)
        await self._numbers(work)
        await self._files(work)
        await self._texts(work)
        for file, step in work:
            file.case = step.decision.case

    async def _many(self, statement: Any, rows: Iterable[dict[str, Any]]) -> None:
        rows = list(rows)
        if rows:
            await self.connection.execute(statement, rows)

    async def _handled(self, work: list[tuple[File, Step]]) -> None:
        rows = []
        for file, step in work:
            for reply in step.replies:
                file.last_seq += 1
                rows.append({
                    "b_id": reply.id, "seq": file.last_seq, "intents": reply.intents, "handled_at": self.now,
                    "entry": file.journal_seq + 1,  # each step has one entry, and this is the next
                })  # fmt: skip
        await self._many(update(inbound).where(inbound.c.id == bindparam("b_id")).values(state="handled"), rows)
        paid = [{"b_id": s.payment_id, "handled_at": self.now} for _, s in work if s.payment_id is not None]
        await self._many(update(payment).where(payment.c.id == bindparam("b_id")), paid)

    async def _cancelled(self, work: list[tuple[File, Step]]) -> None:
        reasons: dict[str, list[int]] = {}
        for file, step in work:
            for effect in step.decision.effects:
                if isinstance(effect, d.CancelQueued):
                    reasons.setdefault(effect.reason, []).append(file.case.customer_id)
        table = cases.outbox
        waiting = table.c.state.in_(OPEN) & (table.c.author == "bot") & table.c.purpose.not_in(d.NOT_CANCELLED)
        for reason, ids in reasons.items():
            change = update(table).where(waiting, table.c.customer_id.in_(ids))
            await self.connection.execute(change.values(state="cancelled", reason=f"cancelled: {reason}"))

    async def _promises(self, work: list[tuple[File, Step]]) -> None:
        table = cases.promise
        closed, made, paid = [], [], []
        for file, step in work:
            id, before, after = file.case.customer_id, file.case.promise, step.decision.case.promise
            if before is not None and after is not None and before.id == after.id and before.paid != after.paid:
                paid.append({"b_id": before.id, "paid": after.paid})
            for effect in step.decision.effects:
                if isinstance(effect, d.ClosePromise):
                    closed.append(
                        {"b_customer": id, "status": effect.status, "paid": effect.paid, "closed_at": self.now}
                    )
                elif isinstance(effect, d.RecordPromise):
                    made.append({
                        "customer_id": id, "amount": effect.amount, "due_on": effect.due_on, "made_at": self.now,
                        "status": PromiseStatus.OPEN, "paid": effect.paid, "closed_at": None,
                        "later": effect.later, "moved": effect.moved,
                        "days_past_due": file.case.days_past_due(local_day(self.now, file.case.zone)),
                    })  # fmt: skip
        await self._many(update(table).where(table.c.id == bindparam("b_id")), paid)
        await self._many(
            update(table).where(table.c.customer_id == bindparam("b_customer"), table.c.status == "open"),
            closed,
        )
        await self._many(insert(table), made)

    async def _plans(self, work: list[tuple[File, Step]]) -> None:
        """Each effect in its order, but in sets: what ends, what moves on or was paid, what begins."""
        closed, made, paid = [], [], []
        changed: dict[int, dict[str, Any]] = {}
        for file, step in work:
            id, before, after = file.case.customer_id, file.case.plan, step.decision.case.plan
            new: dict[str, Any] | None = None
            for effect in step.decision.effects:
                if isinstance(effect, d.ClosePlan):
                    closed.append({
                        "b_customer": id, "status": effect.status, "instalments": effect.instalments,
                        "closed_at": self.now,
                    })  # fmt: skip
                elif isinstance(effect, d.RecordPlan):
                    new = self._plan(id, effect)
                elif isinstance(effect, d.ChangePlan):
                    agreed_at = self.now if effect.status == PlanStatus.ACTIVE else None
                    change = {
                        "status": effect.status, "approved_by": effect.approved_by, "agreed_by": effect.agreed_by,
                        "agreed_at": agreed_at,
                    }  # fmt: skip
                    if new is not None:
                        new |= change
                    else:
                        changed[id] = {"b_customer": id, **change}
            if new is not None:
                made.append(new)
            elif before is not None and after is not None and before.instalments != after.instalments:
                paid.append({"b_customer": id, "instalments": after.instalments})
        table = cases.plan
        is_open = or_(*(table.c.status == status for status in cases.OPEN_PLANS))
        still = (table.c.customer_id == bindparam("b_customer")) & is_open
        for rows in (closed, changed.values(), paid):
            await self._many(update(table).where(still), rows)
        await self._many(insert(table), made)

    def _plan(self, customer_id: int, effect: d.RecordPlan) -> dict[str, Any]:
        plan = effect.plan
        return {
            "customer_id": customer_id, "kind": plan.kind, "status": plan.status, "terms": plan.terms,
            "interest": plan.interest, "instalments": plan.instalments, "made_at": plan.made_at,
            "contents": journal.canonical(effect.contents).decode(), "proposed_by": plan.proposed_by,
            "approved_by": plan.approved_by, "agreed_by": plan.agreed_by, "agreed_at": None, "closed_at": None,
        }  # fmt: skip

    async def _holds(self, work: list[tuple[File, Step]]) -> None:
        table = cases.hold
        lifted, placed = [], []
        for file, step in work:
            id = file.case.customer_id
            last: dict[str, d.PlaceHold | d.LiftHold] = {}
            for effect in step.decision.effects:
                if isinstance(effect, (d.PlaceHold, d.LiftHold)):
                    last[effect.kind] = effect
            for kind, effect in last.items():
                lifted.append({"b_customer": id, "b_kind": kind, "lifted_at": self.now})
                if isinstance(effect, d.PlaceHold):
                    placed.append(
                        {
                            "customer_id": id,
                            "kind": kind,
                            "placed_at": self.now,
                            "until_at": effect.until,
                            "review_at": effect.review_at,
                            "category": effect.category,
                            "opened_by": effect.opened_by,
                            "lifted_at": None,
                        }
                    )
        standing = (table.c.customer_id == bindparam("b_customer")) & (table.c.kind == bindparam("b_kind"))
        await self._many(update(table).where(standing, table.c.lifted_at.is_(None)), lifted)
        await self._many(insert(table), placed)
        judged = [
            {
                "b_customer": file.case.customer_id, "b_kind": effect.kind, "judged_at": self.now,
                "approved_by": effect.approved_by, "declined_by": effect.declined_by,
            }
            for file, step in work
            for effect in step.decision.effects
            if isinstance(effect, d.JudgeHold)
        ]  # fmt: skip
        await self._many(update(table).where(standing, table.c.lifted_at.is_(None)), judged)

    async def _handoffs(self, work: list[tuple[File, Step]]) -> None:
        table = cases.handoff
        opened, changed, closed, taken, answered = [], [], [], [], []
        for file, step in work:
            id, is_open = file.case.customer_id, file.case.handoff_queue is not None
            for effect in step.decision.effects:
                if isinstance(effect, d.CloseHandoff):
                    closed.append(
                        {
                            "b_customer": id,
                            "closed_at": self.now,
                            "outcome": effect.outcome,
                            "note": effect.note or None,
                        }
                    )
                elif isinstance(effect, d.OpenHandoff):
                    row = {"queue": effect.queue, "reason": effect.reason, "priority": effect.priority}
                    if is_open:
                        changed.append({"b_customer": id, **row, "b_due_at": effect.due_at})
                    else:
                        at = self.now if file.case.owner == "agent" else None
                        opened.append({
                            "customer_id": id, **row, "opened_at": self.now, "due_at": effect.due_at, "answered_at": at,
                        })  # fmt: skip
                        is_open = True
            if step.decision.case.owner != file.case.owner and step.decision.case.handoff_queue is not None:
                at = self.now if step.agent_id is not None and step.decision.case.owner == "agent" else None
                taken.append({"b_customer": id, "taken_at": at, "agent_id": step.agent_id if at else None})
                if at is not None:
                    answered.append({"b_customer": id, "answered_at": at})
        still = (table.c.customer_id == bindparam("b_customer")) & table.c.closed_at.is_(None)
        sooner = bindparam("b_due_at", type_=UtcMoment)
        due_at = case_when((table.c.due_at > sooner, sooner), else_=table.c.due_at)
        await self._many(update(table).where(still).values(due_at=due_at), changed)
        for rows in (taken, closed):
            await self._many(update(table).where(still), rows)
        await self._many(update(table).where(still, table.c.answered_at.is_(None)), answered)
        await self._many(insert(table), opened)

    async def _agenda(self, work: list[tuple[File, Step]]) -> None:
        gone, due = [], []
        for file, step in work:
            id = file.case.customer_id
            last: dict[str, datetime | None] = {step.fired: None} if step.fired else {}
            for effect in step.decision.effects:
                if isinstance(effect, d.Schedule):
                    last[effect.timer] = effect.due_at
                elif isinstance(effect, d.Cancel):
                    last[effect.timer] = None
            gone += [{"b_customer": id, "b_timer": timer} for timer, at in last.items() if at is None]
            due += [{"customer_id": id, "timer": timer, "due_at": at} for timer, at in last.items() if at is not None]
        key = (agenda.c.customer_id == bindparam("b_customer")) & (agenda.c.timer == bindparam("b_timer"))
        await self._many(delete(agenda).where(key), gone)
        put = upsert(self.connection, agenda)
        await self._many(
            put.on_conflict_do_update(index_elements=["customer_id", "timer"], set_={"due_at": put.excluded.due_at}),
            due,
        )

    async def _numbers(self, work: list[tuple[File, Step]]) -> None:
        stopped, allowed = [], []
        for file, step in work:
            for effect in step.decision.effects:
                if isinstance(effect, d.StopNumber) and file.number_hash:
                    stopped.append({"number_hash": file.number_hash, "reason": effect.reason, "since_at": self.now})
                elif isinstance(effect, d.AllowNumber):
                    allowed.append({"b_hash": file.number_hash})
        opted_out = {
            file.case.customer_id for file, step in work for effect in step.decision.effects
            if isinstance(effect, d.StopNumber) and effect.reason == "opt_out"
        }  # fmt: skip
        for hash in await linked_numbers(self.connection, opted_out) if opted_out else ():
            stopped.append({"number_hash": hash, "reason": "opt_out", "since_at": self.now})
        table = cases.suppression
        await self._many(upsert(self.connection, table).on_conflict_do_nothing(index_elements=["number_hash"]), stopped)
        await self._many(delete(table).where(table.c.number_hash == bindparam("b_hash")), allowed)

    async def _files(self, work: list[tuple[File, Step]]) -> None:
        rows, ledger = [], []
        for file, step in work:
            before, after = file.case, step.decision.case
            takes = step.agent_id is not None and (before.owner == "bot" or _takes_over(step))
            agent_id = None if after.owner == "bot" else step.agent_id if takes else file.agent_id
            file.agent_id = agent_id
            rows.append({
                "b_customer": after.customer_id, "state": after.state, "owner": after.owner, "agent_id": agent_id,
                "asked": after.asked, "offer_amount": after.offer.amount if after.offer else None,
                "offer_due_on": after.offer.due_on if after.offer else None, "opened_at": after.opened_at,
                "offer_later": after.offer.later if after.offer else (),
                "unclear_in_a_row": after.unclear_in_a_row, "broken_in_a_row": after.broken_in_a_row,
                "preference": cases.write_preference(after.preference), "payday": after.payday,
                "verify_wrong": after.verification.wrong, "verified_until_at": after.verification.until,
                "verify_barred_until_at": after.verification.barred_until,
                "ability": after.ability, "annoyed_at": after.annoyed_at, "changed_at": self.now,
            })  # fmt: skip
            if after.accounts != before.accounts:
                ledger += [
                    {
                        "b_id": a.id,
                        "balance": a.balance,
                        "amount_due": a.amount_due,
                        "minimum_due": a.minimum_due,
                    }
                    for a in after.accounts
                ]
        table = cases.case_file
        await self._many(update(table).where(table.c.customer_id == bindparam("b_customer")), rows)
        await self._many(update(cases.account).where(cases.account.c.id == bindparam("b_id")), ledger)

    async def _texts(self, work: list[tuple[File, Step]]) -> None:
        texts, entries = [], []
        for file, step in work:
            for effect in step.decision.effects:
                if isinstance(effect, d.Say):
                    file.last_seq += 1
                    texts.append(self._text(file, step, effect))
            content = {
                "event": step.content,
                "why": step.decision.why,
                "effects": step.decision.effects,
                "case": step.decision.case,
                "before": before_of(step.before or file.case, step.decision.case),
                "rules": self.rules_version,
                "texts": [row["text"] for row in texts if row["customer_id"] == file.case.customer_id],
            }
            entries.append(note(file, self.now, step.kind, content))
        await self._many(insert(cases.outbox), texts)
        await self._many(insert(journal_table), entries)

    def _text(self, file: File, step: Step, say: d.Say) -> dict[str, Any]:
        case = step.decision.case
        return {
            "customer_id": case.customer_id, "seq": file.last_seq, "our_ref": our_ref(case.customer_id, file.last_seq),
            "channel": file.channel or self.channel, "purpose": say.purpose, "urgency": d.urgency(say.purpose),
            "response": say.response,
            "slots": journal.canonical(say.slots).decode(), "text": say.text or self.render(say, case),
            "author": step.author, "template": say.template or None, "entry": file.journal_seq + 1,
            "accounts": _owed(case), "answers": say.answers, "state": "queued",
            "reason": None, "queued_at": self.now, "due_at": self.now, "attempts": 0, "segments": 0,
        }  # fmt: skip


def _owed(case: Case) -> str:
    """The accounts that a text is about, as one column holds them; too many for it count as all."""
    ids = " ".join(str(account.id) for account in case.accounts if account.amount_due > 0)
    return ids if len(ids) <= 200 else ""


def _takes_over(step: Step) -> bool:
    return isinstance(step.content, AgentActed) and step.content.action is AgentAction.TAKE_OVER


def our_ref(customer_id: int, seq: int) -> str:
    """The reference that a text carries to the gateway and back: unique, and it says nothing about the customer."""
    return hashlib.blake2b(f"{customer_id}:{seq}".encode(), digest_size=12, person=b"huixin-ref").hexdigest()


def note(file: File, now: datetime, kind: str, content: Any) -> dict[str, Any]:
    """The next journal row of a customer; moves the head on."""
    file.journal_seq += 1
    row = journal.entry(file.case.customer_id, file.journal_seq, file.journal_head, file.data_key, now, kind, content)
    file.journal_head = row["hash"]
    return row


async def _counters(connection: AsyncConnection, files: Iterable[File]) -> None:
    table = cases.customer
    rows = [
        {
            "b_id": file.case.customer_id, "last_seq": file.last_seq, "journal_seq": file.journal_seq,
            "journal_head": file.journal_head, "known": file.case.known,
        }
        for file in files
    ]  # fmt: skip
    if rows:
        await connection.execute(update(table).where(table.c.id == bindparam("b_id")), rows)


async def append_journal(connection: AsyncConnection, entries: list[tuple[File, str, Any]], now: datetime) -> None:
    """Write journal rows that no decision causes (a text left, a receipt came); the customers are locked."""
    rows = [note(file, now, kind, content) for file, kind, content in entries]
    if rows:
        await connection.execute(insert(journal_table), rows)
        await _counters(connection, {id(file): file for file, _, _ in entries}.values())
        touch(connection, (file.case.customer_id for file, _, _ in entries))
