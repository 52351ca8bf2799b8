"""START HERE. One turn: lock customers, read what they wrote, decide, record. One transaction, all or nothing.

The lock is held by the transaction that does the work, so a crash is a rollback: nothing is lost, nothing done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.core.calendar import local
from bot.core.case import Case, Owner
from bot.core.decide import decide
from bot.core.decision import Decision, OpenHandoff, Say
from bot.core.draft import Draft
from bot.core.event import AgentActed, Heard, NumberRefused, SendFailed, TimerDue
from bot.core.opinion import Question, is_doubtful, weigh
from bot.core.payment import post_to_ledger
from bot.dialogues import Content
from bot.nlu.read import Reader
from bot.nlu.verify import read_answer
from bot.store import cases, opinions, work
from bot.store.cases import File
from bot.store.record import Reply, Step, Turned, record
from bot.store.session import Database, StoreDown

log = structlog.get_logger()
LATE, LATEST = timedelta(minutes=10), timedelta(days=7)  # a clock that is further off is not believed
PARKED_FOR = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Mind:
    """What a turn thinks with: the reader, the rules and wording, and how long fragments may take to arrive.

    `wonder` takes what a second reader shall be asked; the reply then waits `patience` for the answer, at most.
    """

    reader: Reader
    content: Content
    settle: timedelta
    channel: str  # the channel of customers who never wrote
    wonder: Callable[[Question], None] | None = None
    patience: timedelta = timedelta(0)
    alert: Callable[[str, int], None] | None = None  # called after the commit for each queue that says so

    def sound(self, turned: Sequence[Turned]) -> None:
        """Call people at once for whoever is in danger, now that it is on the file."""
        for one in turned:
            effects = [effect for step in one.steps for effect in step.decision.effects]
            for queue in {effect.queue for effect in effects if isinstance(effect, OpenHandoff)}:
                if self.alert is not None and self.content.rules.handoffs[queue].alert:
                    self.alert(queue, one.file.case.customer_id)

    def render(self, say: Say, case: Case) -> str:
        """The wording of a decided text."""
        return self.content.responses.render(say.response, case.language, say.slots, case.currency)


async def turn(database: Database, mind: Mind, now: datetime, limit: int = 200) -> int:
    """Do what waits for up to `limit` customers; say for how many.

    A customer who breaks the turn is retried alone, then parked; the others go on.
    """
    turned: list[Turned] = []
    try:
        async with database.write() as connection:
            ids = await work.claim(connection, now, mind.settle, limit)
            done = await _work(connection, mind, ids, now, turned)
        mind.sound(turned)
        return done
    except StoreDown:
        raise
    except Exception:
        log.exception("turn failed; retrying one by one")
    done = 0
    async with database.write() as connection:
        ids = await work.claim(connection, now, mind.settle, limit)
    for id in ids:
        done += await _alone(database, mind, id, now)
    return done


async def _work(connection: Any, mind: Mind, ids: Sequence[int], now: datetime, turned: list[Turned]) -> int:
    if not ids:
        return 0
    waiting = await work.waiting(connection, ids, now, mind.settle)
    files = await cases.load(connection, list(waiting), now) if waiting else {}
    decided = [Turned(file, steps(file, waiting[id], mind, now)) for id, file in files.items()]
    turned += [one for one in decided if one.steps]
    await record(connection, turned, now, mind.render, mind.content.rules.version, mind.channel)
    return len(turned) + await _wonder(connection, mind, waiting.values())


def steps(file: File, waiting: work.Waiting, mind: Mind, now: datetime) -> list[Step]:
    """Everything that waits for one customer, decided in order: payments, then what they wrote, then timers."""
    case, rules, found = file.case, mind.content.rules, []
    for payment_id, account_id, payment in waiting.payments:
        case = post_to_ledger(case, account_id, payment.amount, payment.paid_on)
        found.append(Step("payment", payment, decide(case, payment, rules, now), payment_id=payment_id, before=case))
        case = found[-1].decision.case
    heard = _heard(file, case, waiting, mind, now) if waiting.replies else None
    if heard is not None:
        intents = ",".join(weigh(heard.reading, heard.second, rules.second)[0].intents)
        replies = tuple(Reply(row.id, row.text, intents) for row in waiting.replies)
        found.append(Step("heard", heard, decide(case, heard, rules, now), replies=replies))
        case = found[-1].decision.case
    elif waiting.replies:
        return found  # nobody is reminded while what they just wrote is not understood yet
    for timer in waiting.timers:
        if any(_settles(step.decision, timer) for step in found):
            continue  # what was just decided set this timer anew or took it away
        found.append(Step("timer", TimerDue(timer), decide(case, TimerDue(timer), rules, now), fired=timer))
        case = found[-1].decision.case
    return found


def _heard(file: File, case: Case, waiting: work.Waiting, mind: Mind, now: datetime) -> Heard | None:
    """Read a customer's fragments together, as of the moment the last of them was sent, on the customer's clock.

    None while a second opinion is waited for. One that stands beside the replies is used, whoever asked for it.
    """
    replies = waiting.replies
    heard_at = local(max(_said_at(row) for row in replies), case.zone)
    fragments = tuple(dict.fromkeys(row.text for row in replies))  # the same text twice says nothing more
    reading, verified = read_answer(mind.reader, fragments, heard_at, case.asked, file.is_theirs)
    if any(row.missing for row in replies):
        # What never came may say the opposite: day and amount are asked back rather than recorded.
        reading = replace(reading, date_score=0.0, amount_score=0.0)
    if verified is not None:
        return Heard(reading, any(row.provider_opted_out for row in replies), verified=verified)  # nobody else is asked
    rows = tuple(row.id for row in replies)
    question = Question(case.customer_id, file.name, rows, fragments, heard_at, case.asked, reading.language)
    there = [opinions.kept(row.opinion) for row in replies if row.opinion]
    second = next((opinion for opinion in there if opinion.about == question.about), None)
    heard = Heard(reading, any(row.provider_opted_out for row in replies), second)
    if mind.wonder is None or second or heard.provider_opted_out or case.owner is Owner.AGENT:
        return heard
    until = min((row.opinion_until_at for row in replies if row.opinion_until_at), default=now + mind.patience)
    if until <= now or not is_doubtful(reading, mind.content.rules.second):
        return heard
    if there or any(row.opinion_until_at is None for row in replies):
        waiting.doubt = (question, until)  # not asked yet, or not about all of these fragments
    return None


async def _wonder(connection: Any, mind: Mind, all_waiting: Iterable[work.Waiting]) -> int:
    """Let doubtful replies wait, and have them asked about; say how many. Nothing is asked inside the transaction."""
    doubts = [one.doubt for one in all_waiting if one.doubt]
    for question, until in doubts:
        await opinions.wait(connection, question.rows, until)
        if mind.wonder is not None:
            mind.wonder(question)
    return len(doubts)


def _said_at(row: Any) -> datetime:
    """When a reply was sent, where it reached us late: "tomorrow" is the customer's, whatever kept the gateway."""
    received: datetime = row.received_at
    late = row.provider_at is not None and LATE < received - row.provider_at < LATEST
    return row.provider_at if late else received


def _settles(decision: Decision, timer: str) -> bool:
    return any(getattr(effect, "timer", None) == timer for effect in decision.effects)


async def act(
    database: Database,
    mind: Mind,
    customer_id: int,
    event: AgentActed | NumberRefused | SendFailed,
    now: datetime,
    agent_id: int | None = None,
) -> Decision:
    """Decide and record one event of one customer at once: an agent acted, or the carrier refused the number."""
    async with database.write() as connection:
        await cases.lock(connection, [customer_id], skip_locked=False)
        file = (await cases.load(connection, [customer_id], now))[customer_id]
        return await follow(connection, mind, file, event, now, agent_id)


async def follow(
    connection: Any,
    mind: Mind,
    file: File,
    event: AgentActed | NumberRefused | SendFailed,
    now: datetime,
    agent_id: int | None = None,
) -> Decision:
    """The same inside a transaction that has locked the customer: what caused the event commits together with it."""
    decision = decide(file.case, event, mind.content.rules, now)
    author = event.agent if isinstance(event, AgentActed) else "bot"
    step = Step(_kind(event), event, decision, author=author, agent_id=agent_id)
    await record(connection, [Turned(file, [step])], now, mind.render, mind.content.rules.version, mind.channel)
    return decision


def _kind(event: AgentActed | NumberRefused | SendFailed) -> str:
    match event:
        case AgentActed():
            return "agent"
        case NumberRefused():
            return "refused"
        case SendFailed():
            return "send_failed"


async def _alone(database: Database, mind: Mind, customer_id: int, now: datetime) -> int:
    """One customer's turn; if it fails again, park what waits and call a person. The others go on."""
    turned: list[Turned] = []
    try:
        async with database.write() as connection:
            done = await _work(connection, mind, await cases.lock(connection, [customer_id]), now, turned)
        mind.sound(turned)
        return done
    except StoreDown:
        raise
    except Exception as error:
        log.exception("customer parked", customer_id=customer_id)
        async with database.write() as connection:
            await cases.lock(connection, [customer_id], skip_locked=False)
            await work.park(connection, customer_id, now + PARKED_FOR)
            file = (await cases.load(connection, [customer_id], now))[customer_id]
            draft = Draft(file.case, mind.content.rules, now)
            draft.handoff(
                "poisoned", f"could not be handled ({type(error).__name__}); texts are kept, please read them"
            )
            step = Step("parked", {"error": type(error).__name__}, draft.decision())
            await record(connection, [Turned(file, [step])], now, mind.render, mind.content.rules.version, mind.channel)
        return 1
