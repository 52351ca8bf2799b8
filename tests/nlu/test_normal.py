"""Folding a message to one spelling, with the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.normal import normalise


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("我下週五還５００,別再發了", "我下周五还500,别再发了"),
        ("STOP", "stop"),
        ("S̶T̶O̶P̶", "stop"),
        ("5️⃣0️⃣0️⃣", "500"),
        ("❺⑩", "510"),
        ("𝟓𝟎𝟎", "500"),
        ("I’ll pay", "i'll pay"),
        ("退\u200b订", "退订"),
        ("  明天 \n 还  ", "明天 还"),
        ("＄５０，明天", "$50,明天"),
        ("貳仟圓", "贰仟元"),
        ("café", "cafe"),
        ("", ""),
        ("\ud800", ""),
    ],
)
def test_spellings_of_the_same_words_fold_to_one(typed: str, folded: str) -> None:
    assert normalise(typed).text == folded


def test_a_span_of_the_folded_text_leads_back_to_what_was_typed() -> None:
    normal = normalise("  請於下週五 還５００")
    start = normal.text.index("500")
    begin, end = normal.original_span(start, start + 3)
    assert normal.original[begin:end] == "５００"


@given(st.text())
def test_any_text_folds_and_every_offset_lies_in_the_original(text: str) -> None:
    normal = normalise(text)
    assert len(normal.offsets) == len(normal.text) + 1
    assert list(normal.offsets) == sorted(normal.offsets)
    assert all(0 <= offset <= len(text) for offset in normal.offsets)
    assert normal.text == normal.text.strip()


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once
