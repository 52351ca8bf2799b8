"""The providers' own packages as judges: they sign what we verify, verify what we sign, and send what we send."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from alibabacloud_openapi_util.client import Client as AlibabaSigner
from hypothesis import example, given
from hypothesis import strategies as st
from Tea.request import TeaRequest
from tencentcloud.common.abstract_client import AbstractClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.http.request import RequestInternal
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client as TwilioClient

from bot.gateways import alibaba_api, tencent_api
from bot.gateways.base import Malformed, Outgoing, RawRequest, Refused
from bot.gateways.sign import sign_twilio
from bot.gateways.twilio import TwilioGateway
from bot.gateways.twilio_list import first_query
from tests.gateways.test_sending import ACCOUNT, NOW, TEXT, provider

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
TOKENS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
PARAMETERS = st.from_regex(r"[A-Za-z0-9_]{1,12}", fullmatch=True)
FORMS = st.dictionaries(PARAMETERS, WORDS, max_size=8).map(lambda form: {**form, "AccountSid": ACCOUNT})
BASES = st.sampled_from(
    [
        "https://bot.example/hooks/twilio", "https://bot.example:443/hooks/twilio", "https://bot.example:8443/hooks/twilio",
        "http://bot.example/hooks/twilio", "http://bot.example:80/hooks/twilio/t%2Fk", "https://bot.example/回信/twilio",
    ]
)  # fmt: skip
QUERIES = st.one_of(st.just(""), st.just("ref=o-1&"), st.dictionaries(NAMES, WORDS, max_size=3).map(urlencode))
MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))


def webhook(base: str, query: str, body: bytes, signature: str, **headers: str) -> RawRequest:
    """A request as our server hands it over, on the configured address."""
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    return RawRequest("POST", base, "", {"x-twilio-signature": signature, **headers}, pairs, body, raw_query=query)


def address(base: str, query: str) -> str:
    return f"{base}?{query}" if query else base


@given(TOKENS, BASES, QUERIES, FORMS)
@example(
    "12345", "https://bot.example/hooks/twilio", "", {"AccountSid": ACCOUNT, "Body": " 好的，我周五还 + 100% &=😀 "}
)
def test_what_twilio_signs_comes_in_and_nothing_else(token: str, base: str, query: str, form: dict[str, str]) -> None:
    signature = RequestValidator(token).compute_signature(address(base, query), form)
    gateway = TwilioGateway(ACCOUNT, ["another", token])
    gateway.verify(webhook(base, query, urlencode(form).encode(), signature), NOW)
    forgeries = [
        webhook(base, query, urlencode({**form, "Body": form.get("Body", "") + "!"}).encode(), signature),
        webhook(base, query + "&x", urlencode(form).encode(), signature),
        webhook(base, query, urlencode(form).encode(), RequestValidator(token + "x").compute_signature(base, form)),
    ]
    for forgery in forgeries:
        with pytest.raises(Refused):
            gateway.verify(forgery, NOW)


@given(TOKENS, BASES, QUERIES, FORMS)
def test_what_we_sign_as_twilio_does_twilio_takes(token: str, base: str, query: str, form: dict[str, str]) -> None:
    url = address(base, query)
    assert RequestValidator(token).validate(url, form, sign_twilio(token, url, form))


@given(TOKENS, BASES, FORMS)
def test_a_shared_key_signs_with_the_algorithm_that_its_header_names(
    token: str, base: str, form: dict[str, str]
) -> None:
    body = urlencode(form).encode()
    signature = RequestValidator(token).compute_signature(base, form, "HMAC_SHA256")
    gateway = TwilioGateway(ACCOUNT, [token])
    named = {"x-twilio-webhooks-signature-settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"}
    gateway.verify(webhook(base, "", body, signature, **named), NOW)
    for headers in ({}, {"x-twilio-webhooks-signature-settings": "algorithm=NONE"}):
        with pytest.raises(Refused):
            gateway.verify(webhook(base, "", body, signature, **headers), NOW)


@given(TOKENS, BASES, WORDS)
def test_a_json_body_is_known_by_its_digest_and_holds_no_message(token: str, base: str, text: str) -> None:
    body = json.dumps({"Body": text}, ensure_ascii=False)
    query = f"bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    validator = RequestValidator(token)
    signature = validator.compute_signature(address(base, query), {})
    assert validator.validate(address(base, query), body, signature)
    gateway = TwilioGateway(ACCOUNT, [token])
    request = webhook(base, query, body.encode(), signature)
    gateway.verify(request, NOW)
    with pytest.raises(Malformed):
        gateway.parse(request)
    for other in (b"", body.encode() + b" ", urlencode({"AccountSid": ACCOUNT, "Body": text}).encode()):
        with pytest.raises(Refused):
            gateway.verify(webhook(base, query, other, signature), NOW)


class Redirected(TwilioHttpClient):  # type: ignore[misc]
    """Twilio's own HTTP client, which calls our stand-in instead of Twilio."""

    def __init__(self, base: str):
        super().__init__()
        self.base = base

    def request(self, method: str, url: str, *rest: Any, **named: Any) -> Any:
        return super().request(method, url.replace("https://api.twilio.com", self.base), *rest, **named)


async def test_twilios_client_sends_what_we_send() -> None:
    created = json.dumps({"sid": "SM" + "1" * 32, "status": "queued"})
    async with provider(201, created) as (base, seen):
        client = TwilioClient(ACCOUNT, "tok", http_client=Redirected(base))
        options = {
            "to": TEXT.to, "from_": "+14155550199", "body": TEXT.text, "validity_period": TEXT.valid_seconds,
            "status_callback": "https://bot.example/hooks/twilio?ref=o-1#rc=5&rp=all",
        }  # fmt: skip
        theirs = await asyncio.to_thread(lambda: client.messages.create(**options))
        gateway = TwilioGateway(
            ACCOUNT, ["tok"], "+14155550199", callback_url="https://bot.example/hooks/twilio#rc=5&rp=all", api_base=base
        )
        accepted = await gateway.send(TEXT, NOW)
        await gateway.close()
    assert accepted.provider_ids == (theirs.sid,)
    one, two = seen
    assert (one.method, one.target, one.headers["authorization"], sorted(parse_qsl(one.body.decode()))) == (
        two.method, two.target, two.headers["authorization"], sorted(parse_qsl(two.body.decode()))
    )  # fmt: skip
    assert one.headers["content-type"] == two.headers["content-type"]


async def test_twilios_client_asks_for_missed_messages_as_we_do() -> None:
    async with provider(200, json.dumps({"messages": [], "page_size": 500})) as (base, seen):
        client = TwilioClient(ACCOUNT, "tok", http_client=Redirected(base))
        await asyncio.to_thread(
            lambda: client.messages.list(to="+14155550199", date_sent_after="2026-11-23", page_size=500)
        )
    assert sorted(parse_qsl(urlsplit(seen[0].target).query)) == sorted(
        parse_qsl(first_query("To", "+14155550199", NOW))
    )


@given(TOKENS, TOKENS, st.dictionaries(NAMES, WORDS, max_size=4), WORDS, MOMENTS, TOKENS)
def test_alibabas_package_signs_a_send_as_we_do(
    key_id: str, secret: str, params: dict[str, str], sign_name: str, now: datetime, nonce: str
) -> None:
    host = "dysmsapi.aliyuncs.com"
    message = Outgoing("o-1", "+8613900000000", "", 3600, "SMS_1", params)
    query = alibaba_api.send_query(message, sign_name)
    ours = alibaba_api.signed_headers(key_id, secret, host, query, now, nonce)
    request = TeaRequest()
    request.method, request.pathname = "POST", "/"
    request.query = dict(parse_qsl(query, keep_blank_values=True))
    request.headers = {name.title(): value for name, value in ours.items() if name != "authorization"}
    digest = hashlib.sha256(b"").hexdigest()
    assert request.headers["X-Acs-Content-Sha256"] == digest
    theirs = AlibabaSigner.get_authorization(request, "ACS3-HMAC-SHA256", digest, key_id, secret)
    assert ours["authorization"] == theirs


@given(TOKENS, TOKENS, st.lists(WORDS, max_size=4), WORDS, MOMENTS, st.sampled_from(["ap-guangzhou", "ap-beijing"]))
def test_tencents_package_signs_a_send_as_we_do(
    key_id: str, secret: str, params: list[str], sign_name: str, now: datetime, region: str
) -> None:
    host = "sms.tencentcloudapi.com"
    named = {str(place): value for place, value in enumerate(params, 1)}
    body = tencent_api.send_body(Outgoing("o-1", "+8613900000000", "", 3600, "1", named), "1400000000", sign_name)
    ours = tencent_api.signed_headers(key_id, secret, host, region, body, now)
    client = AbstractClient(Credential("AKID", "SECRET"), region)
    header = {"Content-Type": "application/json", "Host": host, "X-TC-Timestamp": str(int(now.timestamp()))}
    request = RequestInternal(host, "POST", "/", header, body)
    date = now.strftime("%Y-%m-%d")
    theirs = client._get_tc3_signature({}, request, date, "sms", secret)
    scope = f"Credential={key_id}/{date}/sms/tc3_request"
    assert ours["authorization"] == f"TC3-HMAC-SHA256 {scope}, SignedHeaders=content-type;host, Signature={theirs}"
