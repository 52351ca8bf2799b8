"""The same over HTTP: POST /api/customers and /api/payments, a JSON array of rows with the columns of the files."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.core.strategy import Strategy
from bot.intake.rows import Defaults
from bot.intake.take import PAYMENTS, PORTFOLIO, Intake, take
from bot.store.session import Database, StoreDown

API_LIMIT = 10 * 1024 * 1024


def mount(
    app: web.Application,
    database: Database,
    tokens: Sequence[str],
    defaults: Defaults,
    strategy: Callable[[], Awaitable[Strategy]],
    now: Callable[[], datetime],
) -> None:
    """Serve POST /api/customers and /api/payments: a JSON array of rows with the columns of the CSV files.

    `strategy`: what is in force, asked for with each request.
    """
    api = web.Application(client_max_size=API_LIMIT)

    def serve(kind: Intake[Any]) -> Callable[[web.Request], Any]:
        async def handler(request: web.Request) -> web.Response:
            if not _is_allowed(request, tokens):
                return web.json_response({"error": "give a valid token: Authorization: Bearer …"}, status=401)
            try:
                rows = json.loads(await request.read())
            except (ValueError, RecursionError):
                return web.json_response({"error": "the body must be a JSON array of objects"}, status=400)
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                return web.json_response({"error": "the body must be a JSON array of objects"}, status=400)
            numbered = ((n, {k: "" if v is None else str(v) for k, v in row.items()}) for n, row in enumerate(rows, 1))
            try:
                report = await take(database, kind, numbered, defaults, await strategy(), now())
            except StoreDown:
                return web.json_response({"error": "the database is down; send it all again later"}, status=503)
            return web.json_response(report.as_json())

        return handler

    api.router.add_post("/customers", serve(PORTFOLIO))
    api.router.add_post("/payments", serve(PAYMENTS))
    app.add_subapp("/api", api)


def _is_allowed(request: web.Request, tokens: Sequence[str]) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode("utf-8", "surrogateescape")
    return sum(hmac.compare_digest(given, token.encode()) for token in tokens if token) > 0
