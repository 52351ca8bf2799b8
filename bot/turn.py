"""START HERE. One turn: lock customers, read what they wrote, decide, record. One transaction, all or nothing.

The lock is held by the transaction that does the work, so a crash is a rollback: nothing is lost, nothing done twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.core.decide import decide
from bot.core.decision import Decision
from bot.core.draft import Draft
from bot.core.event import AgentActed, Event, NumberRefused, SendFailed, TimerDue
from bot.core.opinion import weigh
from bot.core.payment import post_to_ledger
from bot.hearing import Doubt, hear
from bot.mind import Mind
from bot.store import cases, opinions, work
from bot.store.cases import File
from bot.store.record import record
from bot.store.round import Reply, Step, Turned
from bot.store.session import Database, StoreDown

log = structlog.get_logger()
PARKED_FOR = timedelta(hours=6)


async def turn(database: Database, mind: Mind, now: datetime, limit: int = 200) -> int:
    """Do what waits for up to `limit` customers; say for how many.

    A customer who breaks the turn is retried alone, then parked; the others go on.
    """
    try:
        async with database.write() as connection:
            ids = await work.claim(connection, now, mind.settle, limit)
            turned = await _work(connection, mind, ids, now)
    except StoreDown:
        raise
    except Exception:
        log.exception("turn failed; retrying one by one")
        return await _one_by_one(database, mind, now, limit)
    mind.call_people(turned)
    return len(turned)


async def _work(connection: Any, mind: Mind, ids: Sequence[int], now: datetime) -> list[Turned]:
    """Read, decide and record all that waits for these locked customers."""
    waiting = await work.waiting(connection, ids, now, mind.settle) if ids else {}
    files = await cases.load(connection, list(waiting), now) if waiting else {}
    turned = []
    for id, file in files.items():
        steps, doubt = decide_all(file, waiting[id], mind, now)
        is_new = doubt is not None and doubt.is_new
        if doubt is not None and is_new and mind.wonder is not None:
            await opinions.wait(connection, doubt.question.rows, doubt.until)
            mind.wonder(doubt.question)  # takes a note: nobody is asked inside the transaction
        if steps or is_new:
            turned.append(Turned(file, steps))
    await record(connection, [one for one in turned if one.steps], now, mind.manner)
    return turned


def decide_all(file: File, waiting: work.Waiting, mind: Mind, now: datetime) -> tuple[list[Step], Doubt | None]:
    """Decide all that waits for one customer, in order: payments, then what they wrote, then timers.

    With a doubt it ends there: nobody is reminded while what they just wrote is not understood yet.
    """
    case, rules, steps = file.case, mind.content.rules, list[Step]()

    def step(kind: str, event: Event, **details: Any) -> None:
        nonlocal case
        steps.append(Step(kind, event, decide(case, event, rules, now), **details))
        case = steps[-1].decision.case

    for payment_id, account_id, payment in waiting.payments:
        case = post_to_ledger(case, account_id, payment.amount, payment.paid_on)
        step("payment", payment, payment_id=payment_id, before=case)
    if waiting.replies:
        heard = hear(file, case, waiting.replies, mind, now)
        if isinstance(heard, Doubt):
            return steps, heard
        intents = ",".join(weigh(heard.reading, heard.second, rules.second)[0].intents)
        step("heard", heard, replies=tuple(Reply(row.id, row.text, intents) for row in waiting.replies))
    for timer in waiting.timers:
        if not any(_settles(one.decision, timer) for one in steps):
            step("timer", TimerDue(timer), fired=timer)
    return steps, None


def _settles(decision: Decision, timer: str) -> bool:
    """Whether a decision set this timer anew, or took it away."""
    return any(getattr(effect, "timer", None) == timer for effect in decision.effects)


async def follow(
    connection: Any,
    mind: Mind,
    file: File,
    event: AgentActed | NumberRefused | SendFailed,
    now: datetime,
    agent_id: int | None = None,
) -> Decision:
    """Decide and record one event of a locked customer at once: what caused it commits together with it."""
    match event:
        case AgentActed():
            kind, author = "agent", event.agent
        case NumberRefused():
            kind, author = "refused", "bot"
        case SendFailed():
            kind, author = "send_failed", "bot"
    step = Step(kind, event, decide(file.case, event, mind.content.rules, now), author=author, agent_id=agent_id)
    await record(connection, [Turned(file, [step])], now, mind.manner)
    return step.decision


async def _one_by_one(database: Database, mind: Mind, now: datetime, limit: int) -> int:
    """The same turn, with a transaction for each customer. One who fails alone is parked; the others go on."""
    async with database.write() as connection:
        ids = await work.claim(connection, now, mind.settle, limit)
    done = 0
    for id in ids:
        try:
            async with database.write() as connection:
                turned = await _work(connection, mind, await cases.lock(connection, [id]), now)
        except StoreDown:
            raise
        except Exception as error:
            log.exception("customer parked", customer_id=id)
            await _park(database, mind, id, now, error)
            done += 1
        else:
            mind.call_people(turned)
            done += len(turned)
    return done


async def _park(database: Database, mind: Mind, customer_id: int, now: datetime, error: Exception) -> None:
    """Take what waits for a customer out of the way, and call a person."""
    name = type(error).__name__  # its message may quote what they wrote
    async with database.write() as connection:
        await cases.lock(connection, [customer_id], skip_locked=False)
        await work.park(connection, customer_id, now + PARKED_FOR)
        file = (await cases.load(connection, [customer_id], now))[customer_id]
        draft = Draft(file.case, mind.content.rules, now)
        draft.handoff("poisoned", f"could not be handled ({name}); texts are kept, please read them")
        parked = Step("parked", {"error": name}, draft.decision())
        await record(connection, [Turned(file, [parked])], now, mind.manner)
