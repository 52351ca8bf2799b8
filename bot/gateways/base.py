"""The contract of a gateway: raw request in, messages and receipts out; a text in, an acceptance out.

A gateway never touches the database and never reads the clock: `now` is an argument.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable


class ErrorClass(StrEnum):
    """What a failed send means for the row that failed."""

    RETRYABLE = "retryable"  # transient: back off and try again
    THROTTLED = "throttled"  # later, not counted as an attempt
    OPTED_OUT = "opted_out"  # the provider knows that this number refused: never again
    DEAD_NUMBER = "dead_number"  # nobody has this number: stop it, and ask for another
    PERMANENT = "permanent"  # this content, or this way to this number, will never go
    CONFIG = "config"  # our credentials, balance or registration: pause the channel, burn no message
    UNKNOWN = "unknown"  # written to the wire, no answer: never resend blindly


class SendError(Exception):
    """A gateway did not take the message; `kind` says what to do, `code` is the provider's own."""

    def __init__(self, kind: ErrorClass, reason: str, code: str = "", retry_after_seconds: float | None = None):
        super().__init__(f"{kind}: {reason}" + (f" [{code}]" if code else ""))
        self.kind = kind
        self.reason = reason
        self.code = code
        self.retry_after_seconds = retry_after_seconds


class Refused(Exception):
    """Not from the provider: bad or missing signature, stale, or the wrong path token (401)."""


class Malformed(Exception):
    """The request is authentic, but cannot be read: kept as a dead letter and acknowledged (200)."""


class NotStored(Exception):
    """What arrived could not be stored just now, so the provider must send it again."""


class Delivery(StrEnum):
    """Where an outgoing text stands; only moves forward."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A webhook request as it came: header names lower-cased, `body` untouched, `query` decoded, in order.

    `public_url` is the configured public address of this path, never built from the Host header;
    `raw_query` is what followed the `?`, undecoded, because some providers sign it as it was written.
    """

    method: str
    public_url: str
    path_token: str
    headers: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    body: bytes
    remote: str = ""
    raw_query: str = ""


class Part(NamedTuple):
    """Which piece of a long text this is: `number` from 1 to `total`, all under one `reference`.

    A reference is only unique for a while, and only between one sender and one destination. The store joins the parts.
    A character that was cut in two, half a surrogate pair on either side, is kept as halves: joining makes it whole.
    """

    reference: str
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class InboundSms:
    """One reply in the normal form. `provider_id` is empty where the provider gives none."""

    sender: str  # as the provider wrote it, normalised to E.164 by the receiver
    destination: str
    text: str
    provider_id: str = ""
    provider_at: datetime | None = None  # aware UTC; None where the provider gives no time
    provider_opted_out: bool = False  # the carrier already took and answered an opt-out
    part: Part | None = None  # of a long text that came in pieces; None where this is all of it


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """One delivery report in the normal form; matched by our reference first, else by the provider's id."""

    status: Delivery
    provider_id: str = ""
    our_ref: str = ""
    code: str = ""
    kind: ErrorClass | None = None  # set for undelivered and failed
    provider_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """All that one request carried, and what could not be read in it (each a dead letter).

    `kept` is what those looked like, where no request of the provider's holds them.
    """

    messages: tuple[InboundSms, ...] = ()
    receipts: tuple[DeliveryReceipt, ...] = ()
    unreadable: tuple[str, ...] = ()
    kept: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider wants to hear. No text that a carrier could forward to a customer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A text ready for the wire: E.164 recipient, final wording, how long it may wait at the provider."""

    our_ref: str
    to: str
    text: str
    valid_seconds: int
    template: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


def check_outgoing(can_send: bool, message: Outgoing) -> None:
    """Raise SendError where a channel only receives, or where the time in which a text may arrive is over."""
    if not can_send:
        raise SendError(ErrorClass.CONFIG, "this channel only receives (can_send is false)")
    if message.valid_seconds < 1:
        raise SendError(ErrorClass.THROTTLED, "the time in which it may arrive is over")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the text. One id per segment where the provider splits."""

    provider_ids: tuple[str, ...]
    status: Delivery = Delivery.QUEUED


class Gateway(Protocol):
    """A provider. Built from a channel's configuration; closed once at the end."""

    name: str
    max_body_bytes: int
    can_send: bool  # False: this channel only receives
    free_text: bool  # False: only approved templates with parameters leave
    can_look_up: bool  # False: only a receipt can tell what became of a text

    def verify(self, request: RawRequest, now: datetime) -> None:
        """Raise Refused unless the request is the provider's and fresh. Any active secret may sign."""

    def parse(self, request: RawRequest) -> Parsed:
        """Read an authentic request; raise Malformed where nothing in it can be read."""

    def accepted(self) -> Answer:
        """The answer to a request that was stored (or was stored before)."""

    def refused(self, status: int) -> Answer:
        """The answer to a request that was not stored, with this status; it never reaches a customer."""

    async def send(self, message: Outgoing, now: datetime) -> Accepted:
        """Hand over one text; raise SendError where the provider did not take it."""

    async def look_up(self, our_ref: str, now: datetime) -> Accepted | None:
        """What became of a text. None: the provider has never seen this reference, so it may be sent again.

        Raise SendError where the provider cannot say, whatever its kind: the text stays as unknown as it was.
        """

    async def close(self) -> None:
        """Release connections."""


@runtime_checkable
class Checked(Gateway, Protocol):
    """A gateway that can be tried without sending anything."""

    async def check(self, now: datetime) -> str:
        """Ask the provider something harmless with our own account; say what that showed. Raise SendError."""


@runtime_checkable
class Polled(Gateway, Protocol):
    """A gateway that can be asked what its webhooks should have brought."""

    @property
    def can_poll(self) -> bool:
        """Whether this channel is configured for it."""

    async def missed(self, since: datetime, now: datetime) -> Parsed:
        """All replies and reports since then, webhook or not, as the webhook would have said them.

        Raise SendError where the provider does not tell; what it gives out only once is returned all the same.
        """


Take = Callable[[Parsed, bytes], Awaitable[None]]


@runtime_checkable
class Session(Gateway, Protocol):
    """A gateway that holds a connection instead of answering webhooks.

    `send` submits over the connections that this process holds: RETRYABLE where there is none, UNKNOWN where a text
    was written and no answer came.
    """

    connections: int  # how many the provider allows at a time, all our processes together

    @property
    def can_submit(self) -> bool:
        """Whether `send` can do better here and now than say that there is no connection."""

    @property
    def adrift(self) -> bool:
        """Whether this process has tried for a minute to get a connection, in vain."""

    async def hold(self, take: Take, now: Callable[[], datetime]) -> None:
        """Keep one connection open, again and again, until cancelled; then take leave and close it.

        What arrives goes to `take` with the octets that it came in. It is acknowledged once `take` has returned, which
        is after the commit; where `take` raises NotStored, the provider is told to send it again.
        """
