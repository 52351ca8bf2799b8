"""Reading each voice by a reader that never saw it: what only that voice says is not known."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.reading import Intent
from bot.dialogues import Example
from bot.nlu.by_voice import read_by_voice, rows_of
from bot.nlu.read import Reader

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
OWN = [f"zorbulating {place} wobbly" for place in ("here", "there", "today", "now", "again", "please")]
COMMON = {
    "hardship": ["lost my job again", "lost my job here", "lost my job now", "i lost my job today"],
    "promise_to_pay": ["paying you friday", "paying 50 friday", "paying again friday", "will be paying friday"],
}


@pytest.fixture
def examples() -> list[Example]:
    """Two voices say the same; one of them has words of its own for a complaint."""
    both = [(text, intent, voice) for intent, texts in COMMON.items() for text in texts for voice in ("plain", "odd")]
    told = [*both, *((text, "complaint", "odd") for text in OWN)]
    return [
        Example(f"{text} x" if voice == "odd" else text, (intent,), "en", voice, "written")
        for text, intent, voice in told
    ]


def test_a_voices_own_words_are_not_known_when_it_is_read(examples: list[Example], reader: Reader) -> None:
    seen: list[str] = []
    unseen = read_by_voice(reader, examples, seen.append)
    assert seen == ["en odd", "en plain"]
    theirs = [unseen.read(f"{text} x", AT) for text in OWN]
    assert not any(reading.has(Intent.COMPLAINT) for reading in theirs)
    assert unseen.read("lost my job again x", AT).has(Intent.HARDSHIP)


def test_examples_become_rows_that_can_be_decided_on(examples: list[Example], reader: Reader) -> None:
    rows = rows_of(examples, reader, AT)
    assert len({row.id for row in rows}) == len(examples)
    promised = next(row for row in rows if row.text == "paying 50 friday")
    assert promised.date is not None and promised.amount == 50
    assert all(row.date is None for row in rows if Intent.PROMISE_TO_PAY not in row.intents)
