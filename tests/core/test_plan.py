"""Plans: to the cent, within the table, agreed by an explicit yes, and over in the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import dialogues
from bot.core.agreement import Authority, Instalment, Plan, PlanKind, PlanStatus
from bot.core.case import Account, Case, HoldKind, NumberSource, Owner, Product, State, Timer
from bot.core.decide import decide
from bot.core.decision import ChangePlan, ClosePlan, Decision, RecordPlan
from bot.core.event import AgentActed, AgentAction, Event, Heard, PaymentPosted, TimerDue
from bot.core.plan import authority_for, breaches, covered, monthly, pay, propose, split, terms_for
from bot.core.reading import Asked, Intent, Reading, Wish
from bot.core.talk import Talk
from tests.core import worlds as w

CONTENT = dialogues.load()
RULES = CONTENT.rules
PLANS = RULES.plans
LOAN = Account(1, Product.PERSONAL_LOAN, Decimal(3000), Decimal(1200), None, date(2026, 10, 20), tail="1234")
CASE = Case(customer_id=1, state=State.CONTACTED, accounts=(LOAN,))
CARD = replace(LOAN, product=Product.CREDIT_CARD, minimum_due=Decimal(120))


def heard(intent: Intent, **wish: object) -> Heard:
    """A reply that is read with certainty."""
    return Heard(Reading("…", "zh", (intent,), {intent: 1.0}, wish=Wish(**wish)))  # type: ignore[arg-type]


def rows(*parts: tuple[str, int]) -> tuple[Instalment, ...]:
    return tuple(Instalment(Decimal(amount), w.TODAY + timedelta(days=ahead)) for amount, ahead in parts)


def offered(case: Case = CASE) -> Case:
    """The case after the bot has offered a plan."""
    decision = decide(case, heard(Intent.PAYMENT_PLAN_REQUEST), RULES, w.NOW)
    assert decision.case.plan is not None and decision.case.plan.status is PlanStatus.OFFERED
    return decision.case


@w.quick
@given(w.sums, st.integers(1, 60))
def test_equal_parts_add_up_to_the_cent(total: Decimal, count: int) -> None:
    parts = split(total, count)
    assert (len(parts), sum(parts)) == (count, total)
    assert all(part == part.quantize(Decimal("0.01")) for part in parts)


@w.quick
@given(w.days, st.integers(1, 60))
def test_monthly_days_keep_their_day_and_never_skip_a_month(first: date, count: int) -> None:
    days = monthly(first, count)
    assert days[0] == first
    assert [day.year * 12 + day.month for day in days] == [first.year * 12 + first.month + n for n in range(count)]
    assert all(day.day == first.day or (day + timedelta(days=1)).day == 1 for day in days)


@w.quick
@given(w.plain_cases(), st.sampled_from(PlanKind), st.none() | st.integers(-1, 60), st.none() | w.days)
def test_whatever_is_asked_for_the_bot_offers_nothing_beyond_its_own_limits(
    case: Case, kind: PlanKind, count: int | None, first_on: date | None
) -> None:
    found = propose(case, kind, PLANS, w.TODAY, count, first_on)
    if found is None:
        return
    terms, instalments = found
    assert sum(one.amount for one in instalments) == covered(case, terms)
    assert breaches(instalments, terms.limits[Authority.BOT], terms, case, w.TODAY) == []
    assert Product.CREDIT_CARD not in terms.products


@w.quick
@given(w.plain_cases(), st.lists(w.steps, max_size=6))
def test_whatever_happens_a_plan_on_the_file_is_one_that_the_table_grants(
    case: Case, steps: list[tuple[int, Event]]
) -> None:
    talk = Talk(case, RULES, CONTENT.responses.render, w.NOW)
    for hours, event in steps:
        talk.wait(talk.now + timedelta(hours=hours))
        before, decision = talk.case, talk.happen(event)
        for effect in decision.effects:
            if isinstance(effect, RecordPlan):
                terms = PLANS.named(effect.plan.terms)
                assert terms is not None
                highest = terms.limits[list(terms.limits)[-1]]
                today = talk.now.astimezone().date()
                assert effect.plan.total == covered(before, terms)  # nothing is taken off the debt
                assert len(effect.plan.instalments) <= highest.greatest
                assert effect.plan.instalments[-1].due_on <= today + highest.last_within + timedelta(days=1)


@w.quick
@given(w.plain_cases(), st.lists(w.steps, max_size=6))
def test_a_plan_becomes_active_only_by_a_yes_to_it_or_by_a_persons_act(
    case: Case, steps: list[tuple[int, Event]]
) -> None:
    talk = Talk(case, RULES, CONTENT.responses.render, w.NOW)
    for hours, event in steps:
        talk.wait(talk.now + timedelta(hours=hours))
        before, decision = talk.case, talk.happen(event)
        if any(isinstance(e, ChangePlan) and e.status is PlanStatus.ACTIVE for e in decision.effects):
            if isinstance(event, Heard):
                assert before.asked is Asked.CONFIRM_PLAN and before.plan is not None
                assert event.reading.has(Intent.AFFIRM)
            else:
                assert isinstance(event, AgentActed)
                assert event.action in (AgentAction.RECORD_PLAN, AgentAction.APPROVE_PLAN)
        assert talk.case.held(HoldKind.PLAN_ACTIVE) is talk.case.plan_is_active


@w.quick
@given(st.integers(2, 3), st.lists(st.tuples(st.integers(1, 900), w.sums), max_size=4), st.lists(w.steps, max_size=3))
def test_the_hold_of_a_plan_always_ends(
    count: int, payments: list[tuple[int, Decimal]], steps: list[tuple[int, Event]]
) -> None:
    talk = Talk(CASE, RULES, CONTENT.responses.render, w.NOW)
    talk.happen(heard(Intent.PAYMENT_PLAN_REQUEST, count=count))
    talk.happen(heard(Intent.AFFIRM))
    assert talk.case.plan_is_active
    for hours, amount in payments:
        talk.wait(talk.now + timedelta(hours=hours))
        talk.pay(amount)
    for hours, event in steps:
        talk.wait(talk.now + timedelta(hours=hours))
        if not isinstance(event, AgentActed):  # who may begin another
            talk.happen(event)
    talk.wait(talk.now + timedelta(days=120))
    assert not talk.case.held(HoldKind.PLAN_ACTIVE)


@w.quick
@given(w.plans(PlanStatus.ACTIVE), st.lists(w.sums, max_size=5))
def test_payments_fill_the_instalments_in_order_and_every_cent_counts_once(plan: Plan, payments: list[Decimal]) -> None:
    for payment in payments:
        plan = replace(plan, instalments=pay(plan, payment))
    assert plan.paid == min(plan.total, sum(payments, Decimal(0)))
    shares = [one.paid == one.amount for one in plan.instalments]
    assert shares == sorted(shares, reverse=True)  # none is filled before the one in front of it


def acts(action: AgentAction, who: str, authority: Authority, *parts: tuple[str, int]) -> AgentActed:
    return AgentActed(action, who, plan=rows(*parts), authority=authority)


def status(decision: Decision) -> PlanStatus | None:
    return decision.case.plan.status if decision.case.plan else None


def test_an_agent_records_what_was_agreed_by_phone_within_their_limits() -> None:
    act = acts(AgentAction.RECORD_PLAN, "li", Authority.AGENT, ("400", 7), ("400", 37), ("400", 67))
    decision = decide(CASE, act, RULES, w.NOW)
    assert (status(decision), decision.case.state) == (PlanStatus.ACTIVE, State.PLAN_ACTIVE)
    assert decision.case.plan is not None and decision.case.plan.agreed_by == "phone"


def test_no_promise_is_recorded_beside_a_plan_that_is_being_kept() -> None:
    act = acts(AgentAction.RECORD_PLAN, "li", Authority.AGENT, ("400", 7), ("400", 37), ("400", 67))
    active = decide(CASE, act, RULES, w.NOW).case
    promised = AgentActed(AgentAction.RECORD_PROMISE, "li", amount=Decimal(100), due_on=w.TODAY)
    decision = decide(active, promised, RULES, w.NOW)
    assert (decision.case.promise, decision.why[-1]) == (None, "promise-refused")
    assert decision.case.plan == active.plan


def test_above_an_agents_limits_a_second_person_with_the_authority_must_approve() -> None:
    eight = tuple(("150", 7 + 30 * n) for n in range(8))
    pending = decide(CASE, acts(AgentAction.RECORD_PLAN, "li", Authority.AGENT, *eight), RULES, w.NOW)
    assert status(pending) is PlanStatus.PENDING
    assert pending.case.held(HoldKind.PLAN_REQUEST) and pending.case.handoff_queue == "plan"
    for who, authority in (("wei", Authority.AGENT), ("li", Authority.SUPERVISOR)):
        still = decide(pending.case, acts(AgentAction.APPROVE_PLAN, who, authority), RULES, w.NOW)
        assert (status(still), still.why[-1]) == (PlanStatus.PENDING, "plan-refused:approval")
    approved = decide(pending.case, acts(AgentAction.APPROVE_PLAN, "wei", Authority.SUPERVISOR), RULES, w.NOW)
    assert status(approved) is PlanStatus.ACTIVE
    assert approved.case.plan is not None and approved.case.plan.approved_by == "wei"


def test_a_supervisor_cannot_approve_their_own_plan_either() -> None:
    eight = tuple(("150", 7 + 30 * n) for n in range(8))
    pending = decide(CASE, acts(AgentAction.RECORD_PLAN, "wei", Authority.SUPERVISOR, *eight), RULES, w.NOW)
    assert status(pending) is PlanStatus.PENDING


@pytest.mark.parametrize(
    "parts",
    [
        [("400", 7), ("400", 37), ("399.99", 67)],
        [("400", 7), ("400", 37), ("400.01", 67)],
        [("400", 37), ("400", 7), ("400", 67)],
        [("400", -1), ("400", 30), ("400", 60)],
        [("1", 7), ("1", 37), ("1198", 67)],
        [("600", 7), ("600", 1000)],
        [],
    ],
)
def test_what_the_table_does_not_grant_nobody_can_write_on_the_file(parts: list[tuple[str, int]]) -> None:
    for action in (AgentAction.PROPOSE_PLAN, AgentAction.RECORD_PLAN):
        decision = decide(CASE, acts(action, "wei", Authority.SUPERVISOR, *parts), RULES, w.NOW)
        assert decision.case.plan is None, parts
        assert "plan-refused:outside" in decision.why


def test_a_card_is_never_the_bots_and_its_plan_has_the_six_contents_and_at_most_sixty_months() -> None:
    card = replace(CASE, accounts=(CARD,))
    assert decide(card, heard(Intent.PAYMENT_PLAN_REQUEST), RULES, w.NOW).case.state is State.PLAN_REQUESTED
    terms = terms_for(card, PlanKind.INSTALMENTS, PLANS, w.TODAY)
    assert terms is not None and terms.six_contents

    def months(count: int) -> tuple[Instalment, ...]:
        parts, days = split(card.balance, count), monthly(w.TODAY + timedelta(days=5), count)
        return tuple(Instalment(amount, day) for amount, day in zip(parts, days, strict=True))

    assert authority_for(months(60), terms, card, w.TODAY) is Authority.SUPERVISOR
    assert authority_for(months(61), terms, card, w.TODAY) is None
    act = AgentActed(AgentAction.RECORD_PLAN, "li", plan=months(12))
    [recorded] = [e for e in decide(card, act, RULES, w.NOW).effects if isinstance(e, RecordPlan)]
    six = ["balance", "schedule", "interest", "no_new_cards", "rights_and_breach", "other"]
    assert list(recorded.contents) == six and all(recorded.contents.values())
    assert "3000.00 CNY" in recorded.contents["balance"]


def test_a_yes_counts_only_while_the_sum_is_still_true() -> None:
    case = offered()
    other = replace(case, accounts=(replace(LOAN, amount_due=Decimal(1300)),))
    decision = decide(other, heard(Intent.AFFIRM), RULES, w.NOW)
    assert decision.case.plan is None and decision.case.state is State.PLAN_REQUESTED


def test_money_that_comes_before_the_yes_takes_the_offer_off_the_table() -> None:
    case = offered()
    paid = replace(case, accounts=(replace(LOAN, amount_due=Decimal(1000)),))
    decision = decide(paid, PaymentPosted(Decimal(200), w.TODAY), RULES, w.NOW)
    assert decision.case.plan is None and not decision.case.held(HoldKind.PLAN_REQUEST)


def test_a_stranger_number_is_offered_nothing() -> None:
    decision = decide(
        replace(CASE, number_source=NumberSource.PUBLIC), heard(Intent.PAYMENT_PLAN_REQUEST), RULES, w.NOW
    )
    assert decision.case.plan is None and decision.case.handoff_queue == "plan"


def test_whoever_broke_a_plan_gets_the_next_from_a_person() -> None:
    decision = decide(replace(CASE, plans_broken=1), heard(Intent.PAYMENT_PLAN_REQUEST), RULES, w.NOW)
    assert decision.case.plan is None and decision.case.handoff_queue == "plan"


def test_a_yes_to_a_plan_while_an_agent_has_the_case_counts_and_the_bot_stays_silent() -> None:
    decision = decide(replace(offered(), owner=Owner.AGENT), heard(Intent.AFFIRM), RULES, w.NOW)
    assert decision.case.plan_is_active


def test_a_plan_check_waits_while_a_payment_is_looked_for() -> None:
    talk = Talk(CASE, RULES, CONTENT.responses.render, w.NOW)
    talk.happen(heard(Intent.PAYMENT_PLAN_REQUEST, count=2))
    talk.happen(heard(Intent.AFFIRM))
    talk.wait(talk.now + timedelta(days=17, hours=2))
    talk.happen(heard(Intent.ALREADY_PAID))
    decision = decide(talk.case, TimerDue(Timer.PLAN_CHECK), RULES, talk.now + timedelta(days=1))
    assert decision.case.plan_is_active
    assert not any(isinstance(effect, ClosePlan) for effect in decision.effects)
