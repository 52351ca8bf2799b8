"""The bank's own platform: signed events in, the same signature out."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.gateways.base import (
    Answer,
    Delivery,
    DeliveryReceipt,
    ErrorClass,
    InboundSms,
    Malformed,
    Parsed,
    RawRequest,
    Refused,
)
from bot.gateways.generic import GenericGateway
from bot.gateways.sign import sign_generic

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEWER = "whsec_" + base64.b64encode(bytes(range(32))).decode()
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
GATEWAY = GenericGateway([SECRET])


def signed(body: bytes, secret: str = SECRET, at: datetime = NOW, message_id: str = "evt_1") -> RawRequest:
    headers = sign_generic(secret, message_id, int(at.timestamp()), body)
    return RawRequest("POST", "https://bot.example/hooks/generic/1", "", headers, (), body)


def event(kind: str, **data: object) -> bytes:
    return json.dumps({"type": kind, "timestamp": "2026-11-23T02:00:00Z", "data": data}).encode()


REPLY = event("message.received", id="m1", **{"from": "+8613900000000", "to": "10691234", "text": " 周五还 "})


def test_the_signature_is_that_of_the_published_example() -> None:
    headers = sign_generic(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_any_active_secret_opens_and_any_listed_signature_counts() -> None:
    gateway = GenericGateway([NEWER, SECRET])
    gateway.verify(signed(REPLY, SECRET), NOW)
    gateway.verify(signed(REPLY, NEWER), NOW)
    request = signed(REPLY)
    listed = "v1a,AAAA v1,AAAA " + request.headers["webhook-signature"]
    gateway.verify(RawRequest("POST", "", "", {**request.headers, "webhook-signature": listed}, (), REPLY), NOW)
    with pytest.raises(Refused):
        GATEWAY.verify(signed(REPLY, NEWER), NOW)


@pytest.mark.parametrize("seconds", [-300, -1, 0, 299, 300])
def test_five_minutes_either_way_are_fresh(seconds: int) -> None:
    GATEWAY.verify(signed(REPLY, at=NOW + timedelta(seconds=seconds)), NOW)


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_more_than_five_minutes_are_stale(seconds: int) -> None:
    with pytest.raises(Refused, match="stale"):
        GATEWAY.verify(signed(REPLY, at=NOW + timedelta(seconds=seconds)), NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": ""},
        {"webhook-id": "evt.1"},
        {"webhook-id": "evt_2"},
        {"webhook-id": "evt_\ud8001"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "1795399200.0"},
        {"webhook-timestamp": "１７９５３９９２００"},
        {"webhook-timestamp": "-1795399200"},
        {"webhook-timestamp": "9" * 400},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,\udcff"},
        {"webhook-signature": "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
    ],
)
def test_a_changed_header_is_refused(changed: dict[str, str]) -> None:
    request = signed(REPLY)
    with pytest.raises(Refused):
        GATEWAY.verify(RawRequest("POST", "", "", {**request.headers, **changed}, (), REPLY), NOW)


def test_the_signature_covers_the_raw_bytes() -> None:
    headers = signed(REPLY).headers
    with pytest.raises(Refused):
        GATEWAY.verify(RawRequest("POST", "", "", headers, (), REPLY + b" "), NOW)
    with pytest.raises(Refused):
        GATEWAY.verify(RawRequest("GET", "", "", headers, (), REPLY), NOW)


def test_a_configured_path_token_is_checked_as_well() -> None:
    gateway = GenericGateway([SECRET], path_tokens=["right"])
    request = signed(REPLY)
    gateway.verify(RawRequest("POST", "", "right", request.headers, (), REPLY), NOW)
    with pytest.raises(Refused):
        gateway.verify(RawRequest("POST", "", "wrong", request.headers, (), REPLY), NOW)


MESSAGE = InboundSms("+8613900000000", "10691234", " 周五还 ", "m1")

CASES = [
    ("a reply keeps its white space", REPLY, Parsed((MESSAGE,))),
    (
        "a moment with an offset becomes UTC",
        event("message.received", id="m2", text="ok", received_at="2026-11-23T10:00:00+08:00", **{"from": "1"}),
        Parsed((InboundSms("1", "", "ok", "m2", NOW),)),
    ),
    (
        "an unreadable moment loses no words",
        event("message.received", id="m2", text="ok", received_at="0001-01-01T00:00+23:00", **{"from": "1"}),
        Parsed((InboundSms("1", "", "ok", "m2"),)),
    ),
    (
        "without an id of its own a reply takes the webhook's",
        event("message.received", text="", opted_out=True, **{"from": "1"}),
        Parsed((InboundSms("1", "", "", "evt_1", None, True),)),
    ),
    (
        "what no database can hold is replaced",
        b'{"type":"message.received","data":{"id":"m3","from":"1","text":"a\\u0000b\\ud83d"}}',
        Parsed((InboundSms("1", "", "a\ufffdb\ufffd", "m3"),)),
    ),
    (
        "a byte order mark is no obstacle",
        b"\xef\xbb\xbf" + REPLY,
        Parsed((MESSAGE,)),
    ),
    (
        "a report is matched by our reference",
        event("message.status", ref="o1", id="p1", status="delivered", at="2026-11-23T02:00:00Z"),
        Parsed(receipts=(DeliveryReceipt(Delivery.DELIVERED, "p1", "o1", "", None, NOW),)),
    ),
    (
        "a failure carries its class",
        event("message.status", ref="o1", status="failed", error_code="E7", error_class="opted_out"),
        Parsed(receipts=(DeliveryReceipt(Delivery.FAILED, "", "o1", "E7", ErrorClass.OPTED_OUT),)),
    ),
    (
        "an undelivered text without a class may be tried again",
        event("message.status", id="p1", status="undelivered"),
        Parsed(receipts=(DeliveryReceipt(Delivery.UNDELIVERED, "p1", "", "", ErrorClass.RETRYABLE),)),
    ),
    (
        "a class beside a success means nothing",
        event("message.status", id="p1", status="sent", error_class="permanent"),
        Parsed(receipts=(DeliveryReceipt(Delivery.SENT, "p1"),)),
    ),
]


@pytest.mark.parametrize(("body", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_an_event_becomes_the_normal_form(body: bytes, expected: Parsed) -> None:
    request = signed(body)
    GATEWAY.verify(request, NOW)
    assert GATEWAY.parse(request) == expected


def test_a_bad_item_does_not_spoil_the_batch() -> None:
    items: list[object] = [
        json.loads(REPLY),
        {"type": "message.received", "data": {"from": 5, "text": "x"}},
        {"type": "batch", "data": []},
        "text",
        {"type": "message.received", "data": {"from": "2", "text": "b"}},
        json.loads(event("message.status", id="p1", status="sent")),
    ]
    parsed = GATEWAY.parse(signed(json.dumps({"type": "batch", "data": items}).encode()))
    assert [(m.sender, m.provider_id) for m in parsed.messages] == [
        ("+8613900000000", "m1"),
        ("2", "evt_1#4"),
    ]
    assert [r.provider_id for r in parsed.receipts] == ["p1"]
    assert parsed.unreadable == (
        "item 1: from is not a string",
        "item 2: type is none of message.received, message.status, batch",
        "item 3: not an object",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"\xff\xfe{\x00}\x00",
        "{“type”: 1}".encode("gb18030"),
        b'{"type":"message.received"}',
        b'{"type":"message.received","data":[]}',
        b'{"type":"message.received","data":{"from":"1"}}',
        b'{"type":"message.received","data":{"from":" ","text":"x"}}',
        b'{"type":"message.received","data":{"from":"1","text":500}}',
        b'{"type":"message.received","data":{"from":"1","text":"STOP","text":"YES"}}',
        b'{"type":"message.received","data":{"from":"1","text":"x","opted_out":"no"}}',
        b'{"type":"message.received","data":{"from":"1","text":NaN}}',
        b'{"type":"message.status","data":{"status":"delivered"}}',
        b'{"type":"message.status","data":{"id":"1","status":"eaten"}}',
        b'{"type":"message.status","data":{"id":"1","status":"failed","error_class":"bad"}}',
        b'{"type":"ping","data":{}}',
        b'{"type":"batch","data":{}}',
        b'{"type":"batch","data":[' + b"1," * 1000 + b"1]}",
        b'{"type":"message.received","data":' + b"[" * 200_000,
        b'{"type":' * 100_000,
        b'{"n":' + b"9" * 100_000 + b"}",
        event("message.received", text="x" * 10_001, **{"from": "1"}),
    ],
    ids=range(23),
)
def test_an_authentic_request_that_cannot_be_read_is_malformed(body: bytes) -> None:
    request = signed(body)
    GATEWAY.verify(request, NOW)
    with pytest.raises(Malformed):
        GATEWAY.parse(request)


def test_the_answers_carry_nothing_to_forward() -> None:
    assert GATEWAY.accepted() == Answer(200, b'{"code":0,"msg":"ok"}', "application/json")
    assert GATEWAY.refused(503) == Answer(503, b"")
