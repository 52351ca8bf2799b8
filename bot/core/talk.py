"""A conversation without a database: a case, its timers, its queued texts and a clock that is moved by hand.

What the store and the workers do with rows, this does with values; terminal chats, goldens and simulations use it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from bot.core.calendar import local_day
from bot.core.case import Case, Contact, ContactChannel, Timer
from bot.core.contact import may_text
from bot.core.decide import decide
from bot.core.decision import (
    COUNTED,
    NOT_CANCELLED,
    Cancel,
    CancelQueued,
    Decision,
    Purpose,
    RecordPromise,
    Say,
    Schedule,
    Slot,
)
from bot.core.event import AgentActed, Event, PaymentPosted, SendFailed, TimerDue
from bot.core.overtaken import overtaken, still_answers
from bot.core.payment import post_to_ledger
from bot.core.rules import Rules
from bot.core.strategy import MONTH, reminder_slots

STANDS = (*NOT_CANCELLED, Purpose.AGENT)  # an agent's own texts are not the bot's to cancel

Render = Callable[[str, str, dict[str, Slot], str], str]  # response, language, slots, currency


@dataclass(frozen=True, slots=True)
class Said:
    """A text that left."""

    at: datetime
    text: str
    purpose: Purpose
    response: str = ""
    why: tuple[str, ...] = ()
    by_agent: bool = False


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, what was decided about it, and so the case after it."""

    at: datetime
    event: Event
    decision: Decision


@dataclass(slots=True)
class _Queued:
    say: Say
    due_at: datetime
    queued_at: datetime
    by_agent: bool
    why: tuple[str, ...] = ()


class Talk:
    """One customer's conversation. `log` holds every decision with its moment, `said` every text that left.

    `story` holds both, in the order in which they came.
    """

    def __init__(self, case: Case, rules: Rules, render: Render, now: datetime):
        self.case, self.rules, self.now = case, rules, now
        self._render = render
        self.timers: dict[Timer, datetime] = {}
        self.queued: list[_Queued] = []
        self.said: list[Said] = []
        self.log: list[tuple[datetime, Decision]] = []
        self.story: list[Happened | Said] = []

    def happen(self, event: Event) -> Decision:
        """Decide one event now, do what follows, and let go what may leave."""
        if isinstance(event, PaymentPosted):
            self.case = post_to_ledger(self.case, None, event.amount, event.paid_on)
        decision = decide(self.case, event, self.rules, self.now)
        self.case = decision.case
        self.log.append((self.now, decision))
        self.story.append(Happened(self.now, event, decision))
        for effect in decision.effects:
            match effect:
                case Schedule():
                    self.timers[effect.timer] = effect.due_at
                case Cancel():
                    self.timers.pop(effect.timer, None)
                case CancelQueued():
                    self.queued = [one for one in self.queued if one.say.purpose in STANDS]
                case RecordPromise() if self.case.promise is not None and self.case.promise.id is None:
                    self.case = replace(self.case, promise=replace(self.case.promise, id=len(self.log)))
                case Say():
                    self.queued.append(_Queued(effect, self.now, self.now, isinstance(event, AgentActed), decision.why))
        self._send()
        return decision

    def pay(self, amount: Decimal) -> Decision:
        """Money arrives today."""
        return self.happen(PaymentPosted(amount, local_day(self.now, self.case.zone)))

    def wait(self, until: datetime) -> None:
        """Let time pass; what falls due on the way happens at its own moment, texts before timers."""
        while (due := self.next_at()) is not None and due <= until:
            self.now = max(self.now, due)
            self._send()
            for timer in [timer for timer, at in self.timers.items() if at <= self.now]:
                if self.timers.get(timer, until) <= self.now:
                    del self.timers[timer]
                    self.happen(TimerDue(timer))
        self.now = max(self.now, until)

    def next_at(self) -> datetime | None:
        """When something next falls due by itself: a timer, or a text that waits for its lawful moment."""
        return min([*self.timers.values(), *(one.due_at for one in self.queued)], default=None)

    def _send(self) -> None:
        """Ask the contact rules about what is queued: it leaves, waits for its lawful moment, or is dropped."""
        waiting, refused = [], list[str]()
        for one in self.queued:
            if one.due_at > self.now:
                waiting.append(one)
                continue
            if overtaken(self.case, one.say.purpose, not one.by_agent, one.queued_at, self.now) is not None:
                continue
            text = self._text(one.say)
            permission = may_text(self.case, one.say.purpose, self.rules.contact_for(self.case), self.now, text)
            if permission.allowed:
                self._leave(one, text)
            elif permission.is_final:
                refused.append(f"{permission.rule}: {permission.reason}")
            elif permission.next_at is not None and not permission.is_hold:
                waiting.append(replace(one, due_at=permission.next_at, why=(*one.why, f"not-now:{permission.rule}")))
        self.queued = waiting
        for reason in refused:
            self.happen(SendFailed(reason))

    def _text(self, say: Say) -> str:
        slots = say.slots
        if say.purpose is Purpose.REMINDER and say.response.startswith("reminder_") and self.case.amount_due > 0:
            slots = reminder_slots(self.case, local_day(self.now, self.case.zone))
        return say.text or self._render(say.response, self.case.language, slots, self.case.currency)

    def _leave(self, one: _Queued, text: str) -> None:
        say = one.say
        self.said.append(Said(self.now, text, say.purpose, say.response, one.why, one.by_agent))
        self.story.append(self.said[-1])
        if say.purpose in COUNTED:
            owed = tuple(account.id for account in self.case.accounts if account.amount_due > 0)
            answers = still_answers(self.case, say.purpose, self.rules.contact_for(self.case), self.now)
            contact = Contact(self.now, ContactChannel.SMS, say.purpose, owed, answers=answers)
            recent = (other for other in self.case.contacts if other.at > self.now - MONTH)
            self.case = replace(self.case, contacts=(*recent, contact))
