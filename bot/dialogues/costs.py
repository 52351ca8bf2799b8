"""Loads dialogues/policies/costs.yml: what each kind of misreading costs, and why."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from bot.dialogues.content import ROOT, ContentError
from bot.dialogues.fields import Fields, member


class Mistake(StrEnum):
    """What can go wrong with one reply, the gravest first; costs.yml says what each is."""

    MISSED_CRISIS = "missed_crisis"
    MISSED_OPT_OUT = "missed_opt_out"
    DISCLOSED = "disclosed"
    MISSED_PERSON = "missed_person"
    WRONG_PROMISE = "wrong_promise"
    WRONG_STOP = "wrong_stop"
    WRONG_ANSWER = "wrong_answer"
    PERSON_TOO_MANY = "person_too_many"
    ASKED = "asked"


Costs = Mapping[Mistake, float]


def load_costs(root: Path = ROOT) -> Costs:
    """The cost of every mistake, in needless questions. Each has its reason."""
    fields = Fields.of(root / "policies" / "costs.yml").only("version", "costs").part("costs")
    for name in fields.values:
        member(name, Mistake, fields.where)
    return {mistake: _cost(fields.part(mistake)) for mistake in Mistake}


def _cost(part: Fields) -> float:
    part.only("cost", "reason").text("reason")
    cost = part.get("cost", float, "30")
    if not 0 < cost < 1e6:
        raise ContentError(f"{part.where}: cost: {cost} is not valid; write a number above 0, for example 30")
    return cost
