"""Sending: the exact request that leaves, and what each answer of a provider means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from bot.gateways.alibaba import AlibabaGateway
from bot.gateways.base import Accepted, Delivery, ErrorClass, Gateway, Outgoing, SendError
from bot.gateways.generic import GenericGateway
from bot.gateways.http import Http, Reply, masked, retry_after
from bot.gateways.jasmin import JasminGateway
from bot.gateways.kannel import KannelGateway
from bot.gateways.sign import sign_generic
from bot.gateways.tencent import TencentGateway
from bot.gateways.twilio import TwilioGateway
from bot.gateways.vonage import VonageGateway
from tests.ports import free_port

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ACCOUNT = "AC" + "0" * 32
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TEXT = Outgoing("o-1", "+8613900000000", "【示例银行】您好 & good day", 3600)
TEMPLATE = Outgoing("o-1", "+8613900000000", "", 3600, "SMS_1", {"1": "张"})


KINDS = ["generic", "twilio", "alibaba", "tencent", "vonage", "kannel", "jasmin"]


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
    if kind == "kannel":
        user = ("user", "pass", "10691234", "smsc-1", "https://bot.example/hooks/kannel/token")
        return KannelGateway(["t" * 22], (), base + "/cgi-bin/sendsms", *user, timeout)
    if kind == "jasmin":
        login = ("user", "pass", "10691234", "https://bot.example/hooks/jasmin/token")
        return JasminGateway(["t" * 22], (), base + "/send", *login, timeout)
    if kind == "vonage":
        login = ("key", "secret", "447700900000", "https://bot.example/hooks/vonage/1")
        return VonageGateway(["sekret"], "sha256", (), *login, base + "/", timeout)
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


async def test_twilio_waits_ten_hours_at_most() -> None:
    async with provider(201, '{"sid":"SM1","status":"queued"}') as (base, seen):
        built = TwilioGateway(ACCOUNT, ["tok"], messaging_service_sid="MG1", api_base=base)
        await built.send(Outgoing("o-1", "+14155550100", "x", 90_000), NOW)
        await built.close()
    (form,) = [dict(parse_qsl(request.body.decode())) for request in seen]
    assert (form["ValidityPeriod"], form["MessagingServiceSid"]) == ("36000", "MG1")
    assert "From" not in form and "StatusCallback" not in form


async def test_vonage_sends_plain_text_plainly_and_waits_20_seconds_at_least() -> None:
    async with provider(200, '{"messages":[{"status":"0","message-id":"m-1"}]}') as (base, seen):
        built = gateway("vonage", base)
        await built.send(Outgoing("o-1", "+447700900001", "Hello", 1), NOW)
        await built.send(Outgoing("o-1", "+447700900001", "Hello", 10**9), NOW)
        await built.close()
    forms = [dict(parse_qsl(request.body.decode())) for request in seen]
    assert [(form["type"], form["ttl"]) for form in forms] == [("text", "20000"), ("text", "604800000")]


@pytest.mark.parametrize("kind", ["twilio", "vonage", "kannel", "jasmin"])
async def test_a_text_whose_time_is_over_stays_here(kind: str) -> None:
    with pytest.raises(SendError) as caught:
        await gateway(kind, "http://127.0.0.1:1").send(Outgoing("o-2", "+447700900001", "Hello", 0), NOW)
    assert caught.value.kind is ErrorClass.THROTTLED


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
        await sent(kind, f"http://127.0.0.1:{free_port()}")
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
        "vonage": VonageGateway(["sekret"]),
        "kannel": KannelGateway(["t" * 22]),
        "jasmin": JasminGateway(["t" * 22]),
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
        (404, "<html>nginx", ErrorClass.CONFIG),
        (404, "{}", ErrorClass.CONFIG),
        (404, '{"ref":"o-2"}', ErrorClass.CONFIG),
        (200, "", ErrorClass.CONFIG),
        (200, '{"provider_id":"p-1"}', ErrorClass.CONFIG),
        (200, '{"status":"eaten"}', ErrorClass.CONFIG),
        (204, "", ErrorClass.CONFIG),
        (401, "", ErrorClass.CONFIG),
        (429, "", ErrorClass.THROTTLED),
        (500, "", ErrorClass.RETRYABLE),
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
