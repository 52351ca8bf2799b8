"""Builds everything that runs in one process from the settings, and releases it in the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from yarl import URL

from bot import dialogues
from bot.alert import Alert
from bot.clock import Clock
from bot.dialogues import Content, ContentError
from bot.edition import InForce, governing, thinking, unloadable
from bot.gateways.channel import Channel
from bot.intake import Defaults
from bot.mind import Mind
from bot.nlu.read import Reader
from bot.second import OpenAiReader, RasaReader, Second, SecondReader
from bot.settings import Settings, SettingsError, check_templates, load_channels
from bot.store import migrate
from bot.store.columns import use_keyring
from bot.store.keys import Keyring
from bot.store.session import Database

log = structlog.get_logger()


@dataclass(slots=True)
class Parts:
    """Everything that runs in one process."""

    settings: Settings
    database: Database
    in_force: InForce
    channels: Mapping[str, Channel]
    clock: Clock
    second: Second | None = None
    alert: Alert = field(default_factory=Alert)

    @property
    def mind(self) -> Mind:
        """The mind as it was last looked up."""
        return self.in_force.mind


def use_key(settings: Settings) -> None:
    """Install the data key, or say how to get one."""
    key = settings.data_key.get_secret_value()
    if not key:
        raise SettingsError("HUIXIN_DATA_KEY is not set: make a key with `huixin new-key` and keep it safe")
    use_keyring(Keyring.from_text(key))


@asynccontextmanager
async def open_parts(
    settings: Settings, clock: Clock | None = None, channels: Mapping[str, Channel] | None = None
) -> AsyncIterator[Parts]:
    """Build everything that has no loop of its own; release it in the end.

    Content comes from the edition in force; while none was ever approved, from the folder.
    """
    use_key(settings)
    async with AsyncExitStack() as stack:
        database = Database(settings.database)
        stack.push_async_callback(database.close)
        number, reader, content = await _content(settings, database)
        if channels is None:
            channels = load_channels(settings.channels) if settings.channels else {}
        for channel in channels.values():
            stack.push_async_callback(channel.gateway.close)
        first = _first_channel(settings, channels)
        _warn_of_missing_templates(channels, content)
        second = second_of(settings, reader, content)
        if second is not None:
            stack.push_async_callback(second.close)
        alert = Alert(settings.alert_command, settings.alert_url)
        stack.push_async_callback(alert.finish)
        mind = Mind(
            reader,
            content,
            timedelta(seconds=settings.settle_seconds),
            first,
            wonder=second.wonder if second else None,
            patience=second.patience if second else timedelta(0),
            alert=alert,
        )
        in_force = InForce(database, mind, number, _telling(second))
        yield Parts(settings, database, in_force, channels, clock or Clock(), second, alert)


def _first_channel(settings: Settings, channels: Mapping[str, Channel]) -> str:
    """Where customers who never wrote are texted."""
    first = settings.default_channel or next(iter(channels), "none")
    if channels and first not in channels:
        raise SettingsError(f"HUIXIN_DEFAULT_CHANNEL: there is no channel {first!r}; there are {', '.join(channels)}")
    return first


def _warn_of_missing_templates(channels: Mapping[str, Channel], content: Content) -> None:
    for name, texts in check_templates(channels, content.responses).items():
        for language, responses in texts.items():
            log.warning("responses without template", channel=name, language=language, responses=",".join(responses))


async def _content(settings: Settings, database: Database) -> tuple[int | None, Reader, Content]:
    """What decides, and as which edition. Raise ContentError."""
    number, files = await governing(database)
    if files is None:
        root = settings.dialogues or dialogues.ROOT
        return None, Reader.load(root), dialogues.load(root, settings.bank_words())
    try:
        return number, *thinking(files, settings.bank_words())
    except ContentError as error:
        raise unloadable(number, error) from None


def _telling(second: Second | None) -> Callable[[Mind], None]:
    def adopted(mind: Mind) -> None:
        if second is not None:
            second.adopt(mind.reader, mind.content.briefing)

    return adopted


def second_of(settings: Settings, reader: Reader, content: Content) -> Second | None:
    """The second reader that the settings name, or none. Raise SettingsError where one lacks what it needs."""
    if settings.second_reader == "none":
        return None
    if not _is_address(settings.second_url):
        raise SettingsError("HUIXIN_SECOND_URL: a second reader needs an address, such as http://127.0.0.1:5005")
    key, timeout = settings.second_key.get_secret_value(), settings.second_timeout
    if not (key.isascii() and key.isprintable()):
        raise SettingsError("HUIXIN_SECOND_KEY: a key has ASCII letters, digits and marks only, and no line break")
    other: SecondReader
    if settings.second_reader == "rasa":
        other = RasaReader(settings.second_url, key, timeout)
    elif settings.second_model:
        other = OpenAiReader(settings.second_url, settings.second_model, key, timeout, content.briefing)
    else:
        raise SettingsError("HUIXIN_SECOND_MODEL: name the model that the server shall use")
    return Second(other, reader, content.briefing, timeout)


def _is_address(url: str) -> bool:
    try:
        return URL(url).scheme in ("http", "https") and bool(URL(url).host)
    except ValueError:
        return False


async def check_schema(database: Database) -> None:
    """Refuse to run on a database that is not at this version's schema."""
    if await migrate.drift(database):
        raise SettingsError("the database is not at this version's schema: run `huixin migrate`")


def defaults_of(settings: Settings) -> Defaults:
    """What portfolio rows mean where they leave a column out."""
    return Defaults(settings.language, settings.zone, settings.jurisdiction, settings.currency, settings.region)
