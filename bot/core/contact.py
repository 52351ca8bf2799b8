"""May we text this customer now? Asked when deciding, again when sending, and by the console. Fails closed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.core.calendar import local, local_day, moment, zone_info
from bot.core.case import Case, HoldKind
from bot.core.decision import Purpose

SEARCH_DAYS = 40  # how far ahead a lawful moment is looked for; longer than the longest cap period


@dataclass(frozen=True, slots=True)
class Hours:
    """Texts may leave from `opens` until before `closes` on these weekdays (Monday is 0), on the customer's clock."""

    id: str
    opens: time
    closes: time
    weekdays: frozenset[int]
    on_holidays: bool = True


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `limit` counted texts in `days`: 1 means the local calendar day, more a rolling period."""

    id: str
    limit: int
    days: int


@dataclass(frozen=True, slots=True)
class ContactRules:
    """One jurisdiction's rules together with the bank's own, all of which must allow a text."""

    jurisdiction: str
    version: str
    hours: tuple[Hours, ...]
    caps: tuple[Cap, ...]
    holidays: frozenset[date]
    without_hours: frozenset[Purpose]
    without_caps: frozenset[Purpose]
    stopped_by: dict[HoldKind, frozenset[Purpose]]


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether a text may leave now. If not: the rule that forbids it and the next lawful moment, if there is one."""

    allowed: bool
    rule: str = ""
    reason: str = ""
    next_at: datetime | None = None

    @property
    def is_hold(self) -> bool:
        """Collection stands still: what was about to be said is out of date when it goes on."""
        return self.rule.startswith("hold:")


ALLOWED = Permission(True)


def may_text(case: Case, purpose: Purpose, rules: ContactRules | None, now: datetime) -> Permission:
    """Say whether we may text this customer now and, if not, when we next may.

    Opt-out and a wrong number beat every other rule and have no "when". Quiet hours run on the customer's clock; where
    the zone is uncertain, every likely zone must agree. The one confirmation of an opt-out and the safety text are the
    only exceptions, and only as far as the policy grants them.
    """
    if rules is None:
        return Permission(False, "no-rules", f"no contact rules for jurisdiction {case.jurisdiction!r}")
    if not case.known or (not case.reachable and purpose is not Purpose.OPT_OUT_CONFIRMATION):
        return Permission(False, "number-stopped", "this number must not be texted")
    for hold in case.holds:
        if purpose in rules.stopped_by.get(hold.kind, frozenset()):
            return Permission(False, f"hold:{hold.kind}", f"collection is held ({hold.kind})", hold.until)
    if not case.zones or any(zone_info(zone) is None for zone in case.zones):
        if purpose in rules.without_hours:
            return ALLOWED
        return Permission(False, "zone-unknown", "the customer's time zone is not known")
    return _next_moment(case, purpose, rules, now)


def _next_moment(case: Case, purpose: Purpose, rules: ContactRules, now: datetime) -> Permission:
    blocked: tuple[str, str] | None = None
    at, last = now, now + timedelta(days=SEARCH_DAYS)
    while at <= last:
        if purpose not in rules.without_hours:
            shut = _closed(case.zones, rules, at)
            if shut is not None:
                rule, opens = shut
                blocked = blocked or (rule, f"quiet hours ({rule})")
                if opens is None:
                    break
                at = opens
                continue
        if purpose not in rules.without_caps:
            full = _capped(case, rules.caps, at)
            if full is not None:
                rule, free = full
                blocked = blocked or (rule, f"contact cap reached ({rule})")
                at = free
                continue
        if blocked is None:
            return ALLOWED
        return Permission(False, *blocked, next_at=at)
    rule, reason = blocked or ("no-lawful-moment", "no lawful moment was found")
    return Permission(False, rule, reason)


def open_until(case: Case, purpose: Purpose, rules: ContactRules, now: datetime) -> datetime | None:
    """When the hours that are open now close: a text must not wait in a gateway's queue beyond it. None: never."""
    if purpose in rules.without_hours:
        return None
    ends = [moment(local_day(now, zone), hours.closes, zone) for zone in case.zones for hours in rules.hours]
    return min(ends, default=None)


def _closed(zones: Iterable[str], rules: ContactRules, at: datetime) -> tuple[str, datetime | None] | None:
    """The rule of hours that forbids this moment, and when it next opens; None where all are open."""
    for zone in zones:
        for hours in rules.hours:
            if not _is_open(hours, rules.holidays, local(at, zone)):
                return hours.id, _opens(hours, rules.holidays, at, zone)
    return None


def _is_open(hours: Hours, holidays: frozenset[date], there: datetime) -> bool:
    if not _is_day(hours, holidays, there.date()):
        return False
    return hours.opens <= there.time().replace(tzinfo=None) < hours.closes


def _is_day(hours: Hours, holidays: frozenset[date], day: date) -> bool:
    return day.weekday() in hours.weekdays and (hours.on_holidays or day not in holidays)


def _opens(hours: Hours, holidays: frozenset[date], at: datetime, zone: str) -> datetime | None:
    day = local_day(at, zone)
    for ahead in range(SEARCH_DAYS):
        candidate = day + timedelta(days=ahead)
        if _is_day(hours, holidays, candidate):
            opens = moment(candidate, hours.opens, zone)
            if opens > at:
                return opens
    return None


def _capped(case: Case, caps: Iterable[Cap], at: datetime) -> tuple[str, datetime] | None:
    """The cap that is full at this moment, and when it next has room; None where all have room."""
    for cap in caps:
        if cap.days == 1:
            today = local_day(at, case.zone)
            if sum(local_day(contact, case.zone) == today for contact in case.contacts) >= cap.limit:
                return cap.id, moment(today + timedelta(days=1), time(0), case.zone)
        else:
            period = timedelta(days=cap.days)
            recent = sorted(contact for contact in case.contacts if contact > at - period)
            if len(recent) >= cap.limit:
                return cap.id, recent[-cap.limit] + period
    return None
