"""Bytes off the phone network: alphabets, and the header that counts the pieces of a long text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.segments import GSM7_BASE
from bot.core.segments import GSM7_EXTENSION as EXTENSION
from bot.gateways.base import Part
from bot.gateways.coding import GSM7, GSM7_EXTENSION, from_gsm7, from_ucs2, part_of, to_gsm7


def test_the_alphabet_is_the_one_that_segments_are_counted_in() -> None:
    assert len(GSM7) == 128 and GSM7.index("\x1b") == 0x1B
    assert set(GSM7) - {"\x1b"} == GSM7_BASE
    assert set(GSM7_EXTENSION.values()) == EXTENSION


@given(st.text(st.sampled_from(sorted(GSM7_BASE | EXTENSION))))
def test_what_goes_out_in_gsm7_reads_the_same(text: str) -> None:
    assert from_gsm7(to_gsm7(text)) == text


@given(st.binary())
def test_any_bytes_are_some_text(octets: bytes) -> None:
    from_gsm7(octets).encode()
    from_ucs2(octets).encode()


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"", ""),
        (b"\x00 Hello", "@ Hello"),
        (b"\x1b\x65\x1b\x65", "€€"),
        (b"\x1b\x61", "a"),
        (b"a\x1b", "a"),
        (b"caf\xe9", "café"),
    ],
)
def test_septets_become_text(octets: bytes, text: str) -> None:
    assert from_gsm7(octets) == text


@pytest.mark.parametrize(
    ("octets", "text"), [("还😀".encode("utf-16-be"), "还😀"), (b"\xd8\x3d", "\ufffd"), (b"\x00a\x00", "a\ufffd")]
)
def test_ucs2_becomes_text(octets: bytes, text: str) -> None:
    assert from_ucs2(octets) == text


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("050003070201", Part("07", 1, 2)),
        ("06080412340302", Part("1234", 2, 3)),
        ("0a24010105000307020100"[:-2], None),  # claims more than it has
        ("08240101000307" + "0202", Part("07", 2, 2)),  # after another element
        ("050003070203", None),  # the third of two
        ("050003070200", None),  # the zeroth
        ("0500030702", None),
        ("0000", None),
        ("00", None),
        ("", None),
    ],
)
def test_a_header_says_which_piece_this_is(header: str, part: Part | None) -> None:
    assert part_of(bytes.fromhex(header)) == part


@given(st.binary(max_size=140))
def test_any_header_is_a_part_within_its_total_or_none(header: bytes) -> None:
    part = part_of(header)
    assert part is None or 1 <= part.number <= part.total <= 255
