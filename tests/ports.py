"""Ports that must be known before a server listens on them, and that nobody else is given meanwhile.

They lie below those that the system hands out to connections and to whoever asks for port 0. Each pytest process has
two hundred of its own: it listens on the first for as long as it lives, and so no other process takes the rest.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle

FIRST, EACH, LAST = 20_000, 200, 32_000
APART = 10


def free_port() -> int:
    """A port of this process's own on which nobody listens, and nine more behind it that are given to nobody."""
    for _ in range(EACH // APART):
        port = next(_own())
        if (server := _listen(port)) is not None:
            server.close()
            return port
    raise RuntimeError("tests left servers running on all ports of their own")


@cache
def _own() -> Iterator[int]:
    for first in range(FIRST, LAST, EACH):
        if (lock := _listen(first)) is not None:
            lock.detach()  # open until this process ends
            return cycle(range(first + APART, first + EACH, APART))
    raise RuntimeError(f"no ports left from {FIRST} to {LAST}")


def _listen(port: int) -> socket.socket | None:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        return None
