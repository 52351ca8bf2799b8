"""What comes of a silent customer by a certain moment, the real core run forward; and what other rules change of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.case import Case, Timer
from bot.core.contact import may_text
from bot.core.decision import OpenHandoff, Say
from bot.core.event import SendFailed
from bot.core.rules import Rules
from bot.core.talk import Happened, Render, Talk

NOT_NOW = "not-now:"


@dataclass(frozen=True, slots=True)
class Prospect:
    """The texts that leave, with their moments; where none does, whether a person is called instead.

    `rule`: the rule or hold that last stood against a text on the way, as decisions name it; empty where none did.
    """

    texts: tuple[tuple[datetime, str], ...]
    person: bool
    rule: str

    @property
    def contacted(self) -> bool:
        """Whether any text leaves."""
        return bool(self.texts)

    @property
    def first_at(self) -> datetime | None:
        """When the first text leaves."""
        return self.texts[0][0] if self.texts else None


def forward(
    case: Case, timers: Mapping[Timer, datetime], rules: Rules, render: Render, now: datetime, until: datetime
) -> Talk:
    """The conversation with a silent customer, lived through until then; what was due before now happens now."""
    talk = Talk(case, rules, render, now)
    talk.timers = dict(timers)
    talk.wait(until)
    return talk


def prospect(
    case: Case, timers: Mapping[Timer, datetime], rules: Rules, render: Render, now: datetime, until: datetime
) -> Prospect:
    """The same in short, for comparing what two sets of rules do."""
    talk = forward(case, timers, rules, render, now, until)
    called = any(isinstance(effect, OpenHandoff) for _, decision in talk.log for effect in decision.effects)
    return Prospect(tuple((one.at, one.text) for one in talk.said), called, _forbidding(talk))


def _forbidding(talk: Talk) -> str:
    """The newest no: of a decision or a waiting text, or of a text that was dropped when it should have left."""
    codes = [code for _, decision in talk.log for code in decision.why]
    codes += [code for said in talk.said for code in said.why]
    codes += [code for waiting in talk.queued for code in waiting.why]
    if found := [code for code in codes if code.startswith(NOT_NOW)]:
        return found[-1].removeprefix(NOT_NOW)
    events = [one.event for one in talk.story if isinstance(one, Happened)]
    if failed := [event.reason for event in events if isinstance(event, SendFailed)]:
        return failed[-1].partition(": ")[0]
    for at, decision in reversed(talk.log) if not talk.said else ():
        for effect in decision.effects:
            if isinstance(effect, Say):
                return may_text(decision.case, effect.purpose, talk.rules.contact_for(decision.case), at).rule
    return ""


class Change(StrEnum):
    """What other rules make of a customer's prospect."""

    HELD = "held"  # a text would leave, and will not
    RELEASED = "released"
    MOVED = "moved"  # to another moment
    WORDED = "worded"  # otherwise
    TASK = "task"  # no text either way, but a person is called who would not be, or the other way round


def change(was: Prospect, now: Prospect) -> tuple[Change, str] | None:
    """What is otherwise, and the rule that makes it so, where one does; None where all happens as before."""
    if was.contacted and not now.contacted:
        return Change.HELD, now.rule
    if now.contacted and not was.contacted:
        return Change.RELEASED, was.rule
    if [at for at, _ in was.texts] != [at for at, _ in now.texts]:
        return Change.MOVED, now.rule or was.rule
    if was.texts != now.texts:
        return Change.WORDED, ""
    return (Change.TASK, "") if was.person != now.person else None
