"""Sending: the exact request that leaves, and what each answer of a provider means."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer, unused_port

from bot.gateways.alibaba import AlibabaGateway
from bot.gateways.alibaba_api import signed_headers
from bot.gateways.base import Accepted, Delivery, ErrorClass, Gateway, Outgoing, RawRequest, SendError
from bot.gateways.generic import GenericGateway
from bot.gateways.http import Http, Reply, masked, retry_after
from bot.gateways.sign import sign_generic
from bot.gateways.tencent import TencentGateway
from bot.gateways.tencent_api import signed_headers as tencent_headers
from bot.gateways.twilio import TwilioGateway

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ACCOUNT = "AC" + "0" * 32
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TEXT = Outgoing("o-1", "+8613900000000", "【示例银行】您好 & good day", 3600)
TEMPLATE = Outgoing("o-1", "+8613900000000", "", 3600, "SMS_1", {"1": "张"})


KINDS = ["generic", "twilio", "alibaba", "tencent"]


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived at the provider."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@asynccontextmanager
async def provider(
    status: int = 200, body: str = "", headers: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[str, list[Request]]]:
    """A provider that gives one answer; its address, and the requests that it saw."""
    seen: list[Request] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        names = {name.lower(): value for name, value in request.headers.items()}
        seen.append(Request(request.method, request.raw_path, names, await request.read()))
        return web.Response(status=status, text=body, headers=dict(headers or {}))

    async with RawTestServer(answer) as server:
        yield str(server.make_url("/")).rstrip("/"), seen


@asynccontextmanager
async def silence(cut_after: int = 0) -> AsyncIterator[str]:
    """A server that takes what comes and never answers, or hangs up after some bytes; its host and port."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await (reader.readexactly(cut_after) if cut_after else reader.read())
        finally:
            writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


def gateway(kind: str, base: str, timeout: float = 10.0) -> Gateway:
    if kind == "generic":
        return GenericGateway([SECRET], base + "/send", "10691234", timeout_seconds=timeout)
    if kind == "idempotent":
        return GenericGateway([SECRET], base + "/send", idempotent=True, timeout_seconds=timeout)
    if kind == "twilio":
        callback = "https://bot.example/hooks/twilio/1?k=v#rc=5&rp=all"
        return TwilioGateway(
            ACCOUNT, ["tok", "old"], "+14155550199", "", callback, (), base + "/", timeout_seconds=timeout
        )
    if kind == "tencent":
        key = ("AKID", "SECRET", "1400000000", "示例银行", "ap-guangzhou")
        return TencentGateway(["t" * 22], (), *key, base, timeout_seconds=timeout)
    return AlibabaGateway(["t" * 22], (), "AKID", "SECRET", "示例银行", base, timeout_seconds=timeout)


async def sent(kind: str, base: str, seconds: float = 10.0) -> Accepted:
    built = gateway(kind, base, seconds)
    try:
        return await built.send(TEXT if built.free_text else TEMPLATE, NOW)
    finally:
        await built.close()


async def test_the_generic_gateway_posts_what_its_own_other_end_accepts() -> None:
    async with provider(200, '{"provider_id":"p-1","status":"sent"}') as (base, seen):
        assert await sent("generic", base) == Accepted(("p-1",), Delivery.SENT)
    (request,) = seen
    assert (request.method, request.target) == ("POST", "/send")
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert json.loads(request.body) == {
        "id": "o-1",
        "to": "+8613900000000",
        "from": "10691234",
        "text": "【示例银行】您好 & good day",
        "valid_seconds": 3600,
    }
    assert sign_generic(SECRET, "o-1", 1795399200, request.body).items() <= request.headers.items()
    other_end = GenericGateway([SECRET])
    other_end.verify(RawRequest("POST", "", "", request.headers, (), request.body), NOW)


async def test_the_generic_gateway_names_the_template_where_there_is_one() -> None:
    async with provider(204) as (base, seen):
        built = gateway("generic", base)
        assert await built.send(TEMPLATE, NOW) == Accepted(())
        await built.close()
    assert json.loads(seen[0].body)["template"] == {"code": "SMS_1", "params": {"1": "张"}}


async def test_twilio_gets_a_form_with_our_reference_in_the_callback() -> None:
    async with provider(201, '{"sid":"SM1","status":"queued","error_code":null}') as (base, seen):
        assert await sent("twilio", base) == Accepted(("SM1",), Delivery.QUEUED)
    (request,) = seen
    assert (request.method, request.target) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    assert request.headers["authorization"] == "Basic " + base64.b64encode(f"{ACCOUNT}:tok".encode()).decode()
    assert dict(parse_qsl(request.body.decode(), strict_parsing=True)) == {
        "To": "+8613900000000",
        "From": "+14155550199",
        "Body": "【示例银行】您好 & good day",
        "ValidityPeriod": "3600",
        "StatusCallback": "https://bot.example/hooks/twilio/1?k=v&ref=o-1#rc=5&rp=all",
    }


async def test_twilio_waits_ten_hours_at_most_and_is_not_asked_once_the_time_is_over() -> None:
    async with provider(201, '{"sid":"SM1","status":"queued"}') as (base, seen):
        built = TwilioGateway(ACCOUNT, ["tok"], messaging_service_sid="MG1", api_base=base)
        await built.send(Outgoing("o-1", "+14155550100", "x", 90_000), NOW)
        with pytest.raises(SendError) as caught:
            await built.send(Outgoing("o-2", "+14155550100", "x", 0), NOW)
        await built.close()
    assert caught.value.kind is ErrorClass.THROTTLED
    (form,) = [dict(parse_qsl(request.body.decode())) for request in seen]
    assert (form["ValidityPeriod"], form["MessagingServiceSid"]) == ("36000", "MG1")
    assert "From" not in form and "StatusCallback" not in form


async def test_alibaba_gets_a_signed_query_and_an_empty_body() -> None:
    async with provider(200, '{"Code":"OK","BizId":"b^1","Message":"OK","RequestId":"r"}') as (base, seen):
        assert await sent("alibaba", base) == Accepted(("b^1",), Delivery.QUEUED)
    (request,) = seen
    query = urlsplit(request.target).query
    assert (request.method, request.body) == ("POST", b"")
    assert dict(parse_qsl(query, strict_parsing=True)) == {
        "OutId": "o-1",
        "PhoneNumbers": "13900000000",
        "SignName": "示例银行",
        "TemplateCode": "SMS_1",
        "TemplateParam": '{"1":"张"}',
    }
    host, nonce = request.headers["host"], request.headers["x-acs-signature-nonce"]
    assert signed_headers("AKID", "SECRET", host, query, NOW, nonce).items() <= request.headers.items()


async def test_tencent_gets_signed_json_for_one_number() -> None:
    body = '{"Response":{"SendStatusSet":[{"SerialNo":"s-1","Code":"Ok","Message":"send success"}]}}'
    async with provider(200, body) as (base, seen):
        assert await sent("tencent", base) == Accepted(("s-1",), Delivery.QUEUED)
    (request,) = seen
    assert (request.method, request.target) == ("POST", "/")
    assert json.loads(request.body) == {
        "PhoneNumberSet": ["+8613900000000"],
        "SmsSdkAppId": "1400000000",
        "TemplateId": "SMS_1",
        "SignName": "示例银行",
        "TemplateParamSet": ["张"],
        "SessionContext": "o-1",
    }
    signed = tencent_headers("AKID", "SECRET", request.headers["host"], "ap-guangzhou", request.body, NOW)
    assert signed.items() <= request.headers.items()


def tencent(code: str, message: str = "") -> str:
    return json.dumps({"Response": {"SendStatusSet": [{"SerialNo": "", "Code": code, "Message": message}]}})


E = ErrorClass
ANSWERS = [
    ("generic", 400, "", E.PERMANENT, "HTTP 400", None),
    ("generic", 422, '{"error_class":"opted_out","error_code":"B7"}', E.OPTED_OUT, "B7", None),
    ("generic", 422, '{"error_class":"nonsense"}', E.PERMANENT, "HTTP 422", None),
    ("generic", 401, "", E.CONFIG, "HTTP 401", None),
    ("generic", 403, "<html>", E.CONFIG, "HTTP 403", None),
    ("generic", 404, "", E.CONFIG, "HTTP 404", None),
    ("generic", 302, "", E.CONFIG, "HTTP 302", None),
    ("generic", 429, "", E.THROTTLED, "HTTP 429", 7.0),
    ("generic", 408, "", E.UNKNOWN, "HTTP 408", 7.0),
    ("generic", 500, "", E.UNKNOWN, "HTTP 500", 7.0),
    ("generic", 503, '{"error_class":"retryable"}', E.RETRYABLE, "HTTP 503", 7.0),
    ("generic", 200, "<html>", E.UNKNOWN, "HTTP 200", None),
    ("generic", 200, '{"status":"failed"}', E.PERMANENT, "failed", None),
    ("idempotent", 500, "", E.RETRYABLE, "HTTP 500", 7.0),
    ("idempotent", 200, "[]", E.RETRYABLE, "HTTP 200", None),
    ("twilio", 400, '{"code":21610,"message":"unsubscribed","status":400}', E.OPTED_OUT, "21610", None),
    ("twilio", 400, '{"code":21211,"message":"x","status":400}', E.PERMANENT, "21211", None),
    ("twilio", 400, '{"code":21606,"message":"x","status":400}', E.CONFIG, "21606", None),
    ("twilio", 400, '{"code":21611,"message":"x","status":400}', E.THROTTLED, "21611", 7.0),
    ("twilio", 400, '{"code":99999,"message":"x","status":400}', E.PERMANENT, "99999", None),
    ("twilio", 401, '{"code":20003,"message":"x","status":401}', E.CONFIG, "20003", None),
    ("twilio", 429, '{"code":20429,"message":"x","status":429}', E.THROTTLED, "20429", 7.0),
    ("twilio", 429, "busy", E.THROTTLED, "HTTP 429", 7.0),
    ("twilio", 500, '{"code":20500}', E.UNKNOWN, "20500", 7.0),
    ("twilio", 201, "<html>", E.UNKNOWN, "HTTP 201", None),
    ("twilio", 201, '{"sid":"SM1","status":"failed","error_code":30034}', E.CONFIG, "30034", None),
    ("alibaba", 200, '{"Code":"isv.MOBILE_NUMBER_ILLEGAL"}', E.PERMANENT, "isv.MOBILE_NUMBER_ILLEGAL", None),
    ("alibaba", 200, '{"Code":"isv.AMOUNT_NOT_ENOUGH"}', E.CONFIG, "isv.AMOUNT_NOT_ENOUGH", None),
    ("alibaba", 200, '{"Code":"isp.SYSTEM_ERROR"}', E.RETRYABLE, "isp.SYSTEM_ERROR", 7.0),
    (
        "alibaba",
        200,
        '{"Code":"isv.BLACK_KEY_CONTROL_LIMIT"}',
        E.PERMANENT,
        "isv.BLACK_KEY_CONTROL_LIMIT",
        None,
    ),
    (
        "alibaba",
        200,
        '{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"触发小时级流控Permits:5"}',
        E.THROTTLED,
        "isv.BUSINESS_LIMIT_CONTROL",
        3600.0,
    ),
    ("alibaba", 400, '{"Code":"SignatureDoesNotMatch"}', E.CONFIG, "SignatureDoesNotMatch", None),
    ("alibaba", 200, '{"Code":"isv.SOMETHING_NEW"}', E.PERMANENT, "isv.SOMETHING_NEW", None),
    ("alibaba", 502, "bad gateway", E.UNKNOWN, "HTTP 502", 7.0),
    ("alibaba", 200, "", E.UNKNOWN, "HTTP 200", 7.0),
    *(
        ("tencent", 200, tencent(code), expected, code, wait)
        for code, expected, wait in [
            ("FailedOperation.PhoneNumberInBlacklist", E.OPTED_OUT, None),
            ("FailedOperation.ContainSensitiveWord", E.PERMANENT, None),
            ("FailedOperation.InsufficientBalanceInSmsPackage", E.CONFIG, None),
            ("FailedOperation.SomethingNew", E.PERMANENT, None),
            ("UnauthorizedOperation.SdkAppIdIsDisabled", E.CONFIG, None),
            ("LimitExceeded.AppDailyLimit", E.CONFIG, None),
            ("LimitExceeded.PhoneNumberThirtySecondLimit", E.THROTTLED, 30.0),
            ("LimitExceeded.PhoneNumberDailyLimit", E.THROTTLED, 86_400.0),
            ("LimitExceeded.DeliveryFrequencyLimit", E.THROTTLED, 7.0),
            ("FailedOperation.MarketingSendTimeConstraint", E.THROTTLED, 79_200.0),  # it is ten in Shanghai
            ("InternalError.SendAndRecvFail", E.UNKNOWN, 7.0),
        ]
    ),
    (
        "tencent",
        200,
        '{"Response":{"Error":{"Code":"AuthFailure.SignatureFailure"}}}',
        E.CONFIG,
        "AuthFailure.SignatureFailure",
        None,
    ),
    (
        "tencent",
        200,
        '{"Response":{"Error":{"Code":"RequestLimitExceeded"}}}',
        E.THROTTLED,
        "RequestLimitExceeded",
        7.0,
    ),
    ("tencent", 200, '{"Response":{"SendStatusSet":[]}}', E.UNKNOWN, "HTTP 200", 7.0),
    ("tencent", 502, "bad gateway", E.UNKNOWN, "HTTP 502", 7.0),
]


@pytest.mark.parametrize(("kind", "status", "body", "expected", "code", "wait"), ANSWERS)
async def test_an_answer_has_a_class(
    kind: str, status: int, body: str, expected: ErrorClass, code: str, wait: float | None
) -> None:
    async with provider(status, body, {"retry-after": "7", "location": "/elsewhere"}) as (base, seen):
        with pytest.raises(SendError) as caught:
            await sent(kind, base)
    error = caught.value
    assert (error.kind, error.code, error.retry_after_seconds) == (expected, code, wait)
    assert len(seen) == 1, "a send is never repeated by the gateway itself"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_text_that_was_written_and_not_answered_is_unknown(kind: str) -> None:
    async with silence() as address:
        with pytest.raises(SendError) as caught:
            await sent(kind, f"http://{address}", seconds=0.2)
    assert caught.value.kind is ErrorClass.UNKNOWN
    async with silence(cut_after=100) as address:
        with pytest.raises(SendError) as caught:
            await sent(kind, f"http://{address}")
    assert caught.value.kind is ErrorClass.UNKNOWN


async def test_an_idempotent_platform_may_be_asked_again() -> None:
    async with silence() as address:
        with pytest.raises(SendError) as caught:
            await sent("idempotent", f"http://{address}", seconds=0.2)
    assert caught.value.kind is ErrorClass.RETRYABLE


@pytest.mark.parametrize("kind", KINDS)
async def test_a_text_that_was_never_written_may_be_tried_again(kind: str) -> None:
    with pytest.raises(SendError) as caught:
        await sent(kind, f"http://127.0.0.1:{unused_port()}")
    assert caught.value.kind is ErrorClass.RETRYABLE


async def test_a_handshake_that_hangs_leaves_nothing_written() -> None:
    async with silence() as address:
        http = Http(timeout_seconds=5.0, connect_seconds=0.2)
        with pytest.raises(SendError) as caught:
            await http.post(f"https://{address}/", b"x", {})
        await http.close()
    assert caught.value.kind is ErrorClass.RETRYABLE


@pytest.mark.parametrize("kind", KINDS)
async def test_a_channel_that_only_receives_says_so(kind: str) -> None:
    receiving: dict[str, Gateway] = {
        "generic": GenericGateway([SECRET]),
        "twilio": TwilioGateway(ACCOUNT, ["tok"]),
        "alibaba": AlibabaGateway(["t" * 22]),
        "tencent": TencentGateway(["t" * 22]),
    }
    built = receiving[kind]
    assert not built.can_send
    with pytest.raises(SendError, match="only receives") as caught:
        await built.send(TEXT, NOW)
    assert caught.value.kind is ErrorClass.CONFIG


@asynccontextmanager
async def asked(status: int, body: str) -> AsyncIterator[tuple[GenericGateway, list[Request]]]:
    """A generic gateway whose platform answers every look-up like this."""
    async with provider(status, body, {"retry-after": "7"}) as (base, seen):
        built = GenericGateway([SECRET], look_up_url=base + "/texts?v=1")
        assert built.can_look_up
        yield built, seen
        await built.close()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, '{"provider_id":"p-1","status":"delivered"}', Accepted(("p-1",), Delivery.DELIVERED)),
        (200, '{"status":"failed"}', Accepted((), Delivery.FAILED)),
        (404, '{"ref":"o-1"}', None),
    ],
)
async def test_a_platform_says_what_became_of_a_text(status: int, body: str, expected: Accepted | None) -> None:
    async with asked(status, body) as (built, seen):
        assert await built.look_up("o-1", NOW) == expected
    (request,) = seen
    assert (request.method, request.target, request.body) == ("GET", "/texts?v=1&ref=o-1", b"")
    assert sign_generic(SECRET, "o-1", 1795399200, b"").items() <= request.headers.items()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, "<html>nginx", E.CONFIG),
        (404, "{}", E.CONFIG),
        (404, '{"ref":"o-2"}', E.CONFIG),
        (200, "", E.CONFIG),
        (200, '{"provider_id":"p-1"}', E.CONFIG),
        (200, '{"status":"eaten"}', E.CONFIG),
        (204, "", E.CONFIG),
        (401, "", E.CONFIG),
        (429, "", E.THROTTLED),
        (500, "", E.RETRYABLE),
    ],
)
async def test_a_look_up_that_says_nothing_is_no_leave_to_send_again(status: int, body: str, kind: ErrorClass) -> None:
    async with asked(status, body) as (built, _):
        with pytest.raises(SendError) as caught:
            await built.look_up("o-1", NOW)
    assert caught.value.kind is kind


async def test_a_look_up_without_an_answer_is_worth_another_try() -> None:
    async with silence() as address:
        built = GenericGateway([SECRET], look_up_url=f"http://{address}/", timeout_seconds=0.2)
        with pytest.raises(SendError) as caught:
            await built.look_up("o-1", NOW)
        await built.close()
    assert caught.value.kind is ErrorClass.RETRYABLE


@pytest.mark.parametrize("kind", KINDS)
async def test_a_channel_that_cannot_look_up_says_so(kind: str) -> None:
    built = gateway(kind, "http://127.0.0.1:1")
    assert not built.can_look_up
    with pytest.raises(SendError, match="cannot look up"):
        await built.look_up("o-1", NOW)


@pytest.mark.parametrize("kind", ["alibaba", "tencent"])
async def test_free_text_does_not_leave_through_a_channel_of_templates(kind: str) -> None:
    built = gateway(kind, "http://127.0.0.1:1")
    assert not built.free_text
    with pytest.raises(SendError, match="templates") as caught:
        await built.send(TEXT, NOW)
    assert caught.value.kind is ErrorClass.CONFIG


@pytest.mark.parametrize("params", [{"name": "张"}, {"2": "张"}, {"1": "张", "3": "三"}])
async def test_tencents_params_are_counted(params: dict[str, str]) -> None:
    with pytest.raises(SendError, match="named 1, 2") as caught:
        await gateway("tencent", "http://127.0.0.1:1").send(Outgoing("o-1", "+861", "", 60, "1", params), NOW)
    assert caught.value.kind is ErrorClass.CONFIG


async def test_an_endless_answer_is_cut() -> None:
    async with provider(200, "x" * 1_000_000) as (base, _):
        http = Http()
        reply = await http.post(base, b"", {})
        await http.close()
    assert len(reply.body) == 64 * 1024


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("7", 7.0),
        ("9999999999999", 86_400.0),
        ("-1", None),
        ("soon", None),
        ("Mon, 23 Nov 2026 02:01:00 GMT", 60.0),
        ("Mon, 23 Nov 2026 01:00:00 GMT", 0.0),
        ("Mon, 23 Nov 2026 02:01:00", None),
    ],
)
def test_a_wait_is_read_in_seconds_or_as_a_date(header: str, expected: float | None) -> None:
    assert retry_after(Reply(429, {"retry-after": header}, b""), NOW) == expected


def test_a_providers_words_are_shown_without_numbers() -> None:
    said = "The 'To' number +1 (415) 555-0100 is not valid, nor is 13900000000. Code 30003"
    shown = masked(said)
    assert "555" not in shown and "1390" not in shown
    assert shown.startswith("The 'To' number +… is not valid")
