"""A small China Mobile gateway (ISMG), written from the protocol's tables and sharing no code with ours.

It can misbehave: hand out its octets in crumbs, answer late or not at all, hang up, report before it has answered.
"""

from __future__ import annotations

import asyncio
import hashlib
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

SP_ID, SECRET = "901234", "s3cret"
# CMPP_SUBMIT: field and format in 2.0; 3.0 has longer numbers, each followed by its type.
SUBMIT = (
    ("Msg_Id", "Q"), ("Pk_total", "B"), ("Pk_number", "B"), ("Registered_Delivery", "B"), ("Msg_level", "B"),
    ("Service_Id", "10s"), ("Fee_UserType", "B"), ("Fee_terminal_Id", "21s"), ("TP_pId", "B"), ("TP_udhi", "B"),
    ("Msg_Fmt", "B"), ("Msg_src", "6s"), ("FeeType", "2s"), ("FeeCode", "6s"), ("ValId_Time", "17s"),
    ("At_Time", "17s"), ("Src_Id", "21s"), ("DestUsr_tl", "B"), ("Dest_terminal_Id", "21s"), ("Msg_Length", "B"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """A CMPP_SUBMIT as it was read, number by number from the table."""

    id: int
    pk: tuple[int, int]
    wants_report: int
    service_id: str
    fee: tuple[int, str, str]
    udhi: int
    fmt: int
    msg_src: str
    valid: str
    src_id: str
    to: str
    content: bytes


@dataclass(slots=True)
class Faults:
    """What goes wrong."""

    crumbs: int = 0  # octets that are written at a time
    delay: float = 0.0  # seconds before each answer
    delays: Callable[[Taken], bool] = lambda taken: True
    result: Callable[[Taken], int] = lambda taken: 0
    status: int = 0  # of the log-in
    proof: bytes | None = None  # instead of the right AuthenticatorISMG
    hang_up_at: int = 0  # after so many submits, unanswered
    hang_up_at_login: bool = False
    mute: Callable[[Taken], bool] = lambda taken: False
    report_first: bool = False
    deaf_to_tests: bool = False


@dataclass(slots=True)
class Ismg:
    """The gateway, and what it saw."""

    version: int
    port: int = 0
    faults: Faults = field(default_factory=Faults)
    logins: list[bytes] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    tests: int = 0
    farewells: int = 0
    most_unanswered: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _unanswered: int = 0
    _sequence: int = 1000
    _answers: dict[int, asyncio.Future[int]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.writers.append(writer)
        try:
            while True:
                size, command, sequence = struct.unpack("!III", await reader.readexactly(12))
                await self._one(writer, command, sequence, await reader.readexactly(size - 12))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _one(self, writer: asyncio.StreamWriter, command: int, sequence: int, body: bytes) -> None:
        match command:
            case 0x1 if self.faults.hang_up_at_login:
                writer.transport.abort()
            case 0x1:
                self.logins.append(body)
                await self.write(writer, 0x80000001, sequence, self._connected(body))
            case 0x4:
                taken = self._read(body)
                self.taken.append(taken)
                self._unanswered += 1
                self.most_unanswered = max(self.most_unanswered, self._unanswered)
                task = asyncio.create_task(self._answer(writer, sequence, taken))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            case 0x8:
                self.tests += 1
                if not self.faults.deaf_to_tests:
                    await self.write(writer, 0x80000008, sequence, b"\0")
            case 0x2:
                self.farewells += 1
                await self.write(writer, 0x80000002, sequence, b"")
            case 0x80000005 | 0x80000008 if sequence in self._answers:
                self._answers.pop(sequence).set_result(int.from_bytes(body[8:], "big"))

    async def _answer(self, writer: asyncio.StreamWriter, sequence: int, taken: Taken) -> None:
        faults = self.faults
        if faults.hang_up_at and len(self.taken) >= faults.hang_up_at:
            writer.transport.abort()
            return
        if faults.report_first:
            await self.report(taken.id, b"DELIVRD", wait=False)
        if faults.delay and faults.delays(taken):
            await asyncio.sleep(faults.delay)
        self._unanswered -= 1
        if not faults.mute(taken):
            form = "!QI" if self.version == 0x30 else "!QB"
            await self.write(writer, 0x80000004, sequence, struct.pack(form, taken.id, faults.result(taken)))

    def _connected(self, body: bytes) -> bytes:
        source, proof, version, stamp = struct.unpack("!6s16sBI", body)
        right = hashlib.md5(source + b"\0" * 9 + SECRET.encode() + b"%010d" % stamp).digest()
        status = self.faults.status or (0 if proof == right else 3) or (0 if version <= self.version else 4)
        said = struct.pack("!I" if self.version == 0x30 else "!B", status)
        mine = self.faults.proof or hashlib.md5(said + proof + SECRET.encode()).digest()
        return said + mine + bytes([self.version])

    def _read(self, body: bytes) -> Taken:
        read, at = {}, 0
        for name, form in SUBMIT:
            number = name.endswith("terminal_Id")
            form = "32s" if number and self.version == 0x30 else form
            read[name] = struct.unpack_from("!" + form, body, at)[0]
            at += struct.calcsize("!" + form) + (number and self.version == 0x30)
        content = body[at : at + read["Msg_Length"]]
        assert len(body) == at + len(content) + (20 if self.version == 0x30 else 8), "a length that does not fit"
        assert read["DestUsr_tl"] == 1 and read["Msg_Id"] == 0 and read["At_Time"].strip(b"\0") == b""
        words = {name: value.rstrip(b"\0").decode() for name, value in read.items() if isinstance(value, bytes)}
        return Taken(
            0xB71A840000010000 + len(self.taken) + 1,
            (read["Pk_total"], read["Pk_number"]), read["Registered_Delivery"], words["Service_Id"],
            (read["Fee_UserType"], words["FeeType"], words["FeeCode"]), read["TP_udhi"], read["Msg_Fmt"],
            words["Msg_src"], words["ValId_Time"], words["Src_Id"], words["Dest_terminal_Id"], content,
        )  # fmt: skip

    async def write(self, writer: asyncio.StreamWriter, command: int, sequence: int, body: bytes) -> None:
        """A message, in crumbs if it must be."""
        octets = struct.pack("!III", 12 + len(body), command, sequence) + body
        step = self.faults.crumbs or len(octets)
        for start in range(0, len(octets), step):
            writer.write(octets[start : start + step])
            if self.faults.crumbs:
                await writer.drain()
                await asyncio.sleep(0)

    async def ask(self, command: int, body: bytes, wait: bool = True, within: float = 5) -> int:
        """Ask the newest connection, and return the result of the answer; -1 without waiting."""
        self._sequence += 1
        sequence = self._sequence
        if wait:
            self._answers[sequence] = asyncio.get_running_loop().create_future()
        await self.write(self.writers[-1], command, sequence, body)
        return await asyncio.wait_for(self._answers[sequence], within) if wait else -1

    def deliver_body(
        self, source: str, content: bytes, fmt: int = 8, id: int = 1, udhi: int = 0, report: int = 0
    ) -> bytes:
        """A CMPP_DELIVER by the table."""
        form = "!Q21s10sBBB32sBBB" if self.version == 0x30 else "!Q21s10sBBB21sBB"
        type_ = (0,) if self.version == 0x30 else ()
        head = struct.pack(form, id, b"10690001", b"", 0, udhi, fmt, source.encode(), *type_, report, len(content))
        return head + content + b"\0" * (20 if self.version == 0x30 else 8)

    async def says(self, source: str, text: str, id: int, within: float = 5) -> int:
        """A customer writes; the result of CMPP_DELIVER_RESP."""
        return await self.ask(0x5, self.deliver_body(source, text.encode("utf-16-be"), id=id), within=within)

    def report_content(self, id: int, stat: bytes, done: bytes = b"2611231001") -> bytes:
        """The content of a report by the table."""
        number = "32s" if self.version == 0x30 else "21s"
        return struct.pack(f"!Q7s10s10s{number}I", id, stat, b"2611231000", done, b"13900000000", 7)

    async def report(self, id: int, stat: bytes, wait: bool = True) -> int:
        """What became of a text."""
        body = self.deliver_body("13900000000", self.report_content(id, stat), 0, id ^ 1, report=1)
        return await self.ask(0x5, body, wait)

    async def test(self) -> int:
        """Test the connection from this side."""
        return await self.ask(0x8, b"")


@asynccontextmanager
async def ismg(version: int = 0x20, **faults: object) -> AsyncIterator[Ismg]:
    """Run one."""
    one = Ismg(version, faults=Faults(**faults))  # type: ignore[arg-type]
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        for writer in one.writers:
            writer.transport.abort()
        for task in list(one._tasks):
            task.cancel()
        await asyncio.sleep(0)
