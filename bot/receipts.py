"""What became of texts that left: receipts are matched, and what may or may not have left is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from bot.clearance import GIVE_UP, LOOK_AGAIN
from bot.core.event import NumberRefused, SendFailed
from bot.gateways.base import ErrorClass, SendError
from bot.gateways.channel import Channel
from bot.mind import Mind
from bot.send import ATTEMPTS
from bot.store import cases, flow, outgoing, receipts
from bot.store.cases import File
from bot.store.journal import append_journal
from bot.store.outgoing import Due
from bot.store.receipts import Matched
from bot.store.session import Database
from bot.turn import follow

log = structlog.get_logger()
LOST = ("undelivered", "failed")


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
            if settled and (change["state"] == "failed" or change.get("delivery") in LOST):
                file = (await cases.load(connection, [row.customer_id], now))[row.customer_id]
                await follow(connection, mind, file, SendFailed(change["reason"] or "a text did not arrive"), now)
    return expired + len(rows)


async def _look_up(channel: Channel | None, row: Due, now: datetime) -> dict[str, Any]:
    """What the gateway's own books make of a row."""
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
        matched = await receipts.match_receipts(connection, limit)
        await receipts.note_receipts(connection, matched, now)
        if matched:
            files = await cases.load(connection, sorted({one.customer_id for one in matched}), now)
            entries = [
                (files[one.customer_id], "receipt", {"outbox": one.outbox_id, "status": one.status, "code": one.code})
                for one in matched
            ]
            await append_journal(connection, entries, now)
        for one in matched:
            await _learn(connection, mind, files[one.customer_id], one, now)
        expired = await receipts.expire_receipts(connection, now - GIVE_UP, now)
    return len(matched) + expired


async def _learn(connection: Any, mind: Mind, file: File, one: Matched, now: datetime) -> None:
    """What a receipt says beyond its text: of the number that it went to, of the channel, to a person."""
    is_lost, opted_out = one.status in LOST, one.kind == ErrorClass.OPTED_OUT
    if one.delivery == one.status and not opted_out and one.kind != ErrorClass.DEAD_NUMBER:
        return  # told again, by a poll or in other words
    if opted_out or (one.kind == ErrorClass.DEAD_NUMBER and is_lost):
        if one.number_hash in (None, file.number_hash):
            await follow(connection, mind, file, NumberRefused(opted_out=opted_out), now)
        else:
            # It went to a number that the customer no longer has: that one stops, not the one that came after it.
            reason = "opt_out" if opted_out else "number_dead"
            await outgoing.stop_number(connection, one.number_hash or "", reason, now)
    if not is_lost:
        return
    if one.kind in (ErrorClass.PERMANENT, ErrorClass.CONFIG):
        await follow(connection, mind, file, SendFailed(f"a text was not delivered [{one.code}]"), now)
    if one.kind == ErrorClass.CONFIG and not await flow.mended_since(connection, one.channel, one.sent_at or now):
        log.error("channel paused", channel=one.channel, reason="reports name a fault of ours", code=one.code)
        await flow.pause(connection, one.channel, f"config: reports name a fault of ours [{one.code}]", now)
