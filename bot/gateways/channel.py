"""A channel: one line of the bank to one gateway, with its number, signature, limits and hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from bot.core.calendar import local, local_day, moment
from bot.gateways.base import Gateway
from bot.gateways.templates import Template, Templates


@dataclass(frozen=True, slots=True)
class Opening:
    """When a channel sends, on its own clock: from `opens` until before `closes`, on these weekdays (Monday is 0)."""

    opens: time
    closes: time
    weekdays: frozenset[int]


@dataclass(frozen=True, slots=True)
class Channel:
    """`number` is what customers see, `signature` stands in front of each text, `per_second` is the limit.

    `failover` names the channel that takes over what this one cannot send. `inbound` names the channel whose webhook
    brings this one's replies; that one knows it by its number in `beside`.
    """

    name: str
    gateway: Gateway
    number: str
    signature: str
    per_second: int = 20
    per_day: int | None = None
    opening: Opening | None = None
    zone: str = "Asia/Shanghai"
    region: str = "CN"
    failover: str = ""
    inbound: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)
    templates: Templates = field(default_factory=dict)

    def template(self, response: str, language: str) -> Template | None:
        """The approved template that says this response in this language."""
        return self.templates.get((response, language))

    def signed(self, text: str) -> str:
        """The text with the bank's signature in front, exactly once: Chinese carriers require it."""
        return text if not self.signature or text.startswith(self.signature) else self.signature + text

    def unsigned(self, text: str) -> str:
        """The text without our signature, as another channel wants to sign it."""
        return text.removeprefix(self.signature)

    def today(self, now: datetime) -> date:
        """The day that `per_day` counts."""
        return local_day(now, self.zone)

    def opens_at(self, now: datetime) -> datetime:
        """The moment from which it sends: `now` where it is open."""
        if self.opening is None:
            return now
        day = local(now, self.zone).date()
        while day.weekday() not in self.opening.weekdays or now >= moment(day, self.opening.closes, self.zone):
            day += timedelta(days=1)
        return max(now, moment(day, self.opening.opens, self.zone))

    def closes_at(self, now: datetime) -> datetime | None:
        """When the hours that are open now end; None: never."""
        if self.opening is None:
            return None
        return moment(local(now, self.zone).date(), self.opening.closes, self.zone)

    def line(self, destination: str) -> str:
        """The name of the channel that a reply to this number belongs to: this one's, or one's that shares its webhook.

        Carriers append digits to a port, so the longest number that the destination begins with decides.
        """
        digits = destination.strip().removeprefix("+")
        known = [number for number in self.beside if digits.startswith(number.removeprefix("+"))]
        own = self.number.removeprefix("+")
        longest = max(known, key=len, default="")
        if not longest or (own and digits.startswith(own) and len(own) > len(longest.removeprefix("+"))):
            return self.name
        return self.beside[longest]


def templates_only(channels: Mapping[str, Channel]) -> frozenset[str]:
    """The channels on which nothing that a person wrote can leave, nor by the one that takes over from them."""
    mute = {name for name, one in channels.items() if one.gateway.can_send and not one.gateway.free_text}
    return frozenset(name for name in mute if channels[name].failover not in channels.keys() - mute)
