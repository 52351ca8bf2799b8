"""Kannel itself, run here with its fake SMSC: for the demonstration and for the tests, never for real texts."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import socket
from asyncio.subprocess import DEVNULL, Process
from dataclasses import dataclass, field
from pathlib import Path

BOXES = ("bearerbox", "smsbox")  # in the order in which they start
USER = "huixin"
QUERY = "id=%I&ts=%T&from=%q&to=%Q&text=%b&charset=%C&coding=%c&udh=%u"

# Spool, not file: a file is written every ten seconds only, and what came since is lost when the machine stops.
CONFIGURATION = """\
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = "{password}"
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
store-type = spool
store-location = "{folder}/store"
dlr-storage = spool
dlr-spool = "{folder}/reports"
log-file = "{folder}/bearerbox.log"
log-level = 1

group = smsc
smsc = fake
smsc-id = phones
host = 127.0.0.1
port = {phones}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
sendsms-chars = "0123456789 +-"
http-request-retry = {retries}
http-queue-delay = 1
log-file = "{folder}/smsbox.log"
log-level = 1

group = sendsms-user
username = {user}
password = "{password}"
concatenation = true
max-messages = 10

group = sms-service
keyword = default
catch-all = true
concatenation = true
get-url = "{hook}?{query}"
max-messages = 0
omit-empty = true
"""


class KannelMissing(Exception):
    """Kannel is not installed, or did not start; says what to do."""


def missing() -> str:
    """What has to be installed before Kannel can run here; empty where nothing has to."""
    absent = [box for box in BOXES if _program(box) is None]
    return f"Kannel is not installed ({', '.join(absent)} not found): apt-get install kannel" if absent else ""


@dataclass(slots=True)
class Kannel:
    """bearerbox and smsbox as children of this process, on free ports after `after`, with all they keep in `folder`.

    Replies are fetched to `hook`, a channel's webhook address, which is tried again every second, `retries` times.
    """

    folder: Path
    hook: str
    after: int
    retries: int = 8640
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    ports: dict[str, int] = field(default_factory=dict)
    running: dict[str, Process] = field(default_factory=dict)

    @property
    def phones_port(self) -> int:
        """Where the fake SMSC takes phones."""
        return self.ports["phones"]

    def options(self) -> dict[str, str]:
        """The options of a channel that sends through it."""
        return {
            "send_url": f"http://127.0.0.1:{self.ports['sendsms']}/cgi-bin/sendsms",
            "username": USER,
            "password": self.password,
            "callback_url": self.hook,
        }

    def configure(self) -> Path:
        """Choose free ports and write kannel.conf; its path. KannelMissing where Kannel is not installed."""
        if reason := missing():
            raise KannelMissing(reason)
        for name in ("store", "reports"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.ports = _free_ports(self.after, "admin", "boxes", "phones", "sendsms")
        path = self.folder / "kannel.conf"
        path.touch(mode=0o600)
        values = {"folder": self.folder.resolve(), "hook": self.hook, "query": QUERY, "retries": self.retries}
        path.write_text(CONFIGURATION.format(user=USER, password=self.password, **values, **self.ports), "utf-8")
        return path

    async def start(self) -> None:
        """Start what does not run, and wait until both take connections."""
        for box, port in zip(BOXES, ("phones", "sendsms"), strict=True):
            if box not in self.running:
                self.running[box] = await asyncio.create_subprocess_exec(
                    str(_program(box)),
                    str(self.folder / "kannel.conf"),
                    stdout=DEVNULL,
                    stderr=DEVNULL,
                    start_new_session=True,  # Ctrl-C is for us; they are stopped in their order
                )
            await self._opened(box, self.ports[port])

    async def stop(self) -> None:
        """End both, the one that fetches first; a reply that it could not fetch to us by then is lost with it."""
        for box in reversed(BOXES):
            if box in self.running:
                await self.end(box)

    async def end(self, box: str, kill: bool = False) -> None:
        """End one; `kill` gives it no time to write anything down."""
        process = self.running.pop(box)
        with contextlib.suppress(ProcessLookupError):
            process.kill() if kill else process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _opened(self, box: str, port: int) -> None:
        for _ in range(200):
            if self.running[box].returncode is not None:
                break
            if _is_taken(port):
                return
            await asyncio.sleep(0.05)
        raise KannelMissing(f"{box} did not start: read {self.folder / (box + '.log')}")


def _program(box: str) -> str | None:
    return shutil.which(box) or shutil.which(box, path="/usr/sbin:/usr/local/sbin")


def _free_ports(after: int, *names: str) -> dict[str, int]:
    """The next free ones: those that the system would choose it may give to a connection before a box listens."""
    free = (port for port in range(after + 1, 65536) if not _is_taken(port))
    return dict(zip(names, free, strict=False))


def _is_taken(port: int) -> bool:
    """Whether somebody listens; found by trying to, since the fake SMSC would take a connection for its phones."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
