"""Segments: the networks' limits as a table, and what must hold for any text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.segments import ALONE, GSM7_BASE, GSM7_EXTENSION, JOINED, Encoding, Segments, count, split

GSM7, UCS2 = Encoding.GSM7, Encoding.UCS2


@pytest.mark.parametrize(
    ("text", "expected", "lengths"),
    [
        ("", Segments(GSM7, 0, 1), [0]),
        ("a" * 160, Segments(GSM7, 160, 1), [160]),
        ("a" * 161, Segments(GSM7, 161, 2), [153, 8]),
        ("a" * 306, Segments(GSM7, 306, 2), [153, 153]),
        ("a" * 307, Segments(GSM7, 307, 3), [153, 153, 1]),
        ("€" * 80, Segments(GSM7, 160, 1), [80]),
        ("€" * 81, Segments(GSM7, 162, 2), [76, 5]),
        ("中" * 70, Segments(UCS2, 70, 1), [70]),
        ("中" * 71, Segments(UCS2, 71, 2), [67, 4]),
        ("中" * 160, Segments(UCS2, 160, 3), [67, 67, 26]),
        ("😀" * 35, Segments(UCS2, 70, 1), [35]),
        ("😀" * 36, Segments(UCS2, 72, 2), [33, 3]),
        ("中" * 66 + "😀" + "中" * 10, Segments(UCS2, 78, 2), [66, 11]),
        ("a" * 70 + "’", Segments(UCS2, 71, 2), [67, 4]),
        ("【示例银行】您好", Segments(UCS2, 8, 1), [8]),
        ("\ud800" * 70, Segments(UCS2, 70, 1), [70]),
    ],
)
def test_a_text_costs_what_the_network_charges(text: str, expected: Segments, lengths: list[int]) -> None:
    assert count(text) == expected
    assert [len(part) for part in split(text)] == lengths


@pytest.mark.parametrize("character", ["`", "ç", "\t", "Á", "…", "，", "\u00a0", "\x1b", "“", "я"])
def test_one_character_outside_the_alphabet_moves_the_whole_text_to_ucs2(character: str) -> None:
    assert count("a" * 80 + character) == Segments(UCS2, 81, 2)


def test_the_alphabet_has_127_characters_and_ten_extensions() -> None:
    assert len(GSM7_BASE) == 127
    assert len(GSM7_EXTENSION) == 10
    assert not GSM7_BASE & GSM7_EXTENSION


def cost(text: str, encoding: Encoding) -> int:
    """Units by another route: the bytes of UTF-16, or one and an escape per extension character."""
    if encoding is UCS2:
        return len(text.encode("utf-16-be", "surrogatepass")) // 2
    return len(text) + sum(character in GSM7_EXTENSION for character in text)


TEXTS = st.one_of(
    st.text(max_size=400),
    st.text(st.sampled_from(sorted(GSM7_BASE | GSM7_EXTENSION)), max_size=700),
    st.text(st.sampled_from("还款😀𠮷，a€[]"), max_size=400),
)


@given(TEXTS)
def test_the_parts_are_the_text_in_order_and_each_fits(text: str) -> None:
    segments, parts = count(text), split(text)
    assert "".join(parts) == text
    assert len(parts) == segments.parts
    assert sum(cost(part, segments.encoding) for part in parts) == segments.units == cost(text, segments.encoding)
    limit = ALONE[segments.encoding] if len(parts) == 1 else JOINED[segments.encoding]
    assert all(cost(part, segments.encoding) <= limit for part in parts)


@given(TEXTS)
def test_no_part_could_have_taken_one_character_more(text: str) -> None:
    segments, parts = count(text), split(text)
    for part, following in pairwise(parts):
        assert cost(part + following[0], segments.encoding) > JOINED[segments.encoding]


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_longer_text_never_costs_less(text: str, more: str) -> None:
    assert count(text + more).parts >= count(text).parts
