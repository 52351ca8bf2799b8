"""A channel is tried by asking its provider something harmless: right account or not, nothing is sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from bot.gateways import build
from bot.gateways.base import Checked, SendError
from bot.gateways.base import ErrorClass as E

NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)
ACCOUNT = "AC" + "0" * 32
TWILIO = {"account_sid": ACCOUNT, "auth_tokens": "12345", "from_number": "+14155550199"}
VONAGE = {"path_token": "t" * 22, "api_key": "k", "api_secret": "s", "from_number": "1"}
ALIBABA = {"path_token": "t" * 22, "access_key_id": "i", "access_key_secret": "k", "sign_name": "示例"}
TENCENT = {"path_token": "t" * 22, "secret_id": "i", "secret_key": "k", "app_id": "1", "sign_name": "示例"}
GENERIC = {"secrets": "whsec_" + "A" * 44, "send_url": "http://nowhere.test/send"}
CHANNELS = {"twilio": TWILIO, "vonage": VONAGE, "alibaba": ALIBABA, "tencent": TENCENT, "generic": GENERIC}
OPTION = dict.fromkeys(CHANNELS, "api_base") | {"generic": "look_up_url"}


async def check(kind: str, status: int, body: str) -> tuple[str, str]:
    """What a provider that answers like this makes of a check, and the request that it saw."""
    seen: list[str] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        ref = request.query.get("ref", "")
        action = request.headers.get("x-tc-action") or request.headers.get("x-acs-action", "")
        seen.append(f"{request.method} {request.path} {action}".strip())
        return web.Response(status=status, text=body.replace("REF", ref))

    async with RawTestServer(answer) as server:
        gateway = build(kind, {**CHANNELS[kind], OPTION[kind]: str(server.make_url("/"))})
        assert isinstance(gateway, Checked)
        try:
            return await gateway.check(NOW), seen[0]
        finally:
            await gateway.close()


@pytest.mark.parametrize(
    ("kind", "status", "answer", "said", "request_seen"),
    [
        ("twilio", 200, {"status": "active"}, "Twilio takes our token; the account is active",
         f"GET /2010-04-01/Accounts/{ACCOUNT}.json"),
        ("vonage", 200, {"value": 10.5}, "Vonage takes our key", "GET /account/get-balance"),
        ("alibaba", 200, {"Code": "OK"}, "Alibaba Cloud takes our key", "POST / QuerySendStatistics"),
        ("tencent", 200, {"Response": {"SendStatusStatistics": {}}}, "Tencent Cloud takes our key",
         "POST / SendStatusStatistics"),
        ("generic", 404, {"ref": "REF"}, "the platform takes our signature", "GET /"),
        ("generic", 200, {"provider_id": "1", "status": "sent"},
         "the platform takes our signature, but claims to know a text that never was", "GET /"),
    ],
)  # fmt: skip
async def test_a_right_account_is_said_to_be_right(
    kind: str, status: int, answer: object, said: str, request_seen: str
) -> None:
    assert await check(kind, status, json.dumps(answer)) == (said, request_seen)


@pytest.mark.parametrize(
    ("kind", "status", "body", "expected"),
    [
        ("twilio", 401, '{"code":20003,"message":"Authenticate"}', E.CONFIG),
        ("twilio", 200, "<html>", E.CONFIG),
        ("twilio", 404, "", E.CONFIG),
        ("vonage", 401, "", E.CONFIG),
        ("vonage", 503, "", E.RETRYABLE),
        ("alibaba", 404, '{"Code":"InvalidAccessKeyId.NotFound","Message":"x"}', E.CONFIG),
        ("alibaba", 400, '{"Code":"SignatureDoesNotMatch","Message":"x"}', E.CONFIG),
        ("tencent", 200, '{"Response":{"Error":{"Code":"AuthFailure.SecretIdNotFound","Message":"x"}}}', E.CONFIG),
        ("tencent", 200, "[]", E.RETRYABLE),
        ("generic", 401, "", E.CONFIG),
        ("generic", 404, "", E.CONFIG),
    ],
)
async def test_a_wrong_account_or_address_is_an_error_with_its_class(
    kind: str, status: int, body: str, expected: E
) -> None:
    with pytest.raises(SendError) as raised:
        await check(kind, status, body)
    assert raised.value.kind is expected


@pytest.mark.parametrize("kind", ["vonage", "alibaba", "tencent", "generic"])
async def test_a_channel_without_anything_to_ask_says_so_and_asks_nothing(kind: str) -> None:
    options = {"path_token": "t" * 22} if kind != "generic" else {"secrets": "whsec_" + "A" * 44}
    gateway = build(kind, options)
    assert isinstance(gateway, Checked)
    assert "nothing" in await gateway.check(NOW)
