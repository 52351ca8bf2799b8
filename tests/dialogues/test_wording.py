"""The approved wording as shipped: short, in both languages, with money and days written as people write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from shutil import copytree

import pytest

from bot import dialogues
from bot.core.conversation import draw
from bot.core.segments import count
from bot.dialogues.bundle import Bundle
from bot.dialogues.load import sample
from bot.dialogues.responses import day, money

CONTENT = dialogues.load()
NAMES = sorted(CONTENT.responses.texts["zh"])
THREATS = ("起诉", "法院", "上门", "单位", "家人", "失信", "坐牢", "lawsuit", "court", "arrest", "employer", "family")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_every_response_renders_at_its_longest_in_at_most_four_segments(name: str, language: str) -> None:
    text = CONTENT.responses.render(name, language, sample(), "CNY")
    assert "{" not in text and "【" not in text
    assert count("【示例银行】" + text).parts <= 4


@pytest.mark.parametrize("name", NAMES)
def test_no_response_threatens_or_speaks_of_third_parties(name: str) -> None:
    for language in ("zh", "en"):
        text = CONTENT.responses.texts[language][name].lower()
        assert not [word for word in THREATS if word in text]


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("reminder_")])
def test_every_reminder_says_how_to_stop_and_whom_to_call(name: str) -> None:
    assert "TD" in CONTENT.responses.texts["zh"][name] and "STOP" in CONTENT.responses.texts["en"][name]
    assert all("{hotline}" in CONTENT.responses.texts[language][name] for language in ("zh", "en"))


@pytest.mark.parametrize(
    ("value", "language", "currency", "written"),
    [
        ("500", "zh", "CNY", "500元"),
        ("1200.50", "zh", "CNY", "1200.50元"),
        ("1234567", "en", "CNY", "¥1,234,567"),
        ("0.01", "en", "USD", "$0.01"),
        ("500", "zh", "USD", "$500"),
        ("500", "en", "JPY", "JPY 500"),
    ],
)
def test_money_is_written_as_people_write_it(value: str, language: str, currency: str, written: str) -> None:
    assert money(Decimal(value), language, currency) == written


def test_days_are_written_with_their_weekday() -> None:
    assert day(date(2026, 11, 27), "zh") == "11月27日（周五）"
    assert day(date(2026, 11, 27), "en") == "Fri 27 Nov"


def test_a_language_without_wording_is_answered_in_english() -> None:
    assert CONTENT.responses.render("clarify", "fr", {}, "EUR") == CONTENT.responses.render("clarify", "en", {}, "EUR")


def test_a_slot_cannot_reach_into_the_program() -> None:
    text = CONTENT.responses.render("ask_for_date_of_amount", "zh", {"amount": "{bank.__class__}"}, "CNY")
    assert "{bank.__class__}" in text


def test_the_version_of_the_rules_changes_with_wording_and_policies_and_not_with_examples(tmp_path: Path) -> None:
    root = Path(copytree(dialogues.ROOT, tmp_path / "dialogues"))
    before = Bundle.of(root).rules
    with (root / "intents/zh.yml").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert Bundle.of(root).rules == before == CONTENT.rules.version
    with (root / "responses/zh.yml").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert Bundle.of(root).rules != before


def test_the_picture_of_the_table_shows_every_state() -> None:
    picture = draw(CONTENT.rules.conversation)
    assert picture.startswith("stateDiagram-v2")
    for state in ("promised", "opted_out", "hardship", "wrong_number", "person_only"):
        assert f"--> {state}" in picture
