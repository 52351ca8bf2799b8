"""Mutated requests through the whole door: webhook, verify, parse, store. Never a 5xx, never a forgery in the store."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from aiohttp import ClientResponseError, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import func, select
from yarl import URL

from bot import receive
from bot.gateways.base import RawRequest
from bot.gateways.channel import Channel
from bot.store.session import Database
from bot.store.tables import METADATA
from tests.gateways.test_fuzz import ADAPTERS, NOW, mutations
from tests.machine import STRANGER

REQUESTS = 1000  # of each kind; test_fuzz has 10,000 of each that go no further than the gateway
QUERY = "ref=o%ED%A0%80"  # what as_twilio signs
AT_ONCE = 50


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite alone: what is stored is the same on both."""
    return f"sqlite:///{tmp_path / 'huixin.db'}"


@pytest.mark.parametrize("kind", ADAPTERS)
async def test_whatever_comes_is_answered_and_only_what_is_authentic_is_stored(kind: str, database: Database) -> None:
    gateway, body, request = ADAPTERS[kind]
    captured = request(body)
    signed = kind.split()[0] in ("generic", "twilio", "vonage")
    box = receive.Inbox(database, STRANGER, lambda: None)
    app = web.Application()
    receive.mount(app, {"1": Channel("1", gateway, "", "")}, box, "https://bot.example", lambda: NOW)
    flusher = asyncio.create_task(box.run())
    async with TestClient(TestServer(app)) as client:
        assert await post(client, captured) == 200
        stored = await count(database)
        # Under a captured signature, or on the right path with a wrong token: refused, or what is stored already.
        changed = list(islice(mutations(body, seed=4), REQUESTS))
        forged = [
            replace(captured, body=one) if signed else replace(request(one), path_token="x" * 22) for one in changed
        ]
        answers = await post_all(client, forged)
        assert set(answers) <= {200, 401, 413} and answers[401] > REQUESTS * 0.9
        dead = await count(database) - stored
        assert (await count(database))["inbound"] == stored["inbound"], "a forgery was stored"
        assert (await count(database))["receipt"] == stored["receipt"], "a forgery was stored"
        assert dead["dead_letter"] <= answers[200]
        # Signed anew, or on the right path: read, or kept as a dead letter, or not a request at all.
        answers = await post_all(client, [request(one) for one in changed])
        assert set(answers) <= {200, 400, 401, 413}
        if "vonage" not in kind:  # whose signature is in the body, and so is broken with it
            assert answers[200] > 0
            assert sum((await count(database)).values()) > sum(stored.values())
    box.stop()
    await flusher
    await database.close()


async def post_all(client: TestClient[web.Request, web.Application], requests: list[RawRequest]) -> Counter[int]:
    """How often each status was answered."""
    answers: Counter[int] = Counter()
    for first in range(0, len(requests), AT_ONCE):
        answers.update(await asyncio.gather(*(post(client, one) for one in requests[first : first + AT_ONCE])))
    return answers


async def post(client: TestClient[web.Request, web.Application], request: RawRequest) -> int:
    """Put a request on the wire as it is; the status."""
    path = f"/hooks/1/{request.path_token}" if request.path_token else "/hooks/1"
    query = request.raw_query or QUERY if not request.path_token or request.method == "GET" else ""
    escaped = "".join(c if "!" <= c <= "~" and c not in '#<>"' else f"%{ord(c):02X}" for c in query)
    target = URL(f"{client.make_url('/')}".rstrip("/") + path + (f"?{escaped}" if escaped else ""), encoded=True)
    body = request.body if request.method == "POST" else None
    try:
        async with client.session.request(request.method, target, data=body, headers=dict(request.headers)) as answer:
            return answer.status
    except ClientResponseError:
        return 0


async def count(database: Database) -> Counter[str]:
    """How many rows each table of arrivals has."""
    found: Counter[str] = Counter()
    async with database.read() as connection:
        for name in ("inbound", "receipt", "dead_letter", "part"):
            rows = METADATA.tables[name]
            found[name] = (await connection.execute(select(func.count()).select_from(rows))).scalar_one()
    return found
