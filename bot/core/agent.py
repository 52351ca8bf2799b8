"""What follows when an agent acts: agents pass the same rules as the bot."""

from __future__ import annotations

from bot.core import hardship, planning
from bot.core.agreement import Instalment, PlanStatus, Promise
from bot.core.case import HoldKind, Owner, State, Timer
from bot.core.decision import Purpose
from bot.core.draft import Draft
from bot.core.event import AgentActed, AgentAction
from bot.core.promise import series_fits
from bot.core.reading import Hardship

SILENT = {State.OPTED_OUT, State.WRONG_NUMBER}  # final for the number: no act of an agent opens the texts again

# States that say more than a hold which is placed beside them.
GRAVER = {
    HoldKind.HARDSHIP: SILENT | {State.PERSON_ONLY, State.UNKNOWN_SENDER},
    HoldKind.DISPUTE: SILENT | {State.PERSON_ONLY, State.UNKNOWN_SENDER, State.HARDSHIP},
}


def on_agent(draft: Draft, act: AgentActed) -> None:
    """Take over, reply, release, resolve, or write on the file what a customer said to a person."""
    draft.because(f"agent:{act.action}")
    draft.by = act.agent
    match act.action:
        case AgentAction.TAKE_OVER:
            draft.change(owner=Owner.AGENT)
            draft.cancel_queued("taken-over")
            draft.schedule(Timer.HANDOFF_DEADLINE, None)
        case AgentAction.REPLY:
            draft.say_as_agent(act)
        case AgentAction.RELEASE:
            draft.change(owner=Owner.BOT)
            if draft.case.handoff_queue is not None:
                draft.handoff(draft.case.handoff_queue, f"released: {act.text}")
            else:
                draft.resume_dunning()
        case AgentAction.RESOLVE:
            _resolve(draft, act)
        case AgentAction.LIFT_HOLDS:
            _lift_all(draft)
            draft.resume_dunning()
        case AgentAction.OPT_OUT:
            if draft.case.state not in SILENT:
                draft.ask(None)
                draft.hold(HoldKind.OPT_OUT)
                draft.stop_number("opt_out")
                draft.say("opt_out_confirmed", Purpose.OPT_OUT_CONFIRMATION)
                draft.go(State.OPTED_OUT)
        case AgentAction.WRONG_NUMBER:
            draft.ask(None)
            draft.hold(HoldKind.WRONG_NUMBER)
            draft.change(known=False)
            draft.stop_number("wrong_number")
            draft.go(State.WRONG_NUMBER)
        case AgentAction.RECORD_PROMISE:
            if draft.case.plan_is_active:
                draft.because(
                    "promise-refused"
                )  # the plan says what is paid and when; two reminders a day would follow
            elif act.later and not _series_fits(draft, act):
                draft.because("series-refused")
            elif act.amount is not None and act.due_on is not None:
                draft.record_promise(Promise(act.amount, act.due_on, draft.now, later=act.later))
                if draft.case.state not in SILENT:
                    draft.go(State.PROMISED)
        case AgentAction.PROPOSE_PLAN | AgentAction.RECORD_PLAN:
            planning.on_agents_plan(draft, act, agreed=act.action is AgentAction.RECORD_PLAN)
        case AgentAction.APPROVE_PLAN:
            planning.on_approval(draft, act)
        case AgentAction.CANCEL_PLAN:
            _take_plan_back(draft)
        case AgentAction.OPEN_HARDSHIP:
            draft.withdraw_promise()
            _stand_still(draft, HoldKind.HARDSHIP, State.HARDSHIP, act.category)
        case AgentAction.OPEN_DISPUTE:
            _stand_still(draft, HoldKind.DISPUTE, State.DISPUTED)
        case AgentAction.DECLINE_PLAN:
            planning.on_refusal(draft, act)
        case AgentAction.APPROVE_HARDSHIP | AgentAction.DECLINE_HARDSHIP:
            hardship.judge(draft, act)
        case AgentAction.UNDO_MERGE:
            _part(draft)


def _stand_still(draft: Draft, kind: HoldKind, state: State, category: Hardship | None = None) -> None:
    """What a customer told a person holds collection as what they write does; the person answers for themselves."""
    draft.hold(kind, category)
    draft.ask(None)
    if draft.case.state not in GRAVER[kind]:
        draft.go(state)


def _part(draft: Draft) -> None:
    """A number that is nobody's again is a question for a person. What stopped texts, on either side, stays."""
    if draft.case.accounts or draft.case.state in SILENT:
        return
    if draft.case.state is State.SETTLED:
        draft.go(State.UNKNOWN_SENDER)
    draft.handoff("unknown_number", "merge_undone")


def _take_plan_back(draft: Draft) -> None:
    """A plan that an agent ends is over at once; reminders begin again."""
    planning.close(draft, PlanStatus.CANCELLED)
    draft.ask(None)
    draft.resume_dunning()


def _series_fits(draft: Draft, act: AgentActed) -> bool:
    """Agents pass the same limits on a series as customers do."""
    if act.amount is None or act.due_on is None:
        return False
    series = (Instalment(act.amount, act.due_on), *act.later)
    return series_fits(series, draft.today, draft.case, draft.rules.promises)


def _resolve(draft: Draft, act: AgentActed) -> None:
    draft.close_handoff(act.text, act.note)
    draft.lift(HoldKind.HANDOFF)
    if act.lift:
        _lift_all(draft)
    if not draft.case.reachable:
        return
    if draft.case.amount_due <= 0:
        draft.go(State.SETTLED)
    elif draft.case.plan_is_active or draft.case.promise is not None:
        draft.go(draft.standing_state())
    elif not draft.case.holds:
        draft.go(State.CONTACTED)
    draft.resume_dunning()


def _lift_all(draft: Draft) -> None:
    """Lift what a person may lift. An opt-out is the customer's own, a wrong number is not ours to doubt."""
    for hold in draft.case.holds:
        if hold.kind not in (HoldKind.OPT_OUT, HoldKind.WRONG_NUMBER, HoldKind.PROMISE_OPEN, HoldKind.PLAN_ACTIVE):
            draft.lift(hold.kind)
