"""A trial by what is in force and, beside it, by a proposed edition: the parts in which they differ."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.console.access import Visit
from bot.console.rulebook import trial, why
from bot.console.rulebook.trial import Trial
from bot.console.words import Words
from bot.core.case import Case
from bot.core.contact import ContactRules
from bot.edition import thinking
from bot.mind import Mind
from bot.store import editions
from bot.store.editions import Edition, State


@dataclass(frozen=True, slots=True)
class Side:
    """What comes of a text by one content; `edition` is the number of a proposed one, else 0."""

    edition: int
    tried: Trial
    contact: ContactRules | None

    def because(self, words: Words, code: str) -> str:
        """A reason in words, with the figures of this side's own rules."""
        return why.because(words, code, self.contact)

    def forbidding(self, words: Words, code: str) -> str:
        """A rule that forbids, likewise."""
        return why.rule(words, code, self.contact)


async def proposals(connection: AsyncConnection) -> list[Edition]:
    """The editions that can be tried."""
    return await editions.listed(connection, [State.PROPOSED])


async def mind_of(visit: Visit, id: int) -> Mind:
    """What would decide by a proposed edition. Raise LookupError where it is none, ContentError where it cannot."""
    async with visit.office.database.read() as connection:
        if id not in [one.id for one in await proposals(connection)]:
            raise LookupError(f"edition {id} is not proposed")
        files = await editions.files_of(connection, id)
    mind = visit.office.mind
    reader, content = await asyncio.to_thread(thinking, files, mind.content.responses.bank)
    return replace(mind, reader=reader, content=content)


def side(case: Case, text: str, mind: Mind, now: datetime, edition: int = 0) -> Side:
    """Hear the text by one content."""
    tried = trial.hear(case, text, mind.content, mind.reader, now)
    return Side(edition, tried, mind.content.rules.contact_for(tried.decision.case))


@dataclass(frozen=True, slots=True)
class Beside:
    """Each part once where both say the same of it, else by each side."""

    readings: Sequence[Side]
    decisions: Sequence[Side]

    @property
    def differ(self) -> bool:
        """Whether anything comes out otherwise."""
        return len(self.readings) > 1 or len(self.decisions) > 1


def beside(one: Side, other: Side | None) -> Beside:
    """Compare; without another side there is one of each."""
    if other is None:
        return Beside([one], [one])
    was, now = one.tried, other.tried
    readings = [one] if was.reading == now.reading else [one, other]
    same = was.decision == now.decision and was.answers == now.answers
    return Beside(readings, [one] if same else [one, other])
