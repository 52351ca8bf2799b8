"""Simulated phones behind a real Kannel: what the demonstration shows has gone through bearerbox and smsbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Self

from bot.gateways.kannel import KannelGateway
from bot.gateways.kannel_boxes import Kannel
from bot.gateways.kannel_phones import KannelPhones
from bot.gateways.simulator import Phone, Received


class KannelCarrier:
    """A Kannel of our own with phones on its fake SMSC."""

    def __init__(self, kannel: Kannel, now: Callable[[], datetime]):
        self._kannel, self._now = kannel, now
        self._line = KannelPhones(kannel.phones_port, self._arrived)
        self._phones: dict[str, Phone] = {}

    @classmethod
    @asynccontextmanager
    async def start(cls, folder: Path, hook: str, after: int, now: Callable[[], datetime]) -> AsyncIterator[Self]:
        """Run one on free ports after `after` that fetches replies to `hook`, and end it; raise KannelMissing where
        it cannot be run."""
        kannel = Kannel(folder, hook, after)
        kannel.configure()
        try:
            await kannel.start()
            carrier = cls(kannel, now)
            reading = asyncio.create_task(carrier._line.run())
            try:
                yield carrier
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
        finally:
            await kannel.stop()

    def gateway(self, number: str) -> KannelGateway:
        """What sends from this number through it, and reads what it fetches."""
        path_token = self._kannel.hook.rpartition("/")[2]
        return KannelGateway.from_options({"path_token": path_token, "from_number": number, **self._kannel.options()})

    def phone(self, number: str) -> Phone:
        """The phone with this number."""
        return self._phones.setdefault(number, Phone(number))

    async def phone_replies(self, number: str, text: str, to: str, now: datetime) -> int:
        """Text the bank; 202 where Kannel has it, 503 where it cannot be reached."""
        try:
            await self._line.text(number, to, text)
        except (OSError, TimeoutError):
            return 503
        return 202

    def _arrived(self, sender: str, to: str, text: str) -> None:
        self.phone(to).inbox.append(Received(text, self._now(), ""))
