"""Real processes of the product, started by a test, killed by it, and waited for."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from datetime import datetime
from typing import Any

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


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


def awake_zone(now: datetime) -> str:
    """A zone in which it is about noon, so that no text is held for the morning."""
    offset = 12 - now.hour
    offset -= 24 if offset > 12 else 0
    return f"Etc/GMT{-offset:+d}"


async def until(condition: Any, seconds: float, what: str) -> None:
    """Wait for something that must come true."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, f"after {seconds} s still not: {what}"
        await asyncio.sleep(0.1)
