"""A second person's word on a hardship: approved, or declined, which loosens nothing."""

from __future__ import annotations

from dataclasses import replace

from bot.core.agreement import Authority
from bot.core.case import HoldKind
from bot.core.decision import JudgeHold
from bot.core.draft import Draft
from bot.core.event import AgentActed, AgentAction
from bot.core.plan import RANK


def judge(draft: Draft, act: AgentActed) -> None:
    """Approve or decline the hardship that stands. Nobody judges their own, and only who may agree to any plan.

    Either way the hold stands as long as before. A declined one calls a person, who speaks with the customer and lifts
    it or not: no text asks for money on the word of somebody who has not.
    """
    hold = next((one for one in draft.case.holds if one.kind is HoldKind.HARDSHIP), None)
    if hold is None or hold.is_judged:
        draft.because("stale")
        return
    if hold.opened_by == act.agent or RANK[act.authority] < RANK[Authority.SUPERVISOR]:
        draft.because("hardship-refused:approval")
        return
    approved = act.action is AgentAction.APPROVE_HARDSHIP
    judged = replace(hold, approved_by=act.agent if approved else "", declined_by="" if approved else act.agent)
    draft.change(holds=tuple(judged if one is hold else one for one in draft.case.holds))
    draft.effects.append(JudgeHold(hold.kind, judged.approved_by, judged.declined_by))
    draft.because(f"hardship:{'approved' if approved else 'declined'}")
    if not approved:
        draft.handoff("hardship", f"hardship declined by {act.agent}, speak with the customer: {act.text}")
