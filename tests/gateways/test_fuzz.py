"""10,000 mutated requests a provider: nothing but Refused, Malformed or a reading comes out, no forgery comes in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from urllib.parse import urlencode

import pytest

from bot.gateways import GATEWAYS
from bot.gateways.alibaba import AlibabaGateway
from bot.gateways.base import Gateway, Malformed, Parsed, RawRequest, Refused
from bot.gateways.generic import GenericGateway
from bot.gateways.jasmin import JasminGateway
from bot.gateways.kannel import KannelGateway
from bot.gateways.payload import load_form
from bot.gateways.sign import sign_generic, sign_twilio, sign_vonage
from bot.gateways.tencent import TencentGateway
from bot.gateways.twilio import TwilioGateway
from bot.gateways.vonage import VonageGateway

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SECRET, TOKEN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "t" * 22
ACCOUNT, SID, URL = "AC" + "0" * 32, "SM" + "1" * 32, "https://bot.example/hooks/1"
ROUNDS = 10_000

EVENTS = json.dumps(
    {
        "type": "batch",
        "data": [
            {
                "type": "message.received",
                "data": {
                    "id": "m1",
                    "from": "+8613900000000",
                    "to": "1069",
                    "text": "周五还500",
                    "received_at": "2026-11-23T10:00:00+08:00",
                    "opted_out": False,
                },
            },
            {
                "type": "message.status",
                "data": {"id": "p1", "ref": "o1", "status": "failed", "error_class": "permanent"},
            },
        ],
    },
    ensure_ascii=False,
).encode()
PUSHES = json.dumps(
    [
        {"phone_number": "139", "content": "还", "send_time": "2026-11-23 10:00:00", "sequence_id": 12},
        {"success": False, "err_code": "MK:0001", "biz_id": "b", "report_time": "20261123100000"},
    ],
    ensure_ascii=False,
).encode()
MOBILE = json.dumps(
    {"extend": "01", "mobile": "139", "nationcode": "86", "sign": "示例银行", "text": "还", "time": 1795399200},
    ensure_ascii=False,
).encode()
REPORTS = b'[{"report_status":"FAIL","errmsg":"MK:0001","sid":"s","user_receive_time":"2026-11-23 10:00:00"}]'
FORM = urlencode(
    {
        "AccountSid": ACCOUNT,
        "Body": "I can pay Friday 好",
        "From": "+14155550100",
        "FromCity": "SAN FRANCISCO",
        "MessageSid": SID,
        "NumMedia": "0",
        "OptOutType": "",
        "To": "+14155550199",
    }
).encode()
PIECE = {
    "concat": "true",
    "concat-part": "1",
    "concat-ref": "8",
    "concat-total": "2",
    "message-timestamp": "2026-11-23 02:00:00",
    "messageId": "0A01",
    "msisdn": "8613900000000",
    "text": "还 a&b=c",
    "timestamp": "1795399200",
    "to": "1069",
}
DLR = {"client-ref": "o-1", "err-code": "9", "messageId": "0A02", "status": "failed", "timestamp": "1795399200"}
GET_URL = (
    b"id=1a2b&ts=1795399200&from=%2B8613900000000&to=1069&text=%5Ba%9A%8F&charset=UTF-16BE&coding=2"
    b"&udh=%05%00%03%07%02%01"
)
DLR_URL = b"ref=o-1&d=2&a=id%3A1+stat%3AUNDELIV+err%3A001+text%3Ahello&f=77&ts=1795399200"
THROWN = b"id=16fd2706&from=%2B86139&to=1069&coding=8&binary=5468&content=%5Ba%00&origin-connector=c&priority=1"
LEVEL_2 = b"id=16fd2706&message_status=UNDELIV&level=2&err=001&id_smsc=2567&text=%5Ba"

TOKENS = (
    b'\x00 \xff\xfe \xef\xbb\xbf \\ud800 \\u0000 %00 %ff %ed%a0%80 { } [ ] " : , & = + % null true 1e999 -0 NaN'
    b' 9223372036854775808 0001-01-01T00:00:00+23:59 9999-12-31T23:59:59-23:59 99999999999999 [[[[[[[[ {"a":'
    b" STOP MessageStatus=delivered &Body=STOP &Body &To=&To= #"
).split(b" ")


def mutations(body: bytes, seed: int) -> Iterator[bytes]:
    """The body with one to four things wrong, the same for the same seed."""
    chance = Random(seed)
    for _ in range(ROUNDS):
        changed = bytearray(body)
        for _ in range(chance.randint(1, 4)):
            start = chance.randrange(len(changed) + 1)
            end = min(len(changed), start + chance.choice((0, 1, 1, 2, 8, 40)))
            match chance.randrange(5):
                case 0:
                    del changed[start:end]
                case 1:
                    changed[start:start] = chance.choice(TOKENS)
                case 2:
                    changed[start:end] = chance.choice(TOKENS)
                case 3:
                    changed[start:start] = changed[end : end + chance.randrange(40)]
                case _ if start < len(changed):
                    changed[start] ^= 1 << chance.randrange(8)
        yield bytes(changed)


def storable(parsed: Parsed) -> bool:
    """Whether any database can hold all that was read."""
    found = [x for m in parsed.messages for x in (m.sender, m.destination, m.text, m.provider_id)]
    found += [x for r in parsed.receipts for x in (r.provider_id, r.our_ref, r.code)] + [*parsed.unreadable]
    moments = [m.provider_at for m in parsed.messages] + [r.provider_at for r in parsed.receipts]
    return "\0" not in "".join(found).encode().decode() and all(at is None or at.tzinfo is UTC for at in moments)


def as_generic(body: bytes) -> RawRequest:
    return RawRequest("POST", URL, "", sign_generic(SECRET, "evt_1", int(NOW.timestamp()), body), (), body)


def on_secret_path(body: bytes) -> RawRequest:
    return RawRequest("POST", URL, TOKEN, {}, (), body)


def as_twilio(body: bytes) -> RawRequest:
    try:
        signature = sign_twilio("tok", URL + "?ref=o%ED%A0%80", load_form(body))
    except Malformed:
        signature = "none"
    return RawRequest("POST", URL, "", {"x-twilio-signature": signature}, (("ref", "o\ud800"),), body)


def as_vonage(body: bytes) -> RawRequest:
    json_or_form = "application/json" if body.startswith(b"{") else "application/x-www-form-urlencoded"
    return RawRequest("POST", URL, "", {"content-type": json_or_form}, (), body)


def by_vonage(params: dict[str, str]) -> dict[str, str]:
    return {**params, "sig": sign_vonage("sekret", params)}


def by_query(body: bytes) -> RawRequest:
    return RawRequest("GET", URL, TOKEN, {}, (), b"", raw_query=body.decode("latin-1"))


ADAPTERS: dict[str, tuple[Gateway, bytes, Callable[[bytes], RawRequest]]] = {
    "generic": (GenericGateway([SECRET]), EVENTS, as_generic),
    "alibaba": (AlibabaGateway([TOKEN]), PUSHES, on_secret_path),
    "tencent": (TencentGateway([TOKEN]), MOBILE, on_secret_path),
    "tencent reports": (TencentGateway([TOKEN]), REPORTS, on_secret_path),
    "vonage form": (VonageGateway(["sekret"]), urlencode(by_vonage(PIECE)).encode(), as_vonage),
    "vonage json": (VonageGateway(["sekret"]), json.dumps(by_vonage(DLR)).encode(), as_vonage),
    "kannel": (KannelGateway([TOKEN]), GET_URL, by_query),
    "kannel reports": (KannelGateway([TOKEN]), DLR_URL, by_query),
    "jasmin": (JasminGateway([TOKEN]), THROWN, on_secret_path),
    "jasmin reports": (JasminGateway([TOKEN]), LEVEL_2, on_secret_path),
    "twilio": (TwilioGateway(ACCOUNT, ["tok"]), FORM, as_twilio),
}


@pytest.mark.parametrize("kind", ADAPTERS)
def test_an_authentic_but_broken_body_is_read_or_malformed(kind: str) -> None:
    gateway, body, request = ADAPTERS[kind]
    read = 0
    for changed in mutations(body, seed=1):
        try:
            parsed = gateway.parse(request(changed))
        except Malformed:
            continue
        assert storable(parsed)
        read += 1
    assert 0 < read < ROUNDS, "the mutations should neither all be harmless nor all be fatal"


@pytest.mark.parametrize("kind", ["generic", "twilio", "vonage form", "vonage json"])
def test_no_forged_body_comes_in_under_a_captured_signature(kind: str) -> None:
    gateway, body, request = ADAPTERS[kind]
    captured = request(body)
    gateway.verify(captured, NOW)
    original = gateway.parse(captured)
    refused = 0
    for changed in mutations(body, seed=2):
        forged = replace(captured, body=changed)
        try:
            gateway.verify(forged, NOW)
            parsed = gateway.parse(forged)
        except (Refused, Malformed):
            refused += 1
            continue
        # Another spelling of the same form is no forgery; what is read must be what was signed.
        assert parsed == original
    assert refused > ROUNDS * 0.9


@pytest.mark.parametrize("kind", [kind for kind in ADAPTERS if "vonage" not in kind])  # signed in the body
def test_mutated_headers_and_tokens_are_refused_or_harmless(kind: str) -> None:
    gateway, body, request = ADAPTERS[kind]
    captured = request(body)
    names = [*captured.headers, "path_token"]
    chance = Random(3)
    for _ in range(ROUNDS):
        name = chance.choice(names)
        value = captured.path_token if name == "path_token" else captured.headers[name]
        at = chance.randrange(len(value) + 1)
        junk = chance.choice(("", "\udcff", "\ud800", " ", ".", "0", "é", "９", "v1,", ",", "\x00", "=" * 300))
        value = value[:at] + junk + value[at + chance.randrange(3) :]
        changed = (
            replace(captured, path_token=value)
            if name == "path_token"
            else replace(captured, headers={**captured.headers, name: value})
        )
        try:
            gateway.verify(changed, NOW)
        except Refused:
            continue
        unchanged = changed == captured
        listed = changed.headers.get("webhook-signature", "").split(" ")
        another_entry = kind == "generic" and captured.headers["webhook-signature"] in listed
        not_checked = name == "path_token" and not captured.path_token
        assert unchanged or another_entry or not_checked


@pytest.mark.parametrize("kind", ADAPTERS)
@pytest.mark.parametrize("filler", [b"[", b'{"a":', b'"', b"a=1&", b"\xe4\xb8\xad", b"\x00", b"9", b"[],", b"%", b"&"])
def test_ten_megabytes_of_anything_are_malformed_or_refused(kind: str, filler: bytes) -> None:
    gateway, _, request = ADAPTERS[kind]
    body = filler * (10_000_000 // len(filler))
    with pytest.raises((Malformed, Refused)):
        gateway.verify(request(body), NOW)
        gateway.parse(request(body))


def test_every_gateway_with_webhooks_is_here() -> None:
    assert {kind.split()[0] for kind in ADAPTERS} == GATEWAYS.keys() - {"cmpp", "smpp", "simulator"}
