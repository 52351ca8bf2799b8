"""Pages are compressed, and no secret on them can be guessed by their length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console.pad import is_masked, mask
from tests.console.conftest import Bank, Browser


@given(st.text(st.characters(codec="ascii"), min_size=1, max_size=60))
def test_a_token_is_known_again_and_never_looks_the_same(token: str) -> None:
    one, other = mask(token), mask(token)
    assert is_masked(one, token) and is_masked(other, token)
    assert not is_masked(one, token + "x")
    assert len(token) < 4 or one != other


@given(st.text(max_size=80), st.text(st.characters(codec="ascii"), min_size=1, max_size=40))
def test_whatever_is_posted_instead_is_no_token(garbage: str, token: str) -> None:
    assert not is_masked(garbage, token)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_page_is_compressed_and_carries_another_token_each_time(bank: Bank) -> None:
    browser = await bank.browser("fang")
    answers = []
    for _ in range(2):
        page = await browser.get("/queue", **{"Accept-Encoding": "gzip"})
        assert page.headers["Content-Encoding"] == "gzip"
        answers.append(page.field("csrf"))
    assert answers[0] != answers[1] and "" not in answers
    for token in answers:
        browser.csrf = token
        assert (await browser.post("/away", away="yes")).status == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_browser_that_reads_no_compression_gets_none(bank: Bank) -> None:
    page = await Browser(bank.client).get("/login", **{"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in page.headers and "</html>" in page.html
