"""Kannel: queries on a secret path, and answers that must stay empty."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_network
from urllib.parse import quote_plus

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
from bot.gateways.kannel import KannelGateway

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TOKEN = "t" * 22
URL = f"https://bot.example/hooks/kannel/{TOKEN}"
GATEWAY = KannelGateway([TOKEN])


def asked(params: dict[str, str | bytes], token: str = TOKEN, remote: str = "", method: str = "GET") -> RawRequest:
    query = "&".join(f"{name}={quote_plus(value)}" for name, value in params.items())
    return RawRequest(method, f"{URL}?{query}", token, {}, (), b"", remote)


REPLY: dict[str, str | bytes] = {
    "id": "1a2b",
    "ts": "1795399200",
    "from": "+8613900000000",
    "to": "10691234",
    "text": " 周五还500+ ".encode("utf-16-be"),
    "charset": "UTF-16BE",
    "coding": "2",
    "udh": b"",
}
REPORT: dict[str, str | bytes] = {
    "ref": "o-1",
    "d": "1",
    "a": "id:77 sub:001 dlvrd:001 submit date:2611231000 done date:2611231001 stat:DELIVRD err:000 text:好",
    "f": "77",
    "ts": "1795399200",
}


def test_only_a_get_on_the_secret_path_from_a_listed_address_opens() -> None:
    GATEWAY.verify(asked(REPLY), NOW)
    listed = KannelGateway([TOKEN], [ip_network("10.0.0.0/8")])
    listed.verify(asked(REPLY, remote="10.1.2.3"), NOW)
    for gateway, request in (
        (GATEWAY, asked(REPLY, token="")),
        (GATEWAY, asked(REPLY, token=TOKEN[1:])),
        (GATEWAY, asked(REPLY, method="POST")),
        (listed, asked(REPLY, remote="192.0.2.1")),
    ):
        with pytest.raises(Refused):
            gateway.verify(request, NOW)


MESSAGE = InboundSms("+8613900000000", "10691234", " 周五还500+ ", "1a2b", NOW)
CASES: list[tuple[str, dict[str, str | bytes], Parsed]] = [
    ("UCS-2 keeps its white space", REPLY, Parsed((MESSAGE,))),
    ("UCS-2 without a charset", REPLY | {"charset": ""}, Parsed((MESSAGE,))),
    (
        "UCS-2 that Kannel recoded",
        REPLY | {"charset": "UTF-8", "text": " 周五还500+ "},
        Parsed((MESSAGE,)),
    ),
    (
        "seven bits are UTF-8 by now",
        REPLY | {"charset": "UTF-8", "coding": "0", "text": "Zahle Freitag, 50€ & gut"},
        Parsed((InboundSms("+8613900000000", "10691234", "Zahle Freitag, 50€ & gut", "1a2b", NOW),)),
    ),
    (
        "an older Kannel's Windows-1252",
        REPLY | {"charset": "windows-1252", "coding": "0", "text": b"50\x80"},
        Parsed((InboundSms("+8613900000000", "10691234", "50€", "1a2b", NOW),)),
    ),
    (
        "bytes that are not what they claim lose no words",
        REPLY | {"charset": "UTF-8", "coding": "0", "text": b"STOP \xff", "ts": "soon"},
        Parsed((InboundSms("+8613900000000", "10691234", "STOP \ufffd", "1a2b"),)),
    ),
    (
        "a piece of a long reply",
        REPLY | {"udh": b"\x05\x00\x03\x2a\x02\x01"},
        Parsed(
            (InboundSms("+8613900000000", "10691234", " 周五还500+ ", "1a2b", NOW, part=Part("2a", 1, 2)),),
        ),
    ),
    (
        "an empty reply",
        REPLY | {"text": b""},
        Parsed((InboundSms("+8613900000000", "10691234", "", "1a2b", NOW),)),
    ),
    (
        "a delivered text",
        REPORT,
        Parsed(receipts=(DeliveryReceipt(Delivery.DELIVERED, "77", "o-1", "DELIVRD:000", None, NOW),)),
    ),
    (
        "a text at the SMSC",
        REPORT | {"d": "8", "a": "ACK/", "f": ""},
        Parsed(receipts=(DeliveryReceipt(Delivery.SENT, "", "o-1", "", None, NOW),)),
    ),
    (
        "a handset that stayed off",
        REPORT | {"d": "2", "a": "id:77 stat:EXPIRED err:27 Text:退订"},
        Parsed(receipts=(DeliveryReceipt(Delivery.UNDELIVERED, "77", "o-1", "EXPIRED:27", ErrorClass.RETRYABLE, NOW),)),
    ),
    (
        "a number that is dead",
        REPORT | {"d": "2", "a": "id:77 stat:UNDELIV err:001"},
        Parsed(
            receipts=(DeliveryReceipt(Delivery.UNDELIVERED, "77", "o-1", "UNDELIV:001", ErrorClass.PERMANENT, NOW),)
        ),
    ),
    (
        "a failure without a reason",
        REPORT | {"d": "2", "a": ""},
        Parsed(receipts=(DeliveryReceipt(Delivery.UNDELIVERED, "77", "o-1", "", ErrorClass.RETRYABLE, NOW),)),
    ),
    (
        "an SMSC that is too busy",
        REPORT | {"d": "16", "a": "NACK/88/Throttling error", "f": ""},
        Parsed(receipts=(DeliveryReceipt(Delivery.FAILED, "", "o-1", "88", ErrorClass.THROTTLED, NOW),)),
    ),
    (
        "an SMSC that knows no such number",
        REPORT | {"d": "16", "a": "NACK/0x0000000b/Invalid Destination Address", "f": ""},
        Parsed(receipts=(DeliveryReceipt(Delivery.FAILED, "", "o-1", "0x0000000b", ErrorClass.PERMANENT, NOW),)),
    ),
]


@pytest.mark.parametrize(("params", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_query_becomes_the_normal_form(params: dict[str, str | bytes], expected: Parsed) -> None:
    assert GATEWAY.parse(asked(params)) == expected


@pytest.mark.parametrize(
    "params",
    [
        {},
        {k: v for k, v in REPLY.items() if k != "from"},
        {k: v for k, v in REPLY.items() if k != "text"},
        REPLY | {"id": "", "ts": ""},
        REPLY | {"coding": "1", "charset": "8-BIT"},
        REPLY | {"charset": "KOI8-R"},
        REPLY | {"text": ("x" * 10_001).encode("utf-16-be")},
        REPORT | {"d": "3"},
        REPORT | {"d": ""},
        REPORT | {"ref": "", "f": ""},
        {f"p{n}": "" for n in range(300)},
    ],
    ids=range(11),
)
def test_what_cannot_be_read_is_malformed(params: dict[str, str | bytes]) -> None:
    with pytest.raises(Malformed):
        GATEWAY.parse(asked(params))


def test_two_texts_in_one_query_are_malformed() -> None:
    request = RawRequest("GET", URL, TOKEN, {}, (), b"", raw_query="id=1&from=2&text=STOP&text=YES")
    with pytest.raises(Malformed):
        GATEWAY.parse(request)


@pytest.mark.parametrize("status", [401, 413, 503])
def test_no_answer_holds_words_that_would_be_texted(status: int) -> None:
    assert GATEWAY.accepted() == Answer(200, b"")
    assert GATEWAY.refused(status) == Answer(status, b"")
