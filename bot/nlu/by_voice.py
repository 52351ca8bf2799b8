"""The training examples as labelled replies, each read by a reader that has never seen the voice it is written in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.core.reading import Intent, by_rank
from bot.dialogues import Example
from bot.nlu.evaluate_rows import Row
from bot.nlu.gate import Gated
from bot.nlu.intents import IntentModel, Scored
from bot.nlu.read import Reader
from bot.nlu.training import train

Foldings = tuple[tuple[str, str], ...]


class Unseen:
    """Stands in for the trained model: each message is scored by the model that did not learn from its voice."""

    def __init__(self, scored: dict[Foldings, Scored]) -> None:
        self._scored = scored

    def score(self, many: Sequence[Gated]) -> list[Scored]:
        """The probability of each intent, message by message."""
        return [self._scored[_foldings(gated)] for gated in many]

    def telling(self, scored: Scored, intent: Intent, most: int = 3) -> list[str]:
        """Nothing: no fold is asked what spoke for an intent."""
        return []


def read_by_voice(reader: Reader, examples: Sequence[Example], seen: Callable[[str], None] = lambda _: None) -> Reader:
    """A reader for these very examples and no other text: one training for each voice, so it takes minutes.

    A text that stands in two voices is left out of both trainings. `seen` is told each voice.
    """
    lessons = [reader.lesson(one) for one in examples]
    voices = [f"{one.language} {one.voice}" for one in examples]
    scored: dict[Foldings, Scored] = {}
    for voice in sorted(set(voices)):
        theirs = [n for n, own in enumerate(voices) if own == voice]
        known = {lessons[n].foldings for n in theirs}
        model = IntentModel(train([lesson for lesson in lessons if lesson.foldings not in known]))
        unseen = model.score([reader.inspect(examples[n].text) for n in theirs])
        scored |= {lessons[n].foldings: score for n, score in zip(theirs, unseen, strict=True)}
        seen(voice)
    return reader.with_model(Unseen(scored))


def rows_of(examples: Sequence[Example], reader: Reader, heard_at: datetime) -> list[Row]:
    """The examples as labelled replies. They carry no days and sums: what our grammar finds counts as right."""
    rows = []
    for number, one in enumerate(examples):
        intents = by_rank(frozenset(map(Intent, one.intents)))
        promised = Intent.PROMISE_TO_PAY in intents
        slots = reader.slots((one.text,), heard_at, None, one.language)
        rows.append(
            Row(
                id=f"{one.language}-{one.voice}-{number}",
                lang=one.language,
                text=one.text,
                heard_at=heard_at,
                intents=intents,
                date=slots.date if promised else None,
                date_vague=slots.vague and promised,
                amount=slots.amount.as_json() if promised and slots.amount else None,
            )
        )
    return rows


def _foldings(gated: Gated) -> Foldings:
    return tuple((folded.text, folded.language) for folded in gated.folds)
