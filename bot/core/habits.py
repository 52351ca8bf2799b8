"""What customers say of their own ways. It adapts when and how they are reminded, never what is owed."""

from __future__ import annotations

from dataclasses import replace

from bot.core.case import Preference
from bot.core.draft import Draft
from bot.core.guards import Scene
from bot.core.promise import resolve_amount
from bot.core.reading import Intent

ANNOYED = frozenset({Intent.ABUSE, Intent.REFUSAL, Intent.COMPLAINT})
SPEAKS_OF_ABILITY = frozenset({Intent.HARDSHIP, Intent.PAYMENT_PLAN_REQUEST, Intent.REFUSAL})


def learn(draft: Draft, scene: Scene) -> None:
    """Keep payday, hours, what they can pay at a time, and that they are annoyed."""
    reading, habits = scene.reading, scene.reading.habits
    if ANNOYED.intersection(reading.intents) or reading.opt_out_suspected:
        draft.because("learned:annoyed")
        draft.change(annoyed_at=draft.now)
    if habits.payday is not None:
        draft.because(f"learned:payday {habits.payday}")
        draft.change(payday=habits.payday)
    if habits.hours is not None or habits.weekdays is not None:
        before = draft.case.preference or Preference()
        hours = habits.hours or (before.opens, before.closes)
        wish = replace(before, opens=hours[0], closes=hours[1], weekdays=habits.weekdays or before.weekdays)
        draft.because("learned:preference")
        draft.change(preference=wish)
    said = resolve_amount(reading.amount, scene.case)
    if said is not None and said < scene.case.amount_due and SPEAKS_OF_ABILITY.intersection(reading.intents):
        draft.because(f"learned:ability {said}")
        draft.change(ability=said)
