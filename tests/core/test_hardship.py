"""A second person's word on hardships and plans: never one's own, and no word loosens what protects the customer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import dialogues
from bot.core.agreement import Authority, Plan, PlanKind, PlanStatus
from bot.core.case import Case, Hold, HoldKind, Owner
from bot.core.contact import may_text
from bot.core.decide import decide
from bot.core.decision import JudgeHold, LiftHold, OpenHandoff, Purpose, Say
from bot.core.event import AgentActed, AgentAction
from tests.core import worlds as w

RULES = dialogues.load().rules
JUDGING = (AgentAction.APPROVE_HARDSHIP, AgentAction.DECLINE_HARDSHIP)


def act(action: AgentAction, agent: str = "chen", authority: Authority = Authority.SUPERVISOR) -> AgentActed:
    return AgentActed(action, agent, "a reason", authority=authority)


def suffering(case: Case, by: str = "bot") -> Case:
    others = tuple(hold for hold in case.holds if hold.kind is not HoldKind.HARDSHIP)
    return replace(case, holds=(*others, Hold(HoldKind.HARDSHIP, opened_by=by)))


def hardship(case: Case) -> Hold:
    return next(hold for hold in case.holds if hold.kind is HoldKind.HARDSHIP)


@w.quick
@given(w.cases())
def test_an_approved_hardship_says_who_approved_it(case: Case) -> None:
    decision = decide(suffering(case), act(AgentAction.APPROVE_HARDSHIP), RULES, w.NOW)
    assert hardship(decision.case).approved_by == "chen"
    assert JudgeHold(HoldKind.HARDSHIP, "chen", "") in decision.effects
    assert "hardship:approved" in decision.why


@w.quick
@given(w.cases())
def test_a_declined_hardship_stands_and_a_person_is_called(case: Case) -> None:
    decision = decide(suffering(case), act(AgentAction.DECLINE_HARDSHIP), RULES, w.NOW)
    assert hardship(decision.case) == replace(hardship(suffering(case)), declined_by="chen")
    assert any(isinstance(effect, OpenHandoff) for effect in decision.effects)
    assert decision.case.handoff_queue is not None


@w.quick
@given(w.cases(), st.sampled_from((*JUDGING, AgentAction.DECLINE_PLAN)), st.sampled_from(list(Purpose)))
def test_no_judgement_lets_a_text_go_that_was_not_lawful_before(
    case: Case, action: AgentAction, purpose: Purpose
) -> None:
    before = suffering(case)
    decision = decide(before, act(action), RULES, w.NOW)
    assert not any(isinstance(effect, Say) for effect in decision.effects)
    contact = RULES.contact_for(before)
    if not may_text(before, purpose, contact, w.NOW).allowed:
        assert not may_text(decision.case, purpose, contact, w.NOW).allowed
    lost = {hold.kind for hold in before.holds} - {hold.kind for hold in decision.case.holds}
    assert lost <= {HoldKind.PLAN_ACTIVE} and (not lost or action is AgentAction.DECLINE_PLAN)
    if action in JUDGING:
        assert not any(isinstance(effect, LiftHold) for effect in decision.effects)


@pytest.mark.parametrize("action", JUDGING)
@w.quick
@given(w.cases(), st.sampled_from(((("fang", "fang"), Authority.SUPERVISOR), (("bot", "chen"), Authority.AGENT))))
def test_nobody_judges_their_own_or_above_their_authority(
    action: AgentAction, case: Case, who: tuple[tuple[str, str], Authority]
) -> None:
    (by, judge), authority = who
    before = suffering(case, by)
    decision = decide(before, act(action, judge, authority), RULES, w.NOW)
    assert "hardship-refused:approval" in decision.why
    assert hardship(decision.case) == hardship(before)
    assert not any(isinstance(effect, JudgeHold) for effect in decision.effects)


@pytest.mark.parametrize("action", JUDGING)
def test_what_is_judged_already_or_is_over_is_not_judged_again(action: AgentAction) -> None:
    judged = replace(Case(customer_id=1), holds=(Hold(HoldKind.HARDSHIP, approved_by="wei"),))
    for case in (judged, Case(customer_id=1)):
        decision = decide(case, act(action), RULES, w.NOW)
        assert "stale" in decision.why and decision.case == case


def test_a_hold_knows_the_agent_who_placed_it() -> None:
    case = Case(customer_id=1, owner=Owner.AGENT)
    decision = decide(case, act(AgentAction.OPT_OUT, "fang", Authority.AGENT), RULES, w.NOW)
    assert [hold.opened_by for hold in decision.case.holds] == ["fang"]


def pending(by: str = "fang") -> Case:
    plan = Plan(PlanKind.INSTALMENTS, PlanStatus.PENDING, "loan", "none", (), w.NOW, proposed_by=by)
    return Case(customer_id=1, plan=plan, holds=(Hold(HoldKind.PLAN_REQUEST),), handoff_queue=None)


def test_a_declined_plan_leaves_the_pause_and_calls_a_person() -> None:
    decision = decide(pending(), act(AgentAction.DECLINE_PLAN), RULES, w.NOW)
    assert decision.case.plan is None and decision.case.held(HoldKind.PLAN_REQUEST)
    assert decision.case.handoff_queue == "plan"
    assert "plan:declined" in decision.why


def test_nobody_declines_their_own_plan_for_a_second_person() -> None:
    for event in (act(AgentAction.DECLINE_PLAN, "fang"), act(AgentAction.DECLINE_PLAN, "chen", Authority.AGENT)):
        decision = decide(pending(), event, RULES, w.NOW)
        assert "plan-refused:approval" in decision.why and decision.case == pending()
