"""Settles what a message means when gate, phrases, model and the open question each have a say."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.reading import EMPTY as EMPTY
from bot.core.reading import NEVER_OUTVOTED as NEVER_OUTVOTED
from bot.core.reading import RANK, Asked, Intent
from bot.dialogues.limits import Limits
from bot.nlu.gate import Gated

SURE = 0.97  # the score of what a sure phrase decides alone
GRAVE = (Intent.SELF_HARM, Intent.DECEASED)
CONFIRMING = frozenset({Asked.CONFIRM_PROMISE, Asked.CONFIRM_OPT_OUT, Asked.CONFIRM_PLAN})


def settle(
    gated: Gated, probabilities: Mapping[Intent, float], asked: Asked | None, limits: Limits
) -> dict[Intent, float]:
    """The score of every intent that the message carries; empty where nothing can be told."""
    certain = [intent for intent in NEVER_OUTVOTED if gated.sure(intent)]
    best = SURE if certain else max(probabilities.values())
    least = min(limits.certain, max(limits.possible, limits.nearly_best * best))
    chosen: dict[Intent, float] = {
        intent: p for intent, p in probabilities.items() if p >= least and intent is not Intent.UNCLEAR
    }
    for intent in certain:
        chosen[intent] = max(SURE, probabilities[intent])
    for intent in GRAVE:
        if probabilities[intent] >= limits.grave:
            chosen.setdefault(intent, probabilities[intent])
    if Intent.OPT_OUT not in certain and (probabilities[Intent.OPT_OUT] < limits.opt_out or _is_one_latin_word(gated)):
        chosen.pop(Intent.OPT_OUT, None)  # a suspicion, which is asked about, not acted upon
    if Intent.OPT_OUT in certain:
        chosen.pop(Intent.OPT_IN, None)  # the same words, wanted and not wanted
    if gated.opener is not None and asked is not None and not (chosen.keys() & {Intent.AFFIRM, Intent.DENY}):
        chosen[gated.opener] = 0.8
    if chosen.keys() - EMPTY:
        for intent in EMPTY:
            chosen.pop(intent, None)
    if asked is None and len(chosen) > 1:
        for intent in (Intent.AFFIRM, Intent.DENY):
            chosen.pop(intent, None)
    return {intent: _second_opinion(intent, score, gated) for intent, score in chosen.items()}


def _is_one_latin_word(gated: Gated) -> bool:
    """Carriers' words were looked up whole before: any other single word only resembles one (stopover, TDK)."""
    text = gated.folds[0].text.strip(" .,!?")
    return text.isascii() and text.isalpha()


def _second_opinion(intent: Intent, score: float, gated: Gated) -> float:
    """Lower a score that no phrase supports or that a sure phrase for a weightier intent contradicts."""
    if gated.sure(intent):
        return score
    if not gated.hinted(intent):
        score *= 0.8
    if any(hit.strength == "sure" and RANK[Intent(hit.label)] < RANK[intent] for _, hit in gated.hits):
        score *= 0.9
    return score
