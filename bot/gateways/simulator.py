"""A gateway whose carrier and phones live in memory: to demonstrate, to test, and to rehearse failures."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Self

import aiohttp

from bot.gateways.base import Accepted, Answer, Delivery, ErrorClass, Outgoing, Parsed, RawRequest, SendError
from bot.gateways.events import write_event
from bot.gateways.generic import GenericGateway
from bot.gateways.http import Http
from bot.gateways.options import Option, OptionError, read_options, web_address
from bot.gateways.sign import sign_generic, standard_key

Deliver = Callable[[bytes, Mapping[str, str]], Awaitable[int]]  # posts a webhook; the HTTP status, 0 for no answer

Reports = tuple[tuple[datetime, Delivery], ...]  # what a text comes to, and when

RETRY_AFTER = timedelta(seconds=5)  # a webhook that was not answered with 2xx comes again

OPTIONS = (
    Option("secret", "the whsec_… secret that signs its webhooks", required=True, secret=True),
    Option("callback_url", "this channel's webhook address, where replies and reports are posted", required=True),
    Option("seed", "a word; the same word makes the same faults", default="0"),
)


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong, as shares from 0 to 1 of all sends or webhooks; 1 means always."""

    fail: Mapping[ErrorClass, float] = field(default_factory=dict)  # not taken; unknown: no answer, no text
    lost_answer: float = 0.0  # the text arrives, but our side hears nothing: unknown
    undelivered: float = 0.0  # taken, then reported as undelivered
    early_receipt: float = 0.0  # the reports come before the answer to the send
    duplicate: float = 0.0  # a webhook comes twice
    reorder: float = 0.0  # a webhook waits for deliver_receipts, and comes in any order
    delay_seconds: float = 0.0  # the longest time that a webhook is on its way
    retry_after_seconds: float = 60.0  # what a throttled send is told
    refused_numbers: frozenset[str] = frozenset()  # opted out at the carrier
    dead_numbers: frozenset[str] = frozenset()  # no such number


@dataclass(frozen=True, slots=True)
class Received:
    """A text as it arrived on a phone."""

    text: str
    at: datetime
    our_ref: str


@dataclass(slots=True)
class Phone:
    """A customer's phone: `inbox` in order of arrival."""

    number: str
    inbox: list[Received] = field(default_factory=list)


@dataclass(slots=True)
class Webhook:
    """A webhook on its way. Its id stays the same over attempts; its signature does not."""

    due_at: datetime
    webhook_id: str
    body: bytes


class Simulator:
    """Speaks the generic contract. The same seed and calls give the same outcome, in any order of sends."""

    name = "simulator"
    max_body_bytes = GenericGateway.max_body_bytes
    can_send = True
    free_text = True
    can_look_up = True

    def __init__(self, secret: str, deliver: Deliver, faults: Faults | None = None, seed: str | int = 0):
        self.faults = faults or Faults()
        self.on_the_way: list[Webhook] = []
        self._secret = secret
        self._deliver = deliver
        self._seed = seed
        self._webhooks = GenericGateway([secret])
        self._phones: dict[str, Phone] = {}
        self._opted_out: set[str] = set()
        self._counts: dict[str, int] = {}
        self._taken: dict[str, tuple[str, Reports]] = {}  # our reference to the provider's id
        self._http: Http | None = None

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build one that posts its webhooks to callback_url; raise OptionError where it cannot work."""
        values = read_options(cls.name, OPTIONS, given)
        try:
            standard_key(values["secret"])
        except ValueError as error:
            raise OptionError(f"simulator: option secret: {error}") from None
        http = Http()
        url = web_address(cls.name, "callback_url", values["callback_url"])

        async def post(body: bytes, headers: Mapping[str, str]) -> int:
            return (await http.post(url, body, {**headers, "content-type": "application/json"})).status

        simulator = cls(values["secret"], post, seed=values["seed"])
        simulator._http = http
        return simulator

    def phone(self, number: str) -> Phone:
        """The phone with this number, which exists from the first time that it is asked for."""
        return self._phones.setdefault(number, Phone(number))

    async def phone_replies(
        self,
        number: str,
        text: str,
        to: str,
        now: datetime,
        *,
        message_id: str = "",
        opted_out: bool = False,
    ) -> int:
        """Post a customer's reply; the answer's status, 0 where there was none or it is still on its way.

        `message_id` repeats an earlier reply. `opted_out`: the carrier knows that this is an opt-out, and
        takes no more texts for the number.
        """
        if opted_out:
            self._opted_out.add(number)
        message_id = message_id or self._next_id("mo", number, to, text, now.isoformat())
        fields: dict[str, object] = {"id": message_id, "from": number, "to": to, "text": text}
        if opted_out:
            fields["opted_out"] = True
        body = write_event("message.received", now, {**fields, "received_at": now.isoformat()})
        return await self._emit(Webhook(now, f"evt_{message_id}", body), now)

    async def send(self, message: Outgoing, now: datetime) -> Accepted:
        """Take a text, or fail as the faults say; what is taken is in the phone's inbox at once."""
        attempt = self._next_id("mt", message.our_ref)
        chance = self._chance(attempt)
        if message.to in self.faults.refused_numbers or message.to in self._opted_out:
            raise SendError(ErrorClass.OPTED_OUT, "this number refused", "sim-opted-out")
        if message.to in self.faults.dead_numbers:
            raise SendError(ErrorClass.DEAD_NUMBER, "no such number", "sim-dead")
        draw = chance.random()
        for kind, share in self.faults.fail.items():
            draw -= share
            if draw < 0:
                wait = self.faults.retry_after_seconds if kind is ErrorClass.THROTTLED else None
                raise SendError(kind, "as the faults say", f"sim-{kind}", wait)
        delivered = chance.random() >= self.faults.undelivered
        lost, early = chance.random() < self.faults.lost_answer, chance.random() < self.faults.early_receipt
        if delivered:
            self.phone(message.to).inbox.append(Received(message.text, now, message.our_ref))
        reports = self._fate(delivered, chance, now)
        self._taken[message.our_ref] = (attempt, reports)
        await self._report(attempt, message.our_ref, reports, now, early)
        if lost:
            raise SendError(ErrorClass.UNKNOWN, "no answer", "sim-lost")
        return Accepted((attempt,))

    async def look_up(self, our_ref: str, now: datetime) -> Accepted | None:
        """What a text has come to by now; None where it was never taken, for want of a send or by a failure."""
        if our_ref not in self._taken:
            return None
        provider_id, reports = self._taken[our_ref]
        reached = [status for at, status in reports if at <= now]
        return Accepted((provider_id,), reached[-1] if reached else Delivery.QUEUED)

    async def deliver_receipts(self, now: datetime) -> int:
        """Post every webhook that is due, reports and held-back replies alike; how many got a 2xx."""
        due = sorted((w for w in self.on_the_way if w.due_at <= now), key=lambda w: w.due_at)
        if self.faults.reorder:
            self._chance("order", now.isoformat()).shuffle(due)
        self.on_the_way = [webhook for webhook in self.on_the_way if webhook.due_at > now]
        statuses = [await self._post(webhook, now) for webhook in due]
        return sum(200 <= status < 300 for status in statuses)

    def verify(self, request: RawRequest, now: datetime) -> None:
        """As the generic gateway does."""
        self._webhooks.verify(request, now)

    def parse(self, request: RawRequest) -> Parsed:
        """As the generic gateway does."""
        return self._webhooks.parse(request)

    def accepted(self) -> Answer:
        """As the generic gateway does."""
        return self._webhooks.accepted()

    def refused(self, status: int) -> Answer:
        """As the generic gateway does."""
        return self._webhooks.refused(status)

    async def close(self) -> None:
        """Release connections; what is in the phones stays."""
        if self._http is not None:
            await self._http.close()

    def _fate(self, delivered: bool, chance: Random, now: datetime) -> Reports:
        sent_at = now + timedelta(seconds=chance.uniform(0, self.faults.delay_seconds) / 2)
        done_at = sent_at + timedelta(seconds=chance.uniform(0, self.faults.delay_seconds) / 2)
        return (sent_at, Delivery.SENT), (done_at, Delivery.DELIVERED if delivered else Delivery.UNDELIVERED)

    async def _report(self, provider_id: str, our_ref: str, reports: Reports, now: datetime, early: bool) -> None:
        """Put the reports of a text on their way, or post them before the send is answered."""
        for due_at, status in reports:
            fields = {"id": provider_id, "ref": our_ref, "status": status, "at": due_at.isoformat()}
            if status is Delivery.UNDELIVERED:
                fields |= {"error_code": "sim-undelivered", "error_class": ErrorClass.RETRYABLE}
            body = write_event("message.status", due_at, fields)
            webhook = Webhook(due_at, f"evt_{provider_id}_{status}", body)
            if early:
                await self._post(webhook, now)
            else:
                self.on_the_way.append(webhook)

    async def _emit(self, webhook: Webhook, now: datetime) -> int:
        chance = self._chance("emit", webhook.webhook_id)
        webhook.due_at += timedelta(seconds=chance.uniform(0, self.faults.delay_seconds))
        if webhook.due_at > now or chance.random() < self.faults.reorder:
            self.on_the_way.append(webhook)
            return 0
        return await self._post(webhook, now)

    async def _post(self, webhook: Webhook, now: datetime) -> int:
        """Post it, perhaps twice, signed now; without a 2xx it comes again, as at a real carrier."""
        headers = sign_generic(self._secret, webhook.webhook_id, int(now.timestamp()), webhook.body)
        twice = self._chance("twice", webhook.webhook_id).random() < self.faults.duplicate
        status = 0
        for _ in range(2 if twice else 1):
            try:
                status = await self._deliver(webhook.body, headers)
            except (aiohttp.ClientError, OSError, TimeoutError, SendError):
                status = 0
        if not 200 <= status < 300:
            self.on_the_way.append(Webhook(now + RETRY_AFTER, webhook.webhook_id, webhook.body))
        return status

    def _next_id(self, *what: str) -> str:
        """An id that only differs between runs if what happens does; the second of the same gets another."""
        key = "\0".join((str(self._seed), *what))
        self._counts[key] = self._counts.get(key, 0) + 1
        return "sim_" + hashlib.sha256(f"{key}\0{self._counts[key]}".encode()).hexdigest()[:24]

    def _chance(self, *what: str) -> Random:
        """Luck that belongs to one event, so that the order of concurrent sends changes nothing."""
        return Random("\0".join((str(self._seed), *what)))  # noqa: S311
