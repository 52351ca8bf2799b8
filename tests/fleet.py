"""Real processes of the product, started by a test, killed by it, and waited for."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from typing import Any

from bot.store.session import Database

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


AT_ONCE = {"HUIXIN_SETTLE_SECONDS": "0", "HUIXIN_POLL_SECONDS": "0.1"}  # nothing waits for what is still to come


def environment(database: Database, more: Mapping[str, str], port: int = 0) -> dict[str, str]:
    """The environment of processes that work on this database, and of one that serves on this port."""
    return {
        "HUIXIN_DATABASE": database.url.render_as_string(hide_password=False), "HUIXIN_DATA_KEY": KEY,
        "HUIXIN_PORT": str(port), "HUIXIN_PUBLIC_URL": f"http://127.0.0.1:{port}", **more,
    }  # fmt: skip


class Running:
    """One process of the product, which says when it is ready."""

    def __init__(self, command: str, process: asyncio.subprocess.Process):
        self.command, self.process = command, process
        self.ready = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            sys.stderr.buffer.write(line)
            if b"event='ready'" in line:
                self.ready.set()


class Fleet:
    """Processes of the product, which can be killed and started again."""

    def __init__(self, environment: dict[str, str]):
        self._environment = {**os.environ, **environment}
        self.running: list[Running] = []

    async def start(self, command: str) -> None:
        """Start `huixin <command>`, which may have options."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *command.split(), env=self._environment, stdout=DEVNULL, stderr=PIPE
        )
        self.running.append(Running(command, process))

    async def kill(self, place: int) -> None:
        """SIGKILL one process, and start another of its kind."""
        one = self.running.pop(place)
        one.process.send_signal(signal.SIGKILL)
        assert await one.process.wait() == -signal.SIGKILL
        await self.start(one.command)

    async def ready(self) -> None:
        """Wait until every process serves."""
        for one in self.running:
            waiting = asyncio.create_task(one.ready.wait())
            ended = asyncio.create_task(one.process.wait())
            await asyncio.wait((waiting, ended), timeout=120, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            assert one.ready.is_set(), f"`huixin {one.command}` did not get ready (exit code {one.process.returncode})"

    async def stop(self) -> list[int]:
        """SIGTERM to all; their exit codes."""
        for one in self.running:
            with contextlib.suppress(ProcessLookupError):
                one.process.terminate()
        return [await asyncio.wait_for(one.process.wait(), 30) for one in self.running]


async def until(condition: Any, seconds: float, what: str) -> None:
    """Wait for something that must come true."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, f"after {seconds} s still not: {what}"
        await asyncio.sleep(0.1)
