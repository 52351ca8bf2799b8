"""Sends what is due: claim, ask the contact rules again, submit, note the outcome.

A text is marked as submitted before it goes and as sent after the gateway took it. If we die in between, nobody knows
whether it left: it is then unknown, and only a receipt or the gateway's own books may settle that, never a second try.
"""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from prometheus_client import Counter

from bot.core.calendar import local_day
from bot.core.contact import may_text, open_until
from bot.core.decision import Purpose
from bot.core.event import NumberRefused, SendFailed
from bot.core.overtaken import overtaken, still_answers
from bot.core.segments import count
from bot.core.strategy import reminder_slots
from bot.dialogues.responses import read_slots
from bot.gateways.base import Accepted, ErrorClass, Outgoing, SendError
from bot.gateways.channel import Channel
from bot.lines import closed, leave_shut, other_line, paces, shifted
from bot.mind import Mind
from bot.store import cases, outgoing
from bot.store.cases import File
from bot.store.outgoing import LEASE, Due, Matched
from bot.store.record import append_journal
from bot.store.session import Database
from bot.store.standing import note_failures
from bot.turn import follow

log = structlog.get_logger()
TEXTS = Counter("huixin_texts_total", "Texts by channel and outcome", ["channel", "outcome"])
ATTEMPTS = 5
BACKOFF = timedelta(seconds=30)  # doubled with each attempt
LONGEST_IN_QUEUE = timedelta(hours=4)
LOOK_AGAIN = timedelta(minutes=5)
GIVE_UP = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Ready:
    """A text that the rules allow, worded and marked as submitted."""

    due: Due
    file: File
    outgoing: Outgoing


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
        files = await cases.load(connection, sorted({row.customer_id for row in due}), started) if due else {}
        ready, stopped = await _prepare(connection, mind, channels, due, files, started, lease)
    if not due:
        return moved
    answers = await asyncio.gather(*(_submit(channels[one.due.channel], one.outgoing, now()) for one in ready))
    if ready:
        await _note(database, mind, channels, list(zip(ready, answers, strict=True)), now())
    return len(ready) + len(stopped) + moved


async def _prepare(
    connection: Any,
    mind: Mind,
    channels: Mapping[str, Channel],
    due: Sequence[Due],
    files: Mapping[int, File],
    now: datetime,
    lease: timedelta,
) -> tuple[list[Ready], list[dict[str, Any]]]:
    """Ask the rules about each row. What may not go stays visible with its reason; what may is marked as submitted.

    What may go but is beyond the channel's limit of this second stays as it is.
    """
    allowed: list[Ready] = []
    stopped, moves = [], []
    for row in due:
        if row.channel not in channels:
            stopped.append(_stopped(row, "held", f"channel {row.channel} is not configured", now + LOOK_AGAIN))
        elif (verdict := _ask_rules(mind, row, files[row.customer_id], now)) is not None:
            stopped.append(verdict)
            if verdict["state"] == "failed":
                await follow(connection, mind, files[row.customer_id], SendFailed(verdict["reason"]), now)
        elif isinstance(worded := _worded(mind, channels[row.channel], row, files[row.customer_id], now), str):
            other = other_line(row, channels)
            if other and not isinstance(_worded(mind, other, row, files[row.customer_id], now), str):
                moves.append(shifted(row, row.text, channels, worded, now))
                continue
            stopped.append(_without_template(row, worded, now))
            if row.reason != worded:
                await follow(connection, mind, files[row.customer_id], SendFailed(worded), now)
        else:
            allowed.append(Ready(row, files[row.customer_id], worded))
    wanted = Tally(one.due.channel for one in allowed)
    granted = await outgoing.grant(connection, wanted, paces(channels, now), now) if allowed else {}
    ready = []
    for one in allowed:
        if granted.get(one.due.channel, 0) > 0:
            granted[one.due.channel] -= 1
            ready.append(one)
    await outgoing.mark(connection, stopped)
    await outgoing.mark(connection, moves)
    await outgoing.mark(
        connection,
        [
            {
                "b_id": one.due.id, "state": "submitting", "reason": None, "lease_at": now + lease, "sent_at": now,
                "attempts": one.due.attempts + 1, "text": one.outgoing.text, "segments": count(one.outgoing.text).parts,
                "number_hash": one.file.number_hash, "answers": _still_answers(mind, one, now),
            }
            for one in ready
        ],
    )  # fmt: skip
    return ready, stopped


def _still_answers(mind: Mind, one: Ready, now: datetime) -> bool:
    case = one.file.case
    return still_answers(case, Purpose(one.due.purpose), mind.content.rules.contact_for(case), now)


def _ask_rules(mind: Mind, row: Due, file: File, now: datetime) -> dict[str, Any] | None:
    """What the rules make of a row at this moment; None where it may go."""
    purpose, case = Purpose(row.purpose), file.case
    if (reason := overtaken(case, purpose, row.author == "bot", row.queued_at, now)) is not None:
        return _stopped(row, "cancelled", reason, now)
    permission = may_text(case, purpose, mind.content.rules.contact_for(case), now, row.text)
    if permission.allowed:
        return None
    if permission.is_final:
        return _stopped(row, "failed", f"{permission.rule}: {permission.reason}", now)
    if permission.next_at is None or permission.is_hold:
        return _stopped(row, "cancelled", f"{permission.rule}: {permission.reason}", now)
    return _stopped(row, "held", f"{permission.rule}: {permission.reason}", permission.next_at)


def _without_template(row: Due, reason: str, now: datetime) -> dict[str, Any]:
    """Held while somebody may still add the template; what a person said, or what is a day old, has failed."""
    is_over = row.purpose == Purpose.AGENT or now - row.queued_at > GIVE_UP
    return _stopped(row, "failed" if is_over else "held", reason, now if is_over else now + LOOK_AGAIN)


def _stopped(row: Due, state: str, reason: str, due_at: datetime) -> dict[str, Any]:
    return {"b_id": row.id, "state": state, "reason": reason, "due_at": due_at}


def _worded(mind: Mind, channel: Channel, row: Due, file: File, now: datetime) -> Outgoing | str:
    """The text for the wire, or why this channel cannot say it.

    A reminder's figures are written now: days and amounts may have moved meanwhile.
    """
    case, text, responses = file.case, row.text, mind.content.responses
    purpose, slots = Purpose(row.purpose), read_slots(row.slots)
    if purpose is Purpose.REMINDER and row.response.startswith("reminder_"):
        slots = reminder_slots(case, local_day(now, case.zone))
        text = responses.render(row.response, case.language, slots, case.currency)
    rules = mind.content.rules.contact_for(case)
    ends = (open_until(case, purpose, rules, now) if rules else None, channel.closes_at(now))
    valid = min([LONGEST_IN_QUEUE, *(end - now for end in ends if end is not None)])
    message = Outgoing(row.our_ref, file.number, channel.signed(text), max(1, int(valid.total_seconds())))
    language = responses.language(case.language)
    template = channel.template(row.response, language)
    if template is not None:
        words = responses.words(language, slots, case.currency)
        if lacking := [one for _, one in template.params if one not in words]:
            return f"no-template: {row.response} ({language}) does not know {', '.join(lacking)}"
        return replace(message, template=template.code, params=template.fill(words))
    if channel.gateway.free_text:
        return message
    if row.response == "agent":
        return f"own-words: channel {channel.name} sends approved templates only, nothing that a person wrote"
    return f"no-template: {row.response} ({language}) has none on channel {channel.name}"


async def _submit(channel: Channel, message: Outgoing, now: datetime) -> Accepted | SendError:
    try:
        return await channel.gateway.send(message, now)
    except SendError as error:
        return error
    except Exception as error:
        log.exception("gateway broke", channel=channel.name)
        return SendError(ErrorClass.UNKNOWN, f"the adapter failed ({type(error).__name__})")


async def _note(
    database: Database,
    mind: Mind,
    channels: Mapping[str, Channel],
    outcomes: Sequence[tuple[Ready, Accepted | SendError]],
    now: datetime,
) -> None:
    """Write every outcome, its journal entry and what follows from it in one transaction, customers locked."""
    async with database.write() as connection:
        ids = sorted({one.due.customer_id for one, _ in outcomes})
        await cases.lock(connection, ids, skip_locked=False)
        files = await cases.load(connection, ids, now)
        rows, moves, entries = [], [], []
        for one, answer in outcomes:
            row = _outcome(one.due, answer, now)
            if row["state"] == "failed" and _is_over(answer) and other_line(one.due, channels):
                row = shifted(one.due, one.outgoing.text, channels, f"after {ATTEMPTS} tries: {answer}", now)
                moves.append(row)
                TEXTS.labels(one.due.channel, "moved").inc()
            else:
                rows.append({"b_id": one.due.id, **row})
                TEXTS.labels(one.due.channel, row["state"]).inc()
            content = {
                "our_ref": one.due.our_ref,
                "channel": one.due.channel,
                "text": one.outgoing.text,
                "state": row["state"],
                "reason": row["reason"],
            }
            entries.append((files[one.due.customer_id], "sent" if row["state"] == "sent" else "not_sent", content))
        await outgoing.mark(connection, rows)
        await outgoing.mark(connection, moves)
        failures = [(one.due.channel, str(answer)) for one, answer in outcomes if isinstance(answer, SendError)]
        await note_failures(connection, failures, now)
        await append_journal(connection, entries, now)
        gone = {row["b_id"] for row in moves}
        for one, answer in outcomes:
            if one.due.id not in gone:
                await _consequences(connection, mind, files[one.due.customer_id], one.due, answer, now)


def _is_over(answer: Accepted | SendError) -> bool:
    """Whether it was the channel that failed, rather than the number or the words."""
    return isinstance(answer, SendError) and answer.kind is ErrorClass.RETRYABLE


def _outcome(row: Due, answer: Accepted | SendError, now: datetime) -> dict[str, Any]:
    """What an answer makes of a row."""
    kept = {"provider_id": None, "delivery": None, "attempts": row.attempts + 1, "due_at": now, "sent_at": now}
    doubted = isinstance(answer, SendError) and answer.kind is ErrorClass.UNKNOWN
    kept["doubted_at"] = now if doubted else row.doubted_at
    if isinstance(answer, Accepted):
        first = answer.provider_ids[0] if answer.provider_ids else None
        return {**kept, "state": "sent", "reason": None, "provider_id": first, "delivery": answer.status}
    reason = str(answer)
    match answer.kind:
        case ErrorClass.UNKNOWN:
            return {**kept, "state": "unknown", "reason": reason, "due_at": now + LOOK_AGAIN / 10}
        case ErrorClass.THROTTLED | ErrorClass.CONFIG:
            wait = timedelta(seconds=answer.retry_after_seconds or 5)
            return {
                **kept,
                "state": "queued",
                "reason": reason,
                "attempts": row.attempts,
                "due_at": now + wait,
                "sent_at": None,
            }
        case ErrorClass.RETRYABLE if row.attempts + 1 < ATTEMPTS:
            return {
                **kept,
                "state": "queued",
                "reason": reason,
                "due_at": now + BACKOFF * 2**row.attempts,
                "sent_at": None,
            }
        case _:
            return {**kept, "state": "failed", "reason": reason, "sent_at": None}


async def _consequences(
    connection: Any, mind: Mind, file: File, row: Due, answer: Accepted | SendError, now: datetime
) -> None:
    """What a refusal means beyond its row: for the channel, for the number, for a person."""
    if isinstance(answer, Accepted):
        return
    if answer.kind is ErrorClass.CONFIG:
        log.error("channel paused", channel=row.channel, reason=answer.reason, code=answer.code)
        await outgoing.pause(connection, row.channel, str(answer), now)
    elif answer.kind in (ErrorClass.OPTED_OUT, ErrorClass.DEAD_NUMBER):
        refused = NumberRefused(opted_out=answer.kind is ErrorClass.OPTED_OUT)
        await follow(connection, mind, file, refused, now)
    elif _outcome(row, answer, now)["state"] == "failed":
        await follow(connection, mind, file, SendFailed(f"a text could not be sent: {answer.reason}"), now)


async def settle_unknown(
    database: Database, mind: Mind, channels: Mapping[str, Channel], now: datetime, limit: int = 50
) -> int:
    """Look up what may or may not have left. The gateway's word settles it; without one a person gets to know."""
    async with database.write() as connection:
        expired = await outgoing.expire_leases(connection, now)
        rows = await outgoing.unknowns(connection, now, limit)
    for row in rows:
        change = await _look_up(channels.get(row.channel), row, now)
        async with database.write() as connection:
            await cases.lock(connection, [row.customer_id], skip_locked=False)
            settled = await outgoing.settle(connection, row.id, change)
            if settled and (change["state"] == "failed" or change.get("delivery") in ("undelivered", "failed")):
                file = (await cases.load(connection, [row.customer_id], now))[row.customer_id]
                await follow(connection, mind, file, SendFailed(change["reason"] or "a text did not arrive"), now)
    return expired + len(rows)


async def _look_up(channel: Channel | None, row: Due, now: datetime) -> dict[str, Any]:
    if channel is not None and channel.gateway.can_look_up:
        try:
            found = await channel.gateway.look_up(row.our_ref, now)
        except SendError as error:
            log.warning("look-up failed", channel=row.channel, reason=error.reason)
        else:
            if found is None:
                state = "queued" if row.attempts < ATTEMPTS else "failed"
                return {"state": state, "reason": "the gateway never saw it", "due_at": now}
            first = found.provider_ids[0] if found.provider_ids else None
            return {"state": "sent", "reason": None, "delivery": found.status, "provider_id": first, "due_at": now}
    if now - (row.sent_at or row.queued_at) > GIVE_UP:
        return {"state": "failed", "reason": "nobody can say whether a text arrived", "due_at": now}
    return {"state": "unknown", "reason": "waiting for a receipt", "due_at": now + LOOK_AGAIN}


async def apply_receipts(database: Database, mind: Mind, now: datetime, limit: int = 500) -> int:
    """Match receipts to their texts; what the carrier knows of the number comes back into the file."""
    async with database.write() as connection:
        matched = await outgoing.match_receipts(connection, limit)
        await outgoing.note_receipts(connection, matched, now)
        if matched:
            files = await cases.load(connection, sorted({one.customer_id for one in matched}), now)
            entries = [
                (files[one.customer_id], "receipt", {"outbox": one.outbox_id, "status": one.status, "code": one.code})
                for one in matched
            ]
            await append_journal(connection, entries, now)
        for one in matched:
            await _learn(connection, mind, files[one.customer_id], one, now)
        expired = await outgoing.expire_receipts(connection, now - GIVE_UP, now)
    return len(matched) + expired


async def _learn(connection: Any, mind: Mind, file: File, one: Matched, now: datetime) -> None:
    """What a receipt says beyond its text: of the number that it went to, of the channel, to a person."""
    lost = one.status in ("undelivered", "failed")
    if one.delivery == one.status and one.kind not in (ErrorClass.OPTED_OUT, ErrorClass.DEAD_NUMBER):
        return  # told again, by a poll or in other words
    refused = one.kind == ErrorClass.OPTED_OUT or (one.kind == ErrorClass.DEAD_NUMBER and lost)
    if refused and one.number_hash not in (None, file.number_hash):
        # It went to a number that the customer no longer has: that number stops, not the one that came after it.
        reason = "opt_out" if one.kind == ErrorClass.OPTED_OUT else "number_dead"
        await outgoing.stop_number(connection, one.number_hash or "", reason, now)
    elif refused:
        await follow(connection, mind, file, NumberRefused(opted_out=one.kind == ErrorClass.OPTED_OUT), now)
    elif lost and one.kind in (ErrorClass.PERMANENT, ErrorClass.CONFIG):
        await follow(connection, mind, file, SendFailed(f"a text was not delivered [{one.code}]"), now)
    if (
        lost
        and one.kind == ErrorClass.CONFIG
        and not await outgoing.mended_since(connection, one.channel, one.sent_at or now)
    ):
        log.error("channel paused", channel=one.channel, reason="reports name a fault of ours", code=one.code)
        await outgoing.pause(connection, one.channel, f"config: reports name a fault of ours [{one.code}]", now)
