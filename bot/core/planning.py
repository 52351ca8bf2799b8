"""The life of a plan on a case: proposed, offered, agreed, reminded of, paid, missed, ended. Written on a draft."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.agreement import Authority, Instalment, Plan, PlanKind, PlanStatus
from bot.core.calendar import moment
from bot.core.case import HoldKind, Owner, State, Timer
from bot.core.decision import ChangePlan, ClosePlan, Purpose, RecordPlan, Slot
from bot.core.draft import Draft
from bot.core.event import AgentActed
from bot.core.plan import (
    RANK,
    Terms,
    authority_for,
    contents_of,
    covered,
    is_met,
    missed_on,
    nearest_breaches,
    next_instalment,
    terms_for,
)
from bot.core.promise import next_day_of
from bot.core.reading import Asked
from bot.core.strategy import tier

OPEN_AGAIN = {State.PLAN_OFFERED, State.PLAN_ACTIVE, State.PLAN_REQUESTED}
FINAL = {State.OPTED_OUT, State.WRONG_NUMBER, State.UNKNOWN_SENDER}


def propose_from_bot(draft: Draft, terms: Terms, kind: PlanKind, instalments: tuple[Instalment, ...]) -> None:
    """Offer what the table lets the bot offer, and wait for the customer's yes."""
    _put(draft, Plan(kind, PlanStatus.OFFERED, terms.id, terms.interest, instalments, draft.now), terms)
    _offer(draft)


def on_agents_plan(draft: Draft, act: AgentActed, agreed: bool) -> None:
    """An agent proposes a plan, or records one that was agreed by phone: within the table at once, above it once a
    second person has approved, outside it never."""
    if draft.case.state in FINAL:
        draft.because("plan-refused:state")
        return
    if draft.case.plan_is_active:
        draft.because("plan-refused:active")
        return
    terms = terms_for(draft.case, act.plan_kind, draft.rules.plans, draft.today)
    if terms is None:
        draft.because("plan-refused:terms")
        return
    needed = authority_for(act.plan, terms, draft.case, draft.today)
    if needed is None:
        draft.because("plan-refused:outside")
        for name in nearest_breaches(act.plan, terms, draft.case, draft.today):
            draft.because(f"plan-breach:{name}")
        return
    allowed = RANK[needed] <= RANK[Authority.AGENT]
    plan = Plan(
        act.plan_kind, PlanStatus.OFFERED if allowed else PlanStatus.PENDING, terms.id, terms.interest, act.plan,
        draft.now, proposed_by=act.agent, agreed_by="phone" if agreed else "",
    )  # fmt: skip
    _put(draft, plan, terms, act.text)
    if not allowed:
        draft.because("plan-needs-approval")
        draft.hold(HoldKind.PLAN_REQUEST)
        draft.handoff("plan", "a plan waits for a second person's approval")
    elif agreed:
        activate(draft)
    else:
        _offer(draft)


def on_approval(draft: Draft, act: AgentActed) -> None:
    """A second person, with the authority, approves: the plan is offered, or active if the customer agreed already."""
    plan = draft.case.plan
    if plan is None or plan.status is not PlanStatus.PENDING:
        draft.because("stale")
        return
    terms = draft.rules.plans.named(plan.terms)
    needed = authority_for(plan.instalments, terms, draft.case, draft.today) if terms else None
    if plan.proposed_by == act.agent or needed is None or RANK[act.authority] < RANK[needed]:
        draft.because("plan-refused:approval")
        return
    _change(draft, PlanStatus.OFFERED, approved_by=act.agent)
    if plan.agreed_by:
        activate(draft)
    else:
        _offer(draft)


def on_refusal(draft: Draft, act: AgentActed) -> None:
    """A second person declines: the plan is off the table. Collection stands still until a person has answered."""
    plan = draft.case.plan
    if plan is None or plan.status is not PlanStatus.PENDING:
        draft.because("stale")
        return
    if plan.proposed_by == act.agent or RANK[act.authority] < RANK[Authority.SUPERVISOR]:
        draft.because("plan-refused:approval")
        return
    close(draft, PlanStatus.DECLINED)
    draft.hold(HoldKind.PLAN_REQUEST)
    draft.handoff("plan", f"a plan was declined by {act.agent}: {act.text}")


def accept(draft: Draft) -> None:
    """The customer said yes in so many words."""
    activate(draft, agreed_by="text")
    plan = draft.case.plan
    first = next_instalment(plan, draft.rules.plans) if plan else None
    if plan is not None and first is not None and draft.case.owner is Owner.BOT:
        draft.say(
            "plan_recorded", Purpose.REPLY, instalments=plan.instalments, amount=first.amount, promised_on=first.due_on
        )


def activate(draft: Draft, agreed_by: str = "") -> None:
    """From now on nothing is demanded: each instalment is reminded of and looked for."""
    plan = draft.case.plan
    if plan is None:
        return
    _change(draft, PlanStatus.ACTIVE, agreed_by=agreed_by or plan.agreed_by)
    draft.ask(None)
    draft.withdraw_promise()
    draft.hold(HoldKind.PLAN_ACTIVE)
    draft.lift(HoldKind.PLAN_REQUEST)
    if draft.case.state not in FINAL:
        draft.go(State.PLAN_ACTIVE)
    schedule(draft)


def schedule(draft: Draft) -> None:
    """Set the reminder and the check of the next instalment; none where no plan is active."""
    plan, rules = draft.case.plan, draft.rules.plans
    one = next_instalment(plan, rules) if plan is not None and draft.case.plan_is_active else None
    day = one and next_day_of(one.due_on, draft.today, rules.remind_days_before)
    step = tier(draft.case, draft.rules.strategy, draft.today)
    at = step.at if step else datetime.min.time().replace(hour=10)
    zone = draft.case.zone
    draft.schedule(Timer.PLAN_REMINDER, moment(day, at, zone) if day else None)
    check = moment(missed_on(one, rules), datetime.min.time(), zone) if one else None
    draft.schedule(Timer.PLAN_CHECK, check if check is None or check > draft.now else draft.now + timedelta(days=1))


def remind(draft: Draft) -> None:
    """The day before an instalment, and on its day."""
    plan = draft.case.plan
    one = next_instalment(plan, draft.rules.plans) if plan is not None and draft.case.plan_is_active else None
    if one is None:
        draft.because("stale")
        return
    if draft.case.owner is Owner.AGENT or draft.case.state is not State.PLAN_ACTIVE:
        draft.because("stale")
    elif one.due_on >= draft.today:
        draft.say("plan_reminder", Purpose.PROMISE_REMINDER, amount=one.amount - one.paid, promised_on=one.due_on)
    schedule(draft)


def check(draft: Draft) -> None:
    """An instalment whose grace is over and that is not there ends the plan; a person is told."""
    plan, rules = draft.case.plan, draft.rules.plans
    one = next_instalment(plan, rules) if plan is not None and draft.case.plan_is_active else None
    if plan is None or one is None:
        draft.because("stale")
        return
    if draft.today < missed_on(one, rules):
        schedule(draft)
        return
    if draft.case.held(HoldKind.PAID_CLAIM):
        draft.because("payment-is-looked-for")
        draft.schedule(Timer.PLAN_CHECK, draft.now + timedelta(days=1))
        return
    draft.because("instalment-missed")
    was_active = draft.case.state is State.PLAN_ACTIVE
    close(draft, PlanStatus.BROKEN)
    if was_active and not draft.case.holds and draft.case.owner is Owner.BOT and draft.case.handoff_queue is None:
        draft.say("plan_missed", Purpose.REMINDER, amount=one.amount - one.paid, promised_on=one.due_on)
    draft.handoff("plan", "an instalment was missed")
    draft.resume_dunning()


def on_money(draft: Draft) -> bool:
    """What a payment means for the open plan, whose instalments show it already. True where the plan answers it."""
    plan = draft.case.plan
    if plan is None:
        return False
    if plan.status is not PlanStatus.ACTIVE:
        draft.because("plan-out-of-date")  # the sum has changed: what was offered is true no more
        close(draft, PlanStatus.CANCELLED)
        draft.ask(None)
        return False
    terms = draft.rules.plans.named(plan.terms)
    owed = covered(draft.case, terms) if terms else draft.case.amount_due
    if owed <= 0 or all(is_met(one, draft.rules.plans) for one in plan.instalments):
        close(draft, PlanStatus.COMPLETED)
        return False
    schedule(draft)
    return True


def close(draft: Draft, status: PlanStatus) -> None:
    """The plan is over: what it held is let go."""
    plan = draft.case.plan
    if plan is None:
        return
    broken = draft.case.plans_broken + (status is PlanStatus.BROKEN)
    draft.change(plan=None, plans_broken=broken)
    draft.effects.append(ClosePlan(status, plan.instalments))
    draft.because(f"plan:{status}")
    draft.schedule(Timer.PLAN_REMINDER, None)
    draft.schedule(Timer.PLAN_CHECK, None)
    draft.lift(HoldKind.PLAN_ACTIVE)
    if draft.case.handoff_queue != "plan":  # a person who was called answers the request, and lifts this hold
        draft.lift(HoldKind.PLAN_REQUEST)
    if draft.case.state in OPEN_AGAIN:
        draft.go(State.PLAN_REQUESTED if draft.case.held(HoldKind.PLAN_REQUEST) else draft.standing_state())


def tidy(draft: Draft) -> None:
    """An offer that is no longer asked about cannot be accepted: it is withdrawn, and a person goes on with it."""
    plan = draft.case.plan
    offered = plan is not None and plan.status is PlanStatus.OFFERED
    if offered and draft.case.asked is not Asked.CONFIRM_PLAN:
        was_offered = draft.case.state is State.PLAN_OFFERED
        close(draft, PlanStatus.CANCELLED)
        if was_offered:
            draft.go(State.PLAN_REQUESTED)
            draft.hold(HoldKind.PLAN_REQUEST)
            draft.handoff("plan", "a plan was offered and other things came up")
    elif draft.case.state is State.PLAN_OFFERED and not offered:
        draft.go(draft.standing_state())


def _put(draft: Draft, plan: Plan, terms: Terms, other: str = "") -> None:
    """Write a plan on the file in the place of any other."""
    close(draft, PlanStatus.CANCELLED)
    draft.change(plan=plan)
    draft.effects.append(RecordPlan(plan, contents_of(plan, terms, draft.case, draft.rules.plans, other)))
    draft.because(f"plan:{plan.status}")
    draft.because(f"plan-terms:{plan.terms}")
    for one in plan.instalments:
        draft.because(f"plan-instalment:{one.amount}@{one.due_on}")


def _change(draft: Draft, status: PlanStatus, approved_by: str = "", agreed_by: str = "") -> None:
    plan = draft.case.plan
    if plan is not None:
        approved_by, agreed_by = approved_by or plan.approved_by, agreed_by or plan.agreed_by
        draft.change(plan=replace(plan, status=status, approved_by=approved_by, agreed_by=agreed_by))
        draft.effects.append(ChangePlan(status, approved_by, agreed_by))
        draft.because(f"plan:{status}")


def _offer(draft: Draft) -> None:
    """Tell the customer the whole of it, and ask for an explicit yes."""
    plan = draft.case.plan
    if plan is None:
        return
    draft.hold(HoldKind.PLAN_REQUEST)
    draft.ask(Asked.CONFIRM_PLAN, wait=draft.rules.plans.offer_stands)
    draft.go(State.PLAN_OFFERED)
    terms: dict[str, Slot] = {"amount": plan.total, "interest": plan.interest}
    if plan.kind is PlanKind.EXTENSION:
        draft.say("extension_offered", Purpose.REPLY, promised_on=plan.instalments[0].due_on, **terms)
    else:
        draft.say("plan_offered", Purpose.REPLY, instalments=plan.instalments, **terms)
