"""Which content decides: the edition that is in force, in every process, from the moment at which it was approved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

import structlog

from bot import dialogues
from bot.dialogues import Content, ContentError
from bot.dialogues.bundle import Bundle
from bot.mind import Mind
from bot.nlu.read import Reader
from bot.store import editions
from bot.store.session import Database

log = structlog.get_logger()
Bank = Mapping[str, dict[str, str]]  # the bank's own words, by language


def content_of(files: Bundle, bank: Bank) -> Content:
    """The files, checked as a start checks them. Raise ContentError with the file and the cure."""
    return _content(files, _Words(bank))


def thinking(files: Bundle, bank: Bank) -> tuple[Reader, Content]:
    """The same with a reader, which may have to be trained: takes a second or several, so call it in a thread."""
    return _reader(files), content_of(files, bank)


class _Words:
    """The bank's words as a key."""

    def __init__(self, bank: Bank):
        self.bank = bank
        self._key = tuple(sorted((language, *sorted(words.items())) for language, words in bank.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Words) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=4)
def _content(files: Bundle, words: _Words) -> Content:
    with files.unfolded() as root:
        return dialogues.load(root, words.bank)


@lru_cache(maxsize=2)
def _reader(files: Bundle) -> Reader:
    with files.unfolded() as root:
        return Reader.load(root)


async def governing(database: Database) -> tuple[int | None, Bundle | None]:
    """The edition in force and its files; nothing of either while none was approved."""
    async with database.read() as connection:
        if not await editions.has_table(connection):
            return None, None
        number = await editions.in_force(connection)
        return number, await editions.files_of(connection, number) if number is not None else None


def unloadable(number: int | None, error: ContentError) -> ContentError:
    """What to say where this version cannot load the edition in force, with the cure."""
    return ContentError(
        f"edition {number}, which is in force, cannot be loaded by this version: {error}\n"
        "put it right in a folder, then `huixin publish propose` and, as another person, `huixin publish approve`"
    )


class InForce:
    """The mind of this process, kept at the edition in force: asked for before each unit of work and each page.

    One short query says whether another was approved meanwhile; then it is loaded beside the old one and takes its
    place as a whole. `adopted` is told of each new mind.
    """

    def __init__(self, database: Database, mind: Mind, number: int | None, adopted: Callable[[Mind], None]):
        self.mind, self.number = mind, number
        self._database, self._adopted = database, adopted
        self._changing = asyncio.Lock()

    async def __call__(self) -> Mind:
        """The mind that is in force now. Raise ContentError where this process cannot load it: it must not decide."""
        if await self._now() not in (None, self.number):
            async with self._changing:
                number = await self._now()  # whoever waited here may know of an older one than is loaded by now
                if number is not None and number != self.number:
                    await self._change(number)
        return self.mind

    async def _now(self) -> int | None:
        async with self._database.read() as connection:
            return await editions.in_force(connection)

    async def or_last(self) -> Mind:
        """The same for pages: where it cannot be loaded, the one before, so that people can look and put it right."""
        try:
            return await self()
        except ContentError as error:
            log.error("the edition in force cannot be loaded", reason=str(error))
            return self.mind

    async def _change(self, number: int) -> None:
        async with self._database.read() as connection:
            files = await editions.files_of(connection, number)
        bank = self.mind.content.responses.bank
        reader, content = await asyncio.to_thread(thinking, files, bank)
        self.mind, self.number = replace(self.mind, reader=reader, content=content), number
        self._adopted(self.mind)
        log.info("edition adopted", edition=number, rules=content.rules.version)
