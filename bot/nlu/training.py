"""Trains the intent model from examples: the same examples always give the same model."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from bot.core.reading import RANK, Intent
from bot.nlu.intents import Floats, Lesson, Trained
from bot.nlu.logistic import fit_logistic
from bot.nlu.ngrams import Counted, count_grams

CUE_WEIGHT = 0.6  # against n-grams whose squares sum to 1 over a whole message
RARE = 3  # an n-gram must stand in this many examples to be learnt
RIDGE = 1 / 30  # how dear large weights are


def train(lessons: Sequence[Lesson]) -> Trained:
    """Learn from all lessons."""
    counted = count_grams([lesson.foldings for lesson in lessons], RARE)
    cues = sorted({cue for lesson in lessons for cue in lesson.cues})
    rarity: Floats = (np.log((1 + len(lessons)) / (1 + np.diff(counted.starts))) + 1).astype(np.float32)
    truth = np.zeros((len(lessons), len(Intent)), dtype=np.float32)
    for row, lesson in enumerate(lessons):
        truth[row, [RANK[intent] for intent in lesson.intents]] = 1
    weights, bias = fit_logistic(_features(counted, rarity, cues, lessons), truth, RIDGE)
    grams = len(rarity)
    often = np.argsort(rarity, kind="stable")  # what is looked up most lies close together: half as long to find
    table: Floats = np.hstack([weights[:grams] * rarity[:, None], rarity[:, None] ** 2])[often]
    found = [counted.grams[number] for number in often.tolist()]
    return Trained(found, table, cues, weights[grams:] * np.float32(CUE_WEIGHT), bias)


def _features(counted: Counted, rarity: Floats, cues: Sequence[str], lessons: Sequence[Lesson]) -> Any:
    """N-grams and cues, each with its value in every example that holds it.

    An n-gram weighs its rarity, and the squares of each example's n-grams add up to 1.
    """
    values = np.repeat(rarity, np.diff(counted.starts))
    squares = np.bincount(counted.examples, values**2, len(lessons))
    values /= np.sqrt(squares).astype(np.float32)[counted.examples]
    number = {cue: place for place, cue in enumerate(cues)}
    holding: list[list[int]] = [[] for _ in cues]
    for row, lesson in enumerate(lessons):
        for cue in lesson.cues:
            holding[number[cue]].append(row)
    of_cues = np.fromiter(itertools.chain.from_iterable(holding), dtype=np.int32)
    starts = counted.starts[-1] + np.cumsum([len(rows) for rows in holding], dtype=np.int32)
    return csr_matrix(
        (
            np.append(values, np.full(len(of_cues), CUE_WEIGHT, dtype=np.float32)),
            np.append(counted.examples, of_cues),
            np.append(counted.starts, starts),
        ),
        shape=(len(rarity) + len(cues), len(lessons)),
    )
