"""Writes decisions down: file, promises, holds, handoffs, agenda, outbox and journal, all in the turn's transaction.

Written in sets: the k-th decision of every customer of a turn is one round, and a round is a handful of statements.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core import decision as d
from bot.core.case import Case, Owner
from bot.core.event import AgentActed, AgentAction
from bot.store import cases, journal
from bot.store import tables as t
from bot.store.cases import File
from bot.store.effects import write_effects
from bot.store.replay import before_of
from bot.store.round import Round, Step, Turned
from bot.store.session import touch

inbound, payment = t.Inbound.__table__, t.Payment.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Manner:
    """How decisions are put into words, by which rules they were made, and where customers who never wrote are."""

    render: Callable[[d.Say, Case], str]
    rules_version: str
    channel: str


async def record(connection: AsyncConnection, turned: Sequence[Turned], now: datetime, manner: Manner) -> None:
    """Write all decisions of a turn."""
    for number in range(max((len(one.steps) for one in turned), default=0)):
        work = [(one.file, one.steps[number]) for one in turned if number < len(one.steps)]
        round = Round(connection, now, work)
        await _handled(round)
        await write_effects(round)
        await _files(round)
        await _texts(round, manner)
        for file, step in work:
            file.case = step.decision.case
    await journal.write_heads(connection, [one.file for one in turned])
    touch(connection, (one.file.case.customer_id for one in turned))


async def _handled(round: Round) -> None:
    """What each step was about is done with: replies get their place in the thread, payments are posted."""
    rows = []
    for file, step in round.work:
        for reply in step.replies:
            file.last_seq += 1
            rows.append({
                "b_id": reply.id, "seq": file.last_seq, "intents": reply.intents, "handled_at": round.now,
                "entry": file.journal_seq + 1,  # each step has one entry, and this is the next
            })  # fmt: skip
    paid = [{"b_id": step.payment_id, "handled_at": round.now} for _, step in round.work if step.payment_id is not None]
    await round.write(update(inbound).where(inbound.c.id == bindparam("b_id")).values(state="handled"), rows)
    await round.write(update(payment).where(payment.c.id == bindparam("b_id")), paid)


async def _files(round: Round) -> None:
    rows, ledger = [], []
    for file, step in round.work:
        before, after = file.case, step.decision.case
        holder, file.agent_id = file.agent_id, _agent_of(file, step)
        if file.agent_id != holder or step.replies:  # another person's matter by now, or the customer came first
            file.follow_up_at = None
        rows.append({
            "b_customer": after.customer_id, "state": after.state, "owner": after.owner, "agent_id": file.agent_id,
            "asked": after.asked, "offer_amount": after.offer.amount if after.offer else None,
            "offer_due_on": after.offer.due_on if after.offer else None, "opened_at": after.opened_at,
            "offer_later": after.offer.later if after.offer else (),
            "unclear_in_a_row": after.unclear_in_a_row, "broken_in_a_row": after.broken_in_a_row,
            "preference": cases.write_preference(after.preference), "payday": after.payday,
            "verify_wrong": after.verification.wrong, "verified_until_at": after.verification.until,
            "verify_barred_until_at": after.verification.barred_until,
            "ability": after.ability, "annoyed_at": after.annoyed_at, "changed_at": round.now,
            "follow_up_at": file.follow_up_at,
        })  # fmt: skip
        if after.accounts != before.accounts:
            ledger += [
                {"b_id": a.id, "balance": a.balance, "amount_due": a.amount_due, "minimum_due": a.minimum_due}
                for a in after.accounts
            ]
    table = cases.case_file
    await round.write(update(table).where(table.c.customer_id == bindparam("b_customer")), rows)
    await round.write(update(cases.account).where(cases.account.c.id == bindparam("b_id")), ledger)


def _agent_of(file: File, step: Step) -> int | None:
    """Who has the customer after this step: whoever took them, from the bot or from a colleague."""
    if step.decision.case.owner is Owner.BOT:
        return None
    takes_over = isinstance(step.content, AgentActed) and step.content.action is AgentAction.TAKE_OVER
    takes = step.agent_id is not None and (file.case.owner is Owner.BOT or takes_over)
    return step.agent_id if takes else file.agent_id


async def _texts(round: Round, manner: Manner) -> None:
    """The texts to send, and the journal's entry of each decision."""
    texts, entries = [], []
    for file, step in round.work:
        said = [_text(file, step, say, manner, round.now) for say in step.decision.effects if isinstance(say, d.Say)]
        content = {
            "event": step.content,
            "why": step.decision.why,
            "effects": step.decision.effects,
            "case": step.decision.case,
            "before": before_of(step.before or file.case, step.decision.case),
            "rules": manner.rules_version,
            "texts": [row["text"] for row in said],
        }
        texts += said
        entries.append(journal.next_entry(file, round.now, step.kind, content))
    await round.write(insert(cases.outbox), texts)
    await round.write(insert(journal.journal_table), entries)


def _text(file: File, step: Step, say: d.Say, manner: Manner, now: datetime) -> dict[str, Any]:
    """An outbox row; takes the next place in the thread."""
    file.last_seq += 1
    case = step.decision.case
    return {
        "customer_id": case.customer_id, "seq": file.last_seq, "our_ref": _our_ref(case.customer_id, file.last_seq),
        "channel": file.channel or manner.channel, "purpose": say.purpose, "urgency": d.urgency(say.purpose),
        "response": say.response, "slots": journal.canonical(say.slots).decode(),
        "text": say.text or manner.render(say, case), "author": step.author, "template": say.template or None,
        "entry": file.journal_seq + 1, "accounts": _owed(case), "answers": say.answers, "state": "queued",
        "reason": None, "queued_at": now, "due_at": now, "attempts": 0, "segments": 0,
    }  # fmt: skip


def _owed(case: Case) -> str:
    """The accounts that a text is about, as one column holds them; too many for it count as all."""
    ids = " ".join(str(account.id) for account in case.accounts if account.amount_due > 0)
    return ids if len(ids) <= 200 else ""


def _our_ref(customer_id: int, seq: int) -> str:
    """The reference that a text carries to the gateway and back: unique, and it says nothing about the customer."""
    return hashlib.blake2b(f"{customer_id}:{seq}".encode(), digest_size=12, person=b"huixin-ref").hexdigest()
