"""Sends what is due: claim, ask the contact rules again, submit, note the outcome.

A text is marked as submitted before it goes and as sent after the gateway took it. If we die in between, nobody knows
whether it left: it is then unknown, and only a receipt or the gateway's own books may settle that, never a second try.
"""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from prometheus_client import Counter

from bot.clearance import LOOK_AGAIN, Ready, clear
from bot.core.decision import Purpose
from bot.core.event import NumberRefused, SendFailed
from bot.core.overtaken import still_answers
from bot.core.segments import count
from bot.gateways.base import Accepted, ErrorClass, Outgoing, SendError
from bot.gateways.channel import Channel
from bot.lines import closed, leave_shut, other_line, paces, shifted
from bot.mind import Mind
from bot.store import cases, flow, outgoing
from bot.store.cases import File
from bot.store.journal import append_journal
from bot.store.outgoing import LEASE, Due
from bot.store.session import Database
from bot.store.standing import note_failures
from bot.turn import follow

log = structlog.get_logger()
TEXTS = Counter("huixin_texts_total", "Texts by channel and outcome", ["channel", "outcome"])
ATTEMPTS = 5
BACKOFF = timedelta(seconds=30)  # doubled with each attempt

Answer = Accepted | SendError


async def send_due(
    database: Database,
    mind: Mind,
    channels: Mapping[str, Channel],
    now: Callable[[], datetime],
    limit: int = 50,
    lease: timedelta = LEASE,
) -> int:
    """Send what is due; say how many rows were dealt with. `lease`: longer than any gateway's time-out."""
    started = now()
    async with database.write() as connection:
        moved = await leave_shut(connection, channels, started, limit)
        due = await outgoing.claim_due(connection, started, limit, await closed(connection, channels, started))
        ready, kept = await _prepare(connection, mind, channels, due, started)
        await outgoing.mark(connection, kept)
        await outgoing.mark(connection, [_submitting(one, mind, started, started + lease) for one in ready])
    answers = await asyncio.gather(*(_submit(channels[one.due.channel], one.outgoing, now()) for one in ready))
    if ready:
        await _note(database, mind, channels, list(zip(ready, answers, strict=True)), now())
    return len(ready) + len(kept) + moved


async def _prepare(
    connection: Any, mind: Mind, channels: Mapping[str, Channel], due: Sequence[Due], now: datetime
) -> tuple[list[Ready], list[dict[str, Any]]]:
    """What may leave now, and what becomes of the rest. What is beyond its channel's limit of this second stays."""
    files = await cases.load(connection, sorted({row.customer_id for row in due}), now) if due else {}
    allowed, kept = list[Ready](), []
    for row in due:
        file = files[row.customer_id]
        cleared = clear(row, file, mind, channels, now)
        if isinstance(cleared, Ready):
            allowed.append(cleared)
            continue
        kept.append(cleared.row)
        if cleared.failure:
            await follow(connection, mind, file, SendFailed(cleared.failure), now)
    wanted = Tally(one.due.channel for one in allowed)
    left = await flow.grant(connection, wanted, paces(channels, now), now) if allowed else {}
    ready = []
    for one in allowed:
        if left[one.due.channel] > 0:
            left[one.due.channel] -= 1
            ready.append(one)
    return ready, kept


def _submitting(one: Ready, mind: Mind, now: datetime, lease_at: datetime) -> dict[str, Any]:
    case, text = one.file.case, one.outgoing.text
    answers = still_answers(case, Purpose(one.due.purpose), mind.content.rules.contact_for(case), now)
    return {
        "b_id": one.due.id, "state": "submitting", "reason": None, "lease_at": lease_at, "sent_at": now,
        "attempts": one.due.attempts + 1, "text": text, "segments": count(text).parts,
        "number_hash": one.file.number_hash, "answers": answers,
    }  # fmt: skip


async def _submit(channel: Channel, message: Outgoing, now: datetime) -> Answer:
    try:
        return await channel.gateway.send(message, now)
    except SendError as error:
        return error
    except Exception as error:
        log.exception("gateway broke", channel=channel.name)
        return SendError(ErrorClass.UNKNOWN, f"the adapter failed ({type(error).__name__})")


@dataclass(frozen=True, slots=True)
class Answered:
    """A text that was submitted, what the gateway said, and what the row says from now on."""

    text: Ready
    answer: Answer
    row: dict[str, Any]

    @property
    def moved(self) -> bool:
        """Whether another channel takes it over."""
        return "moved_from" in self.row

    @property
    def entry(self) -> tuple[str, dict[str, Any]]:
        """What the journal keeps of it."""
        content = {
            "our_ref": self.text.due.our_ref,
            "channel": self.text.due.channel,
            "text": self.text.outgoing.text,
            "state": self.row["state"],
            "reason": self.row["reason"],
        }
        return "sent" if self.row["state"] == "sent" else "not_sent", content


async def _note(
    database: Database,
    mind: Mind,
    channels: Mapping[str, Channel],
    answers: Sequence[tuple[Ready, Answer]],
    now: datetime,
) -> None:
    """Write every outcome, its journal entry and what follows from it in one transaction, customers locked."""
    answered = [Answered(text, answer, _row_after(text, answer, channels, now)) for text, answer in answers]
    for one in answered:
        TEXTS.labels(one.text.due.channel, "moved" if one.moved else one.row["state"]).inc()
    async with database.write() as connection:
        ids = sorted({text.due.customer_id for text, _ in answers})
        await cases.lock(connection, ids, skip_locked=False)
        files = await cases.load(connection, ids, now)
        await outgoing.mark(connection, [one.row for one in answered])
        failures = [(text.due.channel, str(answer)) for text, answer in answers if isinstance(answer, SendError)]
        await note_failures(connection, failures, now)
        await append_journal(connection, [(files[one.text.due.customer_id], *one.entry) for one in answered], now)
        for one in answered:
            if not one.moved:
                await _consequences(connection, mind, files[one.text.due.customer_id], one, now)


def _row_after(text: Ready, answer: Answer, channels: Mapping[str, Channel], now: datetime) -> dict[str, Any]:
    """What an answer makes of a row. Where the channel failed, rather than number or words, another may take over."""
    row = _outcome(text.due, answer, now)
    broken = isinstance(answer, SendError) and answer.kind is ErrorClass.RETRYABLE
    if row["state"] == "failed" and broken and other_line(text.due, channels):
        return shifted(text.due, text.outgoing.text, channels, f"after {ATTEMPTS} tries: {answer}", now)
    return {"b_id": text.due.id, **row}


def _outcome(row: Due, answer: Answer, now: datetime) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "provider_id": None, "delivery": None, "attempts": row.attempts + 1, "due_at": now, "sent_at": now,
        "doubted_at": row.doubted_at,
    }  # fmt: skip
    if isinstance(answer, Accepted):
        first = answer.provider_ids[0] if answer.provider_ids else None
        return {**kept, "state": "sent", "reason": None, "provider_id": first, "delivery": answer.status}
    if answer.kind is ErrorClass.UNKNOWN:
        due_at = now + LOOK_AGAIN / 10
        return {**kept, "state": "unknown", "reason": str(answer), "due_at": due_at, "doubted_at": now}
    kept |= {"state": "queued", "reason": str(answer), "sent_at": None}
    match answer.kind:
        case ErrorClass.THROTTLED | ErrorClass.CONFIG:
            wait = timedelta(seconds=answer.retry_after_seconds or 5)
            return {**kept, "attempts": row.attempts, "due_at": now + wait}
        case ErrorClass.RETRYABLE if row.attempts + 1 < ATTEMPTS:
            return {**kept, "due_at": now + BACKOFF * 2**row.attempts}
        case _:
            return {**kept, "state": "failed"}


async def _consequences(connection: Any, mind: Mind, file: File, one: Answered, now: datetime) -> None:
    """What a refusal means beyond its row: for the channel, for the number, for a person."""
    channel, answer = one.text.due.channel, one.answer
    if isinstance(answer, Accepted):
        return
    if answer.kind is ErrorClass.CONFIG:
        log.error("channel paused", channel=channel, reason=answer.reason, code=answer.code)
        await flow.pause(connection, channel, str(answer), now)
    elif answer.kind in (ErrorClass.OPTED_OUT, ErrorClass.DEAD_NUMBER):
        refused = NumberRefused(opted_out=answer.kind is ErrorClass.OPTED_OUT)
        await follow(connection, mind, file, refused, now)
    elif one.row["state"] == "failed":
        await follow(connection, mind, file, SendFailed(f"a text could not be sent: {answer.reason}"), now)
