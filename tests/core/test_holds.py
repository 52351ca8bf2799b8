"""Every hold against every purpose, and what the grave words lead to: first answer, queue, and nothing after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from bot import dialogues
from bot.core.case import Account, Case, Hold, HoldKind, Product, State, Timer
from bot.core.contact import may_text
from bot.core.decide import decide
from bot.core.decision import OpenHandoff, PlaceHold, Purpose, Say, StopNumber
from bot.core.event import Heard, TimerDue
from bot.core.reading import Hardship, Intent, Reading
from bot.core.service import deadline
from bot.core.talk import Talk
from tests.core import worlds as w

CONTENT = dialogues.load()
RULES = CONTENT.rules
LOAN = Account(1, Product.PERSONAL_LOAN, Decimal(1200), Decimal(1200), None, date(2026, 10, 20), tail="1234")
CASE = Case(customer_id=1, state=State.CONTACTED, accounts=(LOAN,), opened_at=w.NOW)
R, P, A, G, N, S, C = (
    Purpose.REMINDER, Purpose.PROMISE_REMINDER, Purpose.REPLY, Purpose.AGENT, Purpose.NOTICE, Purpose.SAFETY,
    Purpose.OPT_OUT_CONFIRMATION,
)  # fmt: skip
# What may still be said under each hold, written from the bank's hold table and not from the policy file.
STILL = {
    HoldKind.PROMISE_OPEN: {P, A, G, N, S, C},
    HoldKind.PLAN_ACTIVE: {P, A, G, N, S, C},
    HoldKind.PLAN_REQUEST: {P, A, G, N, S, C},
    HoldKind.HARDSHIP: {A, G, N, S, C},
    HoldKind.DISPUTE: {A, G, N, S, C},
    HoldKind.PAID_CLAIM: {A, G, N, S, C},
    HoldKind.HANDOFF: {A, G, N, S, C},
    HoldKind.LEGAL: {A, G, S, C},
    HoldKind.VULNERABLE: {A, G, S, C},
    HoldKind.COMPLAINT: {A, G, S, C},
    HoldKind.OPT_OUT_DOUBT: {A, G, S, C},
    HoldKind.BEREAVEMENT: {G, S, C},
    HoldKind.CRISIS: {G, S, C},
    HoldKind.OPT_OUT: {S, C},
    HoldKind.WRONG_NUMBER: set[Purpose](),
}


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("kind", HoldKind)
def test_under_each_hold_only_what_the_table_lets_through_may_be_said(kind: HoldKind, purpose: Purpose) -> None:
    permission = may_text(replace(CASE, holds=(Hold(kind),)), purpose, RULES.contact_for(CASE), w.NOW)
    assert permission.allowed is (purpose in STILL[kind]), permission
    if not permission.allowed:
        assert permission.rule == f"hold:{kind}"


def heard(*intents: Intent, **fields: object) -> Heard:
    return Heard(Reading("…", "zh", intents, dict.fromkeys(intents, 1.0), **fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("intent", "kind", "queue", "answer", "state"),
    [
        (Intent.SELF_HARM, HoldKind.CRISIS, "crisis", "safety", State.PERSON_ONLY),
        (Intent.DECEASED, HoldKind.BEREAVEMENT, "bereavement", None, State.PERSON_ONLY),
        (Intent.LEGAL, HoldKind.LEGAL, "legal", "legal_noted", State.PERSON_ONLY),
        (Intent.VULNERABLE, HoldKind.VULNERABLE, "vulnerable", "vulnerable_noted", State.PERSON_ONLY),
        (Intent.COMPLAINT, HoldKind.COMPLAINT, "complaint", "complaint_received", State.PERSON_ONLY),
        (Intent.DISPUTE, HoldKind.DISPUTE, "dispute", "dispute_opened", State.DISPUTED),
        (Intent.HARDSHIP, HoldKind.HARDSHIP, "hardship", "hardship_opened", State.HARDSHIP),
        (Intent.ALREADY_PAID, HoldKind.PAID_CLAIM, None, "paid_claim_received", State.PAID_CLAIMED),
        (Intent.THIRD_PARTY, HoldKind.WRONG_NUMBER, "contact_data", None, State.WRONG_NUMBER),
        (Intent.WRONG_NUMBER, HoldKind.WRONG_NUMBER, None, None, State.WRONG_NUMBER),
        (Intent.OPT_OUT, HoldKind.OPT_OUT, None, "opt_out_confirmed", State.OPTED_OUT),
    ],
)
def test_each_grave_word_has_its_hold_its_queue_with_a_deadline_and_its_first_answer(
    intent: Intent, kind: HoldKind, queue: str | None, answer: str | None, state: State
) -> None:
    decision = decide(CASE, heard(intent), RULES, w.NOW)
    assert (decision.case.state, decision.case.held(kind)) == (state, True)
    assert [e.response for e in decision.effects if isinstance(e, Say)] == ([answer] if answer else [])
    calls = [(e.queue, e.priority, e.due_at) for e in decision.effects if isinstance(e, OpenHandoff)]
    rule = RULES.handoffs.get(queue or "")
    due_at = deadline(w.NOW, rule.within, CASE.zone, RULES.service) if rule and not rule.alert else None
    assert calls == ([(queue, rule.priority, due_at or w.NOW + rule.within)] if rule else [])


def test_only_a_crisis_calls_people_outside_the_console() -> None:
    assert [queue for queue, rule in RULES.handoffs.items() if rule.alert] == ["crisis"]


def test_despair_and_an_opt_out_in_one_breath_get_the_one_text_and_the_opt_out_is_on_the_file() -> None:
    talk = Talk(CASE, RULES, CONTENT.responses.render, w.NOW)
    decision = talk.happen(heard(Intent.SELF_HARM, Intent.OPT_OUT))
    assert any(isinstance(effect, StopNumber) for effect in decision.effects)
    assert {hold.kind for hold in decision.case.holds} == {HoldKind.CRISIS, HoldKind.OPT_OUT}
    assert not decision.case.reachable and decision.case.handoff_queue == "crisis"
    talk.happen(heard(Intent.SELF_HARM))
    talk.happen(heard(Intent.ASK_AMOUNT))
    talk.wait(w.NOW + timedelta(days=30))
    assert [said.purpose for said in talk.said] == [Purpose.SAFETY]


def test_a_hardship_is_kept_as_a_category_only() -> None:
    decision = decide(CASE, heard(Intent.HARDSHIP, hardship=Hardship.ILLNESS), RULES, w.NOW)
    [placed] = [e for e in decision.effects if isinstance(e, PlaceHold)]
    assert (placed.kind, placed.category, placed.until) == (
        HoldKind.HARDSHIP, Hardship.ILLNESS, w.NOW + timedelta(days=30),
    )  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind, rule in RULES.holds.items() if rule.review])
def test_a_hold_that_only_a_person_lifts_is_looked_at_again_and_again(kind: HoldKind) -> None:
    rule = RULES.holds[kind]
    assert rule.review is not None
    case = replace(CASE, holds=(Hold(kind, None, w.NOW),))
    first = decide(case, TimerDue(Timer.HOLD_REVIEW), RULES, w.NOW)
    assert first.case.handoff_queue == rule.reviewed_by and first.case.held(kind)
    assert first.case.holds[0].review_at == w.NOW + rule.review
    assert decide(first.case, TimerDue(Timer.HOLD_REVIEW), RULES, w.NOW).why[-1] == "stale"


def test_every_hold_ends_is_looked_at_or_is_the_customers_own_word() -> None:
    for kind, rule in RULES.holds.items():
        ends = rule.lasts or rule.review or kind in (
            HoldKind.OPT_OUT, HoldKind.WRONG_NUMBER,  # for ever
            HoldKind.PROMISE_OPEN, HoldKind.PLAN_ACTIVE, HoldKind.PAID_CLAIM,  # their own timer ends them
            HoldKind.HANDOFF,  # its deadline calls again
        )  # fmt: skip
        assert ends, kind
