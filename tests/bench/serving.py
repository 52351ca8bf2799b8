"""Two processes of the product over a large portfolio: one takes webhooks and works, the other serves the console."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.console.access import COOKIE
from bot.gateways.simulator import Simulator
from bot.store import sessions
from bot.store.session import Database
from tests.bench.portfolio import number
from tests.carrier import NUMBER, carrier
from tests.fleet import Fleet, environment
from tests.ports import free_port


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served: the console's address, the carrier that customers text by, and who is logged in."""

    console: str
    simulator: Simulator
    database: Database
    sids: dict[int, str]  # by agent

    async def says(self, place: int, words: str) -> None:
        """A customer texts the bank: through the signed webhook of the other process."""
        status = await self.simulator.phone_replies(number(place), words, NUMBER, datetime.now(UTC))
        assert status == 200, f"the webhook answered {status}"

    def cookie(self, agent_id: int = 1) -> dict[str, str]:
        """The header by which somebody is known."""
        return {"Cookie": f"{COOKIE}={self.sids[agent_id]}"}


@asynccontextmanager
async def serving(database: Database, folder: Path, people: int = 10) -> AsyncIterator[Serving]:
    """Start both processes, and log so many agents in."""
    now = datetime.now(UTC)
    async with database.write() as connection:
        sids = {n: (await sessions.begin(connection, n, now))[0] for n in range(1, people + 1)}
    hooks, console = free_port(), free_port()
    async with carrier(hooks, folder) as (simulator, channels):
        more = {"HUIXIN_CHANNELS": str(channels), "HUIXIN_LOG_LEVEL": "info"}
        fleets = [Fleet(environment(database, more, port)) for port in (hooks, console)]
        try:
            await fleets[0].start("serve --work")
            await fleets[1].start("serve --no-work")
            for fleet in fleets:
                await fleet.ready()
            yield Serving(f"http://127.0.0.1:{console}", simulator, database, sids)
        finally:
            for fleet in fleets:
                await fleet.stop()
