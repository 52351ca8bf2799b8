"""What lies between two editions: told in the words of the book of rules, and file by file."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.console.rulebook import book
from bot.console.words import Words
from bot.dialogues import Content
from bot.dialogues.bundle import Bundle

LONGEST = 20_000  # lines of a file that are compared one by one
SHOWN = 300  # lines of a file's differences
TOKEN = re.compile(r"[A-Za-z0-9_.:]+|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words: they stayed (`same`), went (`gone`) or came (`new`)."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A rule that was `added`, `removed` or `changed`, with the lines that are otherwise."""

    kind: str
    section: str
    group: str
    title: str
    code: str
    anchor: str
    lines: tuple[tuple[Piece, ...], ...]


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that differs. Each line has its mark, `+`, `-`, `@` or a blank; `more` lines are not shown."""

    kind: str
    name: str
    lines: tuple[tuple[str, str], ...]
    more: int = 0


def in_words(words: Words, old: Content, new: Content) -> list[Change]:
    """The rules and wording that differ, in the order of the book."""
    was = {one.paragraph.anchor: one for one in book.paragraphs(words, old)}
    now = {one.paragraph.anchor: one for one in book.paragraphs(words, new)}
    found = []
    for anchor, one in now.items():
        before = was.get(anchor)
        if before is None:
            found.append(_change("added", one, [(Piece("new", line),) for line in one.paragraph.said if line]))
        elif lines := list(_lines(before.paragraph.said, one.paragraph.said)):
            found.append(_change("changed", one, lines))
    for anchor, one in was.items():
        if anchor not in now:
            found.append(_change("removed", one, [(Piece("gone", line),) for line in one.paragraph.said if line]))
    order = list(book.SECTIONS)
    return sorted(found, key=lambda change: order.index(change.section))


def _change(kind: str, one: book.Found, lines: Sequence[tuple[Piece, ...]]) -> Change:
    about = one.paragraph
    return Change(kind, one.section, one.group.title, about.title, about.code, about.anchor, tuple(lines))


def _lines(was: Sequence[str], now: Sequence[str]) -> Iterator[tuple[Piece, ...]]:
    for kind, a, b, c, d in difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        old, new = list(was[a:b]), list(now[c:d])
        for before, after in zip(old, new, strict=False):
            yield tuple(_pieces(before, after))
        yield from ((Piece("gone", line),) for line in old[len(new) :] if line)
        yield from ((Piece("new", line),) for line in new[len(old) :] if line)


def _pieces(was: str, now: str) -> Iterator[Piece]:
    """The words that stayed, went and came; figures and words are never split."""
    old, new = TOKEN.findall(was), TOKEN.findall(now)
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(old[a:b]))
            continue
        if b > a:
            yield Piece("gone", "".join(old[a:b]))
        if d > c:
            yield Piece("new", "".join(new[c:d]))


def by_file(old: Bundle, new: Bundle) -> list[FileChange]:
    """The files that differ, line by line with two lines around each difference."""
    found = []
    for name in sorted({*old.files, *new.files}):
        was, now = old.files.get(name), new.files.get(name)
        if was != now:
            kind = "added" if was is None else "removed" if now is None else "changed"
            found.append(_file(kind, name, was or "", now or ""))
    return found


def _file(kind: str, name: str, was: str, now: str) -> FileChange:
    old, new = was.split("\n"), now.split("\n")
    if max(len(old), len(new)) > LONGEST:
        return FileChange(kind, name, (), abs(len(new) - len(old)) or 1)
    compared = list(difflib.unified_diff(old, new, n=2, lineterm=""))[2:]
    lines = [(line[:1], line if line.startswith("@@") else line[1:]) for line in compared]
    return FileChange(kind, name, tuple(lines[:SHOWN]), max(0, len(lines) - SHOWN))
