"""The console's own words, in each language (words/*.yml). Customers' texts are not among them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from bot.dialogues import load_yaml

FOLDER = Path(__file__).parent / "words"
LANGUAGES = ("zh", "en")


class Words:
    """The words of one language: `words("queue.title")`, `words("time.minutes", m=3)`."""

    def __init__(self, language: str, texts: dict[str, str]):
        self.language, self.texts = language, texts

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with its values filled in; a key that does not exist is a KeyError."""
        return self.texts[key].format(**values)

    def name(self, kind: str, value: object) -> str:
        """What a state, a hold, a queue … is called; a value that the bank added itself is shown as it is written."""
        return self.texts.get(f"{kind}.{value}") or str(value).replace("_", " ")

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self.texts


@lru_cache
def words(language: str) -> Words:
    """The words of a language; of one that we do not speak, English."""
    language = language if language in LANGUAGES else "en"
    texts: dict[str, str] = load_yaml(FOLDER / f"{language}.yml")
    return Words(language, texts)


def preferred(accepted: str) -> str:
    """The language that a browser asks for (Accept-Language), of those that we speak; Chinese where it says nothing."""
    for part in accepted.lower().split(","):
        language = part.split(";")[0].strip().split("-")[0]
        if language in LANGUAGES:
            return language
    return "zh"
