"""All customers, on as many processes as are wanted: the number of processes changes the time, never the result."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import dialogues
from bot.checker.policy import Policy
from bot.dialogues import Content, ContentError, load_examples
from bot.nlu.read import Reader
from bot.simulate.life import live
from bot.simulate.outcome import Outcome
from bot.simulate.parameters import SHIPPED, Parameters, load_parameters
from bot.simulate.people import draw
from bot.simulate.world import World
from bot.simulate.writing import Pen

CHUNK = 50
ANSWERS = ("opt_out", "complaint", "affirm", "deny", "hardship")  # what any customer may come to say


@dataclass(frozen=True, slots=True)
class Trial:
    """What is simulated: so many customers for so many days, under the policies of one dialogues folder."""

    customers: int = 10_000
    days: int = 90
    seed: int = 1
    policies: Path = dialogues.ROOT
    languages: tuple[str, ...] = ("zh", "en")
    jurisdictions: tuple[str, ...] = ("cn",)
    assumptions: Path = SHIPPED


def world_of(trial: Trial, reader: Reader | None = None) -> World:
    """Everything that a life needs. Customers' words and the reader are the shipped ones, whatever the policies."""
    content, policy, parameters, pen = check_trial(trial)
    reader = reader or Reader.load(dialogues.ROOT)
    return World(content.rules, content.responses.render, reader, policy, parameters, pen)


def check_trial(trial: Trial) -> tuple[Content, Policy, Parameters, Pen]:
    """Load what a trial needs; raise ContentError or CannotJudge where a file is broken or beyond the checker."""
    content, parameters = dialogues.load(trial.policies), load_parameters(trial.assumptions)
    pen = Pen(load_examples(dialogues.ROOT), parameters)
    meanings = {meaning for kind in parameters.kinds.values() for meaning in kind.says}
    if missing := pen.missing(
        trial.languages, sorted(meanings | {"opt_out", "complaint", "affirm", "deny", "hardship"})
    ):
        raise ContentError(f"{trial.assumptions}: dialogues/intents has no words for {', '.join(missing)}")
    return content, Policy(trial.policies), parameters, pen


def simulate(
    trial: Trial, jobs: int = 1, seen: Callable[[int], None] = lambda _: None, world: World | None = None
) -> list[Outcome]:
    """Let every customer live; outcomes in the order of their numbers. `seen` is told how many more are done."""
    chunks = [range(first, min(first + CHUNK, trial.customers + 1)) for first in range(1, trial.customers + 1, CHUNK)]
    found: list[Outcome] = []
    for outcomes in _work(trial, chunks, jobs, world):
        found += outcomes
        seen(len(outcomes))
    return found


def _work(trial: Trial, chunks: Sequence[range], jobs: int, world: World | None) -> Iterator[list[Outcome]]:
    if jobs == 1 or world is not None:
        world = world or world_of(trial)
        for chunk in chunks:
            yield _lives(chunk, trial, world)
        return
    # Each process loads its own reader: forking one that has threads (numpy's) is not safe.
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(jobs, len(chunks)), _begin, (trial,)) as pool:
        yield from pool.imap(_chunk, chunks)


_here: tuple[Trial, World] | None = None


def _begin(trial: Trial) -> None:
    global _here
    _here = trial, world_of(trial)


def _chunk(chunk: range) -> list[Outcome]:
    assert _here is not None
    trial, world = _here
    return _lives(chunk, trial, world)


def _lives(chunk: range, trial: Trial, world: World) -> list[Outcome]:
    drawn = (draw(id, trial.seed, world.parameters, trial.languages, trial.jurisdictions) for id in chunk)
    return [live(customer, world, trial.days) for customer in drawn]
