"""A gateway that speaks just enough CMPP 2.0 to be measured against: it answers each text after so many milliseconds.

`python -m tests.bench.answering MILLISECONDS` prints its port, and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import struct
import sys
from typing import cast

import uvloop

SUBMIT, ANSWER = 4, 0x80000000
RESULT = {1: bytes(16) + b"\0\x20", 2: b"", 4: bytes(7) + b"\1\0", 8: b"\0"}  # status 0, no proof, version 2.0 …


class Answering(asyncio.Protocol):
    """One connection."""

    def __init__(self, seconds: float):
        self._seconds, self._buffer = seconds, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._buffer += data
        at, answers, late = 0, b"", b""
        while len(self._buffer) - at >= 12:
            length, command, sequence = struct.unpack_from("!III", self._buffer, at)
            if len(self._buffer) - at < length:
                break
            body = bytes(1) + RESULT[command] if command == 1 else RESULT[command]
            answer = struct.pack("!III", 12 + len(body), command | ANSWER, sequence) + body
            answers, late = (answers, late + answer) if command == SUBMIT else (answers + answer, late)
            at += length
        self._buffer = self._buffer[at:]
        self._transport.write(answers)
        if late:
            asyncio.get_running_loop().call_later(self._seconds, self._transport.write, late)


async def _serve(seconds: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answering(seconds), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(_serve(float(sys.argv[1]) / 1000))
