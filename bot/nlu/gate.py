"""The gate: what the wording alone decides, before and above any model - whole-message words and lexicon phrases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.reading import Asked, Intent
from bot.nlu.folding import Folded, folder, has_latin_words, script_of
from bot.nlu.phrasebook import Hit, Phrasebook

_NOT_WORD = re.compile(r"[\W_]+")
_TINT = re.compile(r"[\s\ufe0e\ufe0f\u200d\u2640\u2642\U0001f3fb-\U0001f3ff]+")
_REPEATED = re.compile(r"(.)\1+")
_YES_NO = (Intent.AFFIRM, Intent.DENY)


@dataclass(frozen=True, slots=True)
class Gated:
    """What the gate saw in one text: its foldings and every phrase found.

    `cues`: the phrases as features for the model, `intent/strength`, each once. `opener`: the yes or no that the text
    begins with, if a question of ours is open.
    """

    folds: tuple[Folded, ...]
    hits: tuple[tuple[Folded, Hit], ...]
    taken_back: tuple[Hit, ...]
    cues: tuple[str, ...]
    opener: Intent | None

    def sure(self, intent: Intent) -> bool:
        """Whether a phrase that leaves no doubt speaks for the intent."""
        return intent + "/sure" in self.cues

    def hinted(self, intent: Intent) -> bool:
        """Whether any phrase speaks for the intent."""
        return intent + "/sure" in self.cues or intent + "/likely" in self.cues


class Gate:
    """The lexicons, compiled."""

    def __init__(self, lexicons: Mapping[str, Mapping[str, Any]]) -> None:
        self._fold = {language: folder(language, content.get("spelling", {})) for language, content in lexicons.items()}
        self._books = {
            language: Phrasebook(content.get("intents", {}), content.get("words", {}), language)
            for language, content in lexicons.items()
        }
        self._whole: dict[str, Intent] = {}
        self._bare: dict[str, Intent] = {}
        self._openers: list[tuple[str, re.Pattern[str], Intent]] = []
        polite: list[str] = []
        for language, content in lexicons.items():
            for name, entries in content.get("whole_message", {}).items():
                self._whole.update((_squeezed(entry), Intent(name)) for entry in entries)
            for name, entries in content.get("answers", {}).items():
                self._bare.update((_squeezed(entry), Intent(name)) for entry in entries)
            for intent in _YES_NO:
                words = sorted(content.get("openers", {}).get(intent.value, ()), key=len, reverse=True)
                if words:
                    edge = r"(?=\W)" if language == "en" else r"(?=[\W_]|的|\Z)"
                    shape = rf"[\W_]*(?:{'|'.join(map(re.escape, words))}){edge}"
                    self._openers.append((language, re.compile(shape), intent))
            polite += [_squeezed(word) for word in content.get("politeness", ())]
        self._polite = tuple(sorted(filter(None, polite), key=lambda word: (-len(word), word)))

    def inspect(self, text: str, asked: Asked | None) -> Gated:
        """Look for phrases in one normalised text. Both languages are tried where both scripts are there."""
        script = script_of(text)
        folds = [self._fold[script](text)]
        if script == "zh" and has_latin_words(text):
            folds.append(self._fold["en"](text))
        hits: list[tuple[Folded, Hit]] = []
        taken_back: list[Hit] = []
        for folded in folds:
            found, struck = self._books[folded.language].find(folded.text)
            hits += [(folded, hit) for hit in found]
            taken_back += struck
        cues = tuple(sorted({f"{hit.label}/{hit.strength}" for _, hit in hits}))
        opener = self._opener(text, script) if asked is not None else None
        return Gated(tuple(folds), tuple(hits), tuple(taken_back), cues, opener)

    def _opener(self, text: str, script: str) -> Intent | None:
        fitting = (intent for language, shape, intent in self._openers if language == script and shape.match(text))
        return next(fitting, None)

    def whole_message(self, text: str, asked: Asked | None) -> Intent | None:
        """The meaning of a text that is nothing but one known word, politeness and punctuation aside."""
        squeezed = _squeezed(text)
        if len(squeezed) > 40:
            return None
        for form in (squeezed, self._without_politeness(squeezed)):
            if asked is not None and form in self._bare:
                return self._bare[form]
            if form in self._whole:
                return self._whole[form]
            half = form[: len(form) // 2]
            if half and half * 2 == form and half in self._whole:
                return self._whole[half]
        return None

    def _without_politeness(self, squeezed: str) -> str:
        changed = True
        while changed:
            changed = False
            if not squeezed.startswith(self._polite) and not squeezed.endswith(self._polite):
                break  # the usual case, told at once
            for word in self._polite:
                if squeezed != word and squeezed.startswith(word):
                    squeezed, changed = squeezed[len(word) :], True
                if squeezed != word and squeezed.endswith(word):
                    squeezed, changed = squeezed[: -len(word)], True
        return squeezed


def _squeezed(text: str) -> str:
    """Letters and digits only, in lower case: `退 订。` and `S.T.O.P!` are words. Where there are none, the signs."""
    return _NOT_WORD.sub("", text.lower()) or _REPEATED.sub(r"\1", _TINT.sub("", text))


def unknown_intents(lexicon: Mapping[str, Any]) -> Sequence[str]:
    """Names under `intents:` and its like that are no intent; the lexicon's author mistyped them."""
    names = {name for part in ("intents", "whole_message", "answers") for name in lexicon.get(part, {})}
    return sorted(names - {intent.value for intent in Intent})
