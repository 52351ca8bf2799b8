"""What a second reader is not shown: names, addresses, and numbers that are no day and no sum."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import dialogues
from bot.second.hiding import hidden

AFTER = dialogues.load().briefing.hidden_after


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("我周五还500", "我周五还500"),
        ("500 2026-11-27", "500 2026-11-27"),
        ("20261127 还 1250.50", "20261127 还 1250.50"),
        ("11/27 500, then 1,000,000", "11/27 500, then 1,000,000"),
        ("打13800138000，周五还500", "打[number]，周五还500"),
        ("１３８ ００１３ ８０００", "[number]"),
        ("+86-138-0013-8000", "[number]"),
        ("一三八零零一三八零零零", "[number]"),
        ("身份证11010119900307451X", "身份证[number]"),
        ("尾号是6789的卡", "尾号是[number]的卡"),
        ("my acct 4455 friday", "my acct [number] friday"),
        ("CARD ending 4455", "CARD ending [number]"),
        ("王小强说周五，小强会还", "[name]说周五，[name]会还"),
        ("mail a.b@c.com or www.x.cn/1", "mail [address] or [address]"),
    ],
)
def test_what_is_hidden_and_what_is_shown(text: str, shown: str) -> None:
    assert hidden(text, "王小强", AFTER) == shown


def test_a_latin_name_is_hidden_word_by_word_and_never_inside_other_words() -> None:
    assert hidden("this is JOHN, not Johnson. smith here", "John A Smith", AFTER) == (
        "this is [name], not Johnson. [name] here"
    )


@given(st.text(max_size=300), st.text(max_size=20))
def test_no_text_and_no_name_breaks_it(text: str, name: str) -> None:
    assert isinstance(hidden(text, name, AFTER), str)


@given(
    st.text(alphabet="我还ab ,。", max_size=10),
    st.from_regex(r"1[3-9]\d{9}", fullmatch=True),
    st.text("我ab，", max_size=5),
)
def test_a_mobile_number_never_goes_out(before: str, number: str, behind: str) -> None:
    assert not re.search(r"\d{5}", hidden(before + number + behind, "", AFTER))
