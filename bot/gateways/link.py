"""One open connection of numbered requests and answers, as SMPP and CMPP have it: frames, a window, time-outs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from struct import Struct
from typing import NamedTuple, cast

ANSWER = 0x80000000  # set in the command of every answer, in both protocols
NACK = 0x80000000  # SMPP's answer to a request that it could not read; CMPP has none
MOST_UNREAD = 256 * 1024  # octets that the peer may leave unread before we hang up
MOST_EARLY = 1024 * 1024  # octets that it may send before our log-in is through
MOST_LATE = 1000  # requests that were given up, but whose answer would still be heard


class Pdu(NamedTuple):
    """A request or an answer. `status` is SMPP's; CMPP has it in the body."""

    command: int
    sequence: int
    body: bytes = b""
    status: int = 0


class Wire(NamedTuple):
    """How a protocol frames its PDUs: length first, the sequence last in the header, and a limit to believe."""

    header: Struct
    longest: int  # octets of a whole PDU; a greater length is an attack or another protocol
    last_sequence: int

    def pack(self, pdu: Pdu) -> bytes:
        """The PDU as it goes over the wire."""
        length = self.header.size + len(pdu.body)
        status = (pdu.status,) if self.header.size == 16 else ()
        return self.header.pack(length, pdu.command, *status, pdu.sequence) + pdu.body

    def unpack(self, frame: bytes) -> Pdu:
        """A whole frame as a PDU."""
        _, command, *status, sequence = self.header.unpack_from(frame)
        return Pdu(command, sequence, frame[self.header.size :], *status)


class NotWritten(Exception):
    """The request never left: the window stayed full, or the connection was gone."""


class NoAnswer(Exception):
    """The request left, and no answer came in time or ever will."""


class Link(asyncio.Protocol):
    """A connection. `on_request` is told of each request of the peer's, in order, and must not wait."""

    def __init__(self, wire: Wire, window: int, on_request: Callable[[Link, Pdu], None]):
        loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[str] = loop.create_future()  # done, with the reason, once the connection is gone
        self.heard_at = loop.time()
        self._loop, self._wire, self._on_request = loop, wire, on_request
        self._window = asyncio.Semaphore(window)
        self._sequence = 0
        self._buffer = bytearray()
        self._early: list[Pdu] | None = []  # requests of a peer who has not taken our log-in yet
        self._early_octets = 0
        self._waiting: dict[int, tuple[int, asyncio.Future[Pdu]]] = {}  # by sequence: what was asked, and its answer
        self._late: dict[int, Callable[[Pdu], None]] = {}
        self._transport: asyncio.Transport | None = None

    def open(self) -> None:
        """The log-in was taken: from now on the peer's requests count, and those that came with its answer."""
        early, self._early = self._early or [], None
        for pdu in early:
            self._on_request(self, pdu)

    @property
    def unanswered(self) -> int:
        """How many requests of ours wait for an answer."""
        return len(self._waiting)

    async def ask(
        self,
        command: int,
        body: bytes,
        within: float,
        *,
        windowed: bool = True,
        late: Callable[[Pdu], None] | None = None,
    ) -> Pdu:
        """Send a request and return its answer, whatever it says, within so many seconds.

        At most half of them pass before it leaves, so that there is time for an answer. Raise NotWritten where nothing
        left, NoAnswer where nobody knows; an answer that comes later is told to `late`.
        """
        deadline = self._loop.time() + within
        if windowed:
            try:
                async with asyncio.timeout(within / 2):
                    await self._window.acquire()
            except TimeoutError:
                raise NotWritten("the window stayed full") from None
        try:
            return await self._ask(command, body, deadline, late)
        finally:
            if windowed:
                self._window.release()

    async def _ask(self, command: int, body: bytes, deadline: float, late: Callable[[Pdu], None] | None) -> Pdu:
        if self.lost.done():
            raise NotWritten("the connection is gone")
        self._sequence = sequence = self._sequence % self._wire.last_sequence + 1
        answer: asyncio.Future[Pdu] = self._loop.create_future()
        self._waiting[sequence] = command, answer
        self.write(Pdu(command, sequence, body))
        try:
            async with asyncio.timeout_at(deadline):
                return await answer
        except TimeoutError:
            if late is not None:
                while len(self._late) >= MOST_LATE:
                    del self._late[next(iter(self._late))]
                self._late[sequence] = late
            raise NoAnswer("no answer in time") from None
        finally:
            self._waiting.pop(sequence, None)

    async def settle(self, within: float) -> None:
        """Wait until every request that is under way has its answer, but not longer than this."""
        if self._waiting:
            await asyncio.wait([answer for _, answer in self._waiting.values()], timeout=within)

    def write(self, pdu: Pdu) -> None:
        """Write a request or an answer; a peer that reads nothing is hung up on. Without a connection: nothing."""
        if self._transport is None or self.lost.done():
            return
        self._transport.write(self._wire.pack(pdu))
        if self._transport.get_write_buffer_size() > MOST_UNREAD:
            self.drop("the peer does not read")

    def drop(self, reason: str) -> None:
        """Hang up at once."""
        if self._transport is not None:
            self._transport.abort()
        self._end(reason)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self._end(type(exc).__name__ if exc else "closed by the peer")

    def data_received(self, data: bytes) -> None:
        """Called by asyncio: read every whole PDU; what is left of the buffer is less than one."""
        self.heard_at = self._loop.time()
        self._buffer += data
        start, size = 0, self._wire.header.size
        while not self.lost.done() and len(self._buffer) - start >= size:
            length = int.from_bytes(self._buffer[start : start + 4])
            if not size <= length <= self._wire.longest:
                self.drop("a length that no PDU has")
                break
            if len(self._buffer) - start < length:
                break
            self._read(self._wire.unpack(bytes(self._buffer[start : start + length])))
            start += length
        del self._buffer[:start]

    def _read(self, pdu: Pdu) -> None:
        if not pdu.command & ANSWER:
            if self._early is None:
                self._on_request(self, pdu)
            elif self._early_octets < MOST_EARLY:
                self._early.append(pdu)
                self._early_octets += self._wire.header.size + len(pdu.body)
            else:
                self.drop("talks before the log-in")
        elif (waiting := self._waiting.get(pdu.sequence)) is not None:
            command, answer = waiting
            if pdu.command in (command | ANSWER, NACK) and not answer.done():
                answer.set_result(pdu)
        elif (late := self._late.pop(pdu.sequence, None)) is not None:
            late(pdu)

    def _end(self, reason: str) -> None:
        if self.lost.done():
            return
        self.lost.set_result(reason)
        self._buffer.clear()
        for _, answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(NoAnswer("the connection was lost"))
