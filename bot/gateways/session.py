"""What SMPP and CMPP have in common: connections that are logged in, watched, made again, submitted to and heard."""

from __future__ import annotations

import asyncio
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime

import structlog
from prometheus_client import Gauge

from bot.gateways.base import (
    Accepted,
    Answer,
    Delivery,
    DeliveryReceipt,
    ErrorClass,
    Malformed,
    NotStored,
    Outgoing,
    Parsed,
    RawRequest,
    Refused,
    SendError,
    Take,
)
from bot.gateways.link import ANSWER, Link, NoAnswer, NotWritten, Pdu, Wire
from bot.gateways.payload import Unreadable
from bot.gateways.place import Place

log = structlog.get_logger()
BOUND = Gauge("huixin_connections", "Connections to gateways that are open and logged in", ["gateway", "host"])

CONNECT_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # before the next try; doubled each time
TESTS = 3  # unanswered ones after which a silent connection is given up
MOST_AT_ONCE = 500  # deliveries that wait for the store; more are told to come again
LEAVE_SECONDS = 2.0
RETRY_PART_SECONDS = 1.0
FINAL = (ErrorClass.OPTED_OUT, ErrorClass.DEAD_NUMBER, ErrorClass.PERMANENT)  # after which nothing is sent again


class SessionGateway(ABC):
    """One account at one operator. What the protocols differ in is below `# ---`, without I/O but for the log-in."""

    name: str
    wire: Wire
    SUBMIT: int
    TEST: int
    END: int
    DELIVER: int
    max_body_bytes = 0
    can_send = True
    free_text = True
    can_look_up = False
    adrift_seconds = 60.0
    pause_after_refusal = LONGEST_PAUSE  # accounts are locked after many wrong passwords

    def __init__(self, place: Place):
        self.place = place
        self.connections = place.connections
        self._links: list[Link] = []
        self._holders = 0
        self._alone_since = 0.0  # by the loop's clock
        self._refused: SendError | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._take: Take | None = None

    @property
    def can_submit(self) -> bool:
        """True with a connection, and where the log-in is refused: that is for the channel to know."""
        return bool(self._links) or self._refused is not None

    @property
    def adrift(self) -> bool:
        """True after a minute without a connection that somebody here tries to get."""
        alone = bool(self._holders) and not self._links
        return alone and asyncio.get_running_loop().time() - self._alone_since > self.adrift_seconds

    async def hold(self, take: Take, now: Callable[[], datetime]) -> None:
        """Keep one connection open until cancelled."""
        if not self._holders:
            self._alone_since = asyncio.get_running_loop().time()
        self._holders += 1
        try:
            await self._hold(take, now)
        finally:
            self._holders -= 1

    async def _hold(self, take: Take, now: Callable[[], datetime]) -> None:
        self._take = take
        pause = FIRST_PAUSE
        while True:
            link = None
            try:
                link = await self._connect(take, now)
                await self.log_in(link, now())
                self._refused = None
                pause = FIRST_PAUSE
                await self._keep(link)
            except ssl.SSLCertVerificationError:
                self._refused = SendError(ErrorClass.CONFIG, "the operator's certificate is not valid")
                log.error("certificate refused", gateway=self.name, host=self.place.host)
            except SendError as error:
                log.error(
                    "log-in refused", gateway=self.name, host=self.place.host, reason=error.reason, code=error.code
                )
                if error.kind is ErrorClass.CONFIG:
                    self._refused = error
                    pause = self.pause_after_refusal
            except (OSError, UnicodeError, NoAnswer, NotWritten) as error:
                self._refused = None
                log.warning("not connected", gateway=self.name, host=self.place.host, error=type(error).__name__)
            finally:
                if link is not None:
                    await self._leave(link)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def send(self, message: Outgoing, now: datetime) -> Accepted:
        """Submit the text, part by part. Only the last part asks for a receipt, and its id is the text's."""
        if message.valid_seconds < 1:
            raise SendError(ErrorClass.THROTTLED, "the time in which it may arrive is over")
        bodies = self.submits(message, now)
        link = min(self._links, key=lambda one: one.unanswered, default=None)
        if link is None:
            raise self._refused or SendError(ErrorClass.RETRYABLE, "there is no connection")
        deadline = asyncio.get_running_loop().time() + self.place.timeout_seconds
        provider_id = ""
        for number, body in enumerate(bodies):
            last = number == len(bodies) - 1
            provider_id = await self._submit(link, body, message.our_ref if last else "", deadline, number, len(bodies))
        return Accepted((provider_id,) if provider_id else ())

    async def _submit(self, link: Link, body: bytes, our_ref: str, deadline: float, number: int, parts: int) -> str:
        """Submit one part. Once the first is taken, no failure may let the whole text be sent again."""
        loop = asyncio.get_running_loop()
        late = (lambda pdu: self._heard_late(pdu, our_ref)) if our_ref else None
        while True:
            try:
                return self.taken(await link.ask(self.SUBMIT, body, deadline - loop.time(), late=late))
            except NoAnswer as error:
                raise SendError(ErrorClass.UNKNOWN, str(error)) from None
            except NotWritten as error:
                kind = ErrorClass.RETRYABLE if link.lost.done() else ErrorClass.THROTTLED
                failed = SendError(kind, str(error))
            except SendError as error:
                failed = error
            if not number or failed.kind in FINAL:
                raise failed
            if failed.kind is not ErrorClass.THROTTLED or loop.time() + RETRY_PART_SECONDS >= deadline:
                reason = f"{number} of {parts} parts were taken, then: {failed.reason}"
                raise SendError(ErrorClass.UNKNOWN, reason, failed.code)
            await asyncio.sleep(RETRY_PART_SECONDS)

    def _heard_late(self, pdu: Pdu, our_ref: str) -> None:
        """An answer after its time-out settles what became of an unknown text."""
        try:
            receipt = DeliveryReceipt(Delivery.QUEUED, self.taken(pdu), our_ref)
        except SendError as error:
            kind = error.kind if error.kind in FINAL else ErrorClass.PERMANENT  # too late for another try
            receipt = DeliveryReceipt(Delivery.FAILED, "", our_ref, error.code, kind)
        if self._take is not None:
            self._start(self._store(self._take, Parsed(receipts=(receipt,)), b"", lambda stored: None))

    async def _connect(self, take: Take, now: Callable[[], datetime]) -> Link:
        place = self.place
        async with asyncio.timeout(CONNECT_SECONDS):
            _, link = await asyncio.get_running_loop().create_connection(
                lambda: Link(self.wire, place.window, lambda link, pdu: self._on_request(link, pdu, take, now)),
                place.host,
                place.port,
                ssl=ssl.create_default_context() if place.tls else None,
            )
        return link

    async def _keep(self, link: Link) -> None:
        """Watch over a connection until it is lost."""
        self._links.append(link)
        link.open()
        BOUND.labels(self.name, self.place.host).inc()
        log.info("connected", gateway=self.name, host=self.place.host)
        loop = asyncio.get_running_loop()
        silent = 0
        while not link.lost.done():
            quiet_until = link.heard_at + self.place.test_seconds
            if loop.time() < quiet_until:
                silent = 0
                await asyncio.wait((link.lost,), timeout=quiet_until - loop.time())
                continue
            try:
                await link.ask(self.TEST, b"", self.place.test_seconds, windowed=False)
            except (NoAnswer, NotWritten):
                silent += 1
                if silent >= TESTS:
                    link.drop("silent")
        log.warning("connection lost", gateway=self.name, host=self.place.host, reason=link.lost.result())

    async def _leave(self, link: Link) -> None:
        """Let what is under way be answered on both sides, say goodbye, hang up."""
        if self._submit_no_more(link):
            await link.settle(LEAVE_SECONDS)
            if self._tasks and not link.lost.done():
                await asyncio.wait(self._tasks, timeout=LEAVE_SECONDS)
            with suppress(NoAnswer, NotWritten):
                await link.ask(self.END, b"", LEAVE_SECONDS, windowed=False)
        link.drop("we hung up")

    def _submit_no_more(self, link: Link) -> bool:
        """Whether texts went over this connection until now."""
        if link not in self._links:
            return False
        self._links.remove(link)
        self._alone_since = asyncio.get_running_loop().time()
        BOUND.labels(self.name, self.place.host).dec()
        return True

    def _on_request(self, link: Link, pdu: Pdu, take: Take, now: Callable[[], datetime]) -> None:
        if pdu.command == self.DELIVER:
            if len(self._tasks) < MOST_AT_ONCE:
                self._start(self._arrived(link, pdu, take, now()))
            else:
                self._answer(link, pdu, stored=False)
        elif pdu.command == self.END:
            self._submit_no_more(link)
            link.write(Pdu(pdu.command | ANSWER, pdu.sequence))
            asyncio.get_running_loop().call_later(LEAVE_SECONDS, link.drop, "the peer took leave")
        elif (answer := self.answer_to(pdu)) is not None:
            link.write(answer)

    async def _arrived(self, link: Link, pdu: Pdu, take: Take, now: datetime) -> None:
        """Hand over what arrived, and answer once it is stored."""
        try:
            parsed = self.read(pdu, now)
        except (Unreadable, Malformed) as error:
            parsed = Parsed(unreadable=(str(error),))
        except Exception:
            log.exception("a PDU broke its reader", gateway=self.name)
            parsed = Parsed(unreadable=("the reader failed",))
        await self._store(take, parsed, self.wire.pack(pdu), lambda stored: self._answer(link, pdu, stored))

    async def _store(self, take: Take, parsed: Parsed, octets: bytes, then: Callable[[bool], None]) -> None:
        try:
            await take(parsed, octets)
        except Exception as error:
            if not isinstance(error, NotStored):
                log.exception("not taken", gateway=self.name)
            then(False)
        else:
            then(True)

    def _answer(self, link: Link, pdu: Pdu, stored: bool) -> None:
        answer = self.delivered(pdu, stored=stored)
        if answer is not None:
            link.write(answer)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def verify(self, request: RawRequest, now: datetime) -> None:
        """There are no webhooks here."""
        raise Refused("this gateway takes no webhooks")

    def parse(self, request: RawRequest) -> Parsed:
        """There are no webhooks here."""
        raise Malformed("this gateway takes no webhooks")

    def accepted(self) -> Answer:
        """There are no webhooks here."""
        return Answer(404)

    def refused(self, status: int) -> Answer:
        """There are no webhooks here."""
        return Answer(404)

    async def look_up(self, our_ref: str, now: datetime) -> Accepted | None:
        """Not here: neither protocol finds a text by our reference."""
        raise SendError(ErrorClass.CONFIG, "this channel cannot look up (can_look_up is false)")

    async def close(self) -> None:
        """Hang up on whoever is still there."""
        for link in self._links:
            link.drop("closed")

    # --- what a protocol says for itself

    @abstractmethod
    async def log_in(self, link: Link, now: datetime) -> None:
        """Log in; raise SendError with CONFIG where our own account is refused, RETRYABLE otherwise."""

    @abstractmethod
    def submits(self, message: Outgoing, now: datetime) -> Sequence[bytes]:
        """The bodies of the requests that carry a text; raise SendError where it cannot go out in this protocol."""

    @abstractmethod
    def taken(self, answer: Pdu) -> str:
        """The provider's id of a part that was taken; raise SendError where it was not."""

    @abstractmethod
    def read(self, pdu: Pdu, now: datetime) -> Parsed:
        """What a delivery brought; raise Unreadable where it says nothing."""

    @abstractmethod
    def delivered(self, pdu: Pdu, *, stored: bool) -> Pdu | None:
        """The answer to a delivery; None: silence."""

    @abstractmethod
    def answer_to(self, pdu: Pdu) -> Pdu | None:
        """The answer to any other request, a test of the connection among them; None: silence."""
