"""A carrier that lives on while the product is killed, and how the product is told of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.gateways.carrier import carrier_app
from bot.gateways.simulator import Simulator

SECRET = "whsec_" + "B" * 44
NUMBER = "106900001234"


@asynccontextmanager
async def carrier(port: int, folder: Path) -> AsyncIterator[tuple[Simulator, Path]]:
    """One that brings replies to the product on this port, again until they are answered; and the file of channels
    by which the product texts through it."""
    async with aiohttp.ClientSession() as session:

        async def deliver(body: bytes, headers: Any) -> int:
            hook = f"http://127.0.0.1:{port}/hooks/bank"
            async with session.post(hook, data=body, headers=dict(headers)) as response:
                return response.status

        simulator = Simulator(SECRET, deliver)
        app = web.Application()
        app.add_subapp("/carrier", carrier_app(simulator, SECRET, lambda: datetime.now(UTC)))
        server = TestServer(app)
        await server.start_server()
        stopped = asyncio.Event()

        async def retry() -> None:
            while not stopped.is_set():
                await simulator.deliver_receipts(datetime.now(UTC))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopped.wait(), 0.2)

        retrying = asyncio.create_task(retry())
        try:
            address = str(server.make_url("/carrier"))
            options = {"secrets": SECRET, "send_url": f"{address}/send", "look_up_url": f"{address}/look-up"}
            yield simulator, channel(folder, "bank", "generic", options, number=NUMBER, per_second=1000)
        finally:
            stopped.set()
            await retrying
            await server.close()


def channel(folder: Path, name: str, gateway: str, options: dict[str, str], **settings: str | int) -> Path:
    """A file of channels with this one in it."""
    path = folder / "channels.toml"
    lines = [f"[{name}]", *_lines({"gateway": gateway, **settings}), f"[{name}.options]", *_lines(options)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _lines(values: dict[str, str | int] | dict[str, str]) -> list[str]:
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
