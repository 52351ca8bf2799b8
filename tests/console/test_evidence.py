"""Evidence: the customer's own words marked with what they stood for, and the reasons under each reply."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.console.customer.evidence import evidence_of, in_words
from bot.console.render import visible
from bot.console.words import words
from bot.core.case import State
from bot.core.reading import SaidAmount
from bot.nlu.read import Reader
from bot.store import journal
from bot.turn import turn
from tests.console.conftest import NOON, Bank

SPANS = st.lists(st.tuples(st.integers(-2, 30), st.integers(-2, 30), st.sampled_from(["date", "amount", "hardship"])))


@given(st.lists(st.text(max_size=12), min_size=1, max_size=3), SPANS)
@settings(max_examples=300, deadline=None)
def test_whatever_a_reading_says_the_pieces_of_a_text_are_that_text(
    texts: list[str], places: list[tuple[int, int, str]]
) -> None:
    whole = "\n".join(dict.fromkeys(texts))
    spans = [{"start": start, "end": end, "text": whole[start:end], "label": label} for start, end, label in places]
    found = evidence_of({"text": whole, "spans": spans, "date": None, "amount": None}, texts, [[]] * len(texts))
    assert ["".join(piece.text for piece in one.pieces) for one in found] == texts


@pytest.mark.parametrize("text", ["我周五还500", "我失业了，还不起", "can pay $200 on friday", "STOP"])
def test_each_thing_that_was_read_names_the_words_that_said_it(reader: Reader, text: str) -> None:
    reading = reader.read(text, NOON)
    kept = json.loads(journal.canonical(reading))
    [found] = evidence_of(kept, [text], [[str(intent) for intent in reading.intents]])
    assert [sign.label for sign in found.signs][: len(reading.intents)] == list(reading.intents)
    assert all(sign.words for sign in found.signs)
    assert all(words in text for sign in found.signs for words in sign.words)


def test_what_words_stood_for_is_said_in_words(reader: Reader) -> None:
    for text, expected in (("我周五还500", {"sum ¥500.00": ("500",), "day 2026-11-27": ("周五",)}),
                           ("下月15号先还一半", {"sum: 50 % of what is due": ("一半",)})):  # fmt: skip
        reading = json.loads(journal.canonical(reader.read(text, NOON)))
        [found] = evidence_of(reading, [text], [["promise_to_pay"]])
        named = {sign.name: sign.words for sign in in_words(found, words("en"), reading, "CNY").signs}
        assert expected.items() <= named.items()
    assert SaidAmount.__name__ == reading["amount"]["type"]


def test_no_mark_parts_a_letter_from_its_accent_or_an_emoji_from_its_family() -> None:
    for text, cut in (("cafe\u0301 friday", 4), ("👨\u200d👩\u200d👧还", 1), ("👍🏽好", 1)):
        spans = [{"start": 0, "end": cut, "text": text[:cut], "label": "date"}]
        [found] = evidence_of({"text": text, "spans": spans, "date": "2026-11-27", "amount": None}, [text], [[]])
        assert found.pieces[0].text == text[: -len(found.pieces[1].text)]
        assert found.pieces[1].text in (" friday", "还", "好")


async def test_the_thread_marks_the_words_and_says_why_and_what_was_answered(bank: Bank) -> None:
    customer = await bank.customer(state=State.CONTACTED)
    await bank.wrote(customer, "我周五", pending=True)
    await bank.wrote(customer, "还500", pending=True)
    bank.time.now += timedelta(minutes=1)
    await turn(bank.database, bank.office.mind, bank.time())
    page = await (await bank.browser("fang")).get(f"/customers/{customer}")
    marks = [attrs for tag, attrs in page.elements if tag == "mark"]
    assert [attrs["class"] for attrs in marks] == ["e-date", "e-intent", "e-amount"]
    assert marks[0]["title"] == "day 2026-11-27 · promise to pay"
    assert "周五</mark>" in page.html and "500</mark>" in page.html
    assert "sum ¥500.00 500" in page.words
    [said] = await bank.texts(customer)
    assert f"Said: {said.text}" in page.words
    assert "Understood as: promise to pay heard:promise_to_pay" in page.words
    link = f"/customers/{customer}/journal#entry-1"
    assert ("a", {"href": link}) in page.elements
    assert 'id="entry-1"' in (await (await bank.browser("chen")).get(f"/customers/{customer}/journal")).html


async def test_hostile_words_stay_words_when_they_are_marked(bank: Bank) -> None:
    customer = await bank.customer(state=State.CONTACTED)
    text = "<b>我失业了</b>\u202e</mark><script>还500"
    await bank.wrote(customer, text, pending=True)
    bank.time.now += timedelta(minutes=1)
    await turn(bank.database, bank.office.mind, bank.time())
    page = await (await bank.browser("fang")).get(f"/customers/{customer}")
    thread = page.html[page.html.index('<ol class="texts"') : page.html.index('class="composer"')]
    assert "<mark" in thread and "<b>我" not in thread and "<script" not in thread
    assert "&lt;script&gt;" in thread
    assert visible("\u202e") in thread
