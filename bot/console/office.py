"""What the console works with: the store, the mind that decides, the clock, and in a demonstration the phones."""

from __future__ import annotations

from asyncio import Task
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

from bot import dialogues
from bot.console.hub import Hub
from bot.dialogues import Responses
from bot.gateways.simulator import Phone
from bot.intake import Reception
from bot.mind import Mind
from bot.store.session import Database


class Phones(Protocol):
    """The phones of a demonstration."""

    def phone(self, number: str) -> Phone:
        """The phone with this number."""

    async def phone_replies(self, number: str, text: str, to: str, now: datetime) -> int:
        """Text the bank from it; an HTTP status, 2xx where the text is on its way."""


class Login(NamedTuple):
    """A log-in of the demonstration, as its pages offer it."""

    login: str
    password: str
    sees_customers: bool = True


@dataclass(frozen=True, slots=True)
class Demo:
    """A demonstration: `logins` are printed on the log-in page, `destination` is the number that customers text."""

    phones: Phones
    destination: str
    logins: Sequence[Login]
    move_clock: Callable[[timedelta], None]


@dataclass(frozen=True, slots=True)
class Line:
    """What a text meets on a channel: the bank's signature in front of it.

    `says`: where nothing that a person wrote can leave, the templates that can, as response and language.
    """

    signature: str = ""
    says: frozenset[tuple[str, str]] | None = None


def fits_all(_: Responses) -> None:
    """No channel has templates."""


@dataclass(frozen=True, slots=True)
class Office:
    """Where agents work. `wake` tells the worker that there is something to do.

    `mind` is that of this request: `current` asks `renew` for what is in force. `folder` is the dialogues/ from which
    new editions are proposed; `fits` raises ContentError where a channel's templates do not fit the wording.

    `setup_token` lets whoever started the server create the first administrator while nobody can log in.
    """

    database: Database
    mind: Mind
    now: Callable[[], datetime]
    wake: Callable[[], None]
    demo: Demo | None = None
    setup_token: str | None = None
    lines: Mapping[str, Line] = field(default_factory=dict)
    zone: str = "Asia/Shanghai"  # the bank's clock, by which its days are counted
    hub: Hub = field(default_factory=Hub)
    reception: Reception = field(default_factory=Reception)
    upload_waits: Callable[[], None] = lambda: None  # tells the runner of uploads that one waits
    code_roles: frozenset[str] = frozenset()  # roles that log in with a second step, whether they want to or not
    bank: str = "Huixin"  # whose console it is, as a phone's list of codes says
    log_ins_fail: Callable[[str], None] = lambda login: None  # calls people outside the console: see bot/alert.py

    renew: Callable[[], Awaitable[Mind]] | None = None
    folder: Path = dialogues.ROOT
    fits: Callable[[Responses], None] = fits_all
    jobs: set[Task[None]] = field(default_factory=set)  # work in the background, ended with the process

    async def current(self) -> Office:
        """The office with the mind that is in force now, which then stays the same for the whole of a request."""
        mind = await self.renew() if self.renew is not None else self.mind
        return self if mind is self.mind else replace(self, mind=mind)

    def line(self, channel: str) -> Line:
        """What a text meets on this channel; one that is not configured takes anything."""
        return self.lines.get(channel, Line())
