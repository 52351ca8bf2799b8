"""A decision in the making: every change of the case and its effect are written down together, so they cannot part."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.core.agreement import Offer, Promise, PromiseStatus
from bot.core.calendar import local_day, moment
from bot.core.case import Case, Hold, HoldKind, Owner, State, Timer
from bot.core.decision import (
    AllowNumber,
    Cancel,
    CancelQueued,
    CloseHandoff,
    ClosePromise,
    Decision,
    Effect,
    LiftHold,
    OpenHandoff,
    PlaceHold,
    Purpose,
    RecordPromise,
    Say,
    Schedule,
    Slot,
    StopNumber,
)
from bot.core.event import AgentActed
from bot.core.promise import next_reminder_on
from bot.core.reading import Asked, Hardship
from bot.core.rules import Rules
from bot.core.service import deadline
from bot.core.strategy import next_reminder, reminder_slots, tier
from bot.core.template import template_slots


class Draft:
    """Collects the next case, the effects and the reasons of one decision."""

    def __init__(self, case: Case, rules: Rules, now: datetime):
        self.case, self.rules, self.now = case, rules, now
        self.by = "bot"  # who places holds: the bot, or the agent whose act this is
        self.effects: list[Effect] = []
        self.why: list[str] = []
        self.today = local_day(now, case.zone)

    def decision(self) -> Decision:
        """The finished decision."""
        return Decision(self.case, tuple(self.effects), tuple(self.why))

    def because(self, reason: str) -> None:
        """Write down a rule that fired."""
        self.why.append(reason)

    def change(self, **fields: Any) -> None:
        """Change fields of the case that need no effect of their own."""
        self.case = replace(self.case, **fields)

    def go(self, state: State | None) -> None:
        """Move to a state; None stays."""
        if state is not None and state is not self.case.state:
            self.because(f"state:{self.case.state}>{state}")
            self.change(state=state)

    def say(self, response: str, purpose: Purpose, **slots: Slot) -> None:
        """Queue one text. What was queued before is superseded: one turn, one text."""
        self.cancel_queued("superseded")
        figures = reminder_slots(self.case, self.today) if self.case.amount_due > 0 else {}
        self.effects.append(Say(response, purpose, {**figures, **slots}))

    def say_as_agent(self, act: AgentActed) -> None:
        """Queue an agent's text: their own words, or a template that they left as it is approved."""
        contact = self.rules.contact_for(self.case)
        answers = contact is not None and self.case.in_conversation(self.now, contact.conversation)
        approved = bool(act.template) and not act.edited
        response = act.template.partition("/")[0] if approved else "agent"
        slots = template_slots(self.case, self.now) if approved else {}
        self.effects.append(Say(response, Purpose.AGENT, slots, act.text, answers, act.template))

    def cancel_queued(self, reason: str) -> None:
        """Cancel the bot's texts that have not left."""
        if not any(isinstance(effect, CancelQueued) for effect in self.effects):
            self.effects.append(CancelQueued(reason))

    def schedule(self, timer: Timer, at: datetime | None) -> None:
        """Set a timer; None takes it away."""
        self.effects.append(Cancel(timer) if at is None else Schedule(timer, at))

    def hold(self, kind: HoldKind, category: Hardship | None = None) -> None:
        """Let collection stand still for as long as the policy says, and stop what is on its way."""
        rule = self.rules.holds[kind]
        until = None if rule.lasts is None else self.now + rule.lasts
        review_at = None if rule.review is None else self.now + rule.review
        others = tuple(hold for hold in self.case.holds if hold.kind is not kind)
        self.change(holds=(*others, Hold(kind, until, review_at, category, self.by)))
        self.effects.append(PlaceHold(kind, until, review_at, category, self.by))
        self.because(f"hold:{kind}")
        self.schedule(Timer.REMINDER, None)
        self.cancel_queued(f"hold:{kind}")
        self._watch_holds()

    def lift(self, kind: HoldKind) -> None:
        """Lift one hold, if it stands."""
        if self.case.held(kind):
            self.change(holds=tuple(hold for hold in self.case.holds if hold.kind is not kind))
            self.effects.append(LiftHold(kind))
            self.because(f"lifted:{kind}")
            self._watch_holds()

    def _watch_holds(self) -> None:
        ends = [hold.until for hold in self.case.holds if hold.until is not None]
        self.schedule(Timer.HOLD_RELEASE, min(ends, default=None))
        reviews = [hold.review_at for hold in self.case.holds if hold.review_at is not None]
        self.schedule(Timer.HOLD_REVIEW, min(reviews, default=None))

    def handoff(self, queue: str, reason: str) -> None:
        """Call a person; one that is already called keeps the more urgent queue and its deadline."""
        wanted = self.rules.handoffs[queue]
        current = self.case.handoff_queue
        if current is not None and self.rules.handoffs[current].priority < wanted.priority:
            queue, wanted = current, self.rules.handoffs[current]
        due_at = self.now + wanted.within
        if not wanted.alert:  # who is called at once is called at any hour
            due_at = deadline(self.now, wanted.within, self.case.zone, self.rules.service)
        self.change(handoff_queue=queue)
        self.effects.append(OpenHandoff(queue, reason, wanted.priority, due_at))
        self.because(f"handoff:{queue}")
        if current != queue:
            self.schedule(Timer.HANDOFF_DEADLINE, due_at)

    def close_handoff(self, outcome: str, note: str) -> None:
        """The person is done."""
        self.change(handoff_queue=None, owner=Owner.BOT)
        self.effects.append(CloseHandoff(outcome, note))
        self.schedule(Timer.HANDOFF_DEADLINE, None)

    def ask(self, question: Asked | None, offer: Offer | None = None, wait: timedelta | None = None) -> None:
        """Leave a question open (and what it is about); without one, nothing is open any more."""
        self.change(asked=question, offer=offer)
        wait = wait or self.rules.answer_wait
        self.schedule(Timer.ANSWER_WAIT, None if question is None else self.now + wait)

    def record_promise(self, promise: Promise) -> None:
        """Write a promise on the file, pause dunning, and set its reminder and its check."""
        if self.case.promise is not None:
            self.close_promise(PromiseStatus.CANCELLED)
        self.change(promise=promise)
        made = RecordPromise(promise.amount, promise.due_on, promise.later, promise.moved, promise.paid)
        self.effects.append(made)
        self.because(f"promise:{promise.amount}@{promise.due_on}")
        for one in promise.later:
            self.because(f"promise-later:{one.amount}@{one.due_on}")
        self.ask(None)
        self.hold(HoldKind.PROMISE_OPEN)
        self.remind_of_promise()
        grace = timedelta(days=self.rules.promises.grace_days + 1)
        check_at = moment(promise.due_on + grace, datetime.min.time(), self.case.zone)
        self.schedule(Timer.PROMISE_CHECK, check_at)

    def remind_of_promise(self) -> None:
        """Set the next reminder of the open promise, if one is left, at the hour of the customer's tier."""
        promise = self.case.promise
        day = promise and next_reminder_on(promise.due_on, self.today, self.rules.promises)
        step = tier(self.case, self.rules.strategy, self.today)
        at = step.at if step else datetime.min.time().replace(hour=10)
        self.schedule(Timer.PROMISE_REMINDER, moment(day, at, self.case.zone) if day else None)

    def close_promise(self, status: PromiseStatus) -> None:
        """Say what became of the open promise and let go of what it held."""
        in_a_row = self.case.broken_in_a_row
        if status is PromiseStatus.BROKEN:
            in_a_row += 1
        elif status is PromiseStatus.KEPT:
            in_a_row = 0
        paid = self.case.promise.paid if self.case.promise is not None else Decimal(0)
        self.change(promise=None, broken_in_a_row=in_a_row)
        self.effects.append(ClosePromise(status, paid))
        self.because(f"promise:{status}")
        self.schedule(Timer.PROMISE_REMINDER, None)
        self.schedule(Timer.PROMISE_CHECK, None)
        self.lift(HoldKind.PROMISE_OPEN)

    def withdraw_promise(self) -> None:
        """Something else takes the place of what was promised: nobody will call it broken."""
        if self.case.promise is not None:
            self.close_promise(PromiseStatus.CANCELLED)

    def standing_state(self) -> State:
        """Where the conversation stands when nothing is asked and nobody else is on it."""
        if self.case.plan_is_active:
            return State.PLAN_ACTIVE
        return State.CONTACTED if self.case.promise is None else State.PROMISED

    def keep_promise(self) -> None:
        """The open promise is kept: the next of its series opens, with what was paid beyond this one."""
        kept = self.case.promise
        self.close_promise(PromiseStatus.KEPT)
        if kept is not None and kept.later and self.case.amount_due > 0:
            next_one, *rest = kept.later
            beyond = max(Decimal(0), kept.paid - kept.amount)
            self.record_promise(Promise(next_one.amount, next_one.due_on, self.now, beyond, later=tuple(rest)))

    def resume_dunning(self) -> None:
        """Set the next reminder by the tier's cadence, unless something stands in its way."""
        free = not self.case.holds and self.case.amount_due > 0 and self.case.owner is Owner.BOT
        following = next_reminder(self.case, self.rules.strategy, self.now) if free else None
        for reason in following.why if following else ():
            self.because(f"pace:{reason}")
        self.schedule(Timer.REMINDER, following.at if following else None)

    def stop_number(self, reason: str) -> None:
        """Never text this number again."""
        self.change(reachable=False)
        self.effects.append(StopNumber(reason))
        self.cancel_queued(reason)
        self.because(f"number-stopped:{reason}")
        for timer in (Timer.REMINDER, Timer.PROMISE_REMINDER, Timer.ANSWER_WAIT):
            self.schedule(timer, None)

    def allow_number(self) -> None:
        """Text this number again."""
        self.change(reachable=True)
        self.effects.append(AllowNumber())
        self.because("number-allowed")
