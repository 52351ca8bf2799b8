"""What the columns of banks' files are called: every word stands for one thing, and a typing error is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.dialogues import ContentError
from bot.dialogues.headings import fold, load_headings

GOOD = "columns:\n  name: [customer name, 姓名]\n  phone: [手机号]\ncells:\n  name:\n    x: [y]\n"
KNOWN = ("name", "phone")


def load(tmp_path: Path, text: str) -> object:
    (tmp_path / "headings.yml").write_text(text, encoding="utf-8")
    return load_headings(KNOWN, tmp_path)


@pytest.mark.parametrize(
    "heading", ["Customer Name", "CUSTOMER_NAME", "customer-name ", "ｃｕｓｔｏｍｅｒ　ｎａｍｅ", "name"]
)
def test_width_case_blanks_and_punctuation_do_not_matter(tmp_path: Path, heading: str) -> None:
    (tmp_path / "headings.yml").write_text(GOOD, encoding="utf-8")
    known = load_headings(KNOWN, tmp_path)
    assert known.column(heading) == "name" and known.column("姓 名") == "name"
    assert known.column("") is None and known.column("名") is None
    assert known.cell("name", " Y ") == "x" and known.cell("name", "other") == "other"
    assert fold(heading) in ("customername", "name")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("phone:", "fone:", "unknown name 'fone'"),
        ("[手机号]", "[手机号, Name]", "'Name' stands for both name and phone"),
        ("[手机号]", "手机号", "give a list of words"),
        ("[手机号]", "['--']", "give a list of words"),
        ("cells:", "sells:", "unknown name 'sells'"),
        ("    x: [y]", "    x: y", "give a list of words"),
        (GOOD, "[]", "a mapping of names to values is needed"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(ContentError) as error:
        load(tmp_path, GOOD.replace(old, new))
    assert said in str(error.value) and "headings.yml" in str(error.value)


def test_other_words_are_another_version(tmp_path: Path) -> None:
    first, second = load(tmp_path, GOOD), load(tmp_path, GOOD.replace("手机号", "手机"))
    assert getattr(first, "version", 1) != getattr(second, "version", 1)
