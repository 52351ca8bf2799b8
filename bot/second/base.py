"""What every second reader promises: one question, one answer or one named failure, within its time."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, Protocol

from bot.core.opinion import Question
from bot.dialogues.briefing import Briefing
from bot.gateways.base import SendError
from bot.gateways.http import Http
from bot.nlu.opinions import Answer


class Failure(StrEnum):
    """Why there is no opinion."""

    DOWN = "down"  # no connection, or no answer in time
    REFUSED = "refused"  # an answer with a status other than 200
    GARBAGE = "garbage"  # an answer that is not what was asked for
    RESTING = "resting"  # not asked: it failed too often just now


class NoOpinion(Exception):
    """There is no usable answer; says which kind of failure, and nothing of what was sent or answered."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


class SecondReader(Protocol):
    """One way of asking. `ask` gets the text as it may be sent; it raises NoOpinion and nothing else."""

    name: str

    async def ask(self, text: str, question: Question) -> Answer:
        """What the reader says of the text; unchecked."""

    def brief(self, briefing: Briefing) -> None:
        """From now on it is told this."""

    async def close(self) -> None:
        """Close its connections."""


def share(value: Any) -> float:
    """A number from 0 to 1 as servers write it. Raise NoOpinion where it is something else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise NoOpinion(Failure.GARBAGE)


async def post(http: Http, url: str, body: Any, headers: dict[str, str]) -> Any:
    """Post JSON and return the JSON of the answer. Raise NoOpinion. No redirect is followed, nothing tried twice."""
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    try:
        reply = await http.post(url, content, {"Content-Type": "application/json", **headers})
    except SendError:
        raise NoOpinion(Failure.DOWN) from None
    if reply.status != 200:
        raise NoOpinion(Failure.REFUSED)
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):
        raise NoOpinion(Failure.GARBAGE) from None
