"""What a text of ours must not say, must say, and what it costs: `lint` judges wording and agents' own words alike.

Classes of forbidden words, required parts and prices are data (dialogues/policies/wording.yml). A finding that blocks
keeps content from starting and an agent's text from leaving; a warning asks for a reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from bot.core.decision import Purpose
from bot.core.segments import count

LINK = re.compile(r"://|https?:|www\.|[a-z0-9-]\.(?:com|cn|net|org|ly|co|io|info|me|top)\b", re.IGNORECASE)
LONG_NUMBER = re.compile(r"(?<!\d)\d(?:[ -]?\d){13,18}(?!\d)|(?<!\d)\d{17}[\dXx](?!\d)")  # a card or an identity number
BRACKETS = re.compile("[【】]")


class Severity(StrEnum):
    """What a finding means: the text does not leave; it leaves only as wording that counsel approved; say why."""

    BLOCK = "block"
    LEGAL = "legal"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A class of words. `unless` are longer phrases inside which a word is harmless. Below `block_below_days` past due
    a warning blocks. `purposes` empty means every text."""

    id: str
    severity: Severity
    phrases: tuple[str, ...]
    unless: tuple[str, ...] = ()
    block_below_days: int | None = None
    preview: int = 0  # only within so many first characters; 0: anywhere
    purposes: frozenset[Purpose] = frozenset()


@dataclass(frozen=True, slots=True)
class Required:
    """What the wording of these responses must hold: every placeholder, and one of its language's phrases."""

    id: str
    responses: frozenset[str]
    placeholders: frozenset[str] = frozenset()
    phrases: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Wording:
    """The rules about words (dialogues/policies/wording.yml). `prices` are per segment, by currency."""

    version: str
    forbidden: tuple[Forbidden, ...]
    required: tuple[Required, ...]
    warn_parts: int
    prices: dict[str, Decimal]

    def cost(self, text: str, currency: str) -> Decimal | None:
        """What a text costs with its signature; None where no price is known in this currency."""
        price = self.prices.get(currency)
        return None if price is None else price * count(text).parts


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a text is to be said: to whom, why, how long past due, and whether counsel approved this very wording."""

    purpose: Purpose
    days_past_due: int = 0
    signature: str = ""
    legal_approved: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a text: the class, how grave, and the words that say it."""

    severity: Severity
    id: str
    words: str = ""


def lint(text: str, setting: Setting, wording: Wording) -> tuple[Finding, ...]:
    """Everything that is wrong with a text, the gravest first; empty where nothing is."""
    found = [*_shape(text, setting, wording)]
    squeezed, inside = squeeze(text), squeeze(setting.signature)
    for rule in wording.forbidden:
        if rule.purposes and setting.purpose not in rule.purposes:
            continue
        said = squeezed[: max(0, rule.preview - len(inside))] if rule.preview else squeezed
        words = next(_hits(said, rule), None)
        if words is None:
            continue
        severity = rule.severity
        if rule.block_below_days is not None and setting.days_past_due < rule.block_below_days:
            severity = Severity.BLOCK
        if severity is Severity.LEGAL and setting.legal_approved:
            continue
        found.append(Finding(severity, rule.id, words))
    return tuple(sorted(found, key=lambda finding: list(Severity).index(finding.severity)))


def blocks(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings with which a text may not leave; words that need counsel are blocked where nobody approved them."""
    return tuple(finding for finding in findings if finding.severity is not Severity.WARN)


def _shape(text: str, setting: Setting, wording: Wording) -> Iterator[Finding]:
    if link := LINK.search(text):
        yield Finding(Severity.BLOCK, "link", link[0])
    if number := LONG_NUMBER.search(text):
        yield Finding(Severity.BLOCK, "long_number", number[0])
    if bracket := BRACKETS.search(text):
        yield Finding(Severity.BLOCK, "signature", bracket[0])
    parts = count(setting.signature + text).parts
    if parts > wording.warn_parts:
        yield Finding(Severity.WARN, "long", str(parts))


def _hits(said: str, rule: Forbidden) -> Iterator[str]:
    harmless = [match.span() for phrase in rule.unless for match in _pattern(phrase).finditer(said)]
    for phrase in rule.phrases:
        for match in _pattern(phrase).finditer(said):
            if not any(start <= match.start() and match.end() <= end for start, end in harmless):
                yield phrase


@lru_cache(maxsize=4096)
def _pattern(phrase: str) -> re.Pattern[str]:
    """Chinese is found anywhere; words of letters only as whole words."""
    squeezed = squeeze(phrase)
    first = r"(?<![a-z0-9])" if re.match(r"[a-z0-9]", squeezed) else ""
    last = r"(?![a-z0-9])" if re.search(r"[a-z0-9]$", squeezed) else ""
    return re.compile(first + re.escape(squeezed) + last)


def squeeze(text: str) -> str:
    """A text as it is searched: one width and case, no invisible characters, no gaps between Chinese characters."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    plain = "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Mn"))
    plain = re.sub(r"\s+", " ", plain)
    return re.sub(r"(?<=[\u4e00-\u9fff])[ .·,*_\-/|]+(?=[\u4e00-\u9fff])", "", plain)
