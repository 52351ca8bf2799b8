"""The console's own words, in each language: gettext catalogues (words/*.po), read as they are written.

Their message ids are names such as `queue.title`, for states, holds and queues are named by value. Customers' texts
are not among them.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

FOLDER = Path(__file__).parent / "words"
LANGUAGES = ("zh", "en")


class Words:
    """The words of one language: `words("queue.title")`, `words("time.minutes", m=3)`; `n` chooses a plural."""

    def __init__(self, language: str, catalog: Catalog):
        written = BytesIO()
        write_mo(written, catalog)
        written.seek(0)
        self.language, self.keys = language, ids(catalog)
        self._counted = {key_of(message) for message in catalog if message.pluralizable}
        self._texts = Translations(written)

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a key with its values filled in; a key that does not exist is a KeyError."""
        if key not in self.keys:
            raise KeyError(key)
        counted = key in self._counted
        text = self._texts.ngettext(key, key, values["n"]) if counted else self._texts.gettext(key)
        return text.format(**values)

    def name(self, kind: str, value: object) -> str:
        """What a state, a hold, a queue … is called; a value that the bank added itself is shown as it is written."""
        key = f"{kind}.{value}"
        return self._texts.gettext(key) if key in self.keys else str(value).replace("_", " ")

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self.keys


def ids(catalog: Catalog) -> frozenset[str]:
    """The message ids that have a text: neither empty nor fuzzy."""
    return frozenset(
        key_of(message) for message in catalog if message.id and not message.fuzzy and all(texts_of(message))
    )


def key_of(message: Message) -> str:
    """A message's id."""
    return str(message.id) if message.id is None or isinstance(message.id, str) else message.id[0]


def texts_of(message: Message) -> list[str]:
    """A message's text, or the texts of its plural forms."""
    return [message.string] if isinstance(message.string, str) else [*(message.string or ("",))]


def catalog(language: str) -> Catalog:
    """A language's catalogue; a file that cannot be parsed is an error with its line."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale="zh_Hans" if language == "zh" else language, abort_invalid=True)


@lru_cache
def words(language: str) -> Words:
    """The words of a language; of one that we do not speak, English."""
    language = language if language in LANGUAGES else "en"
    return Words(language, catalog(language))


def preferred(accepted: str) -> str:
    """The language that a browser asks for (Accept-Language), of those that we speak; Chinese where it says nothing."""
    for part in accepted.lower().split(","):
        language = part.split(";")[0].strip().split("-")[0]
        if language in LANGUAGES:
            return language
    return "zh"
