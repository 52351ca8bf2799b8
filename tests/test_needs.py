"""What a test does without a program that it needs."""

from __future__ import annotations

import pytest

from tests.needs import need


def test_without_its_program_a_test_is_skipped_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUIXIN_NO_SKIP", raising=False)
    need("")
    with pytest.raises(pytest.skip.Exception, match="apt-get install kannel"):
        need("Kannel is not installed: apt-get install kannel")


def test_where_nothing_may_be_skipped_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIXIN_NO_SKIP", "1")
    need("")
    with pytest.raises(pytest.fail.Exception, match="not skipped"):
        need("Kannel is not installed: apt-get install kannel")
