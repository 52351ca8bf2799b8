"""English date expressions, whatever the message means by them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bot.nlu.dates import extract, find_dates
from bot.nlu.normal import normalise

NOW = datetime(2026, 11, 23, 10)  # a Monday


@pytest.mark.parametrize(
    ("said", "last_day"),
    [
        ("2nite", "2026-11-23"),
        ("tmrw", "2026-11-24"),
        ("the day after tomorrow", "2026-11-25"),
        ("yesterday", "2026-11-22"),
        ("thurs", "2026-11-26"),
        ("monday", "2026-11-30"),
        ("this monday", "2026-11-23"),
        ("next thursday", "2026-12-03"),
        ("last friday", "2026-11-20"),
        ("wednesday week", "2026-12-02"),
        ("a week from friday", "2026-12-04"),
        ("friday next week", "2026-12-04"),
        ("saturday the 5th", "2026-12-05"),
        ("the weekend after next", "2026-12-13"),
        ("this weekend", "2026-11-29"),
        ("next week", "2026-12-06"),
        ("rest of the month", "2026-11-30"),
        ("the 30th", "2026-11-30"),
        ("3rd of january", "2027-01-03"),
        ("dec 24th", "2026-12-24"),
        ("february twenty-second", "2027-02-22"),
        ("15th of next month", "2026-12-15"),
        ("1st of the month", "2026-12-01"),
        ("12/4", "2026-12-04"),
        ("25/12", "2026-12-25"),
        ("1/9/2027", "2027-01-09"),
        ("2026-12-17", "2026-12-17"),
        ("end of january", "2027-01-31"),
        ("beginning of next week", "2026-12-02"),
        ("eom", "2026-11-30"),
        ("first friday in december", "2026-12-04"),
        ("last day of the month", "2026-11-30"),
        ("the week of december 10", "2026-12-13"),
        ("in three weeks", "2026-12-14"),
        ("in 2 to 3 days", "2026-11-26"),
        ("10 days from now", "2026-12-03"),
        ("in 4 business days", "2026-11-27"),
        ("within a month", "2026-12-23"),
        ("two weeks after christmas", "2027-01-08"),
        ("from the 26th to the 28th", "2026-11-28"),
        ("dec 3-6", "2026-12-06"),
        ("thanksgiving", "2026-11-26"),
        ("black friday", "2026-11-27"),
        ("before new years", "2026-12-31"),
        ("memorial day 2027", "2027-05-31"),
        ("easter monday", "2027-03-29"),
    ],
)
def test_an_expression_ends_on_the_day_a_reader_expects(said: str, last_day: str) -> None:
    found = extract(said, "en", NOW)
    assert found is not None
    assert (found.end or found.start) == date.fromisoformat(last_day)


@pytest.mark.parametrize(
    "said",
    [
        "this may take a while",
        "i sat down",
        "the second time",
        "call 555-0100",
        "feb 30",
        "13/13",
        "50 a month",
        "level 3",
        "3 kids",
        "half of it",
        "1-2-3",
    ],
)
def test_words_and_numbers_that_are_no_dates_give_none(said: str) -> None:
    assert extract(said, "en", NOW) is None


def test_every_date_is_found_in_order_with_the_words_it_stands_in() -> None:
    normal = normalise("lost my job last month, interview on wednesday, will pay by dec 4")
    found = find_dates(normal, "en", NOW)
    assert [normal.text[slice(*one.span)] for one in found] == ["last month", "wednesday", "by dec 4"]
    assert [one.past for one in found] == [True, False, False]


@pytest.mark.parametrize("said", ["in a few days", "after christmas", "next few weeks", "after the 15th"])
def test_a_time_that_names_no_day_is_vague(said: str) -> None:
    found = extract(said, "en", NOW)
    assert found is not None
    assert found.vague


def test_day_and_month_that_could_be_swapped_are_ambiguous() -> None:
    doubtful, plain = extract("5/12", "en", NOW), extract("25/12", "en", NOW)
    assert doubtful is not None
    assert plain is not None
    assert (doubtful.ambiguous, plain.ambiguous) == (True, False)
