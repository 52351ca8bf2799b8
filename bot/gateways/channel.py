"""A channel: one line of the bank to one gateway, with its number, signature and limit."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.gateways.base import Gateway
from bot.gateways.templates import Template, Templates


@dataclass(frozen=True, slots=True)
class Channel:
    """`number` is what customers see, `signature` stands in front of each text, `per_second` is the limit."""

    name: str
    gateway: Gateway
    number: str
    signature: str
    per_second: int = 20
    region: str = "CN"
    templates: Templates = field(default_factory=dict)

    def template(self, response: str, language: str) -> Template | None:
        """The approved template that says this response in this language."""
        return self.templates.get((response, language))

    def signed(self, text: str) -> str:
        """The text with the bank's signature in front, exactly once: Chinese carriers require it."""
        return text if not self.signature or text.startswith(self.signature) else self.signature + text
