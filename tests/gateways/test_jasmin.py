"""Jasmin: forms on a secret path, answered with exactly the words that it waits for."""

from __future__ import annotations

from datetime import UTC, datetime
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
    RawRequest,
    Refused,
)
from bot.gateways.jasmin import JasminGateway

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TOKEN = "t" * 22
GATEWAY = JasminGateway([TOKEN])


def failed(code: str, kind: ErrorClass) -> Parsed:
    return Parsed(receipts=(DeliveryReceipt(Delivery.FAILED, "07033084", "o-1", code, kind),))


def thrown(form: dict[str, str | bytes], ref: str = "", token: str = TOKEN, method: str = "POST") -> RawRequest:
    query = (("ref", ref),) if ref else ()
    return RawRequest(method, "https://bot.example/hooks/jasmin", token, {}, query, urlencode(form).encode())


REPLY: dict[str, str | bytes] = {
    "id": "16fd2706",
    "from": "+8613900000000",
    "to": "10691234",
    "origin-connector": "smppc-1",
    "priority": "1",
    "coding": "8",
    "content": " 周五还 ".encode("utf-16-be"),
    "binary": " 周五还 ".encode("utf-16-be").hex(),
}
REPORT: dict[str, str | bytes] = {
    "id": "07033084",
    "level": "3",
    "message_status": "DELIVRD",
    "id_smsc": "2567",
    "subdate": "2611231000",
    "donedate": "2611231001",
    "err": "000",
    "text": b"\x5b\x61",
    "connector": "smppc-1",
}


def test_only_a_post_on_the_secret_path_opens() -> None:
    GATEWAY.verify(thrown(REPLY), NOW)
    for request in (thrown(REPLY, token=""), thrown(REPLY, token=TOKEN[1:]), thrown(REPLY, method="GET")):
        with pytest.raises(Refused):
            GATEWAY.verify(request, NOW)


MESSAGE = InboundSms("+8613900000000", "10691234", " 周五还 ", "16fd2706")
LATIN = InboundSms("+8613900000000", "10691234", "café", "16fd2706")
CASES: list[tuple[str, dict[str, str | bytes], Parsed]] = [
    ("UCS-2 keeps its white space", REPLY, Parsed((MESSAGE,))),
    (
        "the network's alphabet",
        REPLY | {"coding": "0", "binary": b"I can pay \x1b\x65500 @\x00".hex()},
        Parsed((InboundSms("+8613900000000", "10691234", "I can pay €500 ¡@", "16fd2706"),)),
    ),
    ("no coding is the network's alphabet", REPLY | {"coding": "", "binary": b"caf\x05".hex()}, Parsed((LATIN,))),
    ("Latin-1", REPLY | {"coding": "3", "binary": b"caf\xe9".hex()}, Parsed((LATIN,))),
    (
        "an empty reply",
        REPLY | {"binary": "", "content": ""},
        Parsed((InboundSms("+8613900000000", "10691234", "", "16fd2706"),)),
    ),
    (
        "a delivered text",
        REPORT,
        Parsed(receipts=(DeliveryReceipt(Delivery.DELIVERED, "07033084", "o-1", "DELIVRD:000"),)),
    ),
    (
        "a text at the SMSC",
        REPORT | {"level": "1", "message_status": "ESME_ROK"},
        Parsed(receipts=(DeliveryReceipt(Delivery.SENT, "07033084", "o-1", "ESME_ROK"),)),
    ),
    (
        "an SMSC that is too busy",
        REPORT | {"level": "1", "message_status": "ESME_RTHROTTLED"},
        Parsed(
            receipts=(DeliveryReceipt(Delivery.FAILED, "07033084", "o-1", "ESME_RTHROTTLED", ErrorClass.THROTTLED),)
        ),
    ),
    (
        "an SMSC that says no",
        REPORT | {"level": "1", "message_status": "ESME_RINVDCS"},
        failed("ESME_RINVDCS", ErrorClass.PERMANENT),
    ),
    (
        "a handset that stayed off",
        REPORT | {"message_status": "EXPIRED", "err": ""},
        Parsed(receipts=(DeliveryReceipt(Delivery.UNDELIVERED, "07033084", "o-1", "EXPIRED", ErrorClass.RETRYABLE),)),
    ),
    (
        "a text that was rejected",
        REPORT | {"message_status": "REJECTD", "err": "8"},
        failed("REJECTD:8", ErrorClass.PERMANENT),
    ),
]


@pytest.mark.parametrize(("form", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_form_becomes_the_normal_form(form: dict[str, str | bytes], expected: Parsed) -> None:
    assert GATEWAY.parse(thrown(form, ref="o-1")) == expected


@pytest.mark.parametrize(
    "form",
    [
        {},
        {k: v for k, v in REPLY.items() if k != "binary"},
        {k: v for k, v in REPLY.items() if k != "from"},
        {k: v for k, v in REPLY.items() if k != "id"},
        REPLY | {"binary": "5b6"},
        REPLY | {"binary": "00" * 20_001},
        REPLY | {"coding": "4"},
        REPORT | {"message_status": "VANISHED"},
        REPORT | {"id": ""},
    ],
    ids=range(9),
)
def test_what_cannot_be_read_is_malformed(form: dict[str, str | bytes]) -> None:
    with pytest.raises(Malformed):
        GATEWAY.parse(thrown(form))


def test_the_answer_is_the_one_that_jasmin_waits_for() -> None:
    assert GATEWAY.accepted() == Answer(200, b"ACK/Jasmin")
    assert GATEWAY.refused(503) == Answer(503, b"")
