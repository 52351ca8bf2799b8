"""The lexicon's phrase language: an index only saves work, and what is written wrongly is named."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import dialogues
from bot.nlu.patterns import PatternError, alternatives, parse
from bot.nlu.phrasebook import LAYERS, Phrasebook, keys_of

quick = settings(max_examples=100, derandomize=True, deadline=None, database=None)
BOOKS = {language: dialogues.load_lexicon(language) for language in ("zh", "en")}
WORDS = {language: book["words"] for language, book in BOOKS.items()}
SOURCES = {
    language: [
        source
        for strengths in book["intents"].values()
        for sources in strengths.values()
        for whole in sources
        for source in alternatives(whole)
    ]
    for language, book in BOOKS.items()
}
PATTERNS = {
    language: [(one, re.compile(one.regex)) for one in parse(sources, WORDS[language], language)]
    for language, sources in SOURCES.items()
}
CHINESE = sorted({character for source in SOURCES["zh"] for character in re.sub(r"[(|)<>~#^$*]", "", source)})
ENGLISH = sorted({word for source in SOURCES["en"] for word in re.findall(r"[a-z']+", source)})
chinese = st.lists(st.sampled_from(SOURCES["zh"]) | st.sampled_from(CHINESE), max_size=5).map(
    lambda parts: re.sub(r"[(|)<>~^$*]", "", "".join(parts))
)
english = st.lists(st.sampled_from(SOURCES["en"]) | st.sampled_from(ENGLISH), max_size=5).map(
    lambda parts: "".join([" ", *(word + " " for word in re.findall(r"[a-z']+|\d|,", " ".join(parts)))])
)


@quick
@given(st.tuples(st.just("zh"), chinese) | st.tuples(st.just("en"), english))
def test_every_phrase_that_matches_has_its_keys_in_the_text(case: tuple[str, str]) -> None:
    language, text = case
    keys = keys_of(text, language)
    for pattern, regex in PATTERNS[language]:
        if regex.search(text):
            assert all(keys & one for one in pattern.keys[:LAYERS]), (pattern.source, text)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("(a|b c)", ["a", "b c"]),
        ("((a|b) c|d)", ["(a|b) c", "d"]),
        ("(a|b) c", ["(a|b) c"]),
        ("(a|b)(c|d)", ["(a|b)(c|d)"]),
        ("(a|)", ["(a|)"]),
        ("(a|b", ["(a|b"]),
        ("a|b)", ["a|b)"]),
        ("", [""]),
    ],
)
def test_only_a_phrase_that_is_one_choice_is_taken_apart(source: str, expected: list[str]) -> None:
    assert alternatives(source) == expected


@pytest.mark.parametrize("source", ["(stop|end", "stop)", "a|b", "<no list of ours>", "<stop"])
def test_a_phrase_written_wrongly_is_named(source: str) -> None:
    with pytest.raises(PatternError, match=re.escape(source)):
        Phrasebook({"opt_out": {"sure": [source]}}, {}, "en")


def test_what_an_exception_touches_does_not_count() -> None:
    book = Phrasebook({"opt_out": {"sure": ["stop"], "unless": ["stop by"]}, "abuse": {"sure": ["stop by"]}}, {}, "en")
    counts, taken_back = book.find(" i will stop by and say stop stop by ")
    assert [(hit.label, hit.start, hit.end) for hit in counts] == [("opt_out", 24, 29), ("abuse", 8, 16)]
    assert taken_back == []
    counts, taken_back = book.find(" stop by stop by ")
    assert [hit.label for hit in counts] == ["abuse"] and [hit.label for hit in taken_back] == ["opt_out"]
