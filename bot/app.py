"""The composition root: builds everything from the settings and runs it. The only reader of the clock."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from yarl import URL

from bot import console, dialogues, intake, receive
from bot.alert import Alert
from bot.console import Demo, Line, Office
from bot.core.calendar import local, moment
from bot.core.strategy import Strategy
from bot.demo import Rehearsal
from bot.dialogues import Content, ContentError, Responses
from bot.edition import InForce, governing, thinking
from bot.gateways.addresses import networks
from bot.gateways.channel import Channel, templates_only
from bot.hold import hold_connections
from bot.intake import Defaults, Reception
from bot.mind import Mind
from bot.nlu.read import Reader
from bot.poll import keep_polling
from bot.proxy import behind
from bot.second import OpenAiReader, RasaReader, Second, SecondReader
from bot.settings import Settings, SettingsError, check_templates, load_channels
from bot.store import agents, editions, migrate, outgoing
from bot.store.columns import use_keyring
from bot.store.inbox import StrangerDefaults
from bot.store.keys import Keyring
from bot.store.session import Database, StoreDown
from bot.worker import Worker

log = structlog.get_logger()
DRAIN_SECONDS = 20.0
MEGABYTE = 1024 * 1024
SHANGHAI = ZoneInfo("Asia/Shanghai")  # the clock of Chinese carriers


class Clock:
    """The time. In a demonstration it can be moved forward, never back."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        """This moment, aware, in UTC."""
        return self.wall() + self._ahead

    def wall(self) -> datetime:
        """The moment by the clock on the wall, wherever a demonstration has got to."""
        return datetime.now(UTC)

    def move(self, by: timedelta) -> None:
        """Move the clock of a demonstration forward."""
        self._ahead += max(by, timedelta(0))

    def move_to_working_hours(self, zone: str, not_before: datetime | None = None) -> None:
        """Let a demonstration begin at a time of day at which texts may leave, and after its own past."""
        now = max(self(), not_before or self())
        there = local(now, zone)
        if not clock_time(9, 30) <= there.time() < clock_time(18):
            day = there.date() + timedelta(days=there.time() >= clock_time(18))
            now = moment(day, clock_time(10), zone)
        self._ahead += max(timedelta(0), now - self())


@dataclass(slots=True)
class Parts:
    """Everything that runs in one process."""

    settings: Settings
    database: Database
    in_force: InForce
    channels: Mapping[str, Channel]
    clock: Clock
    second: Second | None = None

    @property
    def mind(self) -> Mind:
        """The mind as it was last looked up."""
        return self.in_force.mind


def set_up_logging(level: str) -> None:
    """Structured lines on standard error; nothing that a customer wrote, no number, no secret ever goes into one."""
    logging.basicConfig(level=level.upper(), format="%(message)s")
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)  # its lines hold query strings, which hold numbers
    for talkative in ("alembic", "rasa_sdk"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_values,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


def _without_values(_: Any, __: str, event: Any) -> Any:
    """An exception is named with the places that it went through; its message may quote a customer's text."""
    error = event.pop("exc_info", None)
    if error:
        kind, _value, trace = sys.exc_info()
        event["error"] = kind.__name__ if kind else "unknown"
        event["at"] = " < ".join(
            f"{Path(f.filename).name}:{f.lineno}" for f in reversed(traceback.extract_tb(trace)[-6:])
        )
    return event


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
        first = settings.default_channel or next(iter(channels), "none")
        if channels and first not in channels:
            raise SettingsError(
                f"HUIXIN_DEFAULT_CHANNEL: there is no channel {first!r}; there are {', '.join(channels)}"
            )
        for name, texts in check_templates(channels, content.responses).items():
            for language, responses in texts.items():
                log.warning(
                    "responses without template", channel=name, language=language, responses=",".join(responses)
                )
        second = second_of(settings, reader, content)
        mind = Mind(reader, content, timedelta(seconds=settings.settle_seconds), first)
        if second is not None:
            stack.push_async_callback(second.close)
            mind = replace(mind, wonder=second.wonder, patience=second.patience)
        alert = Alert(settings.alert_command, settings.alert_url)
        stack.push_async_callback(alert.finish)
        in_force = InForce(database, replace(mind, alert=alert), number, _telling(second))
        yield Parts(settings, database, in_force, channels, clock or Clock(), second)


async def _content(settings: Settings, database: Database) -> tuple[int | None, Reader, Content]:
    """What decides, and as which edition. Raise ContentError."""
    number, files = await governing(database)
    if files is None:
        root = settings.dialogues or dialogues.ROOT
        return None, Reader.load(root), dialogues.load(root, settings.bank_words())
    try:
        return number, *thinking(files, settings.bank_words())
    except ContentError as error:
        raise ContentError(
            f"edition {number}, which is in force, cannot be loaded by this version: {error}\n"
            "put it right in a folder, then `huixin publish propose` and, as another person, `huixin publish approve`"
        ) from None


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


@asynccontextmanager
async def running(parts: Parts, *, web_too: bool, work: bool, rehearsal: Rehearsal | None = None) -> AsyncIterator[int]:
    """Run the loops and the web server; yields the port. Leaving drains: what was taken in hand is finished."""
    settings, clock = parts.settings, parts.clock
    lease = timedelta(seconds=settings.lease_seconds)
    worker = Worker(
        parts.database,
        parts.mind,
        parts.channels,
        clock,
        settings.poll_seconds,
        lease=lease,
        parts=timedelta(seconds=settings.parts_seconds),
        second=parts.second,
        in_force=parts.in_force,
    )
    stranger = StrangerDefaults(settings.language, settings.zone, settings.jurisdiction)
    box = receive.Inbox(parts.database, stranger, worker.wake, is_urgent=lambda text: parts.mind.reader.is_urgent(text))
    async with parts.database.write() as connection:
        await outgoing.store_channels(connection, list(parts.channels))
        await editions.note_start(connection, parts.mind.content.files, clock())
    tasks = [asyncio.create_task(box.run())]
    held: list[asyncio.Task[None]] = []
    ended = asyncio.Event()
    stack = AsyncExitStack()
    try:
        port = 0
        if work:
            tasks.append(asyncio.create_task(worker.run()))
            held.append(asyncio.create_task(hold_connections(parts.database, parts.channels, box, clock)))
            held.append(asyncio.create_task(keep_polling(parts.database, parts.channels, box, clock)))
        if web_too:
            tasks.append(asyncio.create_task(parts.database.listen(ended)))
            with parts.mind.content.files.unfolded() as root:
                reception = Reception(intake.headings(root), defaults_of(settings))
            reception = replace(reception, limit=settings.upload_mb * MEGABYTE)
            runner = intake.Runner(
                parts.database,
                parts.mind,
                reception,
                clock,
                worker.wake,
                lease=min(lease, intake.LEASE),
                in_force=parts.in_force,
            )
            tasks.append(asyncio.create_task(runner.run()))
            stack.callback(runner.stop)
            port = await stack.enter_async_context(_site(parts, box, worker, rehearsal, runner))
        elif settings.metrics_port:
            watched = _watch(web.Application(), parts.database)
            port = await stack.enter_async_context(_serving(watched, settings.host, settings.metrics_port))
        if rehearsal is not None:
            tasks.append(asyncio.create_task(rehearsal.deliver_receipts(clock)))
        yield port
    finally:
        await stack.aclose()
        ended.set()
        worker.stop()
        box.stop()
        if rehearsal is not None:
            rehearsal.stop()
        _done, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
        for task in (*late, *held):  # the connections last: texts in hand are sent over them
            task.cancel()
        await asyncio.gather(*tasks, *held, return_exceptions=True)


@asynccontextmanager
async def _site(
    parts: Parts, box: receive.Inbox, worker: Worker, rehearsal: Rehearsal | None, runner: intake.Runner
) -> AsyncIterator[int]:
    settings = parts.settings
    app = web.Application(middlewares=[behind(networks(settings.trusted_proxies))])
    receive.mount(app, parts.channels, box, settings.public_url, parts.clock, parts.clock.wall)
    intake.mount(
        app,
        parts.database,
        settings.api_tokens.get_secret_value().split(),
        runner.reception.defaults,
        _strategy(parts),
        parts.clock,
    )
    _watch(app, parts.database)
    demo = None
    if rehearsal is not None:
        demo = Demo(rehearsal.phones, rehearsal.number, rehearsal.logins, parts.clock.move)
    token = None if rehearsal is not None else await _setup_token(parts)
    mute = templates_only(parts.channels)
    lines = {
        name: Line(one.signature, frozenset(one.templates) if name in mute else None)
        for name, one in parts.channels.items()
    }
    roles = frozenset(settings.code_roles.split()) if rehearsal is None else frozenset[str]()
    office = Office(parts.database, parts.mind, parts.clock, worker.wake, demo, token, lines, settings.zone)
    office = replace(office, reception=runner.reception, upload_waits=runner.wake)
    folder = settings.dialogues or dialogues.ROOT
    office = replace(office, renew=parts.in_force.or_last, folder=folder, fits=fits(parts.channels))
    office = replace(office, code_roles=roles, bank=settings.bank)
    console.mount(app, office)
    async with _serving(app, settings.host, settings.port) as port:
        yield port


def _strategy(parts: Parts) -> Callable[[], Awaitable[Strategy]]:
    async def strategy() -> Strategy:
        return (await parts.in_force()).content.rules.strategy

    return strategy


def fits(channels: Mapping[str, Channel]) -> Callable[[Responses], None]:
    """Raises ContentError where wording does not fit the templates that a channel sends."""

    def check(responses: Responses) -> None:
        try:
            check_templates(channels, responses)
        except SettingsError as error:
            raise ContentError(str(error)) from None

    return check


@asynccontextmanager
async def _serving(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None, handler_cancellation=False)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise SettingsError(
                f"port {port} on {host} cannot be used ({error.strerror}): "
                "stop what listens there, or choose another (HUIXIN_PORT, or --port of the demonstration)"
            ) from None
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _watch(app: web.Application, database: Database) -> web.Application:
    """Serve what those who watch over us look at."""
    app.router.add_get("/health", _health(database))
    app.router.add_get("/metrics", _metrics)
    return app


async def _setup_token(parts: Parts) -> str | None:
    """A database without agents is set up by whoever can read this server's output."""
    async with parts.database.read() as connection:
        if not await agents.is_first_run(connection):
            return None
    token = secrets.token_urlsafe(24)
    print(
        f"No agents yet: open {parts.settings.public_url}/login and make the admin with this token: {token}", flush=True
    )
    return token


def defaults_of(settings: Settings) -> Defaults:
    """What portfolio rows mean where they leave a column out."""
    return Defaults(settings.language, settings.zone, settings.jurisdiction, settings.currency, settings.region)


def _health(database: Database) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def health(_: web.Request) -> web.Response:
        try:
            await database.ping()
        except StoreDown:
            return web.json_response({"status": "database down"}, status=503)
        return web.json_response({"status": "ok"})

    return health


async def _metrics(_: web.Request) -> web.Response:
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def stop_signal() -> asyncio.Event:
    """From now on SIGTERM and SIGINT end nothing at once, but set this. Call it before anything is taken in hand."""
    stop = asyncio.Event()

    def stopping() -> None:
        log.info("stopping")
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping)
    return stop
