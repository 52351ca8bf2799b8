"""Loads dialogues/policies/wording.yml, and holds every approved response against it."""

from __future__ import annotations

import string
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from bot.core.decision import Purpose, Slot
from bot.core.strategy import Strategy
from bot.core.wording import LINK, Finding, Forbidden, Required, Setting, Severity, Wording, blocks, lint
from bot.dialogues.content import ContentError
from bot.dialogues.fields import Fields, member
from bot.dialogues.responses import PLACEHOLDERS, Responses

LANGUAGES = ("zh", "en")
SIGNATURES = {"zh": "【示例银行】", "en": "Example Bank: "}  # as long as they get in practice


def load_wording(root: Path, strategy: Strategy) -> Wording:
    """The rules about words."""
    names = ("version", "warn_parts", "forbidden", "required", "prices")
    fields = Fields.of(root / "policies" / "wording.yml").only(*names)
    prices = fields.part("prices")
    return Wording(
        fields.text("version"),
        tuple(_forbidden(row) for row in fields.rows("forbidden")),
        tuple(_required(row, strategy) for row in fields.rows("required")),
        fields.number("warn_parts", 1, 10),
        {currency: prices.get(currency, _price, "0.045") for currency in prices.values},
    )


def _price(value: str) -> Decimal:
    price = Decimal(value)
    if not price.is_finite() or price < 0:
        raise ValueError(value)
    return price


def _words(row: Fields, name: str) -> tuple[str, ...]:
    words = row.values.get(name, [])
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise ContentError(f"{row.where}: {name}: must be a list of words")
    return tuple(words)


def _forbidden(row: Fields) -> Forbidden:
    row.only("id", "severity", "zh", "en", "unless", "unless_en", "block_below_days", "preview", "purposes")
    for language in LANGUAGES:
        if not _words(row, language):
            raise ContentError(f"{row.where}: {language}: {row.text('id')} has no words in this language")
    below = "block_below_days" in row.values
    return Forbidden(
        row.text("id"),
        member(row.text("severity"), Severity, f"{row.where}: severity"),
        _words(row, "zh") + _words(row, "en"),
        _words(row, "unless") + _words(row, "unless_en"),
        row.number("block_below_days", 1) if below else None,
        row.number("preview", 5, 160) if "preview" in row.values else 0,
        row.members("purposes", Purpose),
    )


def _required(row: Fields, strategy: Strategy) -> Required:
    row.only("id", "tiers", "responses", "placeholders", *LANGUAGES)
    tiers, named = set(_words(row, "tiers")), set(_words(row, "responses"))
    steps = [step for ladder in strategy.ladders.values() for step in ladder]
    if unknown := tiers - {step.name for step in steps}:
        raise ContentError(f"{row.where}: tiers: {sorted(unknown)} is no tier of strategy.yml")
    placeholders = frozenset(_words(row, "placeholders"))
    if strange := placeholders - PLACEHOLDERS:
        raise ContentError(f"{row.where}: placeholders: {sorted(strange)} is unknown")
    said = {response for step in steps if step.name in tiers for response in step.responses}
    phrases = tuple((language, _words(row, language)) for language in LANGUAGES if _words(row, language))
    return Required(row.text("id"), frozenset(said | named), placeholders, phrases)


def check_wording(
    responses: Responses, wording: Wording, reminders: frozenset[str], sample: Mapping[str, Slot]
) -> dict[tuple[str, str], tuple[Finding, ...]]:
    """Hold every response against the rules; raise ContentError for what blocks, return what is only a warning."""
    for language in LANGUAGES:
        for name, value in responses.bank[language].items():
            if LINK.search(value):
                raise ContentError(f"the bank's own words: {name}: {value!r} holds a link; texts carry no links")
    warned: dict[tuple[str, str], tuple[Finding, ...]] = {}
    for language, texts in responses.texts.items():
        for name, text in texts.items():
            for_agents = name in responses.titles.get(language, {})
            where = f"dialogues/responses/{language}{'.agents' if for_agents else ''}.yml: {name}"
            if pair := _adjacent(text):
                raise ContentError(f"{where}: {pair}: two placeholders need words between them")
            _check_required(where, name, language, text, wording)
            purpose = Purpose.REMINDER if name in reminders else Purpose.AGENT if for_agents else Purpose.REPLY
            approved = responses.approvals[language][name].legal
            setting = Setting(purpose, signature=SIGNATURES[language], legal_approved=approved)
            findings = lint(responses.render(name, language, dict(sample), "CNY"), setting, wording)
            for one in blocks(findings):
                raise ContentError(f"{where}: {one.words!r} is not allowed ({one.id}: {one.severity})")
            if findings:
                warned[language, name] = findings
    return warned


def _adjacent(text: str) -> str | None:
    before = ""
    for literal, name, _, _ in string.Formatter().parse(text):
        if name and before and not literal:
            return f"{{{before}}}{{{name}}}"
        before = name or ""
    return None


def _check_required(where: str, name: str, language: str, text: str, wording: Wording) -> None:
    there = {field for _, field, _, _ in string.Formatter().parse(text) if field}
    for rule in wording.required:
        if name not in rule.responses:
            continue
        if missing := rule.placeholders - there:
            raise ContentError(f"{where}: {rule.id}: must hold {', '.join(f'{{{one}}}' for one in sorted(missing))}")
        phrases = dict(rule.phrases).get(language, ())
        if phrases and not any(phrase.lower() in text.lower() for phrase in phrases):
            raise ContentError(f"{where}: {rule.id}: must say {' or '.join(map(repr, phrases))}")
