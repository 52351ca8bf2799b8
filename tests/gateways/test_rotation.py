"""Secrets are replaced without a gap: while two are set, either opens; addresses can be listed beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from bot.gateways import GATEWAYS, build
from bot.gateways.base import Gateway, RawRequest, Refused
from bot.gateways.sign import sign_generic, sign_twilio, sign_vonage

NOW = datetime(2026, 11, 23, 2, 2, tzinfo=UTC)
STAMP = int(NOW.timestamp())
URL = "https://sms.bank.example/hooks/line"
OLD, NEW, OTHER = "o" * 32, "n" * 32, "x" * 32


def whsec(secret: str) -> str:
    return "whsec_" + secret[0].upper() * 44


def raw(
    method: str = "POST", body: bytes = b"", token: str = "", headers: Mapping[str, str] | None = None
) -> RawRequest:
    return RawRequest(method, URL, token, headers or {}, (), body, remote="203.0.113.9")


def generic(secret: str) -> RawRequest:
    body = json.dumps({"type": "batch", "data": []}).encode()
    return raw(body=body, headers={k.lower(): v for k, v in sign_generic(whsec(secret), "e1", STAMP, body).items()})


def twilio(secret: str) -> RawRequest:
    params = [("AccountSid", "AC" + "0" * 32), ("Body", "你好")]
    signature = sign_twilio(secret, URL, params)
    return raw(body=urlencode(params).encode(), headers={"x-twilio-signature": signature})


def vonage(secret: str) -> RawRequest:
    params = {"msisdn": "447700900001", "timestamp": str(STAMP)}
    signed = {**params, "sig": sign_vonage(secret, params, "sha256")}
    return raw(body=urlencode(signed).encode(), headers={"content-type": "application/x-www-form-urlencoded"})


NO_WEBHOOKS = {"smpp", "cmpp", "simulator"}  # two hold connections that we open, one has no other side
TWILIO = {"account_sid": "AC" + "0" * 32}
# What a channel takes its secrets from, and a request that was made with one of them.
SIGNED: dict[str, tuple[dict[str, str], str, Callable[[str], RawRequest]]] = {
    "generic": ({}, "secrets", generic),
    "twilio": (TWILIO, "auth_tokens", twilio),
    "vonage": ({}, "signature_secrets", vonage),
    "alibaba": ({}, "path_token", lambda token: raw(token=token)),
    "tencent": ({}, "path_token", lambda token: raw(token=token)),
    "kannel": ({}, "path_token", lambda token: raw("GET", token=token)),
    "jasmin": ({}, "path_token", lambda token: raw(token=token)),
}


def gateway(kind: str, *secrets: str, **more: str) -> Gateway:
    options, name, _ = SIGNED[kind]
    given = ",".join(map(whsec, secrets) if kind == "generic" else secrets)
    return build(kind, {**options, name: given, **more})


def opens(built: Gateway, request: RawRequest) -> bool:
    try:
        built.verify(request, NOW)
    except Refused:
        return False
    return True


def test_every_gateway_with_webhooks_is_here() -> None:
    assert GATEWAYS.keys() - NO_WEBHOOKS == SIGNED.keys()


@pytest.mark.parametrize("kind", SIGNED)
def test_while_a_secret_is_replaced_the_old_and_the_new_open_and_no_other(kind: str) -> None:
    both, request = gateway(kind, NEW, OLD), SIGNED[kind][2]
    assert [opens(both, request(secret)) for secret in (OLD, NEW, OTHER)] == [True, True, False]
    after = gateway(kind, NEW)
    assert [opens(after, request(secret)) for secret in (OLD, NEW)] == [False, True]


@pytest.mark.parametrize("kind", sorted(SIGNED.keys() - {"twilio"}))  # Twilio's addresses are not fixed
def test_a_list_of_addresses_stands_beside_the_secret(kind: str) -> None:
    request = SIGNED[kind][2](OLD)
    listed = gateway(kind, OLD, allowed_addresses="203.0.113.0/24, 2001:db8::/32")
    assert opens(listed, request)
    assert opens(listed, replace(request, remote="::ffff:203.0.113.7"))
    assert not opens(listed, replace(request, remote="198.51.100.1"))
    assert not opens(listed, replace(request, remote=""))
    assert not opens(listed, replace(SIGNED[kind][2](OTHER), remote="203.0.113.9"))
