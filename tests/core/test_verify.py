"""Information is told to a right party only: a reserved number, or whoever has just verified."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.case import Case, NumberSource, Verification
from bot.core.decide import decide
from bot.core.decision import Purpose
from bot.core.event import Event, Heard
from bot.core.heard import BESIDE_ANSWER
from bot.core.reading import Asked, Intent
from tests.core import worlds as w
from tests.core.test_decide import CASE, RULES, heard, says, talk_of

STRANGE = replace(CASE, number_source=NumberSource.CONTRACT, verification=Verification(possible=True))
ASKING = heard(Intent.ASK_AMOUNT)
TALKS = (Intent.ASK_AMOUNT, Intent.ASK_HOW_TO_PAY, Intent.ASK_IDENTITY, Intent.AFFIRM, Intent.DENY, Intent.UNCLEAR)


def answer(right: bool | None, intent: Intent = Intent.UNCLEAR) -> Heard:
    """A reply with the characters that we asked for."""
    return replace(heard(intent), verified=right)


def after(case: Case, *events: Event) -> Case:
    """The case after several events at one moment."""
    for event in events:
        case = decide(case, event, RULES, w.NOW).case
    return case


@w.quick
@given(
    st.sampled_from([source for source in NumberSource if source is not NumberSource.RESERVED]),
    st.booleans(),
    st.lists(
        st.tuples(
            st.sampled_from((0, 1, 30)), st.builds(answer, st.sampled_from((None, False)), st.sampled_from(TALKS))
        ),
        max_size=12,
    ),
)
def test_without_a_right_answer_no_reply_to_a_number_that_is_not_reserved_has_a_figure(
    source: NumberSource, possible: bool, replies: list[tuple[int, Heard]]
) -> None:
    talk = talk_of(replace(STRANGE, number_source=source, verification=Verification(possible)))
    for hours, reply in replies:
        talk.wait(talk.now + timedelta(hours=hours))
        talk.happen(reply)
    talk.wait(talk.now + timedelta(days=2))
    answers = [said for said in talk.said if said.purpose is Purpose.REPLY]
    assert not any("1200" in said.text or "1,200" in said.text or "1234" in said.text for said in answers)
    assert talk.case.verification.until is None


@w.quick
@given(w.cases(), w.events())
def test_no_event_but_a_right_answer_opens_the_amount_in_any_case(case: Case, event: Event) -> None:
    decision = decide(case, event, RULES, w.NOW)
    assert "amount_due" not in says(decision) or case.may_be_told(w.NOW)
    assert decision.case.verification == case.verification


def test_a_right_answer_tells_the_amount_at_once_and_for_the_time_of_the_policy() -> None:
    asked = decide(STRANGE, ASKING, RULES, w.NOW)
    assert says(asked) == ["ask_to_verify"] and asked.case.asked is Asked.VERIFY
    told = decide(asked.case, answer(True), RULES, w.NOW)
    assert says(told) == ["amount_due"] and told.case.asked is None
    until = w.NOW + RULES.verify.lasts
    assert says(decide(told.case, ASKING, RULES, until - timedelta(seconds=1))) == ["amount_due"]
    assert says(decide(told.case, ASKING, RULES, until)) == ["ask_to_verify"]
    assert not told.case.number_reserved  # so that no plan is offered, whatever was verified


def test_after_the_attempts_of_the_policy_a_person_is_called_and_nobody_is_asked_for_a_day() -> None:
    case = after(STRANGE, ASKING)
    for left in range(RULES.verify.attempts - 1, 0, -1):
        again = decide(case, answer(False), RULES, w.NOW)
        assert says(again) == ["verify_again"] and again.case.verification.wrong == RULES.verify.attempts - left
        case = after(again.case, ASKING)  # asking again gives no more attempts
    last = decide(case, answer(False), RULES, w.NOW)
    assert says(last) == ["person_called"] and last.case.handoff_queue == "general" and last.case.asked is None
    assert says(decide(last.case, answer(True), RULES, w.NOW)) != ["amount_due"]
    until = w.NOW + RULES.verify.barred
    assert says(decide(last.case, ASKING, RULES, until - timedelta(seconds=1))) == ["amount_withheld"]
    assert says(decide(last.case, ASKING, RULES, until)) == ["ask_to_verify"]


def test_a_wrong_answer_ends_what_a_right_one_opened() -> None:
    case = after(STRANGE, ASKING, answer(True))
    case = after(replace(case, asked=Asked.VERIFY), answer(False))
    assert not case.may_be_told(w.NOW)


@pytest.mark.parametrize("intent", [intent for intent in Intent if intent not in BESIDE_ANSWER])
@pytest.mark.parametrize("right", [True, False])
def test_whatever_weighs_more_wins_over_the_answer_beside_it(intent: Intent, right: bool) -> None:
    case = after(STRANGE, ASKING)
    beside, alone = decide(case, answer(right, intent), RULES, w.NOW), decide(case, heard(intent), RULES, w.NOW)
    assert beside == alone and "amount_due" not in says(beside)


@pytest.mark.parametrize("asked", [asked for asked in Asked if asked is not Asked.VERIFY])
def test_another_question_that_is_open_is_not_pushed_aside(asked: Asked) -> None:
    decision = decide(replace(STRANGE, asked=asked), ASKING, RULES, w.NOW)
    assert says(decision) == ["amount_withheld"] and decision.case.asked is asked


def test_where_the_bank_left_nothing_to_verify_by_the_amount_is_withheld() -> None:
    assert says(decide(replace(STRANGE, verification=Verification()), ASKING, RULES, w.NOW)) == ["amount_withheld"]
