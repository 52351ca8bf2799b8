"""The bank's people, as far as a customer notices them: someone takes a case over, calls, writes, and is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from bot.core.calendar import local
from bot.core.case import Case, Contact, ContactChannel, Owner
from bot.core.contact import may_contact
from bot.core.decision import Purpose
from bot.core.event import AgentActed, AgentAction
from bot.core.talk import Talk
from bot.simulate.chronicle import Chronicle
from bot.simulate.luck import Luck
from bot.simulate.outcome import Outcome
from bot.simulate.people import Customer
from bot.simulate.world import World

STAYS = ("crisis", "bereavement", "vulnerable", "legal", "contact_data")  # these are not given back to the bot
OPENS, CLOSES = 9, 18
AGENT = "agent"


class Served(Protocol):
    """A customer's life, as far as agents have to do with it."""

    talk: Talk
    world: World
    luck: Luck
    outcome: Outcome
    chronicle: Chronicle
    customer: Customer

    @property
    def today(self) -> date:
        """The customer's day."""

    def at(self, moment: datetime, act: Callable[[], None]) -> None:
        """Do something then."""

    def catch_up(self) -> None:
        """Take note of what has happened."""

    def sum_that_is_possible(self, *name: object) -> Decimal:
        """What the customer can spare."""


class Desk:
    """The agents of one customer. They pass the same contact rules as the bot."""

    def __init__(self, life: Served) -> None:
        self.life = life
        self.is_called = False
        self.cases = 0

    def called(self) -> None:
        """A person is wanted: someone comes within twice the queue's time, in working hours."""
        queue = self.life.talk.case.handoff_queue
        if self.is_called or queue is None or self.life.talk.case.owner is Owner.AGENT:
            return
        self.is_called = True
        self.cases += 1
        within = self.life.world.rules.handoffs[queue].within
        share = self.life.luck.share("agent-comes", self.cases)
        self.life.at(self._working(self.life.talk.now + 2 * within * share), self._take_over)

    def _working(self, at: datetime) -> datetime:
        """The moment itself, or the next working hour on the customer's clock."""
        there = local(at, self.life.talk.case.zone)
        while there.weekday() > 4 or not OPENS <= there.hour < CLOSES:
            at = (at + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
            there = local(at, self.life.talk.case.zone)
        return at

    def _take_over(self) -> None:
        if self.life.talk.case.handoff_queue is None:
            self.is_called = False
            return
        self._act(AgentAction.TAKE_OVER)
        self._call()
        if self.life.talk.case.reachable and self.life.talk.case.handoff_queue not in STAYS:
            self._act(AgentAction.REPLY, text=self._words())
        days = self.life.luck.wait(self.life.world.parameters.numbers["agent_days"], "agent-days", self.cases)
        self.life.at(self._working(self.life.talk.now + timedelta(days=days)), self._resolve)

    def _call(self) -> None:
        talk = self.life.talk
        contact = talk.rules.contact_for(talk.case)
        if not may_contact(talk.case, Purpose.AGENT, contact, talk.now, ContactChannel.CALL).allowed:
            return
        reached = self.life.luck.happens(self.life.world.parameters.chances["reached_by_call"], "call", self.cases)
        owed = tuple(account.id for account in talk.case.accounts if account.amount_due > 0)
        made = Contact(talk.now, ContactChannel.CALL, "agent", owed, reached=reached)
        talk.case = replace(talk.case, contacts=(*talk.case.contacts, made))
        self.life.chronicle.called(talk.now, reached)
        self.life.outcome.calls += 1

    def _resolve(self) -> None:
        """Done: a debt that was wrong is taken back, a dated sum is agreed, or the case simply goes on."""
        life = self.life
        case, chances = life.talk.case, life.world.parameters.chances
        queue, self.is_called = case.handoff_queue, False
        if queue is None or queue in STAYS:
            return
        if queue == "dispute" and life.luck.happens(chances["dispute_is_right"], "dispute", self.cases):
            nothing = tuple(replace(a, amount_due=Decimal(0), balance=Decimal(0)) for a in case.accounts)
            life.talk.case = replace(case, accounts=nothing)
            life.chronicle.owes(life.talk.now, life.talk.case)
        elif case.reachable and case.amount_due > 0 and life.customer.kind.pays != "none" and not _agreed(case):
            agrees = min(1, chances["agrees_with_agent"])
            if life.luck.happens(agrees, "agrees", self.cases):
                amount, day = life.sum_that_is_possible("agent", self.cases), life.customer.next_payday(life.today)
                self._act(AgentAction.RECORD_PROMISE, amount=amount, due_on=day)
        self._act(AgentAction.RESOLVE, text="done", lift=True)

    def _act(self, action: AgentAction, **details: object) -> None:
        self.life.talk.happen(AgentActed(action, AGENT, **details))  # type: ignore[arg-type]
        self.life.catch_up()

    def _words(self) -> str:
        spoken = self.life.world.parameters.agent
        return spoken.get(self.life.talk.case.language, spoken["en"])


def _agreed(case: Case) -> bool:
    """Something is agreed already: nobody asks for a promise beside it."""
    return case.promise is not None or case.plan_is_active
