"""Properties of the decision: it is total, repeatable and can be said; nobody is texted who must not be."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import dialogues
from bot.core.agreement import Offer, PlanStatus
from bot.core.case import Account, Case, Hold, HoldKind, Owner, Product, State, Timer
from bot.core.contact import may_text
from bot.core.decide import decide
from bot.core.decision import Decision, OpenHandoff, Purpose, RecordPromise, Say, Schedule, StopNumber
from bot.core.event import AgentActed, AgentAction, Event, Heard, NumberRefused, TimerDue
from bot.core.reading import AmountKind, Asked, Intent, Reading, SaidAmount
from bot.core.talk import Said, Talk
from tests.core import worlds as w

CONTENT = dialogues.load()
RULES = CONTENT.rules
EXEMPT = (Purpose.OPT_OUT_CONFIRMATION, Purpose.SAFETY)
ACCOUNT = Account(1, Product.PERSONAL_LOAN, Decimal(1200), Decimal(1200), None, date(2026, 10, 20), tail="1234")
CASE = Case(customer_id=1, state=State.CONTACTED, accounts=(ACCOUNT,))


def heard(*intents: Intent, opted_out: bool = False, **fields: object) -> Heard:
    """A reply that is read with certainty."""
    return Heard(Reading("…", "zh", intents, dict.fromkeys(intents, 1.0), **fields), opted_out)  # type: ignore[arg-type]


def says(decision: Decision) -> list[str]:
    """The responses that a decision queues."""
    return [effect.response for effect in decision.effects if isinstance(effect, Say)]


def talk_of(case: Case, now: datetime = w.NOW) -> Talk:
    """A conversation that begins now, the first reminder on its agenda."""
    talk = Talk(case, RULES, CONTENT.responses.render, now)
    talk.timers[Timer.REMINDER] = now
    return talk


def play(talk: Talk, steps: list[tuple[int, Event]]) -> None:
    """Let hours pass and things happen, then ten quiet days."""
    for hours, event in steps:
        talk.wait(talk.now + timedelta(hours=hours))
        talk.happen(event)
    talk.wait(talk.now + timedelta(days=10))


@pytest.mark.parametrize("state", State)
@w.few
@given(st.data())
def test_whatever_happens_in_any_state_there_is_one_decision_and_it_can_be_said(
    state: State, data: st.DataObject
) -> None:
    case, event = data.draw(w.cases(state=state)), data.draw(w.events())
    decision = decide(case, event, RULES, w.NOW)
    assert decision == decide(case, event, RULES, w.NOW)
    assert decision.why
    for effect in decision.effects:
        if isinstance(effect, Say) and not effect.text:
            for language in ("zh", "en"):
                assert "{" not in CONTENT.responses.render(effect.response, language, effect.slots, case.currency)


@w.few
@given(w.cases(), w.readings())
def test_every_intent_in_every_state_yields_at_most_one_text(case: Case, reading: Reading) -> None:
    for state in State:
        for intent in Intent:
            event = Heard(replace(reading, intents=(intent, *(i for i in reading.intents if i is not intent))))
            assert len(says(decide(replace(case, state=state), event, RULES, w.NOW))) <= 1


@w.quick
@given(w.cases(owner=Owner.AGENT), st.builds(Heard, w.readings(), st.booleans()))
def test_while_an_agent_owns_the_case_the_bot_says_only_what_cannot_wait(case: Case, event: Heard) -> None:
    decision = decide(case, event, RULES, w.NOW)
    assert all(effect.purpose in EXEMPT for effect in decision.effects if isinstance(effect, Say))


@w.quick
@given(w.cases(owner=Owner.AGENT), st.builds(TimerDue, st.sampled_from(Timer)))
def test_no_timer_makes_the_bot_speak_while_an_agent_owns_the_case(case: Case, event: TimerDue) -> None:
    assert says(decide(case, event, RULES, w.NOW)) == []


@w.quick
@given(w.cases(), st.builds(Heard, w.promises() | w.readings()))
def test_a_promise_is_recorded_only_when_it_was_said_plainly_or_confirmed(case: Case, event: Heard) -> None:
    reading = event.reading
    for effect in decide(case, event, RULES, w.NOW).effects:
        if isinstance(effect, RecordPromise):
            plain = (
                reading.confidence(Intent.PROMISE_TO_PAY) >= RULES.sure_enough
                and min(reading.date_score, reading.amount_score) >= float(RULES.promises.sure_enough)
                and effect.due_on == reading.date
                and not reading.conditional
                and not reading.date_vague
            )
            confirmed = (
                case.asked is Asked.CONFIRM_PROMISE
                and reading.primary is Intent.AFFIRM
                and case.offer == Offer(effect.amount, effect.due_on)
            )
            assert plain or confirmed
            assert effect.amount > 0


@w.quick
@given(w.plain_cases(), st.lists(w.steps, max_size=4), st.lists(st.tuples(st.sampled_from((0, 5, 30)), w.events(frozenset({Intent.OPT_IN}))), max_size=6))  # fmt: skip  # noqa: E501
def test_after_an_opt_out_nothing_but_its_one_confirmation_ever_leaves(
    case: Case, before: list[tuple[int, Event]], after: list[tuple[int, Event]]
) -> None:
    talk = talk_of(case)
    for hours, event in before:
        talk.wait(talk.now + timedelta(hours=hours))
        talk.happen(event)
    left = len(talk.said)
    talk.happen(heard(Intent.OPT_OUT))
    play(talk, after)
    assert [said.purpose for said in talk.said[left:]] in ([], [Purpose.OPT_OUT_CONFIRMATION])
    assert not talk.case.reachable


@w.quick
@given(w.plain_cases(), st.lists(w.steps, max_size=6))
def test_a_wrong_number_gets_nothing_ever(case: Case, after: list[tuple[int, Event]]) -> None:
    talk = talk_of(case)
    talk.happen(heard(Intent.WRONG_NUMBER))
    play(talk, after)
    assert talk.said == []
    assert not talk.case.known


def quiet(said: Said, zones: tuple[str, ...], opens: int = 9, closes: int = 20) -> bool:
    """Whether a text left outside the bank's own hours, on any clock that the customer may live by."""
    return not all(opens <= said.at.astimezone(ZoneInfo(zone)).hour < closes for zone in zones)


@w.quick
@given(w.plain_cases(), w.moments, st.lists(w.steps, max_size=5))
def test_no_text_leaves_in_quiet_hours_on_any_clock_whatever_happens(
    case: Case, now: datetime, steps: list[tuple[int, Event]]
) -> None:
    talk = talk_of(case, now)
    play(talk, steps)
    assert [said for said in talk.said if said.purpose not in EXEMPT and quiet(said, case.zones)] == []


@w.quick
@given(w.plain_cases(zones=("America/New_York",), jurisdiction="us"), w.moments, st.lists(w.steps, max_size=5))
def test_the_caps_hold_whatever_happens(case: Case, now: datetime, steps: list[tuple[int, Event]]) -> None:
    talk = talk_of(case, now)
    play(talk, steps)
    reminders = [said.at for said in talk.said if said.purpose is Purpose.REMINDER]
    days = [at.astimezone(ZoneInfo("America/New_York")).date() for at in reminders]
    assert len(days) == len(set(days))
    assert all(sum(at - timedelta(days=7) < one <= at for one in reminders) <= 3 for at in reminders)
    assert all(sum(at - timedelta(days=30) < one <= at for one in reminders) <= 10 for at in reminders)


def test_a_yes_to_an_offer_whose_day_is_over_asks_for_another_day() -> None:
    offer = Offer(Decimal(500), w.TODAY - timedelta(days=1))
    case = replace(CASE, state=State.PROMISE_OFFERED, asked=Asked.CONFIRM_PROMISE, offer=offer)
    decision = decide(case, heard(Intent.AFFIRM), RULES, w.NOW)
    assert says(decision) == ["ask_for_date_of_amount"]
    assert decision.case.promise is None


def test_a_reply_to_an_agent_moves_no_state_that_the_bot_did_not_act_upon() -> None:
    said = heard(
        Intent.PROMISE_TO_PAY, date=w.TODAY + timedelta(days=2), amount=SaidAmount(AmountKind.EXACT, Decimal(500))
    )
    case = replace(CASE, owner=Owner.AGENT)
    assert decide(case, said, RULES, w.NOW).case.state is State.CONTACTED


def test_an_opt_in_said_to_an_agent_does_not_open_a_second_opt_out() -> None:
    talk = talk_of(replace(CASE, owner=Owner.AGENT))
    for intent in (Intent.OPT_OUT, Intent.OPT_IN, Intent.OPT_OUT):
        talk.happen(heard(intent))
    assert [said.purpose for said in talk.said] == [Purpose.OPT_OUT_CONFIRMATION]


def test_an_opt_out_that_the_carrier_confirmed_is_not_confirmed_again() -> None:
    decision = decide(CASE, heard(Intent.OPT_OUT, opted_out=True), RULES, w.NOW)
    assert says(decision) == []
    assert decision.case.state is State.OPTED_OUT and decision.case.held(HoldKind.OPT_OUT)


def test_an_opt_out_beside_a_death_counts_and_nobody_is_texted() -> None:
    decision = decide(CASE, heard(Intent.DECEASED, Intent.OPT_OUT), RULES, w.NOW)
    assert says(decision) == []
    assert decision.case.handoff_queue == "bereavement"
    assert any(isinstance(effect, StopNumber) for effect in decision.effects)


def test_a_stranger_is_never_asked_whether_texts_should_stop() -> None:
    stranger = Case(customer_id=1, state=State.UNKNOWN_SENDER)
    assert says(decide(stranger, heard(Intent.REFUSAL, opt_out_suspected=True), RULES, w.NOW)) == []


@pytest.mark.parametrize("action", [AgentAction.OPT_OUT, AgentAction.RECORD_PROMISE])
def test_an_agent_cannot_bring_a_stopped_number_back_to_life(action: AgentAction) -> None:
    case = replace(CASE, state=State.OPTED_OUT, reachable=False, holds=(Hold(HoldKind.OPT_OUT),))
    act = AgentActed(action, "li", amount=Decimal(500), due_on=w.TODAY + timedelta(days=2))
    decision = decide(case, act, RULES, w.NOW)
    assert decision.case.state is State.OPTED_OUT
    assert says(decision) == []


@given(w.cases())
def test_undoing_a_merge_says_nothing_and_opens_no_number(case: Case) -> None:
    decision = decide(case, AgentActed(AgentAction.UNDO_MERGE, "wang", "another person's"), RULES, w.NOW)
    assert says(decision) == []
    assert (decision.case.reachable, decision.case.owner) == (case.reachable, case.owner)
    lifted = {hold.kind for hold in case.holds} - {hold.kind for hold in decision.case.holds}
    assert lifted <= {HoldKind.PLAN_REQUEST, HoldKind.PLAN_ACTIVE}  # tidied after every event where no plan is left
    called = {effect.queue for effect in decision.effects if isinstance(effect, OpenHandoff)}
    offered = case.plan is not None and case.plan.status is PlanStatus.OFFERED
    unasked = offered and case.asked is not Asked.CONFIRM_PLAN  # likewise: such an offer is withdrawn, a person goes on
    assert not case.accounts or called <= ({"plan"} if unasked else set())  # nobody else is called for who owes


def test_a_dead_number_calls_a_person_and_stops_the_texts() -> None:
    decision = decide(CASE, NumberRefused(opted_out=False), RULES, w.NOW)
    assert decision.case.handoff_queue == "contact_data" and not decision.case.reachable


def test_a_graver_matter_keeps_the_more_urgent_queue() -> None:
    first = decide(CASE, heard(Intent.SELF_HARM), RULES, w.NOW)
    second = decide(first.case, heard(Intent.HUMAN_REQUEST), RULES, w.NOW)
    assert second.case.handoff_queue == "crisis"
    assert [e.queue for e in second.effects if isinstance(e, OpenHandoff)] == ["crisis"]


def test_ten_days_late_a_reminder_is_sent_once_and_the_next_lies_ahead() -> None:
    late = w.NOW + timedelta(days=10)
    decision = decide(CASE, TimerDue(Timer.REMINDER), RULES, late)
    assert says(decision) == ["reminder_m2"]
    [next_at] = [e.due_at for e in decision.effects if isinstance(e, Schedule) and e.timer is Timer.REMINDER]
    assert next_at > late


def test_what_may_be_said_to_a_safe_customer_may_not_be_said_in_despair() -> None:
    case = decide(CASE, heard(Intent.SELF_HARM), RULES, w.NOW).case
    rules = RULES.contact_for(case)
    assert may_text(case, Purpose.SAFETY, rules, w.NOW).allowed
    assert not may_text(case, Purpose.REPLY, rules, w.NOW).allowed
