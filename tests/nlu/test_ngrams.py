"""N-grams: what is counted over all examples is what is looked up in one of them."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nlu.ngrams import RUNS, WORD, WORDS, count_grams, known_grams

quick = settings(max_examples=200, derandomize=True, deadline=None, database=None)
english = st.lists(st.sampled_from(["pay", "you", "a", "9", "19", ".", "\ud800", "w"]), max_size=7).map(
    lambda words: "".join([" ", *(word + " " for word in words)])
)
chinese = st.text(st.sampled_from("我还还钱500 ^$\U0001f600"), max_size=9)
foldings = st.tuples(english, st.just("en")) | st.tuples(chinese, st.just("zh"))


def spelled(text: str, language: str) -> set[str]:
    """The same by the book: every run of characters and of words, one by one."""
    text = "".join("0" if character in "123456789" else character for character in text)
    if language == "zh":
        text = "^" + text.replace(" ", "") + "$"
    grams = {text[i : i + size] for size in RUNS[language] for i in range(len(text) - size + 1)}
    if language == "en":
        words = text.split()
        grams |= {WORD + " ".join(words[i : i + n]) for n in WORDS for i in range(len(words) - n + 1)}
    return grams


@quick
@given(st.lists(st.lists(foldings, min_size=1, max_size=2), min_size=1, max_size=8))
def test_what_is_counted_is_what_is_looked_up(examples: list[list[tuple[str, str]]]) -> None:
    counted = count_grams(examples, rare=2)
    by_the_book = [set().union(*(spelled(*folding) for folding in one)) for one in examples]
    often = {gram for gram, count in Counter(gram for one in by_the_book for gram in one).items() if count >= 2}
    assert set(counted.grams) == often and len(counted.grams) == len(often)
    known = {gram: number for number, gram in enumerate(counted.grams)}
    for number, one in enumerate(examples):
        held = {i for i in range(len(known)) if number in counted.examples[counted.starts[i] : counted.starts[i + 1]]}
        assert held == set().union(*(known_grams(*folding, known) for folding in one))
        assert held == {known[gram] for gram in by_the_book[number] & often}
