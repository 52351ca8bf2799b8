"""Goes through one customer's log and names every text and contact that must not have been."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.checker import log
from bot.checker.kinds import JUDGES, Moment, Past, binds
from bot.checker.policy import PURPOSES, CannotJudge, Policy

CONFIRM_WITHIN = timedelta(minutes=5)  # 47 CFR 64.1200(a)(12)
KEPT_DAYS = timedelta(days=31)  # longer than any cap's period
ANSWERS = {"reply", "safety", "opt_out_confirmation"}
DEMANDS = {"reminder", "promise_reminder"}
STANDS = {"agent", "safety", "opt_out_confirmation"}  # what may leave while a person answers


def check(person: log.Person, entries: Iterable[log.Entry], policy: Policy) -> list[log.Violation]:
    """Every violation in a customer's log, in the order of time. Raises CannotJudge where it knows too little."""
    file = _File(person, policy)
    last: datetime | None = None
    for entry in entries:
        if last is not None and entry.at < last:
            raise CannotJudge(f"customer {person.id}: the log goes back in time at {entry.at}")
        last = entry.at
        file.take(entry)
    return file.violations


class _File:
    """What was so at each moment, kept up from the log alone."""

    def __init__(self, person: log.Person, policy: Policy) -> None:
        self.person, self.policy = person, policy
        self.violations: list[log.Violation] = []
        self.due = {debt.id: debt.amount_due for debt in person.debts}
        self.holds: dict[str, log.Held] = {}
        self.stopped: log.Stopped | None = None
        self.to_confirm: datetime | None = None
        self.wrote_at: datetime | None = None
        self.to_answer = False
        self.promised: tuple[date, ...] = ()
        self.reminded: date | None = None
        self.by_agent = False
        self.past: list[Past] = []

    def take(self, entry: log.Entry) -> None:
        """Judge what was sent; remember what happened."""
        match entry:
            case log.Sent():
                self._sent(entry)
            case log.Contacted():
                self._contacted(entry)
            case log.Wrote():
                self.wrote_at, self.to_answer = entry.at, True
                if entry.opted_out and self.stopped is None:
                    self._stop(log.Stopped(entry.at, "opt_out"))
            case log.Held():
                if entry.kind not in self.policy.stops:
                    raise CannotJudge(f"cannot judge the hold {entry.kind!r}: holds.yml does not have it")
                self.holds[entry.kind] = entry
            case log.Lifted():
                self.holds.pop(entry.kind, None)
            case log.Stopped():
                self._stop(entry)
            case log.Allowed():
                self.stopped = self.to_confirm = None
            case log.Promised():
                self.promised = entry.days
            case log.Owes():
                self.due = entry.due
            case log.TakenOver():
                self.by_agent = entry.by_agent

    def _stop(self, entry: log.Stopped) -> None:
        if self.stopped is None and entry.reason == "opt_out":
            self.to_confirm = entry.at
        if self.stopped is None or entry.reason == "wrong_number":
            self.stopped = entry

    def _contacted(self, entry: log.Contacted) -> None:
        contact = Past(entry.at, entry.channel, "agent", self._owed(), entry.reached, self._answers(entry.at, "agent"))
        self._by_rules(contact, "")
        self._remember(contact)

    def _sent(self, sent: log.Sent) -> None:
        if sent.purpose not in PURPOSES:
            raise CannotJudge(f"cannot judge the purpose {sent.purpose!r}")
        contact = Past(sent.at, "sms", sent.purpose, self._owed(), True, self._answers(sent.at, sent.purpose))
        self._by_holds(sent)
        self._by_number(sent)
        self._by_conduct(sent)
        if sent.purpose in DEMANDS:
            self._by_ledger(sent)
        if sent.purpose == "promise_reminder":
            self._by_promise(sent)
        self._by_rules(contact, sent.text)
        self._remember(contact)

    def _by_holds(self, sent: log.Sent) -> None:
        for kind, hold in self.holds.items():
            if sent.purpose in self.policy.stops[kind] and (hold.until is None or sent.at < hold.until):
                self._wrong(sent.at, f"hold:{kind}", f"a {sent.purpose} while held since {hold.at:%Y-%m-%d %H:%M}")
        if self.promised and sent.purpose in self.policy.stops["promise_open"]:
            self._wrong(sent.at, "promise-open", f"a {sent.purpose} before the promised day and its grace are over")

    def _by_number(self, sent: log.Sent) -> None:
        if self.stopped is None:
            if sent.purpose == "opt_out_confirmation":
                self._wrong(sent.at, "confirmation", "an opt-out is confirmed that nobody asked for")
            return
        if sent.purpose == "safety" and self._in_one_breath():
            return
        if sent.purpose != "opt_out_confirmation" or self.stopped.reason != "opt_out":
            self._wrong(sent.at, f"number-stopped:{self.stopped.reason}", f"a {sent.purpose} after the number stopped")
        elif self.to_confirm is None:
            self._wrong(sent.at, "confirmation", "a second confirmation of one opt-out")
        elif sent.at - self.to_confirm > CONFIRM_WITHIN:
            self._wrong(sent.at, "confirmation", "more than five minutes after the opt-out")
        self.to_confirm = None

    def _in_one_breath(self) -> bool:
        """Somebody in despair refused texts in the same breath: holds.yml lets the one text of help pass."""
        opted_out = self.stopped is not None and self.stopped.reason == "opt_out" and self.stopped.at == self.wrote_at
        return opted_out and self.to_answer and "safety" not in self.policy.stops["opt_out"]

    def _by_conduct(self, sent: log.Sent) -> None:
        if sent.purpose in ANSWERS:
            if not self.to_answer and not sent.by_agent:
                self._wrong(sent.at, "one-text-a-reply", f"a {sent.purpose} that answers nothing, or answers twice")
            self.to_answer &= sent.by_agent
        if self.by_agent and not sent.by_agent and sent.purpose not in STANDS:
            self._wrong(sent.at, "agent-owns", f"the bot sent a {sent.purpose} while a person answers")

    def _by_ledger(self, sent: log.Sent) -> None:
        due = sum(self.due.values(), Decimal(0))
        if due <= 0:
            self._wrong(sent.at, "nothing-due", f"a {sent.purpose} after all was settled")
        elif sent.response.startswith("reminder_"):
            figures = {Decimal(figure) for figure in re.findall(r"\d+(?:\.\d+)?", sent.text.replace(",", ""))}
            if due not in figures:
                self._wrong(sent.at, "ledger", "the text does not name what is due")

    def _by_promise(self, sent: log.Sent) -> None:
        today = sent.at.astimezone(ZoneInfo(self.person.zones[0])).date()
        if all((day - today).days not in self.policy.reminds for day in self.promised):
            self._wrong(sent.at, "promise-reminder", f"{today} is no day on which to remind of {self.promised}")
        if self.reminded == today:
            self._wrong(sent.at, "promise-reminder", "the second of a day")
        self.reminded = today

    def _by_rules(self, contact: Past, text: str) -> None:
        if contact.purpose in self.policy.cannot_wait:
            return
        if not self.person.zones or not all(map(_is_zone, self.person.zones)):
            self._wrong(contact.at, "zone-unknown", "the customer's clock is not known")
            return
        # A reply that answers nothing is judged as such; what answers is not bound by wishes about what we begin.
        if (wish := self.person.wish) is not None and not contact.answers and contact.purpose != "reply":
            self._by_wish(contact, wish)
        moment = Moment(self.person, contact, text, self.wrote_at, tuple(self.past), self.policy)
        rows = self.policy.rows(self.person.jurisdiction, self.person.place)
        if not any(row.since <= moment.day <= row.until for row in rows):
            self._wrong(contact.at, "no-rules", "no contact rules are in force")
        for row in rows:
            if binds(row, moment) and (reason := JUDGES[row.kind](row, moment)):
                self._wrong(contact.at, row.id, f"{contact.purpose}: {reason}")

    def _by_wish(self, contact: Past, wish: log.Wish) -> None:
        if contact.channel in wish.blocked:
            self._wrong(contact.at, "wish", f"the customer does not want {contact.channel}")
        for zone in self.person.zones:
            there = contact.at.astimezone(ZoneInfo(zone))
            if there.weekday() not in wish.weekdays or not wish.opens <= there.time() < wish.closes:
                self._wrong(contact.at, "wish", f"{there:%a %H:%M} in {zone} is not when the customer wants it")

    def _owed(self) -> frozenset[int]:
        return frozenset(id for id, due in self.due.items() if due > 0)

    def _answers(self, at: datetime, purpose: str) -> bool:
        """What the customer did not ask for is no answer, however lately they wrote."""
        lately = self.wrote_at is not None and at - self.wrote_at <= self.policy.conversation
        return lately and purpose not in DEMANDS

    def _remember(self, contact: Past) -> None:
        self.past = [one for one in self.past if contact.at - one.at < KEPT_DAYS]
        self.past.append(contact)

    def _wrong(self, at: datetime, rule: str, reason: str) -> None:
        self.violations.append(log.Violation(self.person.id, at, rule, reason))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
