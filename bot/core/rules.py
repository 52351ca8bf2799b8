"""The rules that a decision is made by: all of dialogues/, checked, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.core.case import Case, HoldKind
from bot.core.contact import ContactRules
from bot.core.conversation import Conversation
from bot.core.opinion import SecondRules
from bot.core.plan import PlanRules
from bot.core.promise import PromiseRules
from bot.core.service import Service
from bot.core.strategy import Strategy


@dataclass(frozen=True, slots=True)
class HoldRules:
    """How long a hold lasts; None where only a person or a document lifts it.

    `review`: after so long, and again each time, the queue `reviewed_by` looks whether it should still stand.
    """

    lasts: timedelta | None
    review: timedelta | None = None
    reviewed_by: str = "review"


@dataclass(frozen=True, slots=True)
class HandoffRules:
    """A queue of agents: 1 is the most urgent; `within` is the time to the first human act.

    `alert`: people are called at once, outside the console too.
    """

    priority: int
    within: timedelta
    alert: bool = False


@dataclass(frozen=True, slots=True)
class VerifyRules:
    """How somebody at a number that is not reserved is verified before figures are told.

    After `attempts` wrong answers a person is called and nobody is asked again for `barred`; a right one `lasts`.
    """

    attempts: int
    barred: timedelta
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that `decide` may look up. `version` is a digest of the content it was loaded from."""

    version: str
    conversation: Conversation
    contact: dict[str, ContactRules]
    places: frozenset[str]  # such as us-ma: places within a jurisdiction that are known, with rules of their own or not
    strategy: Strategy
    promises: PromiseRules
    plans: PlanRules
    holds: dict[HoldKind, HoldRules]
    handoffs: dict[str, HandoffRules]
    service: Service
    answer_wait: timedelta
    paid_check_business_days: int
    unclear_for_a_person: int
    sure_enough: float
    sure_of_opt_out: float
    second: SecondRules
    verify: VerifyRules

    def contact_for(self, case: Case) -> ContactRules | None:
        """The contact rules of the case's place and jurisdiction, else the strict default; None fails closed.

        Where the place within the jurisdiction is not known, the rules of all its places hold together.
        """
        return self.contact_at(case.jurisdiction, case.place)

    def contact_at(self, jurisdiction: str, place: str) -> ContactRules | None:
        """The same of a jurisdiction and a place in it; an empty or unknown one is not known."""
        known = place in self.places and place.startswith(f"{jurisdiction}-")
        here = place if known else f"{jurisdiction}-*"
        return self.contact.get(here) or self.contact.get(jurisdiction) or self.contact.get("default")
