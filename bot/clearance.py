"""May a queued text leave at this moment, and in what words? The rules are asked again: days may have passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.core.calendar import local_day
from bot.core.contact import may_text, open_until
from bot.core.decision import Purpose
from bot.core.overtaken import overtaken
from bot.core.strategy import reminder_slots
from bot.dialogues.responses import read_slots
from bot.gateways.base import Outgoing
from bot.gateways.channel import Channel
from bot.lines import other_line, shifted
from bot.mind import Mind
from bot.store.cases import File
from bot.store.outgoing import Due

LONGEST_IN_QUEUE = timedelta(hours=4)
LOOK_AGAIN = timedelta(minutes=5)
GIVE_UP = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Ready:
    """A text that the rules allow, worded for its channel."""

    due: Due
    file: File
    outgoing: Outgoing


@dataclass(frozen=True, slots=True)
class Kept:
    """A text that does not leave now: what its row says from now on, and what a person is called for, if anything."""

    row: dict[str, Any]
    failure: str = ""


def clear(due: Due, file: File, mind: Mind, channels: Mapping[str, Channel], now: datetime) -> Ready | Kept:
    """Say whether this text may go, and how it reads on the wire. What may not go stays visible with its reason."""
    if due.channel not in channels:
        return _kept(due, "held", f"channel {due.channel} is not configured", now + LOOK_AGAIN)
    if (forbidden := _ask_rules(due, file, mind, now)) is not None:
        return forbidden
    worded = _worded(due, file, mind, channels[due.channel], now)
    if isinstance(worded, Outgoing):
        return Ready(due, file, worded)
    other = other_line(due, channels)
    if other and isinstance(_worded(due, file, mind, other, now), Outgoing):
        return Kept(shifted(due, due.text, channels, worded, now))
    return _without_template(due, worded, now)


def _ask_rules(due: Due, file: File, mind: Mind, now: datetime) -> Kept | None:
    """What the rules make of a text at this moment; None where it may go."""
    purpose, case = Purpose(due.purpose), file.case
    if (reason := overtaken(case, purpose, due.author == "bot", due.queued_at, now)) is not None:
        return _kept(due, "cancelled", reason, now)
    permission = may_text(case, purpose, mind.content.rules.contact_for(case), now, due.text)
    reason = f"{permission.rule}: {permission.reason}"
    if permission.allowed:
        return None
    if permission.is_final:
        return replace(_kept(due, "failed", reason, now), failure=reason)
    if permission.next_at is None or permission.is_hold:
        return _kept(due, "cancelled", reason, now)
    return _kept(due, "held", reason, permission.next_at)


def _without_template(due: Due, reason: str, now: datetime) -> Kept:
    """Held while somebody may still add the template; what a person said, or what is a day old, has failed."""
    is_over = due.purpose == Purpose.AGENT or now - due.queued_at > GIVE_UP
    kept = _kept(due, "failed", reason, now) if is_over else _kept(due, "held", reason, now + LOOK_AGAIN)
    return kept if due.reason == reason else replace(kept, failure=reason)  # people are called once


def _kept(due: Due, state: str, reason: str, due_at: datetime) -> Kept:
    return Kept({"b_id": due.id, "state": state, "reason": reason, "due_at": due_at})


def _worded(due: Due, file: File, mind: Mind, channel: Channel, now: datetime) -> Outgoing | str:
    """The text for the wire, or why this channel cannot say it.

    A reminder's figures are written now: days and amounts may have moved meanwhile.
    """
    case, text, responses = file.case, due.text, mind.content.responses
    slots = read_slots(due.slots)
    if due.purpose == Purpose.REMINDER and due.response.startswith("reminder_"):
        slots = reminder_slots(case, local_day(now, case.zone))
        text = responses.render(due.response, case.language, slots, case.currency)
    message = Outgoing(due.our_ref, file.number, channel.signed(text), _valid_seconds(due, file, mind, channel, now))
    language = responses.language(case.language)
    template = channel.template(due.response, language)
    if template is not None:
        words = responses.words(language, slots, case.currency)
        if lacking := [one for _, one in template.params if one not in words]:
            return f"no-template: {due.response} ({language}) does not know {', '.join(lacking)}"
        return replace(message, template=template.code, params=template.fill(words))
    if channel.gateway.free_text:
        return message
    if due.response == "agent":
        return f"own-words: channel {channel.name} sends approved templates only, nothing that a person wrote"
    return f"no-template: {due.response} ({language}) has none on channel {channel.name}"


def _valid_seconds(due: Due, file: File, mind: Mind, channel: Channel, now: datetime) -> int:
    """How long the carrier may try: a phone that is off must not ring in quiet hours."""
    rules = mind.content.rules.contact_for(file.case)
    ends = (open_until(file.case, Purpose(due.purpose), rules, now) if rules else None, channel.closes_at(now))
    valid = min([LONGEST_IN_QUEUE, *(end - now for end in ends if end is not None)])
    return max(1, int(valid.total_seconds()))
