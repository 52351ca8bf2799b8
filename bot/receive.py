"""Webhooks and deliveries: authenticate, parse, store once, and acknowledge only after the commit.

Handlers put rows in one bounded list; one flusher writes and commits all that wait, then every handler answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from aiohttp import web
from prometheus_client import Counter, Histogram

from bot.gateways.base import Answer, Malformed, NotStored, Parsed, RawRequest, Refused, Take
from bot.gateways.channel import Channel
from bot.store import inbox
from bot.store.inbox import DeadLetterRow, ReceiptRow, ReplyRow, Row, StrangerDefaults, e164
from bot.store.session import Database, StoreDown

log = structlog.get_logger()
WEBHOOKS = Counter(
    "huixin_webhooks_total", "Webhook requests and deliveries over connections, by outcome", ["channel", "outcome"]
)
SECONDS = Histogram("huixin_webhook_seconds", "From request to acknowledgement", ["channel"])
BATCH = 500  # rows that one commit takes at most
BODY_LIMIT = 1024 * 1024  # bytes; each gateway sets its own below this


class QueueFull(Exception):
    """More is arriving than the database takes; the gateway shall try again."""


@dataclass(slots=True)
class _Put:
    rows: Sequence[Row]
    done: asyncio.Future[None]


class Inbox:
    """Stores rows in group commits. `put` returns when its rows are committed and raises when they are not."""

    def __init__(
        self,
        database: Database,
        stranger: StrangerDefaults,
        wake: Callable[[], None],
        limit: int = 5000,
        is_urgent: Callable[[str], bool] = lambda _: False,
    ):
        self._database, self._stranger, self._wake, self._limit = database, stranger, wake, limit
        self._is_urgent = is_urgent
        self._waiting: list[_Put] = []
        self._size = 0
        self._arrived = asyncio.Event()
        self._stopping = False

    async def put(self, rows: Sequence[Row]) -> None:
        """Store these rows together; raise QueueFull or StoreDown where they are not stored."""
        if self._stopping or self._size + len(rows) > self._limit:
            raise QueueFull
        put = _Put([self._hurried(row) for row in rows], asyncio.get_running_loop().create_future())
        self._waiting.append(put)
        self._size += len(rows)
        self._arrived.set()
        await put.done

    def _hurried(self, row: Row) -> Row:
        """An opt-out and a cry for help wait for no other fragment."""
        if not isinstance(row, ReplyRow) or not (row.provider_opted_out or self._is_urgent(row.text)):
            return row
        return replace(row, at_once=True)

    async def run(self) -> None:
        """Flush until stopped; what waits when stopping is still stored."""
        while not (self._stopping and not self._waiting):
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._flush(self._take())

    def stop(self) -> None:
        """Take nothing more; `run` ends when all that waits is stored."""
        self._stopping = True
        self._arrived.set()

    def _take(self) -> list[_Put]:
        taken: list[_Put] = []
        size = 0
        while self._waiting and (not taken or size + len(self._waiting[0].rows) <= BATCH):
            taken.append(self._waiting.pop(0))
            size += len(taken[-1].rows)
        self._size -= size
        return taken

    async def _flush(self, puts: list[_Put]) -> None:
        try:
            async with self._database.write() as connection:
                await inbox.store(connection, [row for put in puts for row in put.rows], self._stranger)
        except Exception as error:
            if len(puts) > 1 and not isinstance(error, StoreDown):
                for put in puts:  # one bad row must not cost the others their place
                    await self._flush([put])
                return
            log.error("not stored", error=type(error).__name__, rows=sum(len(put.rows) for put in puts))
            for put in puts:
                if not put.done.done():
                    put.done.set_exception(StoreDown(type(error).__name__))
            return
        for put in puts:
            if not put.done.done():
                put.done.set_result(None)
        self._wake()


def mount(
    app: web.Application,
    channels: Mapping[str, Channel],
    box: Inbox,
    public_url: str,
    now: Callable[[], datetime],
    wall: Callable[[], datetime] | None = None,
) -> None:
    """Serve /hooks/{channel} and /hooks/{channel}/{token} for every channel.

    `wall`: the real time, where `now` is a demonstration's; a signature may be fresh by either.
    """
    hooks = web.Application(client_max_size=BODY_LIMIT)

    async def hook(request: web.Request) -> web.Response:
        channel = channels.get(request.match_info["channel"])
        if channel is None:
            return web.Response(status=404)
        with SECONDS.labels(channel.name).time():
            outcome, answer = await _receive(request, channel, box, public_url, now(), (wall or now)())
        WEBHOOKS.labels(channel.name, outcome).inc()
        return web.Response(
            status=answer.status, body=answer.body, headers={"Content-Type": answer.content_type} if answer.body else {}
        )

    for path in ("/{channel}", "/{channel}/{token}"):
        hooks.router.add_route("POST", path, hook)
        hooks.router.add_route("GET", path, hook)
    app.add_subapp("/hooks", hooks)


async def _receive(
    request: web.Request, channel: Channel, box: Inbox, public_url: str, now: datetime, wall: datetime
) -> tuple[str, Answer]:
    """One webhook; every way out is an answer that the gateway understands and that no customer could be sent."""
    gateway = channel.gateway
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        return "too_large", gateway.refused(413)
    if len(body) > gateway.max_body_bytes:
        return "too_large", gateway.refused(413)
    raw = RawRequest(
        method=request.method,
        public_url=public_url + request.raw_path,
        path_token=request.match_info.get("token", ""),
        headers={name.lower(): value for name, value in request.headers.items()},
        query=tuple(request.query.items()),
        raw_query=request.rel_url.raw_query_string,
        body=body,
        remote=request.remote or "",
    )
    try:
        try:
            gateway.verify(raw, now)
        except Refused:
            gateway.verify(raw, wall)
    except Refused as error:
        log.warning("webhook refused", channel=channel.name, reason=str(error))
        return "refused", gateway.refused(401)
    try:
        parsed = gateway.parse(raw)
        rows = _rows(parsed, channel, _kept(raw), now)
        outcome = "stored" if not parsed.unreadable else "partly_dead"
    except Malformed as error:
        rows = [DeadLetterRow(channel.name, str(error), _kept(raw), now)]
        outcome = "dead_letter"
    try:
        await box.put(rows)
    except QueueFull:
        return "queue_full", gateway.refused(503)
    except StoreDown:
        return "store_down", gateway.refused(503)
    return outcome, gateway.accepted()


def take_for(channel: Channel, box: Inbox, now: Callable[[], datetime]) -> Take:
    """What a gateway that holds a connection hands its arrivals to: it returns once they are committed."""

    async def take(parsed: Parsed, octets: bytes) -> None:
        outcome = "partly_dead" if parsed.unreadable else "stored"
        try:
            with SECONDS.labels(channel.name).time():
                await box.put(_rows(parsed, channel, octets.hex(), now()))
        except QueueFull:
            outcome = "queue_full"
            raise NotStored from None
        except StoreDown:
            outcome = "store_down"
            raise NotStored from None
        finally:
            WEBHOOKS.labels(channel.name, outcome).inc()

    return take


def _kept(raw: RawRequest) -> str:
    """All that was said in a request: some gateways say everything in the query."""
    query = f"?{raw.raw_query}\n" if raw.raw_query else ""
    return query + raw.body.decode("utf-8", "replace")


def _rows(parsed: Parsed, channel: Channel, kept: str, now: datetime) -> list[Row]:
    rows: list[Row] = [
        ReplyRow(
            channel=channel.line(message.destination),
            provider_id=message.provider_id,
            sender=e164(message.sender, channel.region),
            destination=message.destination[:64],
            text=message.text,
            provider_at=message.provider_at,
            provider_opted_out=message.provider_opted_out,
            received_at=now,
            part=message.part if message.part and message.part.total > 1 else None,
        )
        for message in parsed.messages
    ]
    rows += [
        ReceiptRow(channel.name, one.provider_id, one.our_ref, one.status, one.code, one.kind, now)
        for one in parsed.receipts
    ]
    if parsed.unreadable:
        reason = "; ".join(parsed.unreadable)[:2000]
        rows.append(DeadLetterRow(channel.name, reason, parsed.kept or kept, now))
    return rows
