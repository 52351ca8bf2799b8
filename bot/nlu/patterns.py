"""The phrase language of dialogues/lexicon: compiles what a linguist writes and finds it in a folded message."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

GAP = {"zh": r"[^。！？!?;；,，、\n]{0,8}?", "en": r"(?:[^ .!?;,]+ ){0,4}?"}
WIDE_GAP = {"zh": r"[^。！？!?\n]{0,18}?", "en": r"(?:[^ .!?]+ ){0,9}?"}
NUMBER = {
    "zh": r"(?:\d+(?:[.,]\d+)*|[一二两三四五六七八九十百千万半几]+)",
    "en": r"[$£€]?[0-9][0-9.,]*(?:k|st|nd|rd|th)? ",
}
EDGES = {
    "zh": {"^": r"\A[\W_]*", "$": r"(?=[\W_]*\Z)", "#": NUMBER["zh"]},
    "en": {"^": r"(?<=\A )", "$": r"(?=(?:[^\w ]+ )*\Z)", "#": NUMBER["en"]},
}
ANY = {" ": r"\s*", ".": r"[^\W_]"}  # Chinese only
# Words too common to decide whether a phrase is worth trying.
COMMON = frozenset(
    [
        "i",
        "you",
        "me",
        "my",
        "it",
        "is",
        "am",
        "are",
        "the",
        "a",
        "an",
        "to",
        "of",
        "not",
        "do",
        "will",
        "be",
        "this",
        "that",
        "have",
        "so",
        "and",
        "for",
        "on",
        "in",
    ]
)
Keys = frozenset[str]
Words = Mapping[str, Sequence[str]]


class PatternError(ValueError):
    """A phrase in the lexicon cannot be understood; says which one and why."""


SHORT_CODE = re.compile(r"\d{3,}")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One phrase, compiled. `keys`: at least one of them is in every text the phrase matches; empty = always try."""

    source: str
    regex: re.Pattern[str]
    keys: Keys


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: what it speaks for, how strongly, and where (offsets into the folded text, end exclusive)."""

    label: str
    strength: str  # sure | likely | unless
    start: int
    end: int
    source: str


def keys_of(text: str, language: str) -> set[str]:
    """The keys that a folded text offers: word heads in English, single characters and pairs in Chinese."""
    if language == "en":
        return {word[:4] for word in text.split(" ")}
    return set(text).union(map("".join, itertools.pairwise(text)))


class Phrasebook:
    """The labelled phrases of one language, indexed so that only those which can match are tried."""

    def __init__(self, intents: Mapping[str, Mapping[str, Sequence[str]]], words: Words, language: str) -> None:
        self.language = language
        self.size = 0
        self._always: list[_Entry] = []
        self._by_key: dict[str, list[_Entry]] = {}
        for label, strengths in intents.items():
            for strength, sources in strengths.items():
                for source in sources:
                    self._add(_Entry(self.size, label, strength, compile_pattern(source, words, language)))

    def _add(self, entry: _Entry) -> None:
        self.size += 1
        for key in entry.pattern.keys:
            self._by_key.setdefault(key, []).append(entry)
        if not entry.pattern.keys:
            self._always.append(entry)

    def find(self, text: str) -> tuple[list[Hit], list[Hit]]:
        """Phrases in `text` (folded), each at its first place: those that count, and those that an `unless` took."""
        by_key = self._by_key
        tried = {entry.number: entry for entry in self._always}
        for key in keys_of(text, self.language) & by_key.keys():
            for entry in by_key[key]:
                tried[entry.number] = entry
        entries = [tried[number] for number in sorted(tried)]
        struck = [hit for entry in entries if entry.strength == "unless" for hit in entry.all_in(text)]
        found, taken_back = [], []
        for entry in entries:
            if entry.strength == "unless":
                continue
            hits = entry.all_in(text)
            free = [hit for hit in hits if not any(_overlap(hit, other) for other in struck)]
            found += free[:1]
            taken_back += hits[:1] if not free else []
        return found, taken_back


@dataclass(frozen=True, slots=True)
class _Entry:
    number: int
    label: str
    strength: str
    pattern: Pattern

    def all_in(self, text: str) -> list[Hit]:
        if self.pattern.regex.search(text) is None:  # the usual case, told at once
            return []
        source = self.pattern.source
        return [Hit(self.label, self.strength, m.start(), m.end(), source) for m in self.pattern.regex.finditer(text)]


def _overlap(hit: Hit, other: Hit) -> bool:
    return hit.label == other.label and hit.start < other.end and other.start < hit.end


def compile_pattern(source: str, words: Words, language: str) -> Pattern:
    """Compile one phrase; the notation is explained at the top of dialogues/lexicon/*.yml."""
    regex, choices = _Parser(source, words, language).sequence()
    try:
        return Pattern(source, re.compile(rf"(?<= ){regex}" if language == "en" else regex), _best(choices))
    except re.error as error:
        raise PatternError(f"{source!r}: {error}") from None


def _best(choices: Sequence[Keys]) -> Keys:
    """The most telling set of keys among those of which one must be present."""

    def worth(keys: Keys) -> tuple[int, int]:
        return (min(0 if key in COMMON else len(key) for key in keys), -len(keys))

    return max(choices, key=worth, default=frozenset())


class _Parser:
    """Recursive descent over one phrase; yields a regular expression and the key sets it cannot do without."""

    def __init__(self, source: str, words: Words, language: str) -> None:
        self.source, self.words, self.language, self.at = source, words, language, 0

    def sequence(self, inside: bool = False) -> tuple[str, list[Keys]]:
        """Parse to the end, or inside a choice up to `|` or `)` (not consumed)."""
        out: list[str] = []
        keys: list[Keys] = []
        while self.at < len(self.source):
            literal = re.compile(r"[^(<~#^$|)]*").match(self.source, self.at)
            assert literal is not None
            self.at = literal.end()
            for regex, key in self._literal(literal.group()):
                out.append(regex)
                keys += [key] if key else []
            if self._next() in "|)" and self._next():
                if inside:
                    break
                raise PatternError(f"{self.source!r}: {self._next()!r} without an opening bracket")
            if self._next():
                regex, found = self._special()
                out.append(regex)
                keys += found
        return "".join(out), keys

    def _next(self) -> str:
        return self.source[self.at : self.at + 1]

    def _special(self) -> tuple[str, list[Keys]]:
        char = self._next()
        if char == "(":
            return self._choice()
        self.at += 1
        if char == "<":
            name, closed, _ = self.source[self.at :].partition(">")
            self.at += len(name) + 1
            if not closed or name not in self.words:
                raise PatternError(f"{self.source!r}: no word list <{name}> under `words:`")
            return _joined([_Parser(word, self.words, self.language).sequence() for word in self.words[name]])
        if char == "~":
            wide = self._next() == "~"
            self.at += wide
            return (WIDE_GAP if wide else GAP)[self.language], []
        return EDGES[self.language][char], []

    def _choice(self) -> tuple[str, list[Keys]]:
        branches = []
        while self._next() in ("(", "|"):
            self.at += 1
            branches.append(self.sequence(inside=True))
        if not self._next():
            raise PatternError(f"{self.source!r}: a bracket is not closed")
        self.at += 1
        regex, keys = _joined(branches)
        if self.language == "zh" and self._next() == "*":
            self.at += 1
            return f"{regex.removesuffix('?')}{{0,4}}", []
        return regex, keys

    def _literal(self, text: str) -> list[tuple[str, Keys]]:
        if self.language == "en":
            return [_english_word(word) for word in text.split()]
        pieces = [(ANY.get(char) or re.escape(char), frozenset(() if char in ANY else char)) for char in text]
        for number in SHORT_CODE.finditer(text):  # 110 is the police, 10110元 is money
            first, last = number.start(), number.end() - 1
            pieces[first] = (r"(?<!\d)" + pieces[first][0], pieces[first][1])
            pieces[last] = (pieces[last][0] + r"(?!\d)", pieces[last][1])
        pairs = [text[i : i + 2] for i in range(len(text) - 1)]
        return [*pieces, *(("", frozenset({pair})) for pair in pairs if not ANY.keys() & set(pair))]


def _english_word(word: str) -> tuple[str, Keys]:
    """A word of folded English always carries the space after it; `depress*` stands for any ending."""
    if word.endswith("*"):
        return re.escape(word[:-1]) + "[^ ]* ", frozenset({word[:4]} if len(word) > 4 else ())
    return re.escape(word) + " ", frozenset({word[:4]})


def _joined(branches: list[tuple[str, list[Keys]]]) -> tuple[str, list[Keys]]:
    """Alternatives; with an empty one among them the whole is optional and no key is certain."""
    body = "|".join(regex for regex, _ in branches if regex)
    if any(regex == "" for regex, _ in branches):
        return f"(?:{body})?", []
    sets = [_best(keys) for _, keys in branches]
    return f"(?:{body})", [frozenset().union(*sets)] if all(sets) else []
