"""Gateways over HTTP: webhooks verified and read in a second, and texts sent at three latencies of the provider's."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.gateways.base import Outgoing
from bot.gateways.channel import Channel
from bot.gateways.twilio import TwilioGateway
from bot.mind import Mind
from bot.send import send_due
from bot.store.session import Database
from tests.bench.figure import Figure, per_second
from tests.gateways.test_fuzz import ACCOUNT, ADAPTERS
from tests.gateways.test_fuzz import NOW as FRESH

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
CONNECTIONS = 50  # of one gateway, and the texts that one pass of the sender takes in hand
LATENCIES = ((1, 1_500), (10, 1_500), (100, 1_000))  # milliseconds, and how many texts are sent
TEXT = "【示例银行】您好，您的本期账单尚有1200.00元未还，请于11月27日前还款。如有困难请回复。"


async def measure_webhooks() -> list[Figure]:
    """Each provider's webhook, and one provider's sends without a database."""
    figures = []
    for kind, (gateway, body, request) in ADAPTERS.items():
        captured = request(body)

        def read() -> None:
            gateway.verify(captured, FRESH)  # noqa: B023
            gateway.parse(captured)  # noqa: B023

        figures.append(Figure("-", f"{kind}: webhooks verified and read", f"{per_second(read):,.0f}/s", "", ""))
    for milliseconds, texts in LATENCIES:
        async with _twilio(milliseconds) as gateway:
            waiting = iter([Outgoing(f"o-{n}", "+8613900000000", TEXT, 3600) for n in range(texts)])

            async def send(gateway: TwilioGateway = gateway, waiting: object = waiting) -> None:
                for message in waiting:  # type: ignore[attr-defined]
                    await gateway.send(message, NOW)

            started = time.perf_counter()
            await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
            figures.append(_figure("-", "HTTP texts/s, gateway alone", milliseconds, texts, started))
    return figures


async def measure_sends(name: str, database: Database, mind: Mind) -> list[Figure]:
    """Queued answers through the sender: claimed, asked of the rules, sent, noted."""
    figures = []
    for milliseconds, texts in LATENCIES:
        async with _twilio(milliseconds) as gateway:
            channels = {"phone": Channel("phone", gateway, "", "", per_second=1_000_000)}
            started, done = time.perf_counter(), 0
            while done < texts and (sent := await send_due(database, mind, channels, lambda: NOW, CONNECTIONS)):
                done += sent
            figures.append(_figure(name, "HTTP texts/s, queue to noted", milliseconds, done, started))
    return figures


def _figure(database: str, what: str, milliseconds: int, texts: int, started: float) -> Figure:
    rate, limit = texts / (time.perf_counter() - started), CONNECTIONS * 1000 / milliseconds
    what = f"{what}, answered after {milliseconds} ms, {CONNECTIONS} at a time"
    return Figure(database, what, f"{rate:,.0f}/s", f"{limit:,.0f}/s", f"{rate / limit:.2f}")


@asynccontextmanager
async def _twilio(milliseconds: int) -> AsyncIterator[TwilioGateway]:
    """A gateway to a provider in a process of its own."""
    double = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.posting", str(milliseconds),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert double.stdout is not None and double.stdin is not None
    port = (await double.stdout.readline()).decode().strip()
    gateway = TwilioGateway(ACCOUNT, ["tok"], "+14155550199", api_base=f"http://127.0.0.1:{port}")
    try:
        yield gateway
    finally:
        await gateway.close()
        double.stdin.close()
        await double.wait()
