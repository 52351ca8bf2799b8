"""Goldens: conversations that a person can read, replayed through the pure core and through the whole machine.

A turn is a moment at which a customer writes, a payment is posted, an agent acts, or just time has passed. `bot` lists
every text that left since the turn before, up to and including the answer to this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bot.core.case import (
    Account,
    Case,
    Consent,
    Contact,
    ContactChannel,
    CreditorRole,
    Hold,
    HoldKind,
    NumberSource,
    Product,
    State,
    Verification,
)
from bot.core.reading import Reading
from bot.dialogues import load_yaml

FOLDER = Path(__file__).parent
SETTLED = timedelta(seconds=3)  # after this much silence a reply is read


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as written: who does what, and what is expected after it."""

    at: datetime
    customer: tuple[str, ...]
    payment: Decimal | None
    agent: str | None
    expected: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Golden:
    """One file."""

    path: Path
    title: str
    case: Mapping[str, str]
    turns: tuple[Turn, ...]
    rule: str = ""  # the contact rule that it shows
    hold: str = ""  # the hold that it shows

    @property
    def name(self) -> str:
        """The file under this folder, without its ending."""
        return str(self.path.relative_to(FOLDER).with_suffix(""))

    @property
    def zone(self) -> str:
        """The customer's clock, on which `at` is written."""
        return self.case.get("zone", "Asia/Shanghai").split()[0]

    def account(self) -> Account:
        """The one account of the case, as of the first turn."""
        due = Decimal(self.case.get("amount_due", self.case.get("balance", "1200.00")))
        first = self.turns[0].at.astimezone(ZoneInfo(self.zone)).date()
        minimum = self.case.get("minimum_due")
        return Account(
            id=1,
            product=Product(self.case.get("product", "personal_loan")),
            balance=Decimal(self.case.get("balance", str(due))),
            amount_due=due,
            minimum_due=Decimal(minimum) if minimum else None,
            due_on=first - timedelta(days=int(self.case.get("days_past_due", "34"))),
            currency=self.case.get("currency", "CNY"),
            tail="1234",
            time_barred=self.case.get("time_barred") == "yes",
        )

    def noted(self) -> tuple[Contact, ...]:
        """Contacts before the first turn: `2026-11-20 10:00 call, 2026-11-21 11:00 sms`, on the customer's clock."""
        found = []
        for line in filter(None, self.case.get("contacts", "").split(", ")):
            day, clock, channel = line.split()
            at = datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)
            found.append(Contact(at, ContactChannel(channel), ""))
        return tuple(found)

    def first_case(self) -> Case:
        """The case before the first turn."""
        return Case(
            customer_id=1,
            state=State(self.case.get("state", "contacted")),
            language=self.case.get("language", "zh"),
            zones=tuple(self.case.get("zone", "Asia/Shanghai").split()),
            jurisdiction=self.case.get("jurisdiction", "cn"),
            place=self.case.get("place", ""),
            creditor_role=CreditorRole(self.case.get("creditor_role", "first_party")),
            number_source=NumberSource(self.case.get("number_source", "reserved")),
            number_verified_on=day_of(self.case.get("number_verified")),
            notice_on=day_of(self.case.get("notice_date")),
            consents=frozenset(Consent(name) for name in self.case.get("consents", "").split()),
            contacts=self.noted(),
            holds=tuple(Hold(HoldKind(kind)) for kind in self.case.get("holds", "").split()),
            accounts=(self.account(),),
            verification=Verification(possible="verify_by" in self.case),
        )


def day_of(text: str | None) -> date | None:
    """A day, if one is given."""
    return date.fromisoformat(text) if text else None


def load(path: Path) -> Golden:
    """Read a golden; an unknown name in it is a mistake, not an extension."""
    content = load_yaml(path)
    zone = ZoneInfo(content["case"].get("zone", "Asia/Shanghai").split()[0])
    turns = []
    for raw in content["turns"]:
        unknown = set(raw) - {
            "at",
            "customer",
            "payment",
            "agent",
            "reading",
            "bot",
            "state",
            "handoff",
            "holds",
            "why",
        }
        assert not unknown, f"{path.name}: unknown {unknown}"
        day, clock = raw["at"].split()[-2:]
        at = datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=zone).astimezone(UTC)
        assert raw["at"].startswith(f"{at.astimezone(zone):%a}"), f"{path.name}: {raw['at']} is not that weekday"
        said = raw.get("customer", [])
        turns.append(
            Turn(
                at=at,
                customer=tuple([said] if isinstance(said, str) else said),
                payment=Decimal(raw["payment"]) if "payment" in raw else None,
                agent=raw.get("agent"),
                expected=raw,
            )
        )
    return Golden(
        path, content["title"], content["case"], tuple(turns), content.get("rule", ""), content.get("hold", "")
    )


def summary(reading: Reading) -> str:
    """A reading in one line: intents, amount, day."""
    parts = ["+".join(reading.intents)]
    if reading.amount is not None:
        said = reading.amount.as_json()
        parts.append(f"{said['fraction']}x" if isinstance(said, dict) else str(said))
    if reading.date is not None:
        parts.append(reading.date.isoformat())
    if reading.date_vague:
        parts.append("vague")
    return " ".join(parts)


@dataclass(slots=True)
class Seen:
    """What a replay saw after a turn."""

    reading: str | None
    bot: list[str]
    state: str
    handoff: str | None
    holds: list[str]


def compare(golden: Golden, seen: list[Seen]) -> list[str]:
    """Where a replay differs from the file; only what the file states is compared, but every text must be stated."""
    wrong = []
    for turn, got in zip(golden.turns, seen, strict=True):
        said = turn.expected.get("bot", [])
        wanted: dict[str, Any] = {"bot": [said] if isinstance(said, str) else said}
        wanted |= {
            name: turn.expected[name] for name in ("reading", "state", "handoff", "holds") if name in turn.expected
        }
        for name, value in wanted.items():
            actual = getattr(got, name)
            if isinstance(actual, list) and isinstance(value, str):
                value = value.split()
            if (actual or None) != (value or None) and not (value == "none" and actual is None):
                wrong.append(f"{golden.path.name} at {turn.expected['at']}: {name}\n  file: {value}\n  now:  {actual}")
    return wrong


def update(golden: Golden, seen: list[Seen]) -> None:
    """Rewrite the file with what was seen, keeping which things each turn states."""
    turns = []
    for turn, got in zip(golden.turns, seen, strict=True):
        row = {name: turn.expected[name] for name in ("at", "customer", "payment", "agent") if name in turn.expected}
        if got.reading is not None:
            row["reading"] = got.reading
        if got.bot:
            row["bot"] = got.bot[0] if len(got.bot) == 1 else got.bot
        row["state"] = str(got.state)
        if got.handoff:
            row["handoff"] = got.handoff
        if got.holds:
            row["holds"] = " ".join(got.holds)
        turns.append(row)
    about = {"rule": golden.rule, "hold": golden.hold}
    shown = {name: value for name, value in about.items() if value}
    content = {"title": golden.title, **shown, "case": dict(golden.case), "turns": turns}
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=118)
    golden.path.write_text(text, encoding="utf-8")


def goldens() -> list[Golden]:
    """Every golden, by file name."""
    return [load(path) for path in sorted(FOLDER.rglob("*.yml"))]


def bare(text: str) -> str:
    """A text as it left, without the signature that the channel put in front."""
    return text.partition("】")[2] if text.startswith("【") else text
