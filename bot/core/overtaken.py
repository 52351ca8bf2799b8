"""What has changed about a queued text by the moment of sending; asked beside the contact rules."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.calendar import local_day
from bot.core.case import Case, Owner
from bot.core.contact import ContactRules
from bot.core.decision import NOT_CANCELLED, Purpose

CONFIRM_WITHIN = timedelta(minutes=5)  # 47 CFR 64.1200(a)(12): a later confirmation of an opt-out is a text too many


def overtaken(case: Case, purpose: Purpose, by_bot: bool, queued_at: datetime, now: datetime) -> str | None:
    """Why a text that was queued then must not leave now, whatever the hour; None where it is still true."""
    if purpose is Purpose.OPT_OUT_CONFIRMATION and now - queued_at > CONFIRM_WITHIN:
        return "the confirmation came too late to be sent"
    if purpose is Purpose.REMINDER and case.amount_due <= 0:
        return "nothing is due any more"
    if purpose is Purpose.PROMISE_REMINDER and local_day(queued_at, case.zone) != local_day(now, case.zone):
        return "the day that it speaks of is over"
    if by_bot and case.owner is Owner.AGENT and purpose not in NOT_CANCELLED:
        return "an agent took over"
    return None


def still_answers(case: Case, purpose: Purpose, rules: ContactRules | None, now: datetime) -> bool:
    """Whether an agent's text leaves inside a conversation that the customer opened: one that waited longer counts."""
    return purpose is Purpose.AGENT and rules is not None and case.in_conversation(now, rules.conversation)
