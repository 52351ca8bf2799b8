"""Numbers in words and figures."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.numerals import en_number, zh_number


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("五百", 500),
        ("两千五", 2500),
        ("二百五", 250),
        ("一千零五十", 1050),
        ("一千零五", 1005),
        ("一万三", 13000),
        ("1.2万", 12000),
        ("一点二万", 12000),
        ("壹仟贰佰", 1200),
        ("3千4", 3400),
        ("十五", 15),
        ("二十", 20),
        ("廿五", 25),
        ("三百零八", 308),
        ("六万七千八百", 67800),
        ("二零二六", 2026),
        ("十二点五", "12.5"),
        ("1,250.50", "1250.50"),
    ],
)
def test_a_chinese_numeral_is_read(said: str, value: int | str) -> None:
    assert zh_number(said) == Decimal(value)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("fifty", 50),
        ("two hundred", 200),
        ("two hundred and fifty", 250),
        ("one twenty", 120),
        ("fifteen hundred", 1500),
        ("half a grand", 500),
        ("2.5 grand", 2500),
        ("a couple hundred", 200),
        ("three thousand four hundred and five", 3405),
        ("one and a half thousand", 1500),
        ("5 lakh", 500000),
    ],
)
def test_an_english_numeral_is_read(said: str, value: int) -> None:
    assert en_number(said) == Decimal(value)


@pytest.mark.parametrize("said", ["五五十", "还", "3还4"])
def test_what_is_no_chinese_numeral_gives_none(said: str) -> None:
    assert zh_number(said) is None


@given(st.integers(min_value=1, max_value=99_999_999))
def test_every_whole_number_survives_being_spelt_in_chinese(value: int) -> None:
    assert zh_number(_spelt(value)) == value


def _spelt(value: int) -> str:
    digits, units = "零一二三四五六七八九", ["", "十", "百", "千"]
    high, low = divmod(value, 10_000)
    if high:
        return f"{_spelt(high)}万{'零' if 0 < low < 1000 else ''}{_spelt(low) if low else ''}"
    out, skipped = "", False
    for place in range(3, -1, -1):
        digit = low // 10**place % 10
        if digit:
            out += ("零" if skipped and out else "") + digits[digit] + units[place]
            skipped = False
        else:
            skipped = True
    return out
