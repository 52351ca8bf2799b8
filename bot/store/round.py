"""What a turn hands to the store: decisions, customer by customer; the store writes them in rounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.case import Case
from bot.core.decision import Decision, Effect
from bot.store.cases import File

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Reply:
    """A stored reply that a decision answers: its row, and what the journal keeps of it."""

    id: int
    text: str
    intents: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One event of one customer, decided: what the store has to write."""

    kind: str
    content: Any  # the event, as the journal keeps it
    decision: Decision
    author: str = "bot"
    replies: tuple[Reply, ...] = ()
    payment_id: int | None = None
    fired: str | None = None  # the timer that this event was
    agent_id: int | None = None
    before: Case | None = None  # what was decided upon, where it is not the case on file (money is on it already)


@dataclass(slots=True)
class Turned:
    """A customer's file and the decisions that follow one another on it."""

    file: File
    steps: list[Step]


@dataclass(frozen=True, slots=True)
class Round:
    """The k-th decision of each customer of a turn, so that they are written in sets: a handful of statements."""

    connection: AsyncConnection
    now: datetime
    work: list[tuple[File, Step]]

    def effects(self) -> Iterator[tuple[int, Effect]]:
        """Every effect, and whose it is."""
        for file, step in self.work:
            for effect in step.decision.effects:
                yield file.case.customer_id, effect

    def only(self, kind: type[E]) -> Iterator[tuple[File, E]]:
        """The effects of one kind, and the files that they are for."""
        for file, step in self.work:
            for effect in step.decision.effects:
                if isinstance(effect, kind):
                    yield file, effect

    async def write(self, statement: Any, rows: Iterable[Mapping[str, Any]]) -> None:
        """One statement for all rows; none where there are no rows."""
        if rows := list(rows):
            await self.connection.execute(statement, rows)
