"""One judgement for each kind of rule: what is wrong with a contact at its moment, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.checker.log import Person
from bot.checker.policy import Policy, Row, day_kind, within

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Past:
    """A contact that was made, and which debts were demanded then."""

    at: datetime
    channel: str
    purpose: str
    debts: frozenset[int]
    reached: bool
    answers: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """A contact to be judged, and what was so at its moment. `past` are the earlier contacts, oldest first."""

    person: Person
    contact: Past
    text: str
    wrote_at: datetime | None
    past: tuple[Past, ...]
    policy: Policy

    @property
    def day(self) -> date:
        """The customer's calendar day."""
        return self.contact.at.astimezone(ZoneInfo(self.person.zones[0])).date()


def hours(row: Row, at: Moment) -> str:
    """Every likely clock of the customer must stand within the open hours."""
    if row.values.get("unless") in at.person.consents:
        return ""
    for zone in at.person.zones:
        there = at.contact.at.astimezone(ZoneInfo(zone))
        span = _span(row, there)
        if not within(span, there):
            return f"{there:%a %Y-%m-%d %H:%M} in {zone} is outside {span}"
    return ""


def _span(row: Row, there: datetime) -> str:
    kind, on_holidays = day_kind(row.calendar, there.date()), str(row.values.get("holidays", "open"))
    if kind == "off" and on_holidays != "open":
        return on_holidays
    if kind == "worked" and "worked" in row.values:
        return str(row.values["worked"])
    for days, span in reversed(row.values["week"].items()):
        first, _, last = days.partition("-")
        if WEEKDAYS.index(first) <= there.weekday() <= WEEKDAYS.index(last or first):
            return str(span)
    return "closed"


def cap(row: Row, at: Moment) -> str:
    """With this contact, no more than the limit in the period: a day on any clock, or so many times 24 hours."""
    values, now = row.values, at.contact
    if values.get("spares_answers") == "true" and now.answers:
        return ""
    counts = frozenset(values.get("counts", [])) or row.purposes
    counted = [one for one in at.past if _counts(row, one, counts)]
    limit, days = int(values["limit"]), int(values["days"])
    groups: list[list[Past]] = [counted]
    if values.get("per") == "account" and now.debts:
        groups = [[one for one in counted if not one.debts or debt in one.debts] for debt in now.debts]
    for group in groups:
        if sum(_near(one, now, days, at.person.zones) for one in group) >= limit:
            return f"more than {limit} in {days} days"
    return ""


def _counts(row: Row, one: Past, counts: frozenset[str]) -> bool:
    if row.channels and one.channel not in row.channels:
        return False
    if row.values.get("only_reached") == "true" and not one.reached:
        return False
    if row.values.get("spares_answers") == "true" and one.answers:
        return False
    return one.channel != "sms" or one.purpose in counts


def _near(one: Past, now: Past, days: int, zones: Iterable[str]) -> bool:
    if days > 1:
        return now.at - one.at < timedelta(days=days)
    return any(one.at.astimezone(z).date() == now.at.astimezone(z).date() for z in map(ZoneInfo, zones))


def consent(row: Row, at: Moment) -> str:
    """Only with this consent."""
    wanted = row.values["consent"]
    return "" if wanted in at.person.consents else f"without {wanted}"


def number_source(row: Row, at: Moment) -> str:
    """Only a number from one of these sources."""
    source = at.person.number_source
    return "" if source in row.values["sources"] else f"the number is from {source}"


def verified_number(row: Row, at: Moment) -> str:
    """Only a number that was verified, or written from, within so many days."""
    since = at.contact.at - timedelta(days=int(row.values["days"]))
    verified = at.person.number_verified_on
    lately = at.wrote_at is not None and at.wrote_at > since
    return "" if lately or (verified is not None and verified > since.date()) else "the number was not verified"


def notice(row: Row, at: Moment) -> str:
    """Only so many days after the written notice."""
    sent = at.person.notice_on
    waited = sent is not None and at.day >= sent + timedelta(days=int(row.values["wait_days"]))
    return "" if waited else "before the written notice and its days"


def time_barred(row: Row, at: Moment) -> str:
    """Nothing about a debt whose limitation period is over."""
    barred = any(debt.time_barred and debt.id in at.contact.debts for debt in at.person.debts)
    return "the debt is time-barred" if barred else ""


def words(row: Row, at: Moment) -> str:
    """A text holds one of these phrases."""
    phrases = row.values["phrases"].get(at.person.language, row.values["phrases"]["en"])
    is_text = at.contact.channel == "sms"
    missing = is_text and not any(phrase.lower() in at.text.lower() for phrase in phrases)
    return f"says none of {phrases}" if missing else ""


def opt_out_scope(row: Row, at: Moment) -> str:
    """Says whom an opt-out is passed on to; it forbids no text."""
    return ""


JUDGES: dict[str, Callable[[Row, Moment], str]] = {
    judge.__name__: judge
    for judge in (
        hours, cap, consent, number_source, verified_number, notice, time_barred, words, opt_out_scope,
    )
}  # fmt: skip


def binds(row: Row, at: Moment) -> bool:
    """Whether a rule speaks of this contact at all: of its day, product, creditor, purpose and channel."""
    if at.contact.purpose in at.policy.cannot_wait:
        return False
    owed = {debt.product for debt in at.person.debts if debt.id in at.contact.debts}
    return (
        row.since <= at.day <= row.until
        and (not row.purposes or at.contact.purpose in row.purposes)
        and (not row.channels or at.contact.channel in row.channels)
        and (not row.roles or at.person.role in row.roles)
        and (not row.products or not owed or not owed.isdisjoint(row.products))
    )
