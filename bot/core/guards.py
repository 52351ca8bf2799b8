"""The questions that the table may ask, by name. Pure; no other conditions exist in dialogues/."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.core.agreement import Instalment, PlanKind, PlanStatus
from bot.core.calendar import local_day
from bot.core.case import Case
from bot.core.plan import Terms, covered, propose
from bot.core.promise import is_plausible, is_within_horizon, resolve_amount, series_fits
from bot.core.reading import Asked, Intent, Reading
from bot.core.rules import Rules


@dataclass(frozen=True, slots=True)
class Scene:
    """What a guard or an act looks at: the case before, what was read, the rules and the moment."""

    case: Case
    reading: Reading
    rules: Rules
    now: datetime


def is_sure(scene: Scene, intent: Intent) -> bool:
    """Whether the reading of this intent is certain enough to act upon without asking back."""
    return scene.reading.confidence(intent) >= scene.rules.sure_enough


def promise_is_sure(scene: Scene) -> bool:
    """Date and amount are explicit, possible and read with certainty: record it without asking."""
    reading, case, rules = scene.reading, scene.case, scene.rules
    amount = resolve_amount(reading.amount, case)
    if reading.series:
        return False  # several days and sums are always said back
    if reading.date is None or reading.date_vague or amount is None or reading.conditional:
        return False
    sure = float(rules.promises.sure_enough)
    return (
        is_sure(scene, Intent.PROMISE_TO_PAY)
        and reading.date_score >= sure
        and reading.amount_score >= sure
        and is_plausible(amount, case)
        and not promise_is_far(scene)
    )


def promise_is_far(scene: Scene) -> bool:
    """The day is beyond what a promise may name: that is a plan, and a person's business."""
    day = scene.reading.date or (scene.case.offer.due_on if scene.case.offer else None)
    today = local_day(scene.now, scene.case.zone)
    return day is not None and not is_within_horizon(day, today, scene.case, scene.rules.promises)


def promise_has_date(scene: Scene) -> bool:
    """A day is known, from this reply, from what was offered or from what stands: the rest can be asked back."""
    if scene.reading.date is not None or (scene.case.offer is not None and scene.case.offer.due_on is not None):
        return True
    return scene.case.promise is not None and scene.reading.amount is not None


def promise_is_small(scene: Scene) -> bool:
    """The sum is less than the policy lets a promise be of at these days past due."""
    amount = resolve_amount(scene.reading.amount, scene.case)
    if amount is None or scene.reading.series:
        return False
    return amount < scene.rules.promises.least(scene.case, local_day(scene.now, scene.case.zone))


def promise_is_small_again(scene: Scene) -> bool:
    """We named the least sum already, and the customer cannot pay even that: a person finds a way."""
    return scene.case.asked is Asked.AMOUNT and promise_is_small(scene)


def promise_moved_too_often(scene: Scene) -> bool:
    """The customer has put this promise off as often as the policy allows; a plan suits them better."""
    standing, day = scene.case.promise, scene.reading.date
    if standing is None or day is None or day <= standing.due_on:
        return False
    return standing.moved + 1 >= scene.rules.promises.moved_for_a_person


def promise_is_repeated(scene: Scene) -> bool:
    """A promise stands, and this reply names no other day and no other sum."""
    standing, reading = scene.case.promise, scene.reading
    if standing is None or reading.date_vague or reading.conditional:
        return False
    amount = resolve_amount(reading.amount, scene.case)
    return reading.date in (None, standing.due_on) and amount in (None, standing.amount)


def series_of(scene: Scene) -> tuple[Instalment, ...]:
    """The series that was said, if it is one that can be recorded."""
    series = tuple(Instalment(one.amount, one.date) for one in scene.reading.series)
    today = local_day(scene.now, scene.case.zone)
    return series if len(series) > 1 and series_fits(series, today, scene.case, scene.rules.promises) else ()


def proposal_of(scene: Scene) -> tuple[PlanKind, Terms, tuple[Instalment, ...]] | None:
    """What the table lets the bot offer for what was asked: an extension to the day that was named, or instalments."""
    reading, case, rules = scene.reading, scene.case, scene.rules
    today = local_day(scene.now, case.zone)
    if reading.conditional or reading.date_vague or reading.wish.concession:
        return None
    later = reading.wish.extension or (reading.date is not None and reading.wish.count is None)
    if later:
        amount = resolve_amount(reading.amount, case)
        if amount is not None and amount < case.amount_due:
            return None  # a part of the debt at a far day is neither: a person looks at it
        found = propose(case, PlanKind.EXTENSION, rules.plans, today, first_on=reading.date)
        return None if found is None else (PlanKind.EXTENSION, *found)
    found = propose(case, PlanKind.INSTALMENTS, rules.plans, today, count=reading.wish.count)
    return None if found is None else (PlanKind.INSTALMENTS, *found)


def plan_can_be_offered(scene: Scene) -> bool:
    """The policy table grants the bot what is asked for, and nobody else is on the case."""
    if scene.case.plan_is_active or not scene.case.number_reserved:
        return False
    return scene.case.handoff_queue is None and proposal_of(scene) is not None


def promise_is_far_but_can_be_offered(scene: Scene) -> bool:
    """The whole is promised for a day beyond what a promise may name, and the table grants that day as an extension."""
    return scene.reading.date is not None and promise_is_far(scene) and plan_can_be_offered(scene)


def other_plan_was_asked(scene: Scene) -> bool:
    """The customer names another number of instalments, or another day, than was offered, and the table grants it."""
    found, plan = proposal_of(scene), scene.case.plan
    if found is None or plan is None or (scene.reading.wish.count is None and scene.reading.date is None):
        return False
    return found[2] != plan.instalments


def plan_is_offered(scene: Scene) -> bool:
    """A plan waits for the customer's yes, its first day is not over, and its sum is still what is owed."""
    plan = scene.case.plan
    if plan is None or plan.status is not PlanStatus.OFFERED or scene.case.asked is not Asked.CONFIRM_PLAN:
        return False
    terms = scene.rules.plans.named(plan.terms)
    first_is_ahead = plan.instalments[0].due_on >= local_day(scene.now, scene.case.zone)
    return terms is not None and first_is_ahead and covered(scene.case, terms) == plan.total


def plan_is_unwanted(scene: Scene) -> bool:
    """The reply says that the plan is not wanted any more."""
    return scene.case.plan is not None and scene.reading.wish.cancel


def offer_is_complete(scene: Scene) -> bool:
    """We asked the customer to confirm a promise, and it has its amount and a day that is not over yet."""
    offer = scene.case.offer
    if scene.case.asked is not Asked.CONFIRM_PROMISE or offer is None or offer.due_on is None:
        return False
    return bool(offer.amount) and offer.due_on >= local_day(scene.now, scene.case.zone)


def opt_out_was_asked(scene: Scene) -> bool:
    """We asked whether the texts should stop."""
    return scene.case.asked is Asked.CONFIRM_OPT_OUT


def nothing_is_due(scene: Scene) -> bool:
    """The ledger demands nothing."""
    return scene.case.amount_due <= 0


def unclear_too_often(scene: Scene) -> bool:
    """We asked back as often as the policy allows; a person is needed."""
    return scene.case.unclear_in_a_row >= scene.rules.unclear_for_a_person


def number_is_trusted(scene: Scene) -> bool:
    """The number is the one that the customer left with the bank, or they just verified: figures may be told."""
    return scene.case.may_be_told(scene.now)


def number_can_be_verified(scene: Scene) -> bool:
    """The bank left something to verify by, no other question is open, and the attempts are not used up."""
    known, asked = scene.case.verification, scene.case.asked
    barred = known.barred_until is not None and scene.now < known.barred_until
    return known.possible and not barred and asked in (None, Asked.VERIFY)


def preference_is_read(scene: Scene) -> bool:
    """The reply names hours or days for contact that can be kept to."""
    return scene.reading.habits.hours is not None or scene.reading.habits.weekdays is not None


def number_is_stopped(scene: Scene) -> bool:
    """The number must not be texted any more."""
    return not scene.case.reachable


def handoff_is_open(scene: Scene) -> bool:
    """A person is already called."""
    return scene.case.handoff_queue is not None


GUARDS: dict[str, Callable[[Scene], bool]] = {
    guard.__name__: guard
    for guard in (
        promise_is_sure,
        promise_is_far,
        promise_has_date,
        promise_is_small,
        promise_is_small_again,
        promise_moved_too_often,
        promise_is_repeated,
        plan_can_be_offered,
        other_plan_was_asked,
        promise_is_far_but_can_be_offered,
        plan_is_offered,
        plan_is_unwanted,
        offer_is_complete,
        opt_out_was_asked,
        nothing_is_due,
        unclear_too_often,
        number_is_trusted,
        number_can_be_verified,
        preference_is_read,
        number_is_stopped,
        handoff_is_open,
    )
}
