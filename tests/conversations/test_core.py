"""Every golden, through the pure core: no database, no gateway, no clock."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bot import dialogues
from bot.core.agreement import Authority, Instalment, PlanKind
from bot.core.calendar import local
from bot.core.case import Case, ContactChannel, HoldKind, State, Timer
from bot.core.contact import ContactRules
from bot.core.decision import Purpose
from bot.core.event import AgentActed, AgentAction, Heard
from bot.core.kinds import Ask, OptOutScope
from bot.core.reading import Hardship
from bot.core.strategy import first_reminder_at
from bot.core.talk import Talk
from bot.nlu.read import Reader
from bot.nlu.verify import read_answer
from tests.conversations.replay import SETTLED, Golden, Seen, compare, goldens, summary, update


def replay(golden: Golden, reader: Reader, content: dialogues.Content, cases: list[Case] | None = None) -> list[Seen]:
    """What the core makes of a golden. `cases` collects the case as it stands at each turn."""
    case = golden.first_case()
    talk = Talk(case, content.rules, content.responses.render, golden.turns[0].at)
    if case.state is State.NEW:
        at = first_reminder_at(case, content.rules.strategy, golden.turns[0].at)
        talk.timers |= {Timer.REMINDER: at} if at else {}
    seen = []
    for turn in golden.turns:
        before, reading = len(talk.said), None
        talk.wait(turn.at)
        if cases is not None:
            cases.append(talk.case)
        if turn.payment is not None:
            talk.pay(turn.payment)
        if turn.agent is not None:
            talk.happen(agent_act(turn.agent))
        if turn.customer:
            reading, verified = read_answer(
                reader,
                turn.customer,
                local(turn.at, golden.zone),
                talk.case.asked,
                golden.case.get("verify_by", "").__eq__,
            )
            talk.wait(turn.at + SETTLED)
            talk.happen(Heard(reading, verified=verified))
        seen.append(
            Seen(
                reading=summary(reading) if reading else None,
                bot=[said.text for said in talk.said[before:]],
                state=talk.case.state,
                handoff=talk.case.handoff_queue,
                holds=sorted(hold.kind for hold in talk.case.holds),
            )
        )
    return seen


def agent_act(line: str) -> AgentActed:
    """`take_over`, `reply: words`, `resolve+lift: reason`, `open_hardship: illness`, `record_plan: 600@2026-12-01 …`"""
    action, _, text = line.partition(":")
    name, _, flag = action.partition("+")
    sums = [word.split("@") for word in text.split() if "@" in word]
    return AgentActed(
        AgentAction(name),
        "supervisor" if flag == "supervisor" else "agent",
        "" if sums else text.strip(),
        lift=flag == "lift",
        plan=tuple(Instalment(Decimal(amount), date.fromisoformat(day)) for amount, day in sums),
        plan_kind=PlanKind.EXTENSION if flag == "extension" else PlanKind.INSTALMENTS,
        authority=Authority.SUPERVISOR if flag == "supervisor" else Authority.AGENT,
        category=Hardship(text.strip()) if name == "open_hardship" else None,
    )


@pytest.mark.parametrize("golden", goldens(), ids=lambda golden: golden.name)
def test_a_golden_replays_through_the_core(
    golden: Golden, reader: Reader, content: dialogues.Content, request: pytest.FixtureRequest
) -> None:
    seen = replay(golden, reader, content)
    if request.config.getoption("--update"):
        update(golden, seen)
        return
    assert compare(golden, seen) == []


def texts_of(contact: ContactRules) -> set[str]:
    """The rules that texts can break: not those of calls and visits alone."""
    rules = {rule for _, rules in contact.spans for rule in rules}
    return {rule.head.id for rule in rules if ContactChannel.SMS in rule.head.channels}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_rule_about_texts_and_every_hold_has_a_golden_in_each_language(
    language: str, content: dialogues.Content
) -> None:
    mine = [golden for golden in goldens() if golden.case.get("language", "zh") == language]
    assert set().union(*map(texts_of, content.rules.contact.values())) == {g.rule for g in mine if g.rule}
    assert set(HoldKind) == {golden.hold for golden in mine if golden.hold}


@pytest.mark.parametrize("golden", [g for g in goldens() if g.rule], ids=lambda golden: golden.name)
def test_a_rules_golden_has_a_moment_that_the_rule_alone_forbids(
    golden: Golden, reader: Reader, content: dialogues.Content
) -> None:
    cases: list[Case] = []
    replay(golden, reader, content, cases)
    pack = content.rules.contact_for(cases[0])
    rule = pack.named(golden.rule) if pack else None
    assert rule is not None
    if isinstance(rule, OptOutScope):
        return  # it forbids nothing: the reason stands in the decision
    moments = [(case, turn.at) for case, turn in zip(cases, golden.turns, strict=True)]
    asked = [
        Ask(case, p, ContactChannel.SMS, at, "") for case, at in moments for p in (Purpose.REMINDER, Purpose.REPLY)
    ]
    assert any(rule.head.binds(ask) and rule.forbids(ask) is not None for ask in asked)


def test_there_are_enough_goldens_and_half_of_them_are_chinese() -> None:
    languages = [golden.case.get("language", "zh") for golden in goldens()]
    assert len(languages) >= 25
    assert languages.count("zh") * 2 >= len(languages)
