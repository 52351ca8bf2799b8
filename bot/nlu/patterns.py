"""The phrase language of dialogues/lexicon: what a linguist writes, as a regular expression and the keys it needs."""

from __future__ import annotations

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
_COMMON = "i you me my it is am are the a an to of not do will be this that have so and for on in"
COMMON = frozenset(_COMMON.split())
SHORT_CODE = re.compile(r"\d{3,}")
_KEYED = re.compile(r"[^ .]+")
_PLAIN = re.compile(r"[^(<~#^$|)]*")
Keys = frozenset[str]
Words = Mapping[str, Sequence[str]]
Parsed = tuple[str, list[Keys]]  # a regular expression, and sets of keys, one of each of which must be present


class PatternError(ValueError):
    """A phrase in the lexicon cannot be understood; says which one and why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One phrase. Every text that it matches holds a key of each of the sets `keys`, the most telling first."""

    source: str
    regex: str
    lead: int  # characters that the expression matches before the phrase itself: the blank before an English word
    keys: tuple[Keys, ...]


def parse(sources: Sequence[str], words: Words, language: str) -> list[Pattern]:
    """Parse phrases; the notation is explained at the top of dialogues/lexicon/*.yml. Raises PatternError."""
    lists: dict[str, Parsed] = {}
    lead = " " if language == "en" else ""
    patterns = []
    for source in sources:
        regex, keys = _Parser(source, words, language, lists).sequence()
        patterns.append(Pattern(source, lead + regex, len(lead), tuple(_telling_first(keys))))
    return patterns


def alternatives(source: str) -> list[str]:
    """The alternatives of a phrase that is one choice as a whole, `(a|b c)`; else, or if one is empty, the phrase."""
    depth, found = 0, [""]
    for place, char in enumerate(source):
        depth += (char == "(") - (char == ")")
        if depth == 0 and place < len(source) - 1:
            return [source]  # it does not begin with a bracket, or that one closes before the end
        if char == "|" and depth == 1:
            found.append("")
        elif place and (depth or char != ")"):
            found[-1] += char
    return found if depth == 0 and source.startswith("(") and all(one.strip() for one in found) else [source]


class _Parser:
    """Recursive descent over one phrase. `lists` keeps the word lists that were parsed already."""

    def __init__(self, source: str, words: Words, language: str, lists: dict[str, Parsed]) -> None:
        self.source, self.words, self.language, self.lists = source, words, language, lists
        self.at = 0

    def sequence(self, inside: bool = False) -> Parsed:
        """Parse to the end, or inside a choice up to `|` or `)` (not consumed)."""
        out: list[str] = []
        keys: list[Keys] = []
        while self.at < len(self.source):
            plain = _PLAIN.match(self.source, self.at)
            assert plain is not None
            self.at = plain.end()
            if self.at > plain.start():
                regex, found = _english(plain.group()) if self.language == "en" else _chinese(plain.group())
                out.append(regex)
                keys += found
            char = self._next()
            if char and char in "|)":
                if inside:
                    break
                raise PatternError(f"{self.source!r}: {char!r} without an opening bracket")
            if char:
                regex, found = self._special(char)
                out.append(regex)
                keys += found
        return "".join(out), keys

    def _next(self) -> str:
        return self.source[self.at : self.at + 1]

    def _special(self, char: str) -> Parsed:
        if char == "(":
            return self._choice()
        self.at += 1
        if char == "<":
            return self._list()
        if char == "~":
            wide = self._next() == "~"
            self.at += wide
            return (WIDE_GAP if wide else GAP)[self.language], []
        return EDGES[self.language][char], []

    def _list(self) -> Parsed:
        name, closed, _ = self.source[self.at :].partition(">")
        self.at += len(name) + 1
        if not closed or name not in self.words:
            raise PatternError(f"{self.source!r}: no word list <{name}> under `words:`")
        if name not in self.lists:
            words = [_Parser(word, self.words, self.language, self.lists).sequence() for word in self.words[name]]
            self.lists[name] = _either(words)
        return self.lists[name]

    def _choice(self) -> Parsed:
        branches = []
        while self._next() in ("(", "|"):
            self.at += 1
            branches.append(self.sequence(inside=True))
        if not self._next():
            raise PatternError(f"{self.source!r}: a bracket is not closed")
        self.at += 1
        regex, keys = _either(branches)
        if self.language == "zh" and self._next() == "*":
            self.at += 1
            return f"{regex.removesuffix('?')}{{0,4}}", []
        return regex, keys


def _chinese(text: str) -> Parsed:
    pieces = [ANY.get(char) or re.escape(char) for char in text]
    for number in SHORT_CODE.finditer(text):  # 110 is the police, 10110元 is money
        pieces[number.start()] = r"(?<!\d)" + pieces[number.start()]
        pieces[number.end() - 1] += r"(?!\d)"
    keys = []
    for run in _KEYED.findall(text):
        keys += [frozenset({run[i : i + 2]}) for i in range(max(1, len(run) - 1))]
    return "".join(pieces), keys


def _english(text: str) -> Parsed:
    """Words of folded English always carry the space after them; `depress*` stands for any ending."""
    regex, keys = "", []
    for word in text.split():
        stem = word.removesuffix("*")
        if stem == word:
            regex += re.escape(word) + " "
            keys.append(frozenset({word}))
        else:
            regex += re.escape(stem) + "[^ ]* "
            keys += [frozenset({stem[:4] + "*"})] if len(stem) > 2 else []
    return regex, keys


def _either(branches: list[Parsed]) -> Parsed:
    """Alternatives; with an empty one among them the whole is optional and no key is certain."""
    body = "|".join(regex for regex, _ in branches if regex)
    if any(regex == "" for regex, _ in branches):
        return f"(?:{body})?", []
    ranked = [_telling_first(keys) for _, keys in branches]
    return f"(?:{body})", [frozenset().union(*sets) for sets in zip(*ranked, strict=False)]


def _telling_first(keys: list[Keys]) -> list[Keys]:
    """Those that the fewest texts hold first: few keys, long ones, none of them common."""
    return sorted(keys, key=lambda one: sum(1.0 if key in COMMON else 4.0 ** -len(key) for key in one))
