"""What waits for a second person, wherever it comes from: a page that has such things adds a source of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.agents import Person


@dataclass(frozen=True, slots=True)
class Pending:
    """One thing to approve: its kind (`pending.<kind>` are its words), what it is about, where it is decided upon.

    `by` is the login of whoever proposed it: they may not decide themselves.
    """

    kind: str
    about: str
    href: str
    by: str
    at: datetime


Source = Callable[[AsyncConnection, Person], Awaitable[list[Pending]]]
SOURCES: list[Source] = []


def source(found: Source) -> Source:
    """Add a source: what it finds is listed on the page of approvals and counted in the navigation.

    It is asked for every page of a supervisor, so it finds quickly, and only what this person may see.
    """
    SOURCES.append(found)
    return found


async def elsewhere(connection: AsyncConnection, person: Person) -> list[Pending]:
    """What the sources have, oldest first."""
    found = [one for ask in SOURCES for one in await ask(connection, person)]
    return sorted(found, key=lambda one: (one.at, one.kind, one.about))
