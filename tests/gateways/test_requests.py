"""What leaves for each provider, octet for octet, and what the answer that takes it says."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from bot.gateways import GATEWAYS
from bot.gateways.alibaba_api import signed_headers as alibaba_headers
from bot.gateways.base import Accepted, Delivery, Outgoing, RawRequest
from bot.gateways.generic import GenericGateway
from bot.gateways.kannel import KannelGateway
from bot.gateways.sign import sign_generic
from bot.gateways.tencent_api import signed_headers as tencent_headers
from tests.gateways.test_sending import ACCOUNT, NOW, SECRET, TEMPLATE, TEXT, Request, gateway, provider

NOT_OVER_HTTP = {"cmpp", "smpp", "simulator"}
PLAIN = Outgoing("o-1", "+8613900000000", "@£ {5}", 3600)


@dataclass(frozen=True, slots=True)
class Case:
    """A text, what the provider answers, and what must have left: `says` is the form, query or JSON in it."""

    kind: str
    answer: tuple[int, str]
    accepted: Accepted
    target: str
    says: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    message: Outgoing = TEXT


JASMIN = {
    "username": "user", "password": "pass", "from": "10691234", "to": "+8613900000000", "validity-period": "60",
    "dlr": "yes", "dlr-url": "https://bot.example/hooks/jasmin/token?ref=o-1", "dlr-level": "3", "dlr-method": "POST",
}  # fmt: skip
CASES = [
    Case(
        "generic", (200, '{"provider_id":"p-1","status":"sent"}'), Accepted(("p-1",), Delivery.SENT), "/send",
        {"id": "o-1", "to": TEXT.to, "from": "10691234", "text": TEXT.text, "valid_seconds": 3600},
        {"content-type": "application/json; charset=utf-8"},
    ),
    Case(
        "generic", (204, ""), Accepted(()), "/send",
        {"id": "o-1", "to": TEXT.to, "from": "10691234", "text": "", "valid_seconds": 3600,
         "template": {"code": "SMS_1", "params": {"1": "张"}}},
        message=TEMPLATE,
    ),
    Case(
        "twilio", (201, '{"sid":"SM1","status":"queued","error_code":null}'), Accepted(("SM1",)),
        f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        {"To": TEXT.to, "From": "+14155550199", "Body": TEXT.text, "ValidityPeriod": "3600",
         "StatusCallback": "https://bot.example/hooks/twilio/1?k=v&ref=o-1#rc=5&rp=all"},
        {"authorization": "Basic " + base64.b64encode(f"{ACCOUNT}:tok".encode()).decode()},
    ),
    Case(
        "alibaba", (200, '{"Code":"OK","BizId":"b^1","Message":"OK","RequestId":"r"}'), Accepted(("b^1",)), "/",
        {"OutId": "o-1", "PhoneNumbers": "13900000000", "SignName": "示例银行", "TemplateCode": "SMS_1",
         "TemplateParam": '{"1":"张"}'},
        message=TEMPLATE,
    ),
    Case(
        "tencent", (200, '{"Response":{"SendStatusSet":[{"SerialNo":"s-1","Code":"Ok","Message":"send success"}]}}'),
        Accepted(("s-1",)), "/",
        {"PhoneNumberSet": [TEXT.to], "SmsSdkAppId": "1400000000", "TemplateId": "SMS_1", "SignName": "示例银行",
         "TemplateParamSet": ["张"], "SessionContext": "o-1"},
        message=TEMPLATE,
    ),
    Case(
        "vonage",
        (200, '{"messages":[{"status":"0","message-id":"m-1"},{"status":"0","message-id":"m-2"},{"status":"5"}]}'),
        Accepted(("m-1", "m-2")), "/sms/json",
        {"api_key": "key", "api_secret": "secret", "from": "447700900000", "to": "8613900000000", "text": TEXT.text,
         "type": "unicode", "ttl": "3600000", "client-ref": "o-1", "status-report-req": "1",
         "callback": "https://bot.example/hooks/vonage/1"},
    ),
    Case(
        "kannel", (202, "0: Accepted for delivery"), Accepted(()), "/cgi-bin/sendsms",
        {"text": TEXT.text.encode("utf-16-be")},
        {"content-type": "text/plain; charset=UTF-16BE", "x-kannel-username": "user", "x-kannel-password": "pass",
         "x-kannel-from": "10691234", "x-kannel-to": TEXT.to, "x-kannel-smsc": "smsc-1", "x-kannel-coding": "2",
         "x-kannel-validity": "60", "x-kannel-dlr-mask": "31",
         "x-kannel-dlr-url": "https://bot.example/hooks/kannel/token?ref=o-1&d=%d&a=%A&f=%F&ts=%T"},
    ),
    Case(
        "kannel", (202, "3: Queued for later delivery"), Accepted(()), "/cgi-bin/sendsms", {"text": "@£ {5}".encode()},
        {"content-type": "text/plain; charset=UTF-8", "x-kannel-coding": "0"}, PLAIN,
    ),
    Case(
        "jasmin", (200, 'Success "16fd2706-8baf"'), Accepted(("16fd2706-8baf",)), "/send",
        {**JASMIN, "coding": "8", "hex-content": TEXT.text.encode("utf-16-be").hex()},
    ),
    Case(
        "jasmin", (200, 'Success "16fd2706-8baf"'), Accepted(("16fd2706-8baf",)), "/send",
        {**JASMIN, "coding": "0", "hex-content": b"\x00\x01 \x1b(5\x1b)".hex()}, message=PLAIN,
    ),
]  # fmt: skip


def said_in(request: Request) -> Mapping[str, Any]:
    """The form, query or JSON of a request; a plain body as `text`."""
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        return dict(json.loads(request.body))
    if kind.startswith("text/plain"):
        return {"text": request.body}
    return dict(parse_qsl((request.body.decode() or urlsplit(request.target).query), strict_parsing=True))


@pytest.mark.parametrize("case", CASES, ids=[f"{case.kind} {at}" for at, case in enumerate(CASES)])
async def test_a_text_leaves_exactly_so(case: Case) -> None:
    async with provider(*case.answer) as (base, seen):
        built = gateway(case.kind, base)
        assert await built.send(case.message, NOW) == case.accepted
        await built.close()
    (request,) = seen
    assert (request.method, urlsplit(request.target).path) == ("POST", case.target)
    assert said_in(request) == case.says
    assert case.headers.items() <= request.headers.items()
    assert signed(case.kind, request).items() <= request.headers.items()


def signed(kind: str, request: Request) -> Mapping[str, str]:
    """The headers with which a provider that wants signatures must have been asked."""
    host = request.headers["host"]
    if kind == "generic":
        GenericGateway([SECRET]).verify(RawRequest("POST", "", "", request.headers, (), request.body), NOW)
        return sign_generic(SECRET, "o-1", 1795399200, request.body)
    if kind == "alibaba":
        nonce = request.headers["x-acs-signature-nonce"]
        return alibaba_headers("AKID", "SECRET", host, urlsplit(request.target).query, NOW, nonce)
    if kind == "tencent":
        return tencent_headers("AKID", "SECRET", host, "ap-guangzhou", request.body, NOW)
    return {}


async def test_kannel_gets_no_header_that_is_not_set_and_a_minute_at_least() -> None:
    async with provider(202, "0: Accepted for delivery") as (base, seen):
        built = KannelGateway(["t" * 22], (), base, "user", "pass")
        await built.send(Outgoing("o-1", "+447700900001", "é £5", 30), NOW)
        await built.close()
    assert seen[0].headers["x-kannel-validity"] == "1"
    assert not {"x-kannel-from", "x-kannel-smsc", "x-kannel-dlr-url"} & set(seen[0].headers)


def test_every_gateway_that_asks_over_http_is_here() -> None:
    assert {case.kind for case in CASES} == GATEWAYS.keys() - NOT_OVER_HTTP
