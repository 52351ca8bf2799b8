"""What a queued text means at the moment at which it leaves, which may be days later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from bot import dialogues
from bot.core.case import Account, Case, Owner, Product, State
from bot.core.decision import Purpose
from bot.core.event import AgentActed, AgentAction
from bot.core.overtaken import overtaken
from bot.core.talk import Talk

CONTENT = dialogues.load()
NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)  # Monday, 10:02 in Shanghai
LOAN = Account(1, Product.PERSONAL_LOAN, Decimal(1200), Decimal(1200), None, date(2026, 10, 20), tail="1234")
CASE = Case(customer_id=1, state=State.CONTACTED, accounts=(LOAN,))


@pytest.mark.parametrize(
    ("purpose", "by_bot", "waited", "change", "is_overtaken"),
    [
        (Purpose.OPT_OUT_CONFIRMATION, True, timedelta(minutes=5), {}, False),
        (Purpose.OPT_OUT_CONFIRMATION, True, timedelta(minutes=6), {}, True),
        (Purpose.REMINDER, True, timedelta(days=3), {}, False),
        (Purpose.REMINDER, True, timedelta(0), {"accounts": ()}, True),
        (Purpose.PROMISE_REMINDER, True, timedelta(hours=2), {}, False),
        (Purpose.PROMISE_REMINDER, True, timedelta(hours=11), {}, True),
        (Purpose.REPLY, True, timedelta(0), {"owner": Owner.AGENT}, True),
        (Purpose.REPLY, False, timedelta(0), {"owner": Owner.AGENT}, False),
        (Purpose.SAFETY, True, timedelta(0), {"owner": Owner.AGENT}, False),
    ],
)
def test_a_text_that_is_no_longer_true_does_not_leave(
    purpose: Purpose, by_bot: bool, waited: timedelta, change: dict[str, object], is_overtaken: bool
) -> None:
    case = replace(CASE, **change)  # type: ignore[arg-type]
    assert (overtaken(case, purpose, by_bot, NOW - waited, NOW) is not None) == is_overtaken


@pytest.mark.parametrize(("hours", "answers"), [(1, True), (23, False)])
def test_an_agents_answer_that_waited_too_long_counts_as_a_contact(hours: int, answers: bool) -> None:
    """Written at half past eight in the evening, it leaves at nine: by then the conversation may be over."""
    evening = NOW + timedelta(hours=10, minutes=28)
    case = replace(CASE, opened_at=evening - timedelta(hours=hours))
    talk = Talk(case, CONTENT.rules, CONTENT.responses.render, evening)
    talk.happen(AgentActed(AgentAction.REPLY, "li", text="您好"))
    talk.wait(NOW + timedelta(days=1))
    assert [(said.purpose, said.at) for said in talk.said] == [(Purpose.AGENT, datetime(2026, 11, 24, 1, tzinfo=UTC))]
    assert [contact.answers for contact in talk.case.contacts] == [answers]
