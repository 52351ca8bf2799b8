"""May we text this customer now? Asked when deciding, again when sending, and by the console. Fails closed."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from bot.core.calendar import Holidays, local_day, wall_moments, zone_info
from bot.core.case import Case, ContactChannel, HoldKind, Preference
from bot.core.decision import NOT_CANCELLED, Purpose
from bot.core.kinds import SEARCH_DAYS, Ask, Cap, Forbidden, Head, Hours, OptOutScope, Rule

PREFERENCE = "preference"


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether a text may leave now. If not: the rule that forbids it longest, why, and the next lawful moment."""

    allowed: bool
    rule: str = ""
    reason: str = ""
    next_at: datetime | None = None

    @property
    def is_hold(self) -> bool:
        """Collection stands still: what was about to be said is out of date when it goes on."""
        return self.rule.startswith("hold:")

    @property
    def is_final(self) -> bool:
        """A fact or the words stand against it, and no moment is known at which they will not: a person must know."""
        return not self.allowed and self.next_at is None and not self.is_hold and self.rule != "number-stopped"


@dataclass(frozen=True, slots=True)
class CapUse:
    """How much of a cap is used up at a moment, for the console: 1 day means the local calendar day."""

    id: str
    used: int
    limit: int
    days: int

    @property
    def left(self) -> int:
        """How many contacts remain."""
        return max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class ContactRules:
    """One place's rules: its jurisdiction's, its overlay's, the products' and the bank's. All must allow a text.

    `spans`: the rules in force from each of these days on. `cannot_wait` are the purposes that no rule but a hold or a
    stopped number holds back.
    """

    jurisdiction: str
    version: str
    spans: tuple[tuple[date, tuple[Rule, ...]], ...]
    holidays: Holidays
    cannot_wait: frozenset[Purpose]
    stopped_by: dict[HoldKind, frozenset[Purpose]]
    conversation: timedelta  # for so long after the customer's last text, what we say answers them

    def on(self, day: date) -> tuple[Rule, ...]:
        """The rules in force on a day."""
        place = bisect_right(self.spans, day, key=lambda span: span[0]) - 1
        return self.spans[place][1] if place >= 0 else ()

    def named(self, id: str) -> Rule | None:
        """The newest rule of this id."""
        return next((rule for _, rules in reversed(self.spans) for rule in rules if rule.head.id == id), None)


def in_force(rules: tuple[Rule, ...]) -> tuple[tuple[date, tuple[Rule, ...]], ...]:
    """The rules sorted into the spans between the days on which any of them begins or ends."""
    days = {date.min} | {r.head.since for r in rules}
    days |= {r.head.until + timedelta(days=1) for r in rules if r.head.until < date.max}
    return tuple((day, tuple(r for r in rules if r.head.since <= day <= r.head.until)) for day in sorted(days))


ALLOWED = Permission(True)


def may_text(
    case: Case, purpose: Purpose, rules: ContactRules | None, now: datetime, text: str | None = None
) -> Permission:
    """Say whether we may text this customer now and, if not, when we next may.

    Every rule must allow it, so the strictest wins; the one that forbids longest is named. A stopped number beats every
    rule and has no "when", and a hold is named before the rest. Quiet hours run on the customer's clock; where the zone
    is uncertain, every likely zone must agree. The confirmation of an opt-out and the safety text are the only
    exceptions, and only as far as the policy grants them.
    """
    return may_contact(case, purpose, rules, now, ContactChannel.SMS, text)


def may_contact(
    case: Case,
    purpose: Purpose,
    rules: ContactRules | None,
    now: datetime,
    channel: ContactChannel,
    text: str | None = None,
) -> Permission:
    """The same for any channel, such as a call that a person is about to make."""
    if rules is None:
        return Permission(False, "no-rules", f"no contact rules for jurisdiction {case.jurisdiction!r}")
    by_text = channel is ContactChannel.SMS
    stopped = not case.known or (by_text and not case.reachable and purpose not in NOT_CANCELLED)
    if stopped:
        return Permission(False, "number-stopped", "this number must not be texted")
    first = _forbidden(case, purpose, rules, now, channel, text, held=True)
    if not first:
        return ALLOWED
    winner = _winner(first)
    return Permission(False, winner.rule, winner.reason, _next_moment(case, purpose, rules, channel, text, now, first))


def _winner(found: list[Forbidden]) -> Forbidden:
    """Holds before rules, what never ends before what does, then the one that forbids longest; the first of equals."""

    def rank(one: Forbidden) -> tuple[bool, bool, datetime | None]:
        return one.rule.startswith("hold:"), one.until is None, one.until

    best = found[0]
    for one in found[1:]:
        mine, theirs = rank(one), rank(best)
        if mine[:2] > theirs[:2] or (mine[:2] == theirs[:2] and one.until and best.until and one.until > best.until):
            best = one
    return best


def _next_moment(
    case: Case,
    purpose: Purpose,
    rules: ContactRules,
    channel: ContactChannel,
    text: str | None,
    now: datetime,
    found: list[Forbidden],
) -> datetime | None:
    """The earliest moment at which nothing forbids it, as far as can be known today; None within the search.

    Each rule names the earliest moment at which it alone could allow it: before the latest of them nothing is lawful.
    """
    last = now + timedelta(days=SEARCH_DAYS)
    at = now
    while found:
        latest = at
        for one in found:
            if one.until is None:
                return None
            latest = max(latest, one.until)
        if latest <= at or latest > last:
            return None
        at = latest
        found = _forbidden(case, purpose, rules, at, channel, text, held=False)
    return at


def _forbidden(
    case: Case,
    purpose: Purpose,
    rules: ContactRules,
    at: datetime,
    channel: ContactChannel,
    text: str | None,
    held: bool,
) -> list[Forbidden]:
    """Every no at this moment. `held`: a hold stands until it is lifted; looking ahead, until its day."""
    found = []
    for hold in case.holds:
        if purpose in rules.stopped_by.get(hold.kind, frozenset()) and (held or hold.until is None or at < hold.until):
            found.append(Forbidden(f"hold:{hold.kind}", f"collection is held ({hold.kind})", hold.until))
    if purpose in rules.cannot_wait:
        return found
    if not case.zones or any(zone_info(zone) is None for zone in case.zones):
        return [*found, Forbidden("zone-unknown", "the customer's time zone is not known")]
    ask = Ask(case, purpose, channel, at, text)
    standing = rules.on(local_day(at, case.zone))
    if not standing:
        return [*found, Forbidden("no-rules", f"no contact rules are in force on {at:%Y-%m-%d}")]
    for rule in standing:
        if rule.head.binds(ask) and (no := rule.forbids(ask)) is not None:
            found.append(_at_most_until_the_rule_ends(no, rule.head, case.zone))
    if case.preference is not None:
        if channel in case.preference.blocked:
            found.append(Forbidden(PREFERENCE, "the customer asked not to be contacted this way"))
        elif not _answers(case, purpose, rules, at) and (no := _preferred(case.preference).forbids(ask)) is not None:
            found.append(no)
    return found


def _at_most_until_the_rule_ends(no: Forbidden, head: Head, zone: str) -> Forbidden:
    if head.until == date.max:
        return no
    ends = min(wall_moments(head.until + timedelta(days=1), time(0), zone))
    return no if no.until is not None and no.until < ends else Forbidden(no.rule, no.reason, ends)


def _answers(case: Case, purpose: Purpose, rules: ContactRules, at: datetime) -> bool:
    """Whoever writes to us now may be answered now, whatever hours they wished for what we begin."""
    return purpose is Purpose.REPLY or (purpose is Purpose.AGENT and case.in_conversation(at, rules.conversation))


@lru_cache(maxsize=1024)
def _preferred(preference: Preference) -> Hours:
    span = (preference.opens, preference.closes)
    return Hours(Head(PREFERENCE), tuple(span if day in preference.weekdays else None for day in range(7)))


def open_until(case: Case, purpose: Purpose, rules: ContactRules, now: datetime) -> datetime | None:
    """When the hours that are open now close: a text must not wait in a gateway's queue beyond it. None: never."""
    if purpose in rules.cannot_wait:
        return None
    ask = Ask(case, purpose, ContactChannel.SMS, now)
    hours = [r for r in rules.on(local_day(now, case.zone)) if isinstance(r, Hours) and r.head.binds(ask)]
    if case.preference is not None and not _answers(case, purpose, rules, now):
        hours.append(_preferred(case.preference))
    return min((end for rule in hours if (end := rule.closes(case, now)) is not None), default=None)


def caps_used(case: Case, rules: ContactRules | None, now: datetime) -> list[CapUse]:
    """How much is used of every cap that binds a reminder now; what is left of the tightest is what is left today."""
    if rules is None:
        return []
    ask = Ask(case, Purpose.REMINDER, ContactChannel.SMS, now)
    return [
        CapUse(rule.head.id, rule.used(case, now), rule.limit, rule.days)
        for rule in rules.on(local_day(now, case.zone))
        if isinstance(rule, Cap) and rule.head.binds(ask)
    ]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the console shows beside a customer: may a reminder go now, when may one next, how many are left today."""

    permission: Permission
    next_at: datetime | None
    left_today: int
    caps: tuple[CapUse, ...]


def outlook(case: Case, rules: ContactRules | None, now: datetime) -> Outlook:
    """The next lawful moment of a reminder, and the contacts left today by the tightest cap; 0 where none may go."""
    permission = may_text(case, Purpose.REMINDER, rules, now)
    caps = caps_used(case, rules, now)
    next_at = now if permission.allowed else permission.next_at
    today = next_at is not None and local_day(next_at, case.zone) == local_day(now, case.zone)
    return Outlook(permission, next_at, min((use.left for use in caps), default=0) if today else 0, tuple(caps))


def opt_out_reaches_all(case: Case, rules: ContactRules | None, now: datetime) -> bool:
    """Whether an opt-out given now must be passed on to the bank's other senders, by the law in force today."""
    if rules is None:
        return True
    ask = Ask(case, Purpose.REMINDER, ContactChannel.SMS, now)
    scopes = [r for r in rules.on(local_day(now, case.zone)) if isinstance(r, OptOutScope) and r.head.binds(ask)]
    return any(rule.reaches_all for rule in scopes)
