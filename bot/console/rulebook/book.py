"""The book of rules: all that a content says, in sections of paragraphs; each can be found by its code and searched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from bot.console.rulebook import plain_contact, plain_policies, plain_wording
from bot.console.rulebook.plain import Group, Paragraph
from bot.console.rulebook.why import code_of
from bot.console.words import Words, words
from bot.dialogues import Content

SECTIONS: dict[str, Callable[[Words, Content], list[Group]]] = {
    "contact": plain_contact.contact,
    "holds": plain_contact.holds,
    "strategy": plain_policies.strategy,
    "promises": plain_policies.promises,
    "plans": plain_policies.plans,
    "handling": plain_policies.handling,
    "outcomes": plain_wording.outcomes,
    "wording": plain_wording.responses,
    "words": plain_wording.barred,
}
# Reasons whose rule is told under another name, by what stands before the colon.
ALIASES = {"review": "hold", "lifted": "hold", "handoff": "queue", "person": "pace"}
WHOLE = {
    "heard": "outcomes", "guard": "outcomes", "state": "outcomes", "tier": "strategy", "by-a-person": "strategy",
    "promise": "promises", "broken-in-a-row": "promises", "plan": "plans", "plan-breach": "plans", "unsure": "handling",
    "second": "handling", "verify": "handling", "instalment-missed": "plans", "number-stopped": "holds",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """A page of the book."""

    name: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A paragraph and where it stands."""

    section: str
    group: Group
    paragraph: Paragraph


def contents(words: Words) -> dict[str, str]:
    """The pages by name, with their titles."""
    return {name: words("rules.words_title") if name == "words" else words(f"rules.{name}") for name in SECTIONS}


def section(words: Words, content: Content, name: str) -> Section:
    """One page; raise KeyError where there is none of this name."""
    return Section(name, tuple(SECTIONS[name](words, content)))


def paragraphs(words: Words, content: Content) -> Iterator[Found]:
    """Everything, in order."""
    for name in SECTIONS:
        for group in section(words, content, name).groups:
            for paragraph in group.paragraphs:
                yield Found(name, group, paragraph)


def search(words: Words, content: Content, needle: str, most: int = 50) -> list[Found]:
    """The paragraphs that hold every word of the needle, in their title, code or text."""
    wanted = needle.casefold().split()
    found = []
    for one in paragraphs(words, content):
        paragraph = one.paragraph
        text = "\n".join((paragraph.title, paragraph.code, one.group.title, *paragraph.said)).casefold()
        if wanted and all(word in text for word in wanted):
            found.append(one)
    return found[:most]


def places(content: Content) -> Callable[[str | None], str | None]:
    """Says where the rule of a code or reason stands, such as `CN-TIME`, `not-now:CN-TIME`, `hold:dispute`, or what the
    store keeps of a text that did not leave; None where the book has no such rule."""
    there = _sections(content)

    def place(code: str | None) -> str | None:
        code = code_of(code)
        kind, _, detail = code.partition(":")
        if kind in ("not-now", "rule", "plan-terms"):
            code, (kind, _, detail) = detail, detail.partition(":")
        wanted = f"{ALIASES[kind]}:{detail}" if kind in ALIASES else code
        if wanted in there:
            return f"/rules/{there[wanted]}#{wanted}"
        return f"/rules/{WHOLE[kind]}" if kind in WHOLE else None

    return place


@lru_cache(maxsize=4)
def _sections(content: Content) -> dict[str, str]:
    """The section of each anchor, which is the same in every language."""
    return {one.paragraph.anchor: one.section for one in paragraphs(words("en"), content)}
