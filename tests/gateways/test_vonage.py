"""Vonage: signed parameters in, as a query, a form or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from bot.gateways.base import (
    Answer,
    Delivery,
    DeliveryReceipt,
    ErrorClass,
    InboundSms,
    Malformed,
    Parsed,
    Part,
    RawRequest,
    Refused,
)
from bot.gateways.sign import sign_vonage
from bot.gateways.vonage import VonageGateway

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
URL = "https://bot.example/hooks/vonage/1"
TOKEN = "t" * 22
GATEWAY = VonageGateway(["sekret"])

REPLY = {
    "msisdn": "447700900001",
    "to": "447700900000",
    "messageId": "0A0000000123ABCD1",
    "text": " 周五 a&b=c ",
    "type": "unicode",
    "message-timestamp": "2026-11-23 02:00:00",
    "timestamp": "1795399200",
    "nonce": "n1",
}
PIECE = REPLY | {"concat": "true", "concat-ref": "8", "concat-total": "3", "concat-part": "2"}
REPORT = {
    "msisdn": "447700900001",
    "to": "447700900000",
    "messageId": "0A02",
    "status": "delivered",
    "err-code": "0",
    "client-ref": "o-1",
    "message-timestamp": "2026-11-23 02:00:00",
    "timestamp": "1795399200",
}


def query(params: dict[str, str]) -> RawRequest:
    return RawRequest("GET", URL, "", {}, tuple(params.items()), b"", raw_query=urlencode(params))


def form(params: dict[str, str]) -> RawRequest:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return RawRequest("POST", URL, "", headers, (), urlencode(params).encode())


def as_json(params: dict[str, str]) -> RawRequest:
    headers = {"content-type": "application/json; charset=utf-8"}
    return RawRequest("POST", URL, "", headers, (), json.dumps(params).encode())


def signed(params: dict[str, str], method: str = "sha256", secret: str = "sekret") -> dict[str, str]:
    return {**params, "sig": sign_vonage(secret, params, method)}


@pytest.mark.parametrize(
    ("method", "changed", "signature"),
    [
        ("sha256", {}, "63d86882ec935636a7ccf3c2c3ada1dc3b281dba6c53fd2ce14ce7fa1640c845"),
        (
            "sha512",
            {"messageId": "0A01", "text": "a&b=c _ + %20 中😀", "type": "unicode", "concat": "true", "concat-part": "1"}
            | {"empty": "", "sig": "whatever"},
            "fa3495b2627195b5008f69754c4fed2b225e8246d17c0c5b7073e49e38d54802"
            "be02ae6e3ca9df3a500dc23abd92c43db992be1c29343c91d9f5eddcca5ffc2f",
        ),
    ],
)
def test_the_signature_is_that_of_vonages_library(method: str, changed: dict[str, str], signature: str) -> None:
    params = {
        "msisdn": "447700900001",
        "to": "447700900000",
        "messageId": "0A0000000123ABCD1",
        "text": "a&b=c",
        "type": "text",
        "timestamp": "1770000000",
    }
    nonce = {"nonce": "n1"} if method == "sha256" else {}
    assert sign_vonage("sekret", params | nonce | changed, method) == signature


@pytest.mark.parametrize("shape", [query, form, as_json])
@pytest.mark.parametrize("method", ["sha256", "sha512"])
def test_a_signed_request_comes_in_in_every_shape(shape: Callable[[dict[str, str]], RawRequest], method: str) -> None:
    gateway = VonageGateway(["newer", "sekret"], method)
    request = shape(signed(REPLY, method))
    gateway.verify(request, NOW)
    (message,) = gateway.parse(request).messages
    assert message.text == " 周五 a&b=c "
    with pytest.raises(Refused):
        gateway.verify(shape(signed(REPLY, method, "older")), NOW)
    with pytest.raises(Refused):
        gateway.verify(shape({**signed(REPLY, method), "text": "changed"}), NOW)


def test_a_query_in_the_address_alone_is_read_too() -> None:
    request = RawRequest("GET", f"{URL}?{urlencode(signed(REPLY))}", "", {}, (), b"")
    GATEWAY.verify(request, NOW)
    assert GATEWAY.parse(request).messages[0].provider_id == REPLY["messageId"]


@pytest.mark.parametrize("shown", ["upper", "lower"])
def test_the_signature_may_be_in_either_case(shown: str) -> None:
    params = signed(REPLY)
    GATEWAY.verify(form({**params, "sig": getattr(params["sig"], shown)()}), NOW)


@pytest.mark.parametrize("hours", [-0.08, 0, 1, 24, 25])
def test_a_repetition_within_a_day_is_not_stale(hours: float) -> None:
    GATEWAY.verify(form(signed(REPLY)), NOW + timedelta(hours=hours))


@pytest.mark.parametrize("hours", [-0.1, 25.1, 1000])
def test_what_is_older_or_not_yet_is_refused(hours: float) -> None:
    with pytest.raises(Refused, match="stale"):
        GATEWAY.verify(form(signed(REPLY)), NOW + timedelta(hours=hours))


@pytest.mark.parametrize(
    "request_",
    [
        form(REPLY),
        form({**REPLY, "sig": ""}),
        replace(form(signed(REPLY)), method="PUT"),
        form(signed({k: v for k, v in REPLY.items() if k != "timestamp"})),
        form(signed(REPLY | {"timestamp": "2026-11-23 02:00:00"})),
        form(signed(REPLY | {"timestamp": "１７９５３９９２００"})),
        form(signed(REPLY, "sha512")),
        RawRequest("POST", URL, "", {"content-type": "application/json"}, (), b"[]"),
        RawRequest("POST", URL, "", {"content-type": "application/json"}, (), b'{"text":1.5,"sig":"x"}'),
        RawRequest("POST", URL, "", {}, (), b"text=a&text=b&sig=x"),
        RawRequest("GET", URL, "", {}, (), urlencode(signed(REPLY)).encode()),
    ],
    ids=range(11),
)
def test_a_request_that_is_not_signed_is_refused(request_: RawRequest) -> None:
    with pytest.raises(Refused):
        GATEWAY.verify(request_, NOW)


def test_parameters_cannot_be_hidden_in_the_name_of_another() -> None:
    hidden = {k: v for k, v in REPLY.items() if k not in ("messageId", "msisdn")}
    hidden[f"messageId={REPLY['messageId']}&msisdn"] = REPLY["msisdn"]
    assert sign_vonage("sekret", hidden) == sign_vonage("sekret", REPLY)
    request = form(signed(hidden))
    with pytest.raises(Refused):
        GATEWAY.verify(request, NOW)


def test_without_signatures_the_path_is_the_password() -> None:
    gateway = VonageGateway(path_tokens=[TOKEN])
    right = RawRequest("POST", URL, TOKEN, {}, (), urlencode(REPLY).encode())
    gateway.verify(right, NOW)
    assert gateway.parse(right).messages
    with pytest.raises(Refused):
        gateway.verify(form(REPLY), NOW)


def test_a_path_token_beside_a_signature_is_checked_as_well() -> None:
    gateway = VonageGateway(["sekret"], path_tokens=["right"])
    with pytest.raises(Refused):
        gateway.verify(form(signed(REPLY)), NOW)


MESSAGE = InboundSms("+447700900001", "447700900000", " 周五 a&b=c ", "0A0000000123ABCD1", NOW)
CASES = [
    ("a reply keeps its white space", REPLY, Parsed((MESSAGE,))),
    (
        "a reply without a time, to a name",
        REPLY | {"message-timestamp": "yesterday", "to": "BANK"},
        Parsed((InboundSms("+447700900001", "BANK", " 周五 a&b=c ", "0A0000000123ABCD1"),)),
    ),
    (
        "a piece of a long reply",
        PIECE,
        Parsed(
            (
                InboundSms(
                    "+447700900001",
                    "447700900000",
                    " 周五 a&b=c ",
                    "0A0000000123ABCD1#2",
                    NOW,
                    part=Part("8", 2, 3),
                ),
            )
        ),
    ),
    ("a piece that nobody can count is read as it is", PIECE | {"concat-part": "4"}, Parsed((MESSAGE,))),
    ("a reply that is not in pieces", PIECE | {"concat": "false"}, Parsed((MESSAGE,))),
    (
        "a delivered text",
        REPORT,
        Parsed(receipts=(DeliveryReceipt(Delivery.DELIVERED, "0A02", "o-1", "0", None, NOW),)),
    ),
    (
        "a text at the carrier",
        REPORT | {"status": "buffered", "client-ref": ""},
        Parsed(receipts=(DeliveryReceipt(Delivery.SENT, "0A02", "", "0", None, NOW),)),
    ),
    (
        "a handset that stayed off",
        REPORT | {"status": "expired", "err-code": "2"},
        Parsed(receipts=(DeliveryReceipt(Delivery.UNDELIVERED, "0A02", "o-1", "2", ErrorClass.RETRYABLE, NOW),)),
    ),
    (
        "someone who refused",
        REPORT | {"status": "rejected", "err-code": "9"},
        Parsed(receipts=(DeliveryReceipt(Delivery.FAILED, "0A02", "o-1", "9", ErrorClass.OPTED_OUT, NOW),)),
    ),
    (
        "a failure for an unknown reason",
        REPORT | {"status": "failed", "err-code": "888"},
        Parsed(receipts=(DeliveryReceipt(Delivery.FAILED, "0A02", "o-1", "888", ErrorClass.PERMANENT, NOW),)),
    ),
]


@pytest.mark.parametrize(("params", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_parameters_become_the_normal_form(params: dict[str, str], expected: Parsed) -> None:
    for request in (form(signed(params)), query(signed(params)), as_json(signed(params))):
        GATEWAY.verify(request, NOW)
        assert GATEWAY.parse(request) == expected


@pytest.mark.parametrize(
    "params",
    [
        {k: v for k, v in REPLY.items() if k != "msisdn"},
        {k: v for k, v in REPLY.items() if k != "messageId"},
        {k: v for k, v in REPLY.items() if k != "text"},
        REPLY | {"type": "binary"},
        REPLY | {"text": "x" * 10_001},
        REPORT | {"status": "teleported"},
        REPORT | {"messageId": "", "client-ref": ""},
    ],
    ids=range(7),
)
def test_authentic_parameters_that_cannot_be_read_are_malformed(params: dict[str, str]) -> None:
    request = form(signed(params))
    GATEWAY.verify(request, NOW)
    with pytest.raises(Malformed):
        GATEWAY.parse(request)


def test_numbers_and_truth_in_json_are_signed_as_they_are_written() -> None:
    body = json.dumps({**signed(PIECE), "concat": True, "concat-part": 2}).encode()
    request = RawRequest("POST", URL, "", {"content-type": "application/json"}, (), body)
    GATEWAY.verify(request, NOW)
    assert GATEWAY.parse(request).messages[0].part == Part("8", 2, 3)


def test_the_answers_are_empty() -> None:
    assert GATEWAY.accepted() == Answer(200)
    assert GATEWAY.refused(503) == Answer(503)
