"""The carrier as a server: a generic channel on one side, phones on the other."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from bot.gateways.base import (
    Accepted,
    Delivery,
    DeliveryReceipt,
    ErrorClass,
    InboundSms,
    Outgoing,
    RawRequest,
    SendError,
)
from bot.gateways.carrier import carrier_app
from bot.gateways.generic import GenericGateway
from bot.gateways.sign import sign_generic
from bot.gateways.simulator import Faults, Simulator

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "A" * 32
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CUSTOMER, PORT = "+8613900000000", "10691234"
TEXT = Outgoing("o-1", CUSTOMER, "【示例银行】您好", 3600)


@dataclass(slots=True)
class Bot:
    """Our side: a generic gateway at the carrier's address, and what its webhooks brought."""

    gateway: GenericGateway
    base: str
    http: ClientSession
    messages: list[InboundSms] = field(default_factory=list)
    receipts: list[DeliveryReceipt] = field(default_factory=list)

    async def get(self, path: str) -> object:
        async with self.http.get(self.base + path) as response:
            assert response.status == 200
            return await response.json()

    async def post(self, path: str, body: object = None) -> tuple[int, str]:
        async with self.http.post(self.base + path, json=body) as response:
            return response.status, await response.text()


@asynccontextmanager
async def carrier(faults: Faults | None = None, secret: str = SECRET) -> AsyncIterator[Bot]:
    """A carrier on a port of its own, and our side of it; `secret` is the one that our side signs with."""

    async def take(body: bytes, headers: Mapping[str, str]) -> int:
        request = RawRequest("POST", "", "", headers, (), body)
        bot.gateway.verify(request, NOW)
        parsed = bot.gateway.parse(request)
        bot.messages += parsed.messages
        bot.receipts += parsed.receipts
        return 200

    app = carrier_app(Simulator(SECRET, take, faults), SECRET, lambda: NOW)
    async with TestServer(app) as server, ClientSession() as http:
        base = str(server.make_url("/")).rstrip("/")
        gateway = GenericGateway([secret], base + "/send", PORT, look_up_url=base + "/look-up")
        bot = Bot(gateway, base, http)
        yield bot
        await gateway.close()


async def test_a_text_goes_out_and_a_reply_and_the_reports_come_back() -> None:
    async with carrier() as bot:
        accepted = await bot.gateway.send(TEXT, NOW)
        assert accepted.status is Delivery.QUEUED
        assert await bot.get(f"/phones/{CUSTOMER}") == [
            {"text": "【示例银行】您好", "at": "2026-11-23T02:00:00+00:00", "our_ref": "o-1"}
        ]
        status, body = await bot.post(f"/phones/{CUSTOMER}/reply", {"text": " 周五还 ", "to": PORT})
        assert (status, json.loads(body)) == (200, {"webhook_status": 200})
        assert (await bot.post("/deliver"))[1] == '{"delivered": 2, "on_the_way": 0}'
    (reply,) = bot.messages
    assert (reply.sender, reply.destination, reply.text) == (CUSTOMER, PORT, " 周五还 ")
    assert [(one.our_ref, one.status) for one in bot.receipts] == [
        ("o-1", Delivery.SENT),
        ("o-1", Delivery.DELIVERED),
    ]
    assert {one.provider_id for one in bot.receipts} == set(accepted.provider_ids)


async def test_a_text_whose_answer_was_lost_can_be_looked_up() -> None:
    async with carrier(Faults(lost_answer=1.0)) as bot:
        assert await bot.gateway.look_up("o-1", NOW) is None
        with pytest.raises(SendError) as caught:
            await bot.gateway.send(TEXT, NOW)
        assert caught.value.kind is ErrorClass.UNKNOWN
        found = await bot.gateway.look_up("o-1", NOW)
        await bot.post("/deliver")
    assert found == Accepted((bot.receipts[0].provider_id,), Delivery.DELIVERED)


@pytest.mark.parametrize("kind", list(ErrorClass))
async def test_every_class_of_failure_travels(kind: ErrorClass) -> None:
    async with carrier(Faults(fail={kind: 1.0}, retry_after_seconds=6.5)) as bot:
        with pytest.raises(SendError) as caught:
            await bot.gateway.send(TEXT, NOW)
        assert await bot.get(f"/phones/{CUSTOMER}") == []
        assert await bot.gateway.look_up("o-1", NOW) is None
    error = caught.value
    assert (error.kind, error.code, error.reason) == (kind, f"sim-{kind}", "as the faults say")
    assert error.retry_after_seconds == (7.0 if kind is ErrorClass.THROTTLED else None)


async def test_a_stranger_can_neither_send_nor_look_up() -> None:
    async with carrier(secret=OTHER) as bot:
        for attempt in (bot.gateway.send(TEXT, NOW), bot.gateway.look_up("o-1", NOW)):
            with pytest.raises(SendError) as caught:
                await attempt
            assert (caught.value.kind, caught.value.code) == (ErrorClass.CONFIG, "HTTP 401")
        assert await bot.get(f"/phones/{CUSTOMER}") == []


async def test_an_old_signature_or_one_for_another_text_opens_nothing() -> None:
    async with carrier() as bot:
        with pytest.raises(SendError, match="401"):
            await bot.gateway.look_up("o-1", NOW - timedelta(minutes=6))
        headers = sign_generic(SECRET, "o-1", int(NOW.timestamp()), b"")
        async with bot.http.get(bot.base + "/look-up?ref=o-2", headers=headers) as response:
            assert response.status == 401


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"id":"o-1"}', b'{"id":"o-1","to":"1","text":"x","valid_seconds":"3600"}']
)
async def test_a_text_that_cannot_be_read_is_not_taken(body: bytes) -> None:
    async with carrier() as bot:
        headers = sign_generic(SECRET, "o-1", int(NOW.timestamp()), body)
        async with bot.http.post(bot.base + "/send", data=body, headers=headers) as response:
            assert response.status == 400
            assert (await response.json())["error_class"] == "permanent"


async def test_a_reply_needs_words_and_a_number() -> None:
    async with carrier() as bot:
        assert await bot.post(f"/phones/{CUSTOMER}/reply", {"text": "x"}) == (400, "to is missing")
        assert await bot.post(f"/phones/{CUSTOMER}/reply", {"to": PORT}) == (400, "text is missing")
    assert bot.messages == []
