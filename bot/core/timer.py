"""What follows when a timer falls due. The file is looked at again: a stale timer does nothing."""

from __future__ import annotations

from datetime import timedelta

from bot.core import planning
from bot.core.agreement import PlanStatus, PromiseStatus
from bot.core.case import Case, ContactChannel, HoldKind, Owner, State, Timer
from bot.core.contact import Permission, may_text
from bot.core.decision import Purpose
from bot.core.draft import Draft
from bot.core.promise import judge
from bot.core.strategy import first_reminder_at, next_reminder, person_needed, reminder_slots, tier

NOT_DUNNED = {State.OPTED_OUT, State.WRONG_NUMBER, State.UNKNOWN_SENDER, State.SETTLED, State.PERSON_ONLY}

LOOK_AGAIN = timedelta(days=7)


def on_timer(draft: Draft, timer: Timer) -> None:
    """Do what is due."""
    draft.because(f"timer:{timer}")
    match timer:
        case Timer.REMINDER:
            _remind(draft)
        case Timer.PROMISE_REMINDER:
            _remind_of_promise(draft)
        case Timer.PROMISE_CHECK:
            _check_promise(draft)
        case Timer.ANSWER_WAIT:
            _give_up_waiting(draft)
        case Timer.PLAN_REMINDER:
            planning.remind(draft)
        case Timer.PLAN_CHECK:
            planning.check(draft)
        case Timer.PAID_CHECK:
            _check_ledger(draft)
        case Timer.HOLD_RELEASE:
            _release_holds(draft)
        case Timer.HOLD_REVIEW:
            _review_holds(draft)
        case Timer.HANDOFF_DEADLINE:
            _escalate(draft)


def _remind(draft: Draft) -> None:
    case = draft.case
    if case.state in NOT_DUNNED or not case.reachable:
        draft.because("stale")
        return
    if case.amount_due <= 0:
        draft.because("nothing-due")
        draft.go(State.SETTLED)
        return
    if case.owner is Owner.AGENT:
        draft.because("agent-owns")
        following = next_reminder(case, draft.rules.strategy, draft.now)
        draft.schedule(Timer.REMINDER, following.at if following else None)
        return
    step = tier(case, draft.rules.strategy, draft.today)
    if step is None:
        draft.because("not-yet")
        draft.schedule(Timer.REMINDER, first_reminder_at(case, draft.rules.strategy, draft.now))
        return
    permission = may_text(case, Purpose.REMINDER, draft.rules.contact_for(case), draft.now)
    if not permission.allowed:
        draft.because(f"not-now:{permission.rule}")
        if permission.is_final:
            _tell_a_person(draft, permission)
            return
        draft.schedule(Timer.REMINDER, permission.next_at)
        return
    draft.because(f"tier:{step.name}")
    if step.handoff is not None:
        draft.handoff(step.handoff, f"tier:{step.name}")
    if step.channel is not ContactChannel.SMS:
        draft.because(f"by-a-person:{step.channel}")
        draft.resume_dunning()
        return
    if (reason := person_needed(case, draft.rules.strategy, draft.now)) is not None and case.handoff_queue is None:
        draft.because(f"person:{reason}")
        draft.handoff("late_stage", f"pace:{reason}")
    draft.say(step.wording(case), Purpose.REMINDER, **reminder_slots(case, draft.today))
    if case.state is State.NEW:
        draft.go(State.CONTACTED)
    draft.resume_dunning()


def _tell_a_person(draft: Draft, permission: Permission) -> None:
    """No text is lawful and no moment is known at which one will be: a person sees it, and we look again in a week."""
    if draft.case.handoff_queue is None:
        draft.handoff("contact_data", f"no text is possible: {permission.rule}")
    draft.schedule(Timer.REMINDER, draft.now + LOOK_AGAIN)


def _remind_of_promise(draft: Draft) -> None:
    promise = draft.case.promise
    if promise is None or draft.case.owner is Owner.AGENT or not draft.case.reachable:
        draft.because("stale")
        return
    days = (promise.due_on - draft.today).days
    if days >= 0 and draft.case.state not in NOT_DUNNED:
        response = "promise_due_today" if days == 0 else "promise_reminder"
        rest = promise.amount - promise.paid
        draft.say(response, Purpose.PROMISE_REMINDER, amount=rest, promised_on=promise.due_on)
    draft.remind_of_promise()


def _check_promise(draft: Draft) -> None:
    promise = draft.case.promise
    if promise is None:
        draft.because("stale")
        return
    if draft.case.held(HoldKind.PAID_CLAIM):
        draft.because("payment-is-looked-for")
        draft.schedule(Timer.PROMISE_CHECK, draft.now + timedelta(days=1))
        return
    status = judge(promise, draft.rules.promises)
    if status is PromiseStatus.BROKEN and any(hold.kind is not HoldKind.PROMISE_OPEN for hold in draft.case.holds):
        status = PromiseStatus.CANCELLED  # something graver came up since: nobody is blamed for it
    if status is PromiseStatus.KEPT:
        draft.keep_promise()
    else:
        draft.close_promise(status)
    if draft.case.state is State.PROMISED and draft.case.promise is None:
        draft.go(State.CONTACTED)
    if status in (PromiseStatus.KEPT, PromiseStatus.CANCELLED) or draft.case.amount_due <= 0:
        draft.resume_dunning()
        return
    if draft.case.broken_in_a_row >= draft.rules.promises.broken_for_a_person:
        draft.because("broken-in-a-row")
        draft.hold(HoldKind.HANDOFF)
        draft.handoff("broken_promises", f"{draft.case.broken_in_a_row} promises broken in a row")
        return
    if draft.case.state not in NOT_DUNNED and _may_be_asked(draft.case):
        draft.say(
            f"promise_{status}",
            Purpose.REMINDER,
            amount=promise.amount,
            promised_on=promise.due_on,
            paid=promise.paid,
        )
        draft.change(state=State.CONTACTED)
    draft.resume_dunning()


def _may_be_asked(case: Case) -> bool:
    """Nothing stands still, and no person is on the case whom a text of ours would cut across."""
    return not case.holds and case.handoff_queue is None and case.owner is Owner.BOT


def _give_up_waiting(draft: Draft) -> None:
    if draft.case.asked is None:
        draft.because("stale")
        return
    draft.ask(None)
    draft.change(unclear_in_a_row=0)
    if draft.case.state in (State.CLARIFYING, State.PROMISE_OFFERED):
        draft.go(draft.standing_state())
    if draft.case.state is State.PLAN_OFFERED:
        draft.because("offer-expired")
        planning.close(draft, PlanStatus.DECLINED)
    draft.resume_dunning()


def _check_ledger(draft: Draft) -> None:
    if not draft.case.held(HoldKind.PAID_CLAIM):
        draft.because("stale")
        return
    draft.lift(HoldKind.PAID_CLAIM)
    if draft.case.state is State.PAID_CLAIMED:
        draft.go(draft.standing_state())
    if draft.case.amount_due <= 0:
        draft.because("payment-found")
        draft.go(None if draft.case.state in NOT_DUNNED else State.SETTLED)
        if draft.case.owner is Owner.BOT:
            draft.say("payment_found", Purpose.NOTICE)
    else:
        draft.because("payment-not-found")
        draft.handoff("paid_claim", "payment not found in the ledger")
        if draft.case.owner is Owner.BOT:
            draft.say("payment_not_found", Purpose.NOTICE)
    draft.resume_dunning()


def _release_holds(draft: Draft) -> None:
    over = [hold.kind for hold in draft.case.holds if hold.until is not None and hold.until <= draft.now]
    if not over:
        draft.because("stale")
        draft.schedule(
            Timer.HOLD_RELEASE, min((h.until for h in draft.case.holds if h.until is not None), default=None)
        )
        return
    for kind in over:
        draft.lift(kind)
    if HoldKind.HARDSHIP in over or HoldKind.DISPUTE in over:
        # The pause is granted once: after it a person looks before anybody is asked for money again.
        draft.hold(HoldKind.HANDOFF)
        draft.handoff("review", "a pause is over: review before collection goes on")
        return
    draft.resume_dunning()


def _review_holds(draft: Draft) -> None:
    """A hold that only a person lifts is looked at by one, again and again, so that none is forgotten."""
    due = [hold for hold in draft.case.holds if hold.review_at is not None and hold.review_at <= draft.now]
    if not due:
        draft.because("stale")
    for hold in due:
        draft.because(f"review:{hold.kind}")
        draft.hold(hold.kind, hold.category)
        draft.handoff(draft.rules.holds[hold.kind].reviewed_by, f"review: {hold.kind} stands for long")


def _escalate(draft: Draft) -> None:
    queue = draft.case.handoff_queue
    if queue is None or draft.case.owner is Owner.AGENT:
        draft.because("stale")
        return
    draft.handoff(queue, "overdue: nobody took this in time")
    again = timedelta(hours=1) if draft.rules.handoffs[queue].priority == 1 else timedelta(days=1)
    draft.schedule(Timer.HANDOFF_DEADLINE, draft.now + again)
