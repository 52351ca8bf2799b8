"""When a customer may be contacted next and how often still, for the file beside the thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.case import Case, ContactChannel
from bot.core.contact import CapUse, ContactRules, Permission, may_contact, may_text, outlook
from bot.core.decision import Purpose


@dataclass(frozen=True, slots=True)
class Lawful:
    """What the rules say of an agent's text, a reminder and a call at this moment; `left`: the tightest cap of each
    span of days, the shortest span first."""

    text: Permission
    reminder: Permission
    call: Permission
    left: tuple[CapUse, ...]


def lawful(case: Case, contact: ContactRules | None, now: datetime) -> Lawful:
    """The three permissions, and the caps that bind a reminder; all of it fails closed where there are no rules."""
    sight = outlook(case, contact, now)
    tightest: dict[int, CapUse] = {}
    for cap in sight.caps:
        if cap.days not in tightest or cap.left < tightest[cap.days].left:
            tightest[cap.days] = cap
    return Lawful(
        may_text(case, Purpose.AGENT, contact, now),
        sight.permission,
        may_contact(case, Purpose.AGENT, contact, now, ContactChannel.CALL),
        tuple(tightest[days] for days in sorted(tightest)),
    )
