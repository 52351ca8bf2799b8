"""Every golden, through the pure core: no database, no gateway, no clock."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bot import dialogues
from bot.core.calendar import local
from bot.core.case import Authority, Instalment, PlanKind, State, Timer
from bot.core.event import AgentActed, AgentAction, Heard
from bot.core.strategy import first_reminder_at
from bot.core.talk import Talk
from bot.nlu.read import Reader
from tests.conversations.replay import SETTLED, Golden, Seen, compare, goldens, summary, update


def replay(golden: Golden, reader: Reader, content: dialogues.Content) -> list[Seen]:
    """What the core makes of a golden."""
    case = golden.first_case()
    talk = Talk(case, content.rules, content.responses.render, golden.turns[0].at)
    if case.state is State.NEW:
        at = first_reminder_at(case, content.rules.strategy, golden.turns[0].at)
        talk.timers |= {Timer.REMINDER: at} if at else {}
    seen = []
    for turn in golden.turns:
        before, reading = len(talk.said), None
        talk.wait(turn.at)
        if turn.payment is not None:
            talk.pay(turn.payment)
        if turn.agent is not None:
            talk.happen(agent_act(turn.agent))
        if turn.customer:
            reading = reader.read(list(turn.customer), local(turn.at, golden.zone), talk.case.asked)
            talk.wait(turn.at + SETTLED)
            talk.happen(Heard(reading))
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
    """`take_over`, `reply: words`, `resolve+lift: reason`, `record_plan: 600@2026-12-01 600@2027-01-01` …"""
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
    )


@pytest.mark.parametrize("golden", goldens(), ids=lambda golden: golden.path.stem)
def test_a_golden_replays_through_the_core(
    golden: Golden, reader: Reader, content: dialogues.Content, request: pytest.FixtureRequest
) -> None:
    seen = replay(golden, reader, content)
    if request.config.getoption("--update"):
        update(golden, seen)
        return
    assert compare(golden, seen) == []


def test_there_are_enough_goldens_and_half_of_them_are_chinese() -> None:
    languages = [golden.case.get("language", "zh") for golden in goldens()]
    assert len(languages) >= 25
    assert languages.count("zh") * 2 >= len(languages)
