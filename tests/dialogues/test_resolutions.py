"""How an agent's work may end: the bank's own codes, each named in both languages."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from bot import dialogues
from bot.dialogues import ContentError
from bot.dialogues.resolutions import load_resolutions


def test_what_dashboards_count_is_there_as_shipped() -> None:
    found = dialogues.load().resolutions
    assert {"promise_made", "plan_agreed", "paid", "no_answer", "wrong_person", "opted_out"} <= found.resolved.keys()
    assert found.resolved["other"].needs_note and not found.resolved["paid"].needs_note
    assert (found.resolved["paid"].name("zh"), found.resolved["paid"].name("fr")) == ("已还款", "Paid")


def test_a_bank_adds_a_code_of_its_own(tmp_path: Path) -> None:
    root = copy(tmp_path)
    write(root, "  paid:", "  moved_away: {zh: 已搬走, en: Moved away}\n  paid:")
    assert load_resolutions(root).resolved["moved_away"].name("en") == "Moved away"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("  paid:              {zh: 已还款, en: Paid}", "  paid: {zh: 已还款}", "'en' must be given"),
        ("  paid:", "  Paid Off:", "a code is 2 to 40 of a-z"),
        ("  paid:              {zh", "  paid: {colour: red, zh", "unknown name 'colour'"),
        ('  other:             {zh: 其他, en: Other, note: "true"}\n# Why', "# Why", "'other' must be there"),
        ("resolved:", "resolved: []\nx:", "unknown name 'x'"),
        ("version:", "versoin:", "unknown name 'versoin'"),
    ],
)
def test_what_is_broken_is_refused_with_its_file_and_place(tmp_path: Path, old: str, new: str, why: str) -> None:
    root = copy(tmp_path)
    write(root, old, new)
    with pytest.raises(ContentError, match=r"resolutions\.yml") as error:
        load_resolutions(root)
    assert why in str(error.value)


def copy(tmp_path: Path) -> Path:
    return Path(copytree(dialogues.ROOT, tmp_path / "dialogues"))


def write(root: Path, old: str, new: str) -> None:
    path = root / "policies" / "resolutions.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
