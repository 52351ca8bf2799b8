"""What a second opinion may change: it adds caution and certainty, it never takes anything grave away."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.opinion import Opinion, SecondRules, Verdict, is_doubtful, weigh
from bot.core.reading import NEVER_OUTVOTED, AmountKind, Intent, Reading, SaidAmount, by_rank

RULES = SecondRules(ask_below=0.7, doubt_left=0.5, disputed=0.3, grave_from=0.6)
FRIDAY, FIVE_HUNDRED = date(2026, 11, 27), SaidAmount(AmountKind.EXACT, Decimal(500))
CERTAINTY = st.floats(0, 1)
SOME = st.frozensets(st.sampled_from(Intent), min_size=1, max_size=4)


def reading(*intents: Intent, sure: float = 0.5, **fields: object) -> Reading:
    return Reading("…", "zh", by_rank(frozenset(intents)), dict.fromkeys(intents, sure), **fields)  # type: ignore[arg-type]


def opinion(*intents: Intent, sure: float = 0.9, **fields: object) -> Opinion:
    return Opinion("other", "…", by_rank(frozenset(intents)), sure, **fields)  # type: ignore[arg-type]


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    scores = {intent: draw(CERTAINTY) for intent in draw(SOME)}
    return Reading(
        "…", "zh", by_rank(frozenset(scores)), scores,
        date=draw(st.sampled_from([None, FRIDAY])), date_score=draw(CERTAINTY), amount_score=draw(CERTAINTY),
        opt_out_suspected=draw(st.booleans()),
    )  # fmt: skip


@st.composite
def opinions(draw: st.DrawFn) -> Opinion:
    return opinion(
        *draw(SOME), sure=draw(CERTAINTY), date=draw(st.sampled_from([None, FRIDAY])),
        disputed=tuple(draw(st.frozensets(st.sampled_from(["date", "amount"])))),
    )  # fmt: skip


@given(readings(), opinions())
def test_nothing_grave_is_taken_out_or_lowered_whatever_the_second_says(first: Reading, second: Opinion) -> None:
    both, _ = weigh(first, second, RULES)
    for intent in NEVER_OUTVOTED.intersection(first.intents):
        assert both.confidence(intent) >= first.confidence(intent) - 1e-9  # what floating point may lose
    assert both.opt_out_suspected or not first.opt_out_suspected


@given(readings(), opinions())
def test_the_result_is_a_reading_and_no_slot_is_surer_than_before(first: Reading, second: Opinion) -> None:
    both, verdict = weigh(first, second, RULES)
    assert both.intents == by_rank(frozenset(both.scores)) and all(0 <= score <= 1 for score in both.scores.values())
    if first.has(Intent.PROMISE_TO_PAY):
        assert both.date == first.date
        assert both.date_score <= first.date_score and both.amount_score <= first.amount_score
    if verdict is Verdict.DISAGREES:
        for intent in set(both.intents) - NEVER_OUTVOTED:
            assert both.confidence(intent) <= RULES.disputed


@given(readings())
def test_without_an_opinion_the_reading_stands_as_it_is(first: Reading) -> None:
    assert weigh(first, None, RULES) == (first, None)
    assert weigh(first, Opinion("other", "…", failure="down"), RULES) == (first, Verdict.MISSING)


def test_agreement_leaves_less_doubt_the_surer_the_second_is() -> None:
    first = reading(Intent.PROMISE_TO_PAY, sure=0.4)
    for sure, left in ((1.0, 0.7), (0.5, 0.55), (0.0, 0.4)):
        both, verdict = weigh(first, opinion(Intent.PROMISE_TO_PAY, sure=sure), RULES)
        assert verdict is Verdict.AGREES
        assert both.confidence(Intent.PROMISE_TO_PAY) == pytest.approx(left)


def test_a_weightier_meaning_that_only_the_second_saw_is_a_disagreement() -> None:
    first = reading(Intent.ASK_AMOUNT, sure=0.6)
    both, verdict = weigh(first, opinion(Intent.THIRD_PARTY, Intent.ASK_AMOUNT), RULES)
    assert verdict is Verdict.DISAGREES
    assert both.confidence(Intent.ASK_AMOUNT) == RULES.disputed


def test_where_the_first_saw_nothing_a_promise_of_the_second_is_offered_back() -> None:
    second = opinion(Intent.PROMISE_TO_PAY, date=FRIDAY, amount=FIVE_HUNDRED)
    both, verdict = weigh(reading(Intent.UNCLEAR, sure=0.9), second, RULES)
    assert verdict is Verdict.DISAGREES
    assert (both.primary, both.date, both.amount) == (Intent.PROMISE_TO_PAY, FRIDAY, FIVE_HUNDRED)
    assert both.date_score == both.amount_score == both.confidence(Intent.PROMISE_TO_PAY) == RULES.disputed


def test_silence_is_never_the_second_readers_doing() -> None:
    both, _ = weigh(reading(Intent.UNCLEAR), opinion(Intent.ACKNOWLEDGE), RULES)
    assert both.primary is Intent.UNCLEAR
    both, _ = weigh(reading(Intent.ACKNOWLEDGE), opinion(Intent.UNCLEAR), RULES)
    assert both.primary is Intent.UNCLEAR


def test_something_grave_that_the_second_alone_saw_counts_only_where_it_is_confident() -> None:
    first = reading(Intent.HARDSHIP, sure=0.5)
    assert weigh(first, opinion(Intent.SELF_HARM, sure=0.7), RULES)[0].primary is Intent.SELF_HARM
    assert weigh(first, opinion(Intent.SELF_HARM, sure=0.5), RULES)[0].primary is Intent.HARDSHIP
    both, _ = weigh(first, opinion(Intent.OPT_OUT, sure=0.99), RULES)
    assert both.opt_out_suspected and not both.has(Intent.OPT_OUT)


def test_it_is_asked_where_the_first_is_unsure_and_has_not_chosen_to_ask() -> None:
    assert is_doubtful(reading(Intent.AFFIRM, sure=0.5), RULES)
    assert not is_doubtful(reading(Intent.AFFIRM, sure=0.8), RULES)
    assert not is_doubtful(replace(reading(Intent.AFFIRM, sure=0.5), opt_out_suspected=True), RULES)
