"""A simulation is repeatable, obeys every rule, and would be caught if it did not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from bot.core.calendar import Holidays
from bot.core.contact import ContactRules
from bot.core.kinds import Head, Hours
from bot.dialogues import load_yaml
from bot.nlu.read import Reader
from bot.simulate.figures import compare, figures, funnel, recovery_by_day
from bot.simulate.outcome import Outcome
from bot.simulate.parameters import SHIPPED, load_parameters
from bot.simulate.report import as_json
from bot.simulate.run import Trial, simulate, world_of
from bot.simulate.world import World
from tests.test_docs import is_generated

EVERYWHERE = tuple(load_parameters().places)
SMALL = Trial(customers=200, days=30, seed=1, jurisdictions=EVERYWHERE)
FIGURES = figures(0.05)


@pytest.fixture(scope="module")
def world(reader: Reader) -> World:
    """The rules, wording and reader as shipped."""
    return world_of(SMALL, reader)


@pytest.fixture(scope="module")
def lived(world: World) -> list[Outcome]:
    """Two hundred customers after a month."""
    return simulate(SMALL, world=world)


def told(outcomes: list[Outcome]) -> object:
    return as_json(outcomes, FIGURES, SMALL.days)


def test_no_text_breaks_a_rule_anywhere(lived: list[Outcome]) -> None:
    assert [one.id for one in lived] == list(range(1, 201))
    assert [violation for one in lived for violation in one.violations] == []


def test_the_same_seed_gives_the_same_lives_and_another_one_others(world: World, lived: list[Outcome]) -> None:
    assert simulate(SMALL, world=world) == lived
    assert told(simulate(replace(SMALL, seed=2), world=world)) != told(lived)


def test_a_customer_lives_the_same_life_among_few_as_among_many(world: World, lived: list[Outcome]) -> None:
    assert simulate(replace(SMALL, customers=60), world=world) == lived[:60]


def test_two_processes_come_to_the_same_as_one(world: World) -> None:
    trial = replace(SMALL, customers=60, days=15)
    assert simulate(trial, jobs=2) == simulate(trial, world=world)


def test_all_sorts_of_things_happen(lived: list[Outcome]) -> None:
    assert {"reminder", "promise_reminder", "reply", "agent", "notice"} <= {name for one in lived for name in one.texts}
    for what in ("kept", "broken", "hardship", "cured_on", "wrong_number", "calls", "replies"):
        assert any(getattr(one, what) for one in lived), what
    assert {one.language for one in lived} == {"zh", "en"}
    assert len({one.kind for one in lived}) >= 10


def test_the_figures_agree_with_each_other(lived: list[Outcome]) -> None:
    value = {figure.name: figure.value(lived) for figure in FIGURES}
    steps = funnel(lived)
    curve = recovery_by_day(lived, SMALL.days)
    assert value["customers cured"] == steps["cured"] / 200
    assert value["recovered of what was due"] == pytest.approx(curve[-1])
    assert curve == sorted(curve) and 0 < curve[-1] <= 1
    assert steps["customers"] >= steps["texted"] >= steps["wrote"] >= 0 and steps["paid something"] >= steps["cured"]
    assert sum(value[f"promises {how}"] or 0 for how in ("kept", "kept in part", "broken")) == pytest.approx(1)
    assert all(one.promises >= one.kept + one.partial + one.broken for one in lived)
    assert all(one.recovered <= one.due * 1.0001 for one in lived)


def permissive() -> ContactRules:
    """Rules by which everything is lawful at all times."""
    always = Hours(Head("ALWAYS"), ((time(0), time.max),) * 7)
    spans = ((date.min, (always,)),)
    return ContactRules("anywhere", "0", spans, Holidays(), frozenset(), {}, timedelta(hours=24))


def test_without_contact_rules_the_checker_finds_what_they_would_have_stopped(world: World) -> None:
    """The same customers and conversations, reminded every day at six in the morning, with nothing to say no."""
    eager = {
        product: tuple(replace(tier, every_days=1, at=time(6)) for tier in ladder)
        for product, ladder in world.rules.strategy.ladders.items()
    }
    strategy = replace(world.rules.strategy, ladders=eager)
    rules = replace(world.rules, contact={"default": permissive()}, strategy=strategy)
    lived = simulate(replace(SMALL, customers=100), world=replace(world, rules=rules))
    found = Counter(violation.rule for one in lived for violation in one.violations)
    for rule in ("BANK-HOURS", "BANK-3-WEEK", "CN-TIME", "US-TIME", "IN-RBI-TIME", "CA-TIME", "DEFAULT-2-WEEK"):
        assert found[rule] > 0, (rule, found)


def test_a_policy_that_texts_less_shows_in_pairs_and_one_that_is_the_same_shows_nothing(
    world: World, lived: list[Outcome]
) -> None:
    slow = {
        product: tuple(replace(tier, every_days=14) for tier in ladder)
        for product, ladder in world.rules.strategy.ladders.items()
    }
    rules = replace(world.rules, strategy=replace(world.rules.strategy, ladders=slow))
    changes = {one.name: one for one in compare(lived, simulate(SMALL, world=replace(world, rules=rules)), FIGURES)}
    fewer = changes["contacts per customer"]
    assert fewer.change is not None and fewer.change < -1 and fewer.is_told
    same = compare(lived, lived, FIGURES)
    assert all(one.change in (None, 0.0) and one.margin == 0 and not one.is_told for one in same)


def test_pairs_are_narrower_than_two_samples_would_be(lived: list[Outcome]) -> None:
    """A shift of each customer by the same amount is told without any doubt at all."""
    shifted = [replace(one, segments=one.segments + 1) for one in lived]
    change = next(one for one in compare(lived, shifted, FIGURES) if one.name == "segments per customer")
    assert change.change == pytest.approx(1) and change.margin == pytest.approx(0, abs=1e-9) and change.is_told


def test_every_assumption_is_documented_with_its_grade(request: pytest.FixtureRequest) -> None:
    fields = load_yaml(SHIPPED)
    rows = ["", "| assumption | value | grade | what, and from where |", "|---|---|---|---|"]
    for name, one in {**fields["chances"], **fields["numbers"]}.items():
        rows.append(f"| `{name}` | {one['value']} | {one['grade']} | {one['source']} |")
    names = ("share", "cures_alone", "pays_on_text", "pays", "replies", "keeps", "annoyed")
    rows += ["", f"| type (invented) | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    rows += [f"| `{kind}` | {' | '.join(one[name] for name in names)} |" for kind, one in fields["types"].items()]
    page = Path(__file__).parents[2] / "docs" / "simulation.md"
    is_generated(request, page, r"<!-- assumptions -->\n(.*?)<!-- /assumptions -->", "\n".join([*rows, "", ""]))
