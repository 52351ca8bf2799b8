"""What becomes of a customer's next reminder if it fell due now: asked of the real rules, for a rehearsal."""

from __future__ import annotations

from datetime import datetime

from bot.core.case import Case, Timer
from bot.core.contact import ContactRules, Permission, may_text
from bot.core.decide import decide
from bot.core.decision import Decision, Purpose, Say, Schedule
from bot.core.event import TimerDue
from bot.core.kinds import Cap, Hours
from bot.core.timer import NOT_DUNNED
from bot.dialogues import Content

Fate = tuple[str, datetime | None]  # the outcome, and from when on it may be another
CONTACTED, LATER, PERSON = "contacted", "later", "person"
PASSING = ("hours", "cap", "preference")  # what is over by itself says nothing where no reminder is due


def fate(case: Case, due_at: datetime | None, content: Content, now: datetime) -> Fate:
    """Whether this customer would be texted now, and if not, what stands against it.

    `due_at`: when their reminder is on the agenda. The decision is the one that a worker would make, and the text is
    asked about again as the sender does.
    """
    contact = content.rules.contact_for(case)
    decision = decide(case, TimerDue(Timer.REMINDER), content.rules, now)
    later = due_at is not None and due_at > now
    if any(reason.startswith("not-now:") for reason in decision.why):
        held = _held(may_text(case, Purpose.REMINDER, contact, now), contact)
        return (LATER, due_at) if later and held[0] in PASSING else held
    if "nothing-due" in decision.why:
        return "nothing_due", None
    if "agent-owns" in decision.why:
        return "agent", None
    if "not-yet" in decision.why:
        return LATER, _scheduled(decision)
    if "stale" in decision.why:
        return (f"state:{case.state}" if case.state in NOT_DUNNED else "number-stopped"), None
    if due_at is None or later:
        return LATER, due_at
    for effect in decision.effects:
        if isinstance(effect, Say):
            text = content.responses.render(effect.response, case.language, effect.slots, case.currency)
            permission = may_text(decision.case, effect.purpose, contact, now, text)
            return (CONTACTED, now) if permission.allowed else _held(permission, contact)
    return PERSON, None


def _held(permission: Permission, contact: ContactRules | None) -> Fate:
    """By what a text is held: a hold, quiet hours, a cap, or the rule's own name."""
    match contact.named(permission.rule) if contact else None:
        case Hours():
            return "hours", permission.next_at
        case Cap():
            return "cap", permission.next_at
        case None:
            return permission.rule, permission.next_at
        case rule:
            return f"rule:{rule.head.id}", permission.next_at


def _scheduled(decision: Decision) -> datetime | None:
    found = [one.due_at for one in decision.effects if isinstance(one, Schedule) and one.timer is Timer.REMINDER]
    return found[-1] if found else None
