"""Calls people outside the console, where a life may be at stake or somebody guesses passwords: a line in the log, a
metric, and a command or a web address.

Nothing of it says who the customer is or what they wrote: only the queue, and our own number of the customer.
"""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import Mapping

import aiohttp
import structlog
from prometheus_client import Counter

log = structlog.get_logger()
ALERTS = Counter("huixin_alerts_total", "Customers for whom a person was called at once", ["queue"])
FAILED = Counter("huixin_alerts_failed_total", "Alerts that could not be passed on", ["way"])
LOG_INS = "log_ins"  # what stands for the queue where log-ins fail again and again
SECONDS = 10.0  # so long a command or an address may take


class Alert:
    """Passes alerts on. `command` is run with the queue and our customer number; `url` gets the same as JSON."""

    def __init__(self, command: str = "", url: str = ""):
        self._command, self._url = shlex.split(command), url
        self._running: set[asyncio.Task[None]] = set()

    def __call__(self, queue: str, customer_id: int) -> None:
        """Sound it now; passing it on goes beside the work and never breaks it."""
        ALERTS.labels(queue).inc()
        log.critical("a person is needed at once", queue=queue, customer_id=customer_id)
        self._pass_on(queue, "customer", customer_id)

    def log_ins_fail(self, login: str) -> None:
        """Say that log-ins of this person failed again and again; empty: from one address, or of a log-in that nobody
        has. Which address it is stands in the console alone."""
        ALERTS.labels(LOG_INS).inc()
        log.critical("log-ins fail again and again", login=login or None)
        self._pass_on(LOG_INS, "login", login)

    def _pass_on(self, queue: str, what: str, value: int | str) -> None:
        ways = [self._run(queue, str(value))] if self._command else []
        ways += [self._post({"queue": queue, what: value})] if self._url else []
        for way in ways:
            task = asyncio.create_task(way)
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def finish(self) -> None:
        """Wait for what is being passed on."""
        await asyncio.gather(*self._running)

    async def _run(self, queue: str, value: str) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                process = await asyncio.create_subprocess_exec(*self._command, queue, value)
                if await process.wait():
                    raise OSError(f"ended with {process.returncode}")
        except (OSError, TimeoutError) as error:
            self._say_failed("command", error)

    async def _post(self, said: Mapping[str, int | str]) -> None:
        body = json.dumps(said)
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(SECONDS)) as session:
                headers = {"Content-Type": "application/json"}
                async with session.post(self._url, data=body, headers=headers) as answer:
                    answer.raise_for_status()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self._say_failed("url", error)

    def _say_failed(self, way: str, error: BaseException) -> None:
        FAILED.labels(way).inc()
        log.critical("an alert could not be passed on", way=way, error=type(error).__name__)
