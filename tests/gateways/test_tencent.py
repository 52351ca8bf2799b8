"""Tencent Cloud: unsigned pushes on a secret path."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from bot.gateways.base import (
    Answer,
    Delivery,
    DeliveryReceipt,
    ErrorClass,
    InboundSms,
    Malformed,
    Outgoing,
    Parsed,
    RawRequest,
    Refused,
)
from bot.gateways.tencent import TencentGateway
from bot.gateways.tencent_api import send_body, signed_headers

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TOKEN, NEWER = "t" * 22, "n" * 22
GATEWAY = TencentGateway([TOKEN])

REPLY: dict[str, object] = {
    "extend": "01",
    "mobile": "13900000000",
    "nationcode": "86",
    "sign": "示例银行",
    "text": " 周五还 ",
    "time": 1795399200,
}
REPORT: dict[str, object] = {
    "user_receive_time": "2026-11-23 10:00:00",
    "nationcode": "86",
    "mobile": "13900000000",
    "report_status": "SUCCESS",
    "errmsg": "DELIVRD",
    "description": "用户短信送达成功",
    "sid": "s-1",
    "ext": "o-1",
}


def pushed(item: object, token: str = TOKEN, remote: str = "", method: str = "POST") -> RawRequest:
    body = item if isinstance(item, bytes) else json.dumps(item, ensure_ascii=False).encode()
    return RawRequest(method, "https://bot.example/hooks/tencent/1", token, {}, (), body, remote)


def test_only_the_secret_path_opens() -> None:
    both = TencentGateway([TOKEN, NEWER])
    both.verify(pushed(REPLY, TOKEN), NOW)
    both.verify(pushed(REPLY, NEWER), NOW)
    for wrong in ("", TOKEN[:-1], TOKEN + "t"):
        with pytest.raises(Refused):
            both.verify(pushed(REPLY, wrong), NOW)
    with pytest.raises(Refused):
        both.verify(pushed(REPLY, method="GET"), NOW)


def test_only_listed_addresses_may_push_where_there_is_a_list() -> None:
    listed = TencentGateway([TOKEN], [ip_network("203.0.113.0/24")])
    listed.verify(pushed(REPLY, remote="203.0.113.7"), NOW)
    with pytest.raises(Refused):
        listed.verify(pushed(REPLY, remote="198.51.100.1"), NOW)


CASES: list[tuple[str, object, Parsed]] = [
    (
        "a reply has no id, and keeps its white space",
        REPLY,
        Parsed((InboundSms("+8613900000000", "01", " 周五还 ", "", NOW),)),
    ),
    (
        "a reply without an extension",
        REPLY | {"extend": "", "time": "1795399200"},
        Parsed((InboundSms("+8613900000000", "", " 周五还 ", "", NOW),)),
    ),
    (
        "a number that is complete already",
        REPLY | {"mobile": "+8613900000000"},
        Parsed((InboundSms("+8613900000000", "01", " 周五还 ", "", NOW),)),
    ),
    (
        "a number without its country",
        REPLY | {"nationcode": None},
        Parsed((InboundSms("13900000000", "01", " 周五还 ", "", NOW),)),
    ),
    (
        "a delivered text",
        [REPORT],
        Parsed(receipts=(DeliveryReceipt(Delivery.DELIVERED, "s-1", "o-1", "DELIVRD", None, NOW),)),
    ),
    (
        "a text without our reference, on a number that does not exist",
        [REPORT | {"report_status": "FAIL", "errmsg": "MK:0001", "ext": None, "user_receive_time": ""}],
        Parsed(receipts=(DeliveryReceipt(Delivery.UNDELIVERED, "s-1", "", "MK:0001", ErrorClass.DEAD_NUMBER),)),
    ),
    (
        "a text to someone who refused",
        [REPORT | {"report_status": "FAIL", "errmsg": "MBBLACK", "description": "黑名单"}],
        Parsed(receipts=(DeliveryReceipt(Delivery.UNDELIVERED, "s-1", "o-1", "MBBLACK", ErrorClass.OPTED_OUT, NOW),)),
    ),
    ("no reports", [], Parsed()),
]


@pytest.mark.parametrize(("push", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_push_becomes_the_normal_form(push: object, expected: Parsed) -> None:
    assert GATEWAY.parse(pushed(push)) == expected


@pytest.mark.parametrize(
    "push",
    [
        b"",
        b"7",
        json.dumps(REPLY).encode("utf-16"),
        {k: v for k, v in REPLY.items() if k != "time"},
        {k: v for k, v in REPLY.items() if k != "mobile"},
        {k: v for k, v in REPLY.items() if k != "text"},
        REPLY | {"time": True},
        REPLY | {"time": -5},
        REPLY | {"time": 1795399200.5},
        REPLY | {"time": 10**20},
        REPLY | {"time": "9" * 5000},
        REPLY | {"text": 500},
        REPORT,
    ],
    ids=range(13),
)
def test_what_cannot_be_read_is_malformed(push: object) -> None:
    with pytest.raises(Malformed):
        GATEWAY.parse(pushed(push))


def test_a_bad_report_does_not_spoil_the_batch() -> None:
    bad: list[object] = [7, {}, REPLY, REPORT | {"sid": "", "ext": ""}, REPORT | {"report_status": "MAYBE"}]
    parsed = GATEWAY.parse(pushed([*bad, REPORT]))
    assert len(parsed.receipts) == 1
    assert [line.split(":")[0] for line in parsed.unreadable] == [f"item {n}" for n in range(5)]
    assert not any("13900000000" in line for line in parsed.unreadable)


def test_the_answer_is_the_documented_one_and_a_refusal_has_no_result_in_it() -> None:
    assert GATEWAY.accepted() == Answer(200, b'{"result":0,"errmsg":"OK"}', "application/json")
    assert GATEWAY.refused(503) == Answer(503, b"")


def test_a_send_is_signed_as_tencents_library_signs_it() -> None:
    body = send_body(Outgoing("m-1", "+8613900000000", "", 60, "1", {"1": "张"}), "1400000000", "示例银行")
    headers = signed_headers("AKID", "SECRET", "sms.tencentcloudapi.com", "ap-guangzhou", body, NOW)
    assert headers["x-tc-timestamp"] == "1795399200"
    assert headers["authorization"] == (
        "TC3-HMAC-SHA256 Credential=AKID/2026-11-23/sms/tc3_request, SignedHeaders=content-type;host, "
        "Signature=9c5ad1ea15c68b148812f1934d59725584e6f367e11f2d583261c60f258e4dbb"
    )
