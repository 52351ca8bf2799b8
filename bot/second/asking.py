"""Asks the second reader what turns were unsure of, outside every transaction; keeps its opinion beside the reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog
from prometheus_client import Counter

from bot.core.opinion import Opinion, Question
from bot.dialogues.briefing import Briefing
from bot.nlu.opinions import Answer, BadAnswer, checked
from bot.nlu.read import LONGEST, Reader
from bot.second.base import Failure, NoOpinion, SecondReader
from bot.second.hiding import hidden
from bot.store import opinions
from bot.store.session import Database

log = structlog.get_logger()
OPINIONS = Counter("huixin_second_opinions_total", "Questions to the second reader by outcome", ["reader", "outcome"])
AT_ONCE = 20  # questions on the wire at a time
TIRED_AFTER = 3  # failures in a row, after which nothing is asked for a while
REST_SECONDS = 30.0


class Second:
    """The questions that wait, and the reader that they are put to. What is not answered in time is simply not used."""

    def __init__(self, other: SecondReader, own: Reader, briefing: Briefing, timeout_seconds: float) -> None:
        self._other, self._own, self._briefing = other, own, briefing
        self._waiting: dict[int, tuple[float, Question]] = {}
        self._failures = 0
        self._rests_until = 0.0
        self.patience = timedelta(seconds=2 * timeout_seconds)  # one time-out in the queue, one on the wire
        self.wake: Callable[[], None] = lambda: None

    def adopt(self, own: Reader, briefing: Briefing) -> None:
        """Another edition is in force: opinions are checked by its reader, and asked for in its words."""
        self._own, self._briefing = own, briefing
        self._other.brief(briefing)

    def wonder(self, question: Question) -> None:
        """Ask this soon; a newer question about the same customer takes the place of an older one."""
        self._waiting[question.customer_id] = (self._time() + self.patience.total_seconds(), question)
        self.wake()

    async def answer(self, database: Database) -> int:
        """Ask what waits, as much as goes on the wire at once, and keep the opinions, failures too; say how many."""
        taken = [self._waiting.pop(id) for id in list(self._waiting)[:AT_ONCE]]
        in_time = [question for until, question in taken if self._time() < until]  # the others went on without
        await asyncio.gather(*(self._answer(database, question) for question in in_time))
        return len(taken)

    async def _answer(self, database: Database, question: Question) -> None:
        opinion = await self.opinion(question)
        async with database.write() as connection:
            await opinions.keep(connection, question.rows, opinion)

    async def opinion(self, question: Question) -> Opinion:
        """The reader's checked opinion, or one that names the failure. Never raises."""
        try:
            answer = await self._ask(question)
            opinion = checked(answer, question, self._other.name, self._own)
        except (NoOpinion, BadAnswer) as error:
            failure = error.failure if isinstance(error, NoOpinion) else Failure.GARBAGE
            self._note(failure)
            return Opinion(self._other.name, question.about, failure=failure)
        self._note(None)
        return opinion

    async def _ask(self, question: Question) -> Answer:
        if self._time() < self._rests_until:
            raise NoOpinion(Failure.RESTING)
        text = hidden("\n".join(question.texts)[:LONGEST], question.name, self._briefing.hidden_after)
        return await self._other.ask(text, question)

    def _note(self, failure: Failure | None) -> None:
        """Count; tell the log when it begins to fail and when it answers again, not each time."""
        OPINIONS.labels(self._other.name, failure or "answered").inc()
        if failure is Failure.RESTING:
            return
        if failure is None:
            if self._failures:
                log.info("the second reader answers again", reader=self._other.name)
            self._failures = 0
            return
        if not self._failures:
            log.warning("the second reader fails", reader=self._other.name, failure=failure)
        self._failures += 1
        if self._failures >= TIRED_AFTER:
            self._rests_until = self._time() + REST_SECONDS

    @staticmethod
    def _time() -> float:
        """Seconds on a clock that is nobody's calendar: only spans of it are looked at."""
        return asyncio.get_running_loop().time()

    async def close(self) -> None:
        """Close the reader's connections."""
        await self._other.close()
