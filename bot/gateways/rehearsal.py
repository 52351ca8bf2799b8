"""A provider whose webhooks are real and whose texts go to the simulator: nothing leaves the machine."""

from __future__ import annotations

from datetime import datetime

from bot.gateways.base import Accepted, Answer, Gateway, Outgoing, Parsed, RawRequest
from bot.gateways.simulator import Simulator


class Rehearsal:
    """Receives exactly as the provider does, signatures included; sends through the simulator."""

    can_send = True
    free_text = True

    def __init__(self, provider: Gateway, simulator: Simulator):
        self.name = provider.name
        self.max_body_bytes = provider.max_body_bytes
        self.can_look_up = simulator.can_look_up
        self._provider, self._simulator = provider, simulator

    def verify(self, request: RawRequest, now: datetime) -> None:
        """As the provider does."""
        self._provider.verify(request, now)

    def parse(self, request: RawRequest) -> Parsed:
        """As the provider does."""
        return self._provider.parse(request)

    def accepted(self) -> Answer:
        """As the provider expects."""
        return self._provider.accepted()

    def refused(self, status: int) -> Answer:
        """As the provider expects."""
        return self._provider.refused(status)

    async def send(self, message: Outgoing, now: datetime) -> Accepted:
        """To the simulated phone."""
        return await self._simulator.send(message, now)

    async def look_up(self, our_ref: str, now: datetime) -> Accepted | None:
        """In the simulator's books."""
        return await self._simulator.look_up(our_ref, now)

    async def close(self) -> None:
        """Release the provider's connections; the simulator closes with its own channel."""
        await self._provider.close()
