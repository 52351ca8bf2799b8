"""Training examples and lexicons: how customers say things, per language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.dialogues.content import ROOT, ContentError, load_yaml


@dataclass(frozen=True, slots=True)
class Example:
    """One training example: plain text, its intents (`a+b` in the file), who wrote it and whether a pattern made it."""

    text: str
    intents: tuple[str, ...]
    language: str
    voice: str
    origin: str  # written | generated


def load_examples(root: Path = ROOT) -> list[Example]:
    """All training examples under dialogues/intents/, entity marks `[500](amount)` removed."""
    found = [example for path in sorted((root / "intents").glob("*.yml")) for example in _examples_in(path)]
    if not found:
        raise ContentError(f"{root / 'intents'}: no examples; the reader cannot be trained")
    return found


def _examples_in(path: Path) -> Iterator[Example]:
    language = path.name.split(".")[0]
    content = load_yaml(path)
    if not isinstance(content, dict) or not isinstance(content.get("nlu"), list):
        raise ContentError(f"{path}: needs a top-level list `nlu:` (Rasa's NLU training format)")
    for number, block in enumerate(content["nlu"], 1):
        if not isinstance(block, dict) or not block.get("intent") or not isinstance(block.get("examples"), str):
            raise ContentError(f"{path}: block {number} needs `intent:` and `examples: |` with one `- …` a line")
        metadata = block.get("metadata") or {}
        for line in block["examples"].splitlines():
            if not line.strip():
                continue
            if not line.startswith("- "):
                raise ContentError(f"{path}: block {number} ({block['intent']}): {line!r} must start with `- `")
            yield Example(
                text=_without_marks(line[2:].strip()),
                intents=tuple(block["intent"].split("+")),
                language=language,
                voice=metadata.get("voice", "plain"),
                origin=metadata.get("origin", "written"),
            )


def _without_marks(text: str) -> str:
    """`还[500](amount)` → `还500`: only a closed pair of brackets right after each other is a mark."""
    out, rest = "", text
    while "](" in rest:
        before, _, after = rest.partition("](")
        start, end = before.rfind("["), after.find(")")
        if start < 0 or end < 0:
            break
        out += before[:start] + before[start + 1 :]
        rest = after[end + 1 :]
    return out + rest


def load_lexicon(language: str, root: Path = ROOT) -> dict[str, Any]:
    """Phrases and number words of one language (dialogues/lexicon/)."""
    content = load_yaml(root / "lexicon" / f"{language}.yml")
    if not isinstance(content, dict):
        raise ContentError(f"{root / 'lexicon' / language}.yml: needs a mapping of list names to phrases")
    return content
