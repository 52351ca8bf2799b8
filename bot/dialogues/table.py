"""Loads dialogues/conversation.yml into the state table and refuses an incomplete one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.core.acts import ACTS
from bot.core.case import HoldKind, State
from bot.core.conversation import Arm, Conversation, Outcome, problems
from bot.core.guards import GUARDS
from bot.core.reading import Asked, Intent
from bot.dialogues.content import ContentError
from bot.dialogues.fields import Fields, member


def load_conversation(root: Path) -> Conversation:
    """The table, complete for every state and intent."""
    fields = Fields.of(root / "conversation.yml").only("version", "ask_back_when_unsure", "outcomes", "any", "states")
    outcomes = {name: _outcome(name, part) for name, part in fields.part("outcomes").parts().items()}
    everywhere = _row(fields.part("any"))
    cells = {(state, intent): arms for state in State for intent, arms in everywhere.items()}
    states = fields.part("states")
    for name in states.values:
        state = member(name, State, f"{states.where}")
        cells |= {(state, intent): arms for intent, arms in _row(states.part(name)).items()}
    conversation = Conversation(
        version=fields.text("version"),
        cells=cells,
        outcomes=outcomes,
        ask_back_when_unsure=fields.members("ask_back_when_unsure", Intent),
    )
    wrong = problems(conversation, GUARDS, ACTS)
    if wrong:
        raise ContentError(f"{fields.where}: " + "\n  ".join(wrong))
    return conversation


def _row(row: Fields) -> dict[Intent, tuple[Arm, ...]]:
    return {member(name, Intent, row.where): _arms(cell, f"{row.where}: {name}") for name, cell in row.values.items()}


def _arms(cell: Any, where: str) -> tuple[Arm, ...]:
    lines = cell if isinstance(cell, list) else [cell]
    return tuple(_arm(Fields(line, where).only("if", "do", "to")) for line in lines)


def _arm(line: Fields) -> Arm:
    to = line.maybe("to")
    return Arm(line.maybe("if"), line.text("do"), member(to, State, line.where) if to else None)


def _outcome(name: str, part: Fields) -> Outcome:
    part.only("say", "hold", "handoff", "act", "asks", "by_agents_too", "keeps_promise")
    hold, asks = part.maybe("hold"), part.maybe("asks")
    return Outcome(
        name=name,
        say=part.maybe("say"),
        hold=member(hold, HoldKind, part.where) if hold else None,
        handoff=part.maybe("handoff"),
        act=part.maybe("act"),
        asks=member(asks, Asked, part.where) if asks else None,
        by_agents_too=part.flag("by_agents_too"),
        keeps_promise=part.flag("keeps_promise"),
    )
