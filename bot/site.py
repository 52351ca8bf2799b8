"""What this process serves over HTTP: webhooks, the intake's API, the console, health and metrics."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot import console, dialogues, intake, receive
from bot.console import Demo, Line, Office
from bot.core.strategy import Strategy
from bot.demo import Rehearsal
from bot.departed import departed
from bot.gateways.addresses import networks
from bot.gateways.channel import Channel, templates_only
from bot.parts import Parts
from bot.proxy import behind
from bot.settings import SettingsError, fits
from bot.store import agents
from bot.store.session import Database, StoreDown


@asynccontextmanager
async def site(
    parts: Parts, box: receive.Inbox, wake: Callable[[], None], runner: intake.Runner, rehearsal: Rehearsal | None
) -> AsyncIterator[int]:
    """Serve everything; yields the port."""
    settings = parts.settings

    async def strategy() -> Strategy:
        return (await parts.in_force()).content.rules.strategy

    app = web.Application(middlewares=[behind(networks(settings.trusted_proxies))])
    receive.mount(app, parts.channels, box, settings.public_url, parts.clock, parts.clock.wall)
    tokens = settings.api_tokens.get_secret_value().split()
    intake.mount(app, parts.database, tokens, runner.reception.defaults, strategy, parts.clock)
    console.mount(app, await _office(parts, wake, runner, rehearsal))
    _watch(app, parts.database)
    async with _serving(app, settings.host, settings.port) as port:
        yield port


@asynccontextmanager
async def metrics_alone(parts: Parts) -> AsyncIterator[int]:
    """Serve health and metrics of a process that has no pages; yields the port."""
    app = web.Application()
    _watch(app, parts.database)
    async with _serving(app, parts.settings.host, parts.settings.metrics_port) as port:
        yield port


async def _office(parts: Parts, wake: Callable[[], None], runner: intake.Runner, rehearsal: Rehearsal | None) -> Office:
    settings, demo = parts.settings, None
    if rehearsal is not None:
        demo = Demo(rehearsal.phones, rehearsal.number, rehearsal.logins, parts.clock.move)
    return Office(
        parts.database,
        parts.mind,
        parts.clock,
        wake,
        demo=demo,
        setup_token=await _setup_token(parts) if demo is None else None,
        lines=_lines(parts.channels),
        zone=settings.zone,
        reception=runner.reception,
        upload_waits=runner.wake,
        code_roles=frozenset(settings.code_roles.split()) if demo is None else frozenset(),
        bank=settings.bank,
        log_ins_fail=parts.alert.log_ins_fail,
        renew=parts.in_force.or_last,
        folder=settings.dialogues or dialogues.ROOT,
        fits=fits(parts.channels),
    )


def _lines(channels: Mapping[str, Channel]) -> dict[str, Line]:
    mute = templates_only(channels)
    return {
        name: Line(one.signature, frozenset(one.templates) if name in mute else None) for name, one in channels.items()
    }


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


@asynccontextmanager
async def _serving(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    app.middlewares.insert(0, departed)
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


def _watch(app: web.Application, database: Database) -> None:
    """Serve what those who watch over us look at."""
    app.router.add_get("/health", _health(database))
    app.router.add_get("/metrics", _metrics)


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
