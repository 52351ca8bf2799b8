"""Loads the limits of dialogues/policies/reading.yml: from which probability on a meaning counts at all."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from bot.dialogues.content import ROOT
from bot.dialogues.fields import Fields


@dataclass(frozen=True, slots=True)
class Limits:
    """Probabilities, each a share of 1. Whether a meaning that counts is acted upon is for `decide` to say."""

    certain: float  # from here on an intent counts whatever else was said
    possible: float  # from here on it counts if nothing else is much likelier
    nearly_best: float  # what "not much likelier" is: this share of the likeliest
    grave: float  # self-harm and a death count from here on
    opt_out: float  # an opt-out counts from here on without a phrase that says so
    opt_out_suspected: float  # a suspicion, about which the customer is asked, from here on
    opt_out_hinted: float  # the same where a phrase hints at it
    promise: float  # a coming day, of which nothing else can be told, is a promise to be asked back from here on


def load_limits(root: Path = ROOT) -> Limits:
    """All of them; each must be given."""
    part = Fields.of(root / "policies" / "reading.yml").part("limits")
    names = [one.name for one in fields(Limits)]
    part.only(*names)
    return Limits(**{name: float(part.share(name, "0.4")) for name in names})
