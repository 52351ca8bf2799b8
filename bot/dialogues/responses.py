"""Approved wording: loads, checks and renders dialogues/responses/."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from bot.core.agreement import Instalment
from bot.core.decision import Slot
from bot.core.wording import LINK
from bot.dialogues.content import ContentError
from bot.dialogues.fields import Fields

MONEY = frozenset({"amount", "amount_due", "minimum_due", "paid", "least", "able"})
DAYS = frozenset({"promised_on", "due_on", "as_of"})
AGENT = "agent_"  # what the names of agents' templates begin with
LISTED = 6  # a longer plan is told by its number, its first and its last instalment
PLACEHOLDERS = {
    "amount", "amount_due", "minimum_due", "paid", "promised_on", "due_on", "as_of", "days_past_due", "product", "tail",
    "hotline", "bank", "crisis_line", "emergency", "pay_routes", "least", "instalments", "interest", "able",
}  # fmt: skip
_WEEKDAYS = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PRODUCTS = {
    "zh": {"personal_loan": "个人贷款", "credit_card": "信用卡", "business_loan": "经营贷款"},
    "en": {"personal_loan": "loan", "credit_card": "credit card", "business_loan": "business loan"},
}
_EACH = {"zh": "", "en": " "}
_SYMBOLS = {
    "CNY": "¥",
    "USD": "$",
    "GBP": "£",
    "EUR": "€",
    "INR": "Rs ",
    "HKD": "HK$",
    "CAD": "C$",
    "AUD": "A$",
}


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved a wording, and when. `legal`: counsel approved words that otherwise never leave."""

    id: str
    version: str
    by: str
    on: date
    legal: bool


@dataclass(frozen=True, slots=True)
class Responses:
    """The wording of each response in each language, and the bank's own words that every text may use."""

    texts: dict[str, dict[str, str]]
    bank: dict[str, dict[str, str]]
    clauses: dict[str, dict[str, str]] = field(default_factory=dict)
    titles: dict[str, dict[str, str]] = field(default_factory=dict)  # of those that agents choose from
    approvals: dict[str, dict[str, Approval]] = field(default_factory=dict)

    def render(self, response: str, language: str, slots: dict[str, Slot], currency: str) -> str:
        """The text of one response with its slots written out in the customer's language."""
        language = self.language(language)
        return self.texts[language][response].format(**self.words(language, slots, currency))

    def language(self, wanted: str) -> str:
        """The language that a customer of this one is texted in."""
        return wanted if wanted in self.texts else "en"

    def words(self, language: str, slots: Mapping[str, Slot], currency: str) -> dict[str, str]:
        """Every placeholder that is known, written out: the bank's own words and the slots."""
        words = {name: _write(name, value, language, currency) for name, value in slots.items()}
        if "interest" in slots:
            words["interest"] = self.clauses.get(words["interest"], {}).get(language, "")
        return {**self.bank[language], **words}

    def telling_sums(self) -> frozenset[str]:
        """The responses that name a sum of the customer's."""
        return frozenset(name for name in self.texts["zh"] if self.needs(name) & (MONEY | {"instalments"}))

    def needs(self, response: str) -> frozenset[str]:
        """The slots that a response needs from its case."""
        return _placeholders(self.texts["zh"][response]) - self.bank["zh"].keys()


def read_slots(stored: str) -> dict[str, Slot]:
    """Slots as the outbox keeps them, in JSON, as the values that they were."""
    slots: dict[str, Slot] = json.loads(stored or "{}")
    for name, value in slots.items():
        if name in MONEY and isinstance(value, str):
            slots[name] = Decimal(value)
        elif name in DAYS and isinstance(value, str):
            slots[name] = date.fromisoformat(value)
        elif name == "instalments" and isinstance(value, list):
            slots[name] = tuple(Instalment(Decimal(i["amount"]), date.fromisoformat(i["due_on"])) for i in value)
    return slots


def load_responses(
    root: Path, bank: dict[str, dict[str, str]], clauses: dict[str, dict[str, str]] | None = None
) -> Responses:
    """Both languages, each with the same responses and the same placeholders."""
    loaded = {language: _load(root, language) for language in ("zh", "en")}
    texts = {language: texts for language, (texts, _, _) in loaded.items()}
    for name in sorted(texts["zh"].keys() ^ texts["en"].keys()):
        missing = "en" if name in texts["zh"] else "zh"
        file = f"{missing}.agents.yml" if name.startswith(AGENT) else f"{missing}.yml"
        raise ContentError(f"{root / 'responses' / file}: the response {name!r} is missing in this language")
    for name, text in texts["zh"].items():
        own = bank["zh"].keys()
        ours, theirs = _placeholders(text) - own, _placeholders(texts["en"][name]) - own
        if ours != theirs:
            raise ContentError(
                f"dialogues/responses: response {name!r}: zh and en have other placeholders: {sorted(ours ^ theirs)}"
            )
    approvals = {language: approvals for language, (_, approvals, _) in loaded.items()}
    titles = {language: titles for language, (_, _, titles) in loaded.items()}
    return Responses(texts, bank, clauses or {}, titles, approvals)


Loaded = tuple[dict[str, str], dict[str, Approval], dict[str, str]]  # texts, approvals, titles


def _load(root: Path, language: str) -> Loaded:
    """What the bot says, and what agents choose from: those have a title and are called agent_…"""
    ours = _file(root / "responses" / f"{language}.yml", language, for_agents=False)
    theirs = _file(root / "responses" / f"{language}.agents.yml", language, for_agents=True)
    return ours[0] | theirs[0], ours[1] | theirs[1], theirs[2]


def _file(path: Path, language: str, for_agents: bool) -> Loaded:
    content = Fields.of(path).only("version", "approved", "responses")
    responses, approved = content.part("responses"), content.part("approved").only("version", "by", "on")
    texts, approvals, titles = {}, {}, {}
    for name in responses.values:
        if name.startswith(AGENT) is not for_agents:
            raise ContentError(f"{path}: {name}: what agents choose from is called {AGENT}… and stands in *.agents.yml")
        rows = responses.rows(name)
        if len(rows) > 1:
            raise ContentError(f"{path}: {name}: has {len(rows)} texts; leave the one that is approved")
        row = rows[0].only("text", "version", "approved_by", "approved_on", "legal", *(["title"] if for_agents else []))
        texts[name] = row.text("text")
        if for_agents:
            titles[name] = row.text("title")
        version = row.maybe("version") or approved.text("version")
        on = row.get if "approved_on" in row.values else approved.get
        approvals[name] = Approval(
            f"{name}/{language}/{version}",
            version,
            row.maybe("approved_by") or approved.text("by"),
            on("approved_on" if "approved_on" in row.values else "on", date.fromisoformat, "2026-11-23"),
            row.flag("legal"),
        )
    for name, text in texts.items():
        unknown = _placeholders(text, f"{path}: {name}") - PLACEHOLDERS
        if unknown:
            raise ContentError(f"{path}: {name}: unknown placeholder {sorted(unknown)}; known: {sorted(PLACEHOLDERS)}")
        if "【" in text or "】" in text:
            raise ContentError(f"{path}: {name}: the signature 【】 is put in front by the channel; take it out")
        if LINK.search(text):
            raise ContentError(f"{path}: {name}: texts carry no links; take it out")
    return texts, approvals, titles


def _placeholders(text: str, where: str = "response") -> frozenset[str]:
    try:
        fields = list(string.Formatter().parse(text))
    except ValueError as error:
        raise ContentError(f"{where}: {error}") from None
    for _, name, spec, conversion in fields:
        if name is not None and (not name.isidentifier() or spec or conversion):
            raise ContentError(f"{where}: {{{name}}}: a placeholder is a plain name")
    return frozenset(name for _, name, _, _ in fields if name)


def _write(name: str, value: Slot, language: str, currency: str) -> str:
    if name == "product":
        return _PRODUCTS[language if language in _PRODUCTS else "en"].get(str(value), str(value))
    if isinstance(value, tuple):
        return _several(value, language, currency)
    if isinstance(value, Decimal):
        return money(value, language, currency)
    if isinstance(value, date):
        return day(value, language)
    return str(value)


def _several(instalments: tuple[Instalment, ...], language: str, currency: str) -> str:
    """Each sum with its day; of a long plan the number, the first and the last, whose years are said."""
    first, last, count = instalments[0], instalments[-1], len(instalments)
    if count > LISTED:
        days = [f"{one.due_on:%Y-%m-%d} {money(one.amount, language, currency)}" for one in (first, last)]
        if language == "zh":
            return f"共{count}期，首期{days[0]}，末期{days[1]}"
        return f"{count} instalments, first {days[0]}, last {days[1]}"
    each = (f"{day(i.due_on, language)}{_EACH[language]}{money(i.amount, language, currency)}" for i in instalments)
    return ("、" if language == "zh" else ", ").join(each)


def money(value: Decimal, language: str, currency: str) -> str:
    """500 → 500元 / ¥500; cents only where there are any."""
    figure = f"{value:,.2f}".removesuffix(".00")
    if language == "zh" and currency == "CNY":
        return f"{figure.replace(',', '')}元"
    return f"{_SYMBOLS.get(currency, currency + ' ')}{figure}"


def day(value: date, language: str) -> str:
    """2026-11-27 → 11月27日（周五） / Fri 27 Nov."""
    if language == "zh":
        return f"{value.month}月{value.day}日（周{_WEEKDAYS['zh'][value.weekday()]}）"
    return f"{_WEEKDAYS['en'][value.weekday()]} {value.day} {_MONTHS[value.month - 1]}"
