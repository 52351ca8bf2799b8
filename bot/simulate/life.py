"""One customer's days: the real core on one side, somebody who pays, writes or keeps silent on the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from heapq import heappop, heappush

from bot.checker.check import check
from bot.core.agreement import Instalment, Plan, PlanStatus, Promise, PromiseStatus
from bot.core.calendar import local, local_day, moment
from bot.core.case import State, Timer
from bot.core.decision import (
    ChangePlan,
    ClosePlan,
    ClosePromise,
    Decision,
    OpenHandoff,
    Purpose,
    RecordPlan,
    RecordPromise,
)
from bot.core.event import Heard, NumberRefused, PaymentPosted
from bot.core.reading import Asked
from bot.core.segments import count
from bot.core.strategy import first_reminder_at
from bot.core.talk import Happened, Said, Talk
from bot.simulate.chronicle import Chronicle
from bot.simulate.desk import Desk
from bot.simulate.outcome import Outcome
from bot.simulate.people import Customer, begin, facts
from bot.simulate.world import World

SIGNATURE = {"zh": "【示例银行】", "en": "[Example Bank]"}
BEGUN = (Purpose.REMINDER, Purpose.PROMISE_REMINDER, Purpose.AGENT)
CURED_ALONE_DAYS = 30
AFTER_TEXT = timedelta(days=2)  # whoever pays on a text does so within


def live(customer: Customer, world: World, days: int) -> Outcome:
    """Let one customer live through so many days, and say what became of them."""
    life = Life(customer, world, days)
    life.run()
    return life.outcome


class Life:
    """What one customer does, and an agenda of what they will do."""

    def __init__(self, customer: Customer, world: World, days: int) -> None:
        self.customer, self.world, self.luck = customer, world, customer.luck
        self.begins = begin(customer.case, world.parameters.start)
        self.ends = self.begins + timedelta(days=days)
        self.talk = Talk(customer.case, world.rules, world.render, self.begins)
        first = first_reminder_at(customer.case, world.rules.strategy, self.begins)
        if first is not None:
            self.talk.timers[Timer.REMINDER] = first
        due = float(customer.case.amount_due * customer.worth)
        self.outcome = Outcome(customer.id, customer.kind.name, customer.case.language, due)
        self.chronicle = Chronicle(customer.case)
        self.desk = Desk(self)
        self.agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self.annoyance, self.annoyed_at = 0.0, self.begins
        self.meant: tuple[Decimal, date] | None = None  # the promise that the customer has in mind
        self.reminded_on: date | None = None
        self.written = self.planned = self.seen = 0

    # --- time

    def run(self) -> None:
        """From the first midnight to the last, then let the checker judge."""
        self._plan_own_payments()
        while (at := self._next_at()) is not None and at < self.ends:
            if self.agenda and self.agenda[0][0] == at:
                self.talk.wait(at)
                self.catch_up()
                heappop(self.agenda)[2]()
            else:
                self.talk.wait(at)
            self.catch_up()
        self._sum_up()
        self.outcome.violations = check(facts(self.customer.case), self.chronicle.entries, self.world.policy)

    def at(self, moment: datetime, act: Callable[[], None]) -> None:
        """Do something then."""
        self.planned += 1
        heappush(self.agenda, (moment, self.planned, act))

    def _next_at(self) -> datetime | None:
        return min([at for at in (self.talk.next_at(), *(one[0] for one in self.agenda[:1])) if at], default=None)

    def catch_up(self) -> None:
        """Write down what has happened since, and react to the texts that came."""
        while self.seen < len(self.talk.story):
            one = self.talk.story[self.seen]
            self.seen += 1
            if isinstance(one, Said):
                self.chronicle.said(one)
                self._receive(one)
            else:
                self.chronicle.happened(one)
                self._count(one)

    @property
    def today(self) -> date:
        """The customer's day."""
        return local_day(self.talk.now, self.talk.case.zone)

    def day_number(self) -> int:
        """How many whole days have passed."""
        return (self.talk.now - self.begins) // timedelta(days=1)

    # --- what the file says

    def _count(self, one: Happened) -> None:
        decision = one.decision
        for effect in decision.effects:
            match effect:
                case OpenHandoff():
                    if not effect.reason.startswith("overdue"):
                        self.outcome.handoffs[effect.queue] += 1
                    self.desk.called()
                case RecordPromise():
                    self.outcome.promises += 1
                case ClosePromise():
                    self._count_closed(effect.status)
                case RecordPlan(plan=Plan(status=PlanStatus.ACTIVE)) | ChangePlan(status=PlanStatus.ACTIVE):
                    self.outcome.plans += 1
                    self._agree_to_plan(decision.case.plan)
                case ClosePlan():
                    self.outcome.plans_broken += effect.status is PlanStatus.BROKEN
                    self.outcome.plans_completed += effect.status is PlanStatus.COMPLETED
        self.outcome.hardship |= "hold:hardship" in decision.why
        self.outcome.complained |= "hold:complaint" in decision.why
        if self.outcome.cured_on is None and decision.case.amount_due <= 0 and isinstance(one.event, PaymentPosted):
            self.outcome.cured_on = self.day_number()
        self._take_to_heart(decision)

    def _count_closed(self, status: PromiseStatus) -> None:
        match status:
            case PromiseStatus.KEPT:
                self.outcome.kept += 1
            case PromiseStatus.PARTIAL:
                self.outcome.partial += 1
            case PromiseStatus.BROKEN:
                self.outcome.broken += 1
            case _:
                self.outcome.withdrawn += 1

    def _take_to_heart(self, decision: Decision) -> None:
        """A promise that was confirmed is what the customer will keep or not, on its day."""
        promise = decision.case.promise
        if promise is None or not any(isinstance(effect, RecordPromise) for effect in decision.effects):
            return
        if self.meant is not None and self.meant != (promise.amount, promise.due_on):
            self.outcome.misunderstood += 1
        self.meant, self.reminded_on = None, None
        self._at_noon_of(promise.due_on, lambda: self._keep(promise))

    def _agree_to_plan(self, plan: Plan | None) -> None:
        """Each instalment is kept or not, as a promise is."""
        for one in plan.instalments if plan else ():
            self._at_noon_of(one.due_on, lambda one=one: self._keep_instalment(one))  # type: ignore[misc]

    def _at_noon_of(self, day: date, act: Callable[[], None]) -> None:
        self.at(max(moment(day, time(12, 30), self.talk.case.zone), self.talk.now), act)

    def _sum_up(self) -> None:
        case = self.talk.case
        self.outcome.opted_out = case.state is State.OPTED_OUT
        self.outcome.wrong_number = case.state is State.WRONG_NUMBER

    # --- money

    def _plan_own_payments(self) -> None:
        kind, luck = self.customer.kind, self.luck
        if luck.happens(kind.cures_alone, "cures-alone"):
            day = luck.between(0, CURED_ALONE_DAYS - 1, "cures-on")
            self.at(self.begins + timedelta(days=day, hours=13), lambda: self.pay(self.talk.case.amount_due))
        payday = self.today
        while kind.pays != "none" and (payday := self.customer.next_payday(payday)) < local_day(self.ends, "UTC"):
            if luck.happens(self.world.parameters.chances["pays_at_payday"] * min(1, kind.keeps), "payday", payday):
                self.at(moment(payday, time(13, 30), self.talk.case.zone), self._pay_some)

    def _pay_some(self) -> None:
        if self.talk.case.promise is None and not self.talk.case.plan_is_active:
            self.pay(self.sum_that_is_possible("payday", self.today))

    def sum_that_is_possible(self, *name: object) -> Decimal:
        """What this customer can spare: all that is due, or a part of it, in round figures where it can be."""
        due = self.talk.case.amount_due
        if self.customer.kind.pays == "all" and self.luck.happens(0.7, "all", *name):
            return due
        part = self.customer.case.amount_due * Decimal(self.luck.between(20, 70, "part", *name)) / 100
        step = Decimal(50) if part > 100 else Decimal(1)
        return min(due, max(Decimal(1), (part / step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * step))

    def pay(self, amount: Decimal) -> None:
        """Money comes in, never more than is due."""
        amount = min(amount, self.talk.case.amount_due)
        if amount > 0:
            self.outcome.payments.append((self.day_number(), float(amount * self.customer.worth)))
            self.talk.pay(amount)

    def _keep(self, promise: Promise) -> None:
        standing = self.talk.case.promise
        if standing is not None and (standing.amount, standing.due_on) == (promise.amount, promise.due_on):
            self._pay_or_not(promise.amount, promise.due_on)

    def _keep_instalment(self, one: Instalment) -> None:
        if self.talk.case.plan_is_active:
            self._pay_or_not(one.amount, one.due_on)

    def _pay_or_not(self, amount: Decimal, due_on: date) -> None:
        chances = self.world.parameters.chances
        chance = chances["keeps_promise"] * self.customer.kind.keeps
        if self.reminded_on is not None and due_on - self.reminded_on <= timedelta(days=1):
            chance *= 1 + chances["reminder_lift"]
        luck = self.luck.share("keeps", due_on)
        if luck < min(0.98, chance):
            self.pay(amount)
        elif luck < chance + chances["pays_part"]:
            self.pay((amount / 2).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))

    # --- texts

    def _receive(self, said: Said) -> None:
        text = SIGNATURE.get(self.talk.case.language, "") + said.text
        self.outcome.texts[str(said.purpose)] += 1
        self.outcome.segments += count(text).parts
        self._annoy(said)
        if self.outcome.wished_out and said.purpose is not Purpose.OPT_OUT_CONFIRMATION:
            self.outcome.after_wish += said.response != "ask_whether_opt_out"
        if self.customer.kind.dead_number:
            self.at(self.talk.now + timedelta(minutes=1), self._refuse)
        elif self.customer.kind.stranger:
            if said.purpose in BEGUN and self._may("person_replies", 1, said):
                self._write_later(self.luck.weigh(self.customer.kind.says, "says"))
        elif said.purpose in BEGUN:
            self._react(said)
        elif said.purpose is Purpose.REPLY and self.talk.case.asked and self._may("answers_question", 1, said):
            self._later(self._answer)

    def _refuse(self) -> None:
        if self.talk.case.reachable:
            self.talk.happen(NumberRefused(opted_out=False))

    def _annoy(self, said: Said) -> None:
        numbers, now = self.world.parameters.numbers, self.talk.now
        if numbers["annoyance_halves"] > 0:
            passed = (now - self.annoyed_at) / timedelta(days=numbers["annoyance_halves"])
            self.annoyance *= 0.5**passed
        self.annoyed_at = now
        self.annoyance += numbers["annoyance_a_text"] * (1 if said.purpose in BEGUN else 0.3)

    def _may(self, chance: str, factor: float, said: Said) -> bool:
        """Whether this text brings it about. Day and purpose name the draw, so that two policies share their luck."""
        likely = min(0.95, self.world.parameters.chances[chance] * factor)
        return self.luck.happens(likely, chance, said.purpose, self.today, self.written)

    def _react(self, said: Said) -> None:
        """A text that nobody asked for: stop it, complain, answer, pay, or nothing."""
        kind = self.customer.kind
        temper = kind.annoyed * (1 + self.annoyance)
        if self._may("opts_out", temper, said):
            self._write_later("opt_out")
        elif self._may("complains", temper, said):
            self._write_later("complaint")
        elif kind.says and self._may("replies", kind.replies, said):
            self._write_later(self.luck.weigh(kind.says, "says", self.today, self.written))
        if said.purpose is Purpose.PROMISE_REMINDER:
            self.reminded_on = self.today
        elif said.purpose is Purpose.REMINDER and self.luck.happens(kind.pays_on_text, "pays-on-text", self.today):
            wait = AFTER_TEXT * self.luck.share("pays-after", self.today)
            self.at(self.talk.now + wait, lambda: self.pay(self.sum_that_is_possible("text", self.today)))

    def _write_later(self, meaning: str) -> None:
        self._later(lambda: self._write(meaning))

    def _later(self, act: Callable[[], None]) -> None:
        minutes = self.luck.wait(self.world.parameters.numbers["reply_minutes"], "minutes", self.today, self.written)
        self.at(self.talk.now + timedelta(minutes=1 + minutes), act)

    def _write(self, meaning: str) -> None:
        """Write something of this meaning; a promise, mostly with a day and sum of the customer's own."""
        if meaning == "promise_to_pay" and self.luck.happens(0.7, "own-words", self.written):
            self._promise()
            return
        self.outcome.wished_out |= meaning == "opt_out"
        self.meant = None
        language = self.talk.case.language
        self.hear(self.world.pen.about(meaning, language, self.luck, self.written))

    def _promise(self) -> None:
        case = self.talk.case
        if case.amount_due <= 0:
            return
        payday, soon = self.customer.next_payday(self.today), self.luck.between(1, 7, "soon", self.written)
        near = (payday - self.today).days <= 14 and self.luck.happens(0.6, "on-payday", self.written)
        day = payday if near else self.today + timedelta(days=soon)
        self.meant = (self.sum_that_is_possible("promise", self.written), day)
        self.hear(self.world.pen.promise(*self.meant, case.language, self.luck, self.written))

    def _answer(self) -> None:
        """Answer the question that is open by now."""
        case = self.talk.case
        match case.asked:
            case Asked.CONFIRM_OPT_OUT:
                self._write("affirm" if self.outcome.wished_out else "deny")
            case Asked.CONFIRM_PROMISE:
                offered = case.offer and (case.offer.amount, case.offer.due_on)
                if self.meant is None or self.meant == offered or (case.offer and case.offer.later):
                    self._write("affirm")
                else:
                    self.hear(self.world.pen.promise(*self.meant, case.language, self.luck, self.written))
            case Asked.DATE | Asked.AMOUNT:
                if self.customer.kind.pays == "none" or self.luck.happens(0.2, "cannot", self.written):
                    self._write("hardship")
                else:
                    self._promise()
            case None:
                pass
            case _:
                self._write("affirm")

    def hear(self, text: str) -> None:
        """The text arrives, is read and decided upon."""
        self.written += 1
        self.outcome.replies += 1
        heard_at = local(self.talk.now, self.talk.case.zone)
        self.talk.happen(Heard(self.world.reader.read(text, heard_at, self.talk.case.asked)))
        self.catch_up()
