"""Phones on the fake SMSC of a Kannel: a line of text for each SMS, both ways.

from to text words             as they are, with blanks
from to ucs2 %..               UTF-16BE, escaped (`ucs-2` on the way to a phone)
from to udh %.. data %..       a part of a long text, with its user data header; the coding is not told
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from bot.core.segments import Encoding, encoding_of
from bot.gateways.coding import part_of

Arrived = Callable[[str, str, str], None]  # from, to, text


class KannelPhones:
    """All phones of one fake SMSC, over one connection that is opened again whenever it breaks."""

    def __init__(self, port: int, arrived: Arrived):
        self.connected = asyncio.Event()
        self._port, self._arrived = port, arrived
        self._writer: asyncio.StreamWriter | None = None
        self._parts: dict[tuple[str, str, str], dict[int, bytes]] = {}

    async def run(self) -> None:
        """Take what arrives, until cancelled."""
        while True:
            with contextlib.suppress(OSError):
                reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
                self.connected.set()
                try:
                    async for line in reader:
                        self._take(line)
                finally:
                    self.connected.clear()
                    self._writer.close()
            await asyncio.sleep(0.1)

    async def text(self, sender: str, to: str, text: str) -> None:
        """Text from a phone; OSError where Kannel cannot be reached within two seconds."""
        await asyncio.wait_for(self.connected.wait(), 2.0)
        assert self._writer is not None
        self._writer.write(line_of(sender, to, text))
        await self._writer.drain()

    def _take(self, line: bytes) -> None:
        words = line.decode("utf-8", "replace").rstrip("\n").split(" ", 3)
        if len(words) < 4:  # the rest of a text with a line break, which the fake SMSC does not escape
            return
        sender, to, kind, rest = words
        if kind != "udh":
            self._arrived(sender, to, _words(kind, rest))
            return
        header, kind, rest = rest.split(" ", 2)
        part = part_of(unquote_to_bytes(header))
        if part is None:
            self._arrived(sender, to, _words(kind, rest))
            return
        parts = self._parts.setdefault((sender, to, part.reference), {})
        parts[part.number] = _octets(rest)
        if len(parts) == part.total:
            whole = b"".join(octets for _, octets in sorted(self._parts.pop((sender, to, part.reference)).items()))
            self._arrived(sender, to, _guessed(whole))


def line_of(sender: str, to: str, text: str) -> bytes:
    """An SMS from a phone, as one line. Line breaks have no place in plain words, so such a text goes as UCS-2."""
    if encoding_of(text) is Encoding.GSM7 and text.isascii() and text.isprintable() and text.strip() == text != "":
        return f"{sender} {to} text {text}\n".encode()
    escaped = "".join(f"%{octet:02x}" for octet in text.encode("utf-16-be", "replace"))
    return f"{sender} {to} ucs2 {escaped}\n".encode()


def _words(kind: str, rest: str) -> str:
    if kind == "text":
        return rest
    octets = _octets(rest)
    return octets.decode("utf-16-be", "replace") if kind == "ucs-2" else _guessed(octets)


def _octets(escaped: str) -> bytes:
    return unquote_to_bytes(escaped.replace("+", " "))


def _guessed(octets: bytes) -> str:
    """The line of a part does not say how its octets are coded: plain where all of it is printable, else UTF-16BE."""
    try:
        words = octets.decode("utf-8")
    except UnicodeDecodeError:
        words = ""
    return words if words.replace("\n", "").isprintable() and words else octets.decode("utf-16-be", "replace")
