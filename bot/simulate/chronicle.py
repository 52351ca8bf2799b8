"""Turns what the core decided into the checker's log: names, moments and figures."""

from __future__ import annotations

from datetime import date, datetime

from bot.checker import log
from bot.core.case import Case, Owner
from bot.core.decision import AllowNumber, LiftHold, PlaceHold, StopNumber
from bot.core.event import Heard, PaymentPosted
from bot.core.talk import Happened, Said


class Chronicle:
    """One customer's log, written as things happen."""

    def __init__(self, case: Case) -> None:
        self.days = _days(case)
        self.owner = case.owner
        self.entries: list[log.Entry] = []

    def said(self, said: Said) -> None:
        """A text left."""
        self.entries.append(log.Sent(said.at, str(said.purpose), said.text, said.response, said.by_agent))

    def happened(self, one: Happened) -> None:
        """Something was decided."""
        at, effects = one.at, one.decision.effects
        if isinstance(one.event, Heard):
            out = any(isinstance(effect, StopNumber) and effect.reason == "opt_out" for effect in effects)
            self.entries.append(log.Wrote(at, opted_out=out))
        if isinstance(one.event, PaymentPosted):
            self.owes(at, one.decision.case)
        for effect in effects:
            match effect:
                case PlaceHold():
                    self.entries.append(log.Held(at, str(effect.kind), effect.until))
                case LiftHold():
                    self.entries.append(log.Lifted(at, str(effect.kind)))
                case StopNumber():
                    self.entries.append(log.Stopped(at, effect.reason))
                case AllowNumber():
                    self.entries.append(log.Allowed(at))
        self._changed(at, one.decision.case)

    def owes(self, at: datetime, case: Case) -> None:
        """What is demanded has changed."""
        self.entries.append(log.Owes(at, {account.id: account.amount_due for account in case.accounts}))

    def called(self, at: datetime, reached: bool) -> None:
        """An agent called."""
        self.entries.append(log.Contacted(at, "call", reached))

    def _changed(self, at: datetime, case: Case) -> None:
        if (days := _days(case)) != self.days:
            self.days = days
            self.entries.append(log.Promised(at, days))
        if case.owner is not self.owner:
            self.owner = case.owner
            self.entries.append(log.TakenOver(at, by_agent=case.owner is Owner.AGENT))


def _days(case: Case) -> tuple[date, ...]:
    """The days for which money is promised: of a promise, its series, and what is left of a plan that is being kept."""
    promise, plan = case.promise, case.plan if case.plan_is_active else None
    promised = (promise.due_on, *(one.due_on for one in promise.later)) if promise else ()
    return (*promised, *(one.due_on for one in plan.instalments if one.paid < one.amount)) if plan else promised
