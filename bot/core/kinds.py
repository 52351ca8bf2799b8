"""The kinds of contact rule. Each says whether it forbids a contact at a moment, and when it alone would next allow it.

Values stand in dialogues/policies/contact/*.yml; a kind is one frozen dataclass here and one loader. A rule only ever
forbids, so that adding one never makes a contact lawful that was not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.core.calendar import Holidays, local, local_day, wall_moments
from bot.core.case import Case, Consent, Contact, ContactChannel, CreditorRole, NumberSource, Product
from bot.core.decision import Purpose

SEARCH_DAYS = 40  # how far ahead a lawful moment is looked for; longer than the longest cap's period

Span = tuple[time, time]
NO_HOLIDAYS = Holidays()


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked: may this customer be contacted for this purpose at this moment? `text` where it is known."""

    case: Case
    purpose: Purpose
    channel: ContactChannel
    at: datetime
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A rule's no. `until` is the earliest moment at which this rule alone may allow it; None: no moment is known."""

    rule: str
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """What every rule has: its id, whom and what it binds (empty binds all), and since when, by the local day."""

    id: str
    since: date = date.min
    until: date = date.max
    products: frozenset[Product] = frozenset()
    roles: frozenset[CreditorRole] = frozenset()
    purposes: frozenset[Purpose] = frozenset(Purpose)
    channels: frozenset[ContactChannel] = frozenset(ContactChannel)

    def binds(self, ask: Ask) -> bool:
        """Whether the rule speaks of this contact at all."""
        if ask.purpose not in self.purposes or ask.channel not in self.channels:
            return False
        if self.roles and ask.case.creditor_role not in self.roles:
            return False
        if not self.products:
            return True
        owed = {account.product for account in ask.case.accounts if account.amount_due > 0}
        return not owed or not owed.isdisjoint(self.products)  # what is owed is not known: the rule holds


@dataclass(frozen=True, slots=True)
class Hours:
    """Contacts are made from a span's first time until before its second, per weekday (Monday first), on each likely
    clock of the customer. A worked weekend day counts as `worked`; a holiday, and a weekend within one, has its own
    span. `unless`: a consent."""

    head: Head
    week: tuple[Span | None, ...]
    on_holidays: Span | None = None
    closed_on_holidays: bool = False
    worked: Span | None = None
    holidays: Holidays = NO_HOLIDAYS
    unless: Consent | None = None

    def span(self, day: date) -> Span | None:
        """The open hours of a day; None where it is closed."""
        if self.closed_on_holidays and self.holidays.is_off(day):
            return self.on_holidays
        if self.worked is not None and day in self.holidays.worked:
            return self.worked
        return self.week[day.weekday()]

    def forbids(self, ask: Ask) -> Forbidden | None:
        """Forbid outside the hours; name when every likely clock is within them again."""
        if self.unless is not None and self.unless in ask.case.consents:
            return None
        latest: datetime | None = None
        for zone in ask.case.zones:
            there = local(ask.at, zone)
            span = self.span(there.date())
            if span is not None and span[0] <= there.time() < span[1]:
                continue
            opens = self._opens(ask.at, zone)
            if opens is None:
                return Forbidden(self.head.id, "quiet hours")
            latest = opens if latest is None or opens > latest else latest
        return None if latest is None else Forbidden(self.head.id, "quiet hours", latest)

    def _opens(self, at: datetime, zone: str) -> datetime | None:
        day = local_day(at, zone)
        for ahead in range(SEARCH_DAYS):
            span = self.span(day + timedelta(days=ahead))
            if span is None:
                continue
            for opens in wall_moments(day + timedelta(days=ahead), span[0], zone):
                if opens > at and span[0] <= local(opens, zone).time() < span[1]:
                    return opens
        return None

    def closes(self, case: Case, at: datetime) -> datetime | None:
        """When the hours that are open at this moment end on the first of the customer's clocks."""
        if self.unless is not None and self.unless in case.consents:
            return None
        ends = []
        for zone in case.zones:
            day = local_day(at, zone)
            if (span := self.span(day)) is not None:
                ends += [end for end in wall_moments(day, span[1], zone) if end > at][:1]
        return min(ends, default=None)


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `limit` counted contacts in `days`: 1 is the local calendar day, more a rolling period.

    The head's channels are both what counts and what is limited. `per_account`: for each debt by itself.
    `only_reached`: attempts do not count. `counts`: the purposes of texts that use the cap up. `spares_answers`: what
    is said inside a conversation that the customer opened (it lasts so long after their text) is neither counted nor
    limited.
    """

    head: Head
    limit: int
    days: int
    counts: frozenset[Purpose]
    per_account: bool = False
    only_reached: bool = False
    spares_answers: timedelta | None = None

    def forbids(self, ask: Ask) -> Forbidden | None:
        """Forbid while the cap is used up; name when the oldest contact that fills it falls out."""
        lasts = self.spares_answers
        if lasts is not None and ask.purpose is Purpose.AGENT and ask.case.in_conversation(ask.at, lasts):
            return None
        latest: datetime | None = None
        for counted in self._per_debt(ask.case):
            free = self._free_at(counted, ask.case.zones, ask.at)
            latest = free if free is not None and (latest is None or free > latest) else latest
        return None if latest is None else Forbidden(self.head.id, "contact cap reached", latest)

    def used(self, case: Case, at: datetime) -> int:
        """How many contacts count at this moment, on the debt that has most."""
        return max((len(self._recent(counted, case.zones, at)) for counted in self._per_debt(case)), default=0)

    def _per_debt(self, case: Case) -> list[list[Contact]]:
        counted = [contact for contact in case.contacts if self._counts(contact)]
        if not counted or not self.per_account:
            return [counted]
        owed = [account.id for account in case.accounts if account.amount_due > 0]
        per_debt = [[one for one in counted if not one.accounts or id in one.accounts] for id in owed]
        return per_debt or [counted]

    def _counts(self, contact: Contact) -> bool:
        if contact.channel not in self.head.channels or (self.only_reached and not contact.reached):
            return False
        if self.spares_answers is not None and contact.answers:
            return False
        # A text that another system sent and somebody noted has no purpose that we know: it counts.
        return contact.channel is not ContactChannel.SMS or not contact.purpose or contact.purpose in self.counts

    def _recent(self, counted: list[Contact], zones: tuple[str, ...], at: datetime) -> list[Contact]:
        if self.days > 1:
            return [one for one in counted if at - timedelta(days=self.days) < one.at <= at]
        days = [(zone, local_day(at, zone)) for zone in zones]
        return [one for one in counted if one.at <= at and any(local_day(one.at, z) == day for z, day in days)]

    def _free_at(self, counted: list[Contact], zones: tuple[str, ...], at: datetime) -> datetime | None:
        if len(counted) < self.limit:
            return None
        recent = self._recent(counted, zones, at)
        if len(recent) < self.limit:
            return None
        if self.days > 1:
            return sorted(one.at for one in recent)[-self.limit] + timedelta(days=self.days)
        next_days = (wall_moments(local_day(at, zone) + timedelta(days=1), time(0), zone) for zone in zones)
        return min(moment for moments in next_days for moment in moments if moment > at)


@dataclass(frozen=True, slots=True)
class NeedsConsent:
    """Only with the customer's recorded consent."""

    head: Head
    consent: Consent

    def forbids(self, ask: Ask) -> Forbidden | None:
        """Forbid without it."""
        if self.consent in ask.case.consents:
            return None
        return Forbidden(self.head.id, f"no consent is recorded ({self.consent})")


@dataclass(frozen=True, slots=True)
class NeedsSource:
    """Only a number that came from one of these sources."""

    head: Head
    sources: frozenset[NumberSource]

    def forbids(self, ask: Ask) -> Forbidden | None:
        """Forbid a number from elsewhere, and one of which nobody knows where it came from."""
        if ask.case.number_source in self.sources:
            return None
        return Forbidden(self.head.id, f"where the number is from: {ask.case.number_source}")


@dataclass(frozen=True, slots=True)
class NeedsVerifiedNumber:
    """Only a number that was verified, or from which the customer wrote, within so many days."""

    head: Head
    days: int

    def forbids(self, ask: Ask) -> Forbidden | None:
        """Forbid a number that nobody has verified lately."""
        since = ask.at - timedelta(days=self.days)
        verified = ask.case.number_verified_on
        if ask.case.opened_at is not None and since < ask.case.opened_at <= ask.at:
            return None
        if verified is not None and since.date() < verified <= local_day(ask.at, ask.case.zone):
            return None
        return Forbidden(self.head.id, f"the number was not verified within {self.days} days")


@dataclass(frozen=True, slots=True)
class NeedsNotice:
    """Only after the written notice of the debt, and so many days later."""

    head: Head
    wait_days: int

    def forbids(self, ask: Ask) -> Forbidden | None:
        """Forbid before the notice was sent and while its days run."""
        if ask.case.notice_on is None:
            return Forbidden(self.head.id, "the written notice of the debt was not sent")
        first = ask.case.notice_on + timedelta(days=self.wait_days)
        if local_day(ask.at, ask.case.zone) >= first:
            return None
        return Forbidden(
            self.head.id,
            f"the {self.wait_days} days after the written notice run",
            min(wall_moments(first, time(0), ask.case.zone)),
        )


@dataclass(frozen=True, slots=True)
class TimeBarred:
    """No text of ours about a debt beyond its limitation period: a new promise would revive it. People only."""

    head: Head

    def forbids(self, ask: Ask) -> Forbidden | None:
        """Forbid where any debt that is demanded is time-barred."""
        return Forbidden(self.head.id, "the debt is time-barred: people only") if ask.case.time_barred else None


@dataclass(frozen=True, slots=True)
class NeedsWords:
    """The text must hold one of these phrases of its language; asked only where the text is known."""

    head: Head
    phrases: tuple[tuple[str, tuple[str, ...]], ...]  # language, phrases

    def forbids(self, ask: Ask) -> Forbidden | None:
        """Forbid a text without the words."""
        if ask.text is None:
            return None
        wanted = dict(self.phrases).get(ask.case.language) or dict(self.phrases).get("en", ())
        said = ask.text.lower()
        if any(phrase.lower() in said for phrase in wanted):
            return None
        return Forbidden(self.head.id, "the text lacks words that the law asks for")


@dataclass(frozen=True, slots=True)
class OptOutScope:
    """How far an opt-out reaches: these texts alone, or also what the bank's other senders send, who must be told."""

    head: Head
    reaches_all: bool

    def forbids(self, ask: Ask) -> Forbidden | None:
        """Forbid nothing: the opt-out itself stops the number."""
        return None


Rule = (
    Hours | Cap | NeedsConsent | NeedsSource | NeedsVerifiedNumber | NeedsNotice | TimeBarred | NeedsWords | OptOutScope
)
