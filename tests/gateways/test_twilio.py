"""Twilio: signed forms in."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

import pytest

from bot.gateways.base import (
    Delivery,
    DeliveryReceipt,
    ErrorClass,
    InboundSms,
    Malformed,
    Parsed,
    RawRequest,
    Refused,
)
from bot.gateways.sign import sign_twilio
from bot.gateways.twilio import TwilioGateway

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
URL = "https://example.com/hooks/twilio/mo"
ACCOUNT, SID = "AC" + "0" * 32, "SM" + "1" * 32
REPLY = {
    "AccountSid": ACCOUNT,
    "Body": "好的，我周五还",
    "From": "+14155550100",
    "MessageSid": SID,
    "NumMedia": "0",
    "To": "+14155550199",
}
REPORT = {k: REPLY[k] for k in ("AccountSid", "From", "MessageSid", "To")} | {"MessageStatus": "delivered"}
GOLDEN = "pln3uR/h+W5eZDNdEY1uXrxK0VU="
GATEWAY = TwilioGateway(ACCOUNT, ["12345"])


def posted(
    body: bytes, signature: str, url: str = URL, query: str = "", token: str = "", raw: bool = True
) -> RawRequest:
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    headers = {"x-twilio-signature": signature, "content-type": "application/x-www-form-urlencoded"}
    return RawRequest("POST", url, token, headers, pairs, body, raw_query=query if raw else "")


def signed(form: dict[str, str], query: str = "") -> RawRequest:
    address = f"{URL}?{query}" if query else URL
    return posted(urlencode(form).encode(), sign_twilio("12345", address, form.items()), query=query)


def test_the_signature_is_that_of_twilios_library() -> None:
    assert sign_twilio("12345", URL, REPLY) == sign_twilio("12345", URL, REPLY.items()) == GOLDEN
    GATEWAY.verify(posted(urlencode(REPLY).encode(), GOLDEN), NOW)


@pytest.mark.parametrize(
    ("url", "params", "signature"),
    [
        ("https://example.com/hooks/us", [("Body", "")], "P5bR5DzSWzY9/e7/Pe3dzleAccU="),
        (
            "https://example.com/hooks/us?ref=01J%2b%20x&b=",
            [("Body", "a&b=c + %20 中😀"), ("From", "+1"), ("a", "1"), ("B", "2")],
            "FrKFoIUQvZMEjJ4u6ZgDHttfHKI=",
        ),
        (
            "https://example.com:8443/h",
            [("Tag", "b"), ("Tag", "a"), ("Tag", "b"), ("Body", " \n")],
            "ULJ2CIULkegbWlqBN470U140f3U=",
        ),
        ("http://[2001:db8::1]/h", [], "+7lOfUuhDbLNWcvXNRU/BMF83vQ="),
    ],
)
def test_signatures_computed_by_twilios_library(url: str, params: list[tuple[str, str]], signature: str) -> None:
    """RequestValidator("12345").compute_signature of twilio 9.13.0."""
    assert sign_twilio("12345", url, params) == signature


@pytest.mark.parametrize(
    ("configured", "signed_as"),
    [
        (URL, "https://example.com:443/hooks/twilio/mo"),
        ("https://example.com:443/hooks/twilio/mo", URL),
        ("http://example.com/a", "http://example.com:80/a"),
        ("https://example.com:8443/a", "https://example.com:8443/a"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]:443/a"),
        ("https://me:pw@example.com/a", "https://me:pw@example.com:443/a"),
        (URL + "#rc=5&rp=all", URL),
        (URL + "?a=b%20c#rc=5", URL + "?a=b%20c"),
    ],
)
def test_either_spelling_of_the_configured_address_counts(configured: str, signed_as: str) -> None:
    signature = sign_twilio("12345", signed_as, REPLY.items())
    GATEWAY.verify(posted(urlencode(REPLY).encode(), signature, configured), NOW)


def test_the_query_is_signed_as_it_was_written() -> None:
    signature = sign_twilio("12345", URL + "?ref=01J%2b%20x&b=", REPLY.items())
    GATEWAY.verify(posted(urlencode(REPLY).encode(), signature, query="ref=01J%2b%20x&b="), NOW)
    with pytest.raises(Refused):
        GATEWAY.verify(posted(urlencode(REPLY).encode(), signature, query="ref=02"), NOW)


def test_a_plain_query_can_be_put_together_again() -> None:
    signature = sign_twilio("12345", URL + "?ref=01JABC", REPLY.items())
    GATEWAY.verify(posted(urlencode(REPLY).encode(), signature, query="ref=01JABC", raw=False), NOW)


def test_either_token_opens_while_one_is_being_replaced() -> None:
    TwilioGateway(ACCOUNT, ["new", "12345"]).verify(posted(urlencode(REPLY).encode(), GOLDEN), NOW)
    with pytest.raises(Refused):
        TwilioGateway(ACCOUNT, ["new", "other"]).verify(posted(urlencode(REPLY).encode(), GOLDEN), NOW)


def test_parameters_that_we_do_not_know_are_signed_too() -> None:
    form = {**REPLY, "AddOns": "", "Zeta": " spaces kept "}
    GATEWAY.verify(signed(form), NOW)
    with pytest.raises(Refused):
        GATEWAY.verify(posted(urlencode(form).encode(), GOLDEN), NOW)


def test_a_repeated_parameter_is_signed_once_per_value() -> None:
    pairs = [*REPLY.items(), ("Tag", "b"), ("Tag", "a"), ("Tag", "b")]
    signature = sign_twilio("12345", URL, [*REPLY.items(), ("Tag", "a"), ("Tag", "b")])
    GATEWAY.verify(posted(urlencode(pairs).encode(), signature), NOW)


@pytest.mark.parametrize(
    "request_",
    [
        posted(urlencode(REPLY).encode(), ""),
        posted(urlencode(REPLY).encode(), GOLDEN[:-2]),
        posted(urlencode(REPLY).encode(), "\udcff" + GOLDEN),
        posted(urlencode(REPLY | {"Body": "好的，我周五还 "}).encode(), GOLDEN),
        posted(urlencode(REPLY).encode() + b"&X=%ff", GOLDEN),
        posted("Body=好的".encode(), GOLDEN),
        posted(b"{}", sign_twilio("12345", URL, [("{}", "")])),
        posted(b"a=1&" * 300, GOLDEN),
        signed({**REPLY, "AccountSid": "AC" + "9" * 32}),
    ],
    ids=range(9),
)
def test_a_request_that_is_not_signed_by_our_account_is_refused(request_: RawRequest) -> None:
    with pytest.raises(Refused):
        GATEWAY.verify(request_, NOW)


MESSAGE = InboundSms("+14155550100", "+14155550199", "好的，我周五还", SID)


@pytest.mark.parametrize(
    ("form", "query", "expected"),
    [
        (REPLY, "", Parsed((MESSAGE,))),
        (REPLY | {"SmsStatus": "received"}, "", Parsed((MESSAGE,))),
        (
            REPLY | {"Body": " \nyes\0 "},
            "",
            Parsed((InboundSms("+14155550100", "+14155550199", " \nyes\ufffd ", SID),)),
        ),
        (REPLY | {"Body": ""}, "", Parsed((InboundSms("+14155550100", "+14155550199", "", SID),))),
        (
            REPLY | {"OptOutType": "STOP"},
            "",
            Parsed((InboundSms("+14155550100", "+14155550199", "好的，我周五还", SID, None, True),)),
        ),
        (REPLY | {"OptOutType": "HELP"}, "", Parsed((MESSAGE,))),
        (REPORT, "ref=o-1", Parsed(receipts=(DeliveryReceipt(Delivery.DELIVERED, SID, "o-1"),))),
        (
            REPORT | {"MessageStatus": "undelivered", "ErrorCode": "30003"},
            "",
            Parsed(receipts=(DeliveryReceipt(Delivery.UNDELIVERED, SID, "", "30003", ErrorClass.RETRYABLE),)),
        ),
        (
            REPORT | {"MessageStatus": "failed", "ErrorCode": "21610"},
            "",
            Parsed(receipts=(DeliveryReceipt(Delivery.FAILED, SID, "", "21610", ErrorClass.OPTED_OUT),)),
        ),
        (
            {"AccountSid": ACCOUNT, "SmsSid": SID, "SmsStatus": "sent"},
            "",
            Parsed(receipts=(DeliveryReceipt(Delivery.SENT, SID),)),
        ),
    ],
    ids=range(10),
)
def test_a_form_becomes_the_normal_form(form: dict[str, str], query: str, expected: Parsed) -> None:
    request = signed(form, query)
    GATEWAY.verify(request, NOW)
    assert GATEWAY.parse(request) == expected


@pytest.mark.parametrize(
    "form",
    [
        {k: v for k, v in REPLY.items() if k != "Body"},
        {k: v for k, v in REPLY.items() if k != "From"},
        {k: v for k, v in REPLY.items() if k != "MessageSid"},
        REPLY | {"From": "whatsapp:+14155550100"},
        REPLY | {"MessageSid": SID + "NumMedia0"},
        REPORT | {"MessageStatus": "teleported"},
    ],
    ids=range(6),
)
def test_an_authentic_form_that_cannot_be_read_is_malformed(form: dict[str, str]) -> None:
    request = signed(form)
    GATEWAY.verify(request, NOW)
    with pytest.raises(Malformed):
        GATEWAY.parse(request)


def test_two_texts_in_one_form_are_malformed() -> None:
    with pytest.raises(Malformed, match="Body is given twice"):
        GATEWAY.parse(posted(urlencode([*REPLY.items(), ("Body", "other")]).encode(), ""))


def test_a_copy_cut_up_differently_under_the_same_signature_never_looks_new() -> None:
    recut = {k: v for k, v in REPLY.items() if k != "NumMedia"} | {"MessageSid": SID + "NumMedia0"}
    request = posted(urlencode(recut).encode(), GOLDEN)
    GATEWAY.verify(request, NOW)
    with pytest.raises(Malformed):
        GATEWAY.parse(request)


@pytest.mark.parametrize("status", [200, 401, 413, 503])
def test_no_answer_holds_words_that_would_be_texted(status: int) -> None:
    answer = GATEWAY.accepted() if status == 200 else GATEWAY.refused(status)
    assert (answer.status, answer.content_type) == (status, "text/xml")
    assert answer.body == b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
