"""What an agent may say now: the templates that fit a customer, and what stands in the way of a text.

The same judgement is asked while somebody types and again under the lock, when they send.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.console.office import Office
from bot.core.calendar import local_day
from bot.core.case import Case
from bot.core.contact import Permission, may_text
from bot.core.decision import Purpose
from bot.core.figures import figures
from bot.core.segments import ALONE, JOINED, Encoding, count
from bot.core.template import template_slots
from bot.core.wording import Finding, Setting, blocks, lint
from bot.dialogues.responses import AGENT


@dataclass(frozen=True, slots=True)
class Template:
    """Approved wording, filled in for one customer in their language; `approval` names it with its version."""

    name: str
    approval: str
    title: str
    text: str
    legal: bool

    @property
    def word(self) -> str:
        """What is typed to find it, in any language."""
        return self.name.removeprefix(AGENT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules make of a text at this moment. `unsayable`: its channel takes approved templates alone.

    `template` is the approval of the wording that it began as, `edited` whether it was changed since.
    """

    permission: Permission
    findings: tuple[Finding, ...]
    unsayable: bool
    template: str = ""
    edited: bool = False

    @property
    def blocked(self) -> bool:
        """Whether it does not leave, whatever reason is given."""
        return self.unsayable or not self.permission.allowed or bool(blocks(self.findings))

    @property
    def mark(self) -> str:
        """allowed, doubtful or blocked."""
        return "blocked" if self.blocked else "doubtful" if self.doubtful else "allowed"

    @property
    def doubtful(self) -> bool:
        """Whether it leaves only with a reason."""
        return bool(self.findings) and not self.blocked


@dataclass(frozen=True, slots=True)
class Size:
    """How long a text is: `units` of the `room` that its `parts` have together, in the carrier's units."""

    units: int
    room: int
    parts: int
    encoding: str


def templates(office: Office, case: Case, channel: str, now: datetime, reader: str) -> list[Template]:
    """The templates that can be said to this customer now, in the order of their file; titles in the reader's language.

    Left out is what says more than the file knows or may tell, and what a channel without free text cannot say.
    """
    return list(_templates(office, case, channel, now, reader))


def judge(office: Office, case: Case, channel: str, text: str, template: str, now: datetime) -> Verdict:
    """Hold a text against the contact rules, the wording rules and its channel; `template` names what it began as."""
    content = office.mind.content
    chosen = next((one for one in _templates(office, case, channel, now, "en") if one.name == template), None)
    edited = chosen is not None and chosen.text != text
    approved = chosen is not None and not edited
    setting = Setting(
        Purpose.AGENT,
        case.days_past_due(local_day(now, case.zone)),
        legal_approved=approved and chosen is not None and chosen.legal,
    )
    return Verdict(
        may_text(case, Purpose.AGENT, content.rules.contact_for(case), now, text),
        (*lint(text, setting, content.wording), *(() if approved else figures(text, case, now))),
        office.line(channel).says is not None and not approved,
        chosen.approval if chosen else "",
        edited,
    )


def measure(signature: str, text: str) -> Size:
    """What a text costs with its channel's signature in front, as the gateway counts it."""
    cost = count(text if text.startswith(signature) else signature + text)
    room = ALONE[cost.encoding] if cost.parts == 1 else JOINED[cost.encoding] * cost.parts
    return Size(cost.units, room, cost.parts, "GSM-7" if cost.encoding is Encoding.GSM7 else "UCS-2")


def _templates(office: Office, case: Case, channel: str, now: datetime, reader: str) -> Iterator[Template]:
    responses, slots = office.mind.content.responses, template_slots(case, now)
    language, says = responses.language(case.language), office.line(channel).says
    for name, title in responses.titles[responses.language(reader)].items():
        if responses.needs(name) <= slots.keys() and (says is None or (name, language) in says):
            text, approval = responses.render(name, language, slots, case.currency), responses.approvals[language][name]
            yield Template(name, approval.id, title, text, approval.legal)
