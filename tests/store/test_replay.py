"""What the journal keeps of a decision is the decision: values come back as they were, and other rules show."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import dialogues
from bot.core.agreement import Promise
from bot.core.case import Account, Case, Product, State, Timer
from bot.core.decide import decide
from bot.core.event import Event, TimerDue
from bot.store import journal
from bot.store.replay import EVENTS, before_of, compare, is_decision
from bot.store.thaw import Unreadable, thaw
from tests.core import worlds as w

CONTENT = dialogues.load()
RULES = CONTENT.rules


def render(say: object, case: Case) -> str:
    return CONTENT.responses.render(say.response, case.language, say.slots, case.currency)  # type: ignore[attr-defined]


def entry(case: Case, event: Event) -> dict[str, object]:
    """What the journal keeps of this event."""
    decision = decide(case, event, RULES, w.NOW)
    content: dict[str, object] = {
        "event": event, "why": decision.why, "effects": decision.effects, "case": decision.case,
        "before": before_of(case, decision.case), "rules": RULES.version, "texts": [],
    }  # fmt: skip
    return dict(json.loads(journal.canonical(content)))


@w.quick
@given(w.cases())
def test_a_case_comes_back_from_the_journal_as_it_was(case: Case) -> None:
    assert thaw(Case, json.loads(journal.canonical(case))) == case


@w.quick
@given(w.events())
def test_an_event_comes_back_from_the_journal_as_it_was(event: Event) -> None:
    assert thaw(EVENTS[type(event).__name__], json.loads(journal.canonical(event))) == event


@w.quick
@given(w.cases(), w.events())
def test_by_the_same_rules_every_decision_comes_out_the_same(case: Case, event: Event) -> None:
    content = entry(case, event)
    assert is_decision(content)
    assert compare(content, w.NOW, RULES, render) == []


@w.quick
@given(w.cases(), w.events(), st.data())
def test_a_changed_effect_or_reason_never_passes_for_the_same(case: Case, event: Event, data: st.DataObject) -> None:
    content = entry(case, event)
    part = data.draw(st.sampled_from(["effects", "why"]))
    content[part] = [*content[part], {"type": "Invented"} if part == "effects" else "invented"]  # type: ignore[misc]
    assert compare(content, w.NOW, RULES, render)


def test_other_rules_show_with_what_they_are_about() -> None:
    promise = Promise(Decimal(500), w.TODAY, w.NOW, id=1)
    loan = Account(1, Product.PERSONAL_LOAN, Decimal(1200), Decimal(1200), None, w.TODAY, tail="1234")
    case = Case(customer_id=1, state=State.PROMISED, accounts=(loan,), promise=promise)
    content = entry(case, TimerDue(Timer.PROMISE_CHECK))
    strict = replace(RULES, promises=replace(RULES.promises, broken_for_a_person=1))
    about = {one.about for one in compare(content, w.NOW, strict, render)}
    assert {"handoff", "hold", "text", "reason"} <= about


def test_an_older_entry_without_newer_fields_is_read_with_their_defaults() -> None:
    old = {"type": "Case", "customer_id": 7, "state": "contacted", "gone_since": 1}
    assert thaw(Case, old).customer_id == 7


@pytest.mark.parametrize("broken", [{}, {"customer_id": "x"}, {"customer_id": 1, "state": "nowhere"}, [], None, 3])
def test_an_entry_that_is_no_case_is_said_to_be_unreadable(broken: object) -> None:
    with pytest.raises(Unreadable):
        thaw(Case, broken)


def test_an_unreadable_entry_is_a_difference_and_no_crash() -> None:
    case = Case(customer_id=1)
    content = entry(case, TimerDue(next(iter(Timer))))
    content["case"] = {"type": "Case"}
    content["before"] = {"state": "nowhere"}
    [found] = compare(content, w.NOW, RULES, render)
    assert found.about == "unreadable"
