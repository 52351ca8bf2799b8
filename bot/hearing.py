"""What a customer wrote becomes one event: their fragments read together, and where that is unsure, a doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.core.calendar import local
from bot.core.case import Case, Owner
from bot.core.event import Heard
from bot.core.opinion import Question, is_doubtful
from bot.mind import Mind
from bot.nlu.verify import read_answer
from bot.store import opinions
from bot.store.cases import File

LATE, LATEST = timedelta(minutes=10), timedelta(days=7)  # a clock that is further off is not believed


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reply that waits for a second opinion, at most `until`. `is_new`: nobody was asked about these texts yet."""

    question: Question
    until: datetime
    is_new: bool


def hear(file: File, case: Case, replies: Sequence[Any], mind: Mind, now: datetime) -> Heard | Doubt:
    """Read stored replies together, as of the moment the last of them was sent, on the customer's clock.

    An opinion that stands beside the replies is used, whoever asked for it.
    """
    heard_at = local(max(_said_at(row) for row in replies), case.zone)
    fragments = tuple(dict.fromkeys(row.text for row in replies))  # the same text twice says nothing more
    reading, verified = read_answer(mind.reader, fragments, heard_at, case.asked, file.is_theirs)
    if any(row.missing for row in replies):
        # What never came may say the opposite: day and amount are asked back rather than recorded.
        reading = replace(reading, date_score=0.0, amount_score=0.0)
    heard = Heard(reading, any(row.provider_opted_out for row in replies), verified=verified)
    if verified is not None:
        return heard  # the digits that we asked for go to nobody else
    rows = tuple(row.id for row in replies)
    question = Question(case.customer_id, file.name, rows, fragments, heard_at, case.asked, reading.language)
    there = [opinions.kept(row.opinion) for row in replies if row.opinion]
    for opinion in there:
        if opinion.about == question.about:
            return replace(heard, second=opinion)
    until = min((row.opinion_until_at for row in replies if row.opinion_until_at), default=now + mind.patience)
    if until <= now or not _may_ask(heard, case, mind):
        return heard
    # An opinion that is there is about fewer fragments than have come by now.
    return Doubt(question, until, is_new=bool(there) or any(row.opinion_until_at is None for row in replies))


def _may_ask(heard: Heard, case: Case, mind: Mind) -> bool:
    """Whether a second reader is there, and its word could change what we do."""
    if mind.wonder is None or heard.provider_opted_out or case.owner is Owner.AGENT:
        return False
    return is_doubtful(heard.reading, mind.content.rules.second)


def _said_at(row: Any) -> datetime:
    """When a reply was sent, where it reached us late: "tomorrow" is the customer's, whatever kept the gateway."""
    received: datetime = row.received_at
    late = row.provider_at is not None and LATE < received - row.provider_at < LATEST
    return row.provider_at if late else received
