"""Alibaba Cloud: unsigned pushes on a secret path."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from bot.gateways.alibaba import AlibabaGateway
from bot.gateways.alibaba_api import canonical_query, signed_headers
from bot.gateways.base import (
    Answer,
    Delivery,
    DeliveryReceipt,
    ErrorClass,
    InboundSms,
    Malformed,
    RawRequest,
    Refused,
)
from bot.gateways.carrier_codes import class_of_report

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TOKEN, NEWER = "t" * 22, "n" * 22
GATEWAY = AlibabaGateway([TOKEN])


def pushed(items: object, token: str = TOKEN, remote: str = "") -> RawRequest:
    body = items if isinstance(items, bytes) else json.dumps(items, ensure_ascii=False).encode()
    return RawRequest("POST", "https://bot.example/hooks/alibaba/1", token, {}, (), body, remote)


REPLY = {
    "phone_number": "13900000000",
    "content": "周五还",
    "send_time": "2026-11-23 10:00:00",
    "dest_code": "1234",
    "sequence_id": "1234567890",
}
REPORT = {
    "phone_number": "13900000000",
    "send_time": "2026-11-23 09:59:50",
    "report_time": "2026-11-23 10:00:00",
    "success": True,
    "err_code": "DELIVERED",
    "err_msg": "用户接收成功",
    "sms_size": "1",
    "biz_id": "b1",
    "out_id": "o-1",
}


def test_only_the_secret_path_opens() -> None:
    both = AlibabaGateway([TOKEN, NEWER])
    both.verify(pushed([], TOKEN), NOW)
    both.verify(pushed([], NEWER), NOW)
    for wrong in ("", TOKEN[:-1], TOKEN + "t", "\udcff" * 22):
        with pytest.raises(Refused):
            both.verify(pushed([], wrong), NOW)


@pytest.mark.parametrize("remote", ["203.0.113.7", "::ffff:203.0.113.7", "2001:db8::9"])
def test_a_listed_address_may_push(remote: str) -> None:
    listed = AlibabaGateway([TOKEN], [ip_network("203.0.113.0/24"), ip_network("2001:db8::/32")])
    listed.verify(pushed([], remote=remote), NOW)


@pytest.mark.parametrize("remote", ["", "unknown", "198.51.100.1", "203.0.113.7, 198.51.100.1"])
def test_any_other_address_may_not(remote: str) -> None:
    listed = AlibabaGateway([TOKEN], [ip_network("203.0.113.0/24")])
    with pytest.raises(Refused):
        listed.verify(pushed([], remote=remote), NOW)


@pytest.mark.parametrize(
    ("changed", "provider_id", "at"),
    [
        ({}, "1234567890:13900000000", NOW),
        ({"sequence_id": 1234567890}, "1234567890:13900000000", NOW),
        ({"sequence_id": None}, "", NOW),
        ({"send_time": "20261123100000", "sign_name": "示例银行"}, "1234567890:13900000000", NOW),
        ({"send_time": "yesterday"}, "1234567890:13900000000", None),
        ({"send_time": "0001-01-01 00:00:00"}, "1234567890:13900000000", None),
    ],
)
def test_a_reply_becomes_the_normal_form(changed: dict[str, object], provider_id: str, at: datetime | None) -> None:
    parsed = GATEWAY.parse(pushed([{**REPLY, **changed}]))
    assert parsed.messages == (InboundSms("13900000000", "1234", "周五还", provider_id, at),)
    assert not parsed.unreadable


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, DeliveryReceipt(Delivery.DELIVERED, "b1", "o-1", "DELIVERED", None, NOW)),
        ({"success": "true"}, DeliveryReceipt(Delivery.DELIVERED, "b1", "o-1", "DELIVERED", None, NOW)),
        (
            {"success": False, "err_code": "MK:0001", "err_msg": "空号"},
            DeliveryReceipt(Delivery.UNDELIVERED, "b1", "o-1", "MK:0001", ErrorClass.DEAD_NUMBER, NOW),
        ),
        (
            {"success": False, "err_code": "MBBLACK", "out_id": None},
            DeliveryReceipt(Delivery.UNDELIVERED, "b1", "", "MBBLACK", ErrorClass.OPTED_OUT, NOW),
        ),
    ],
)
def test_a_report_becomes_the_normal_form(changed: dict[str, object], expected: DeliveryReceipt) -> None:
    assert GATEWAY.parse(pushed([{**REPORT, **changed}])).receipts == (expected,)


def test_a_bad_item_does_not_spoil_the_batch() -> None:
    bad: list[object] = [
        7,
        {},
        {**REPLY, "phone_number": 13900000000},
        {**REPLY, "content": 500},
        {**REPLY, "sequence_id": True},
        {**REPLY, "sequence_id": "", "send_time": "x"},
        {**REPORT, "success": []},
        {**REPORT, "biz_id": "", "out_id": ""},
    ]
    parsed = GATEWAY.parse(pushed([*bad, REPLY, REPORT]))
    assert (len(parsed.messages), len(parsed.receipts)) == (1, 1)
    assert [line.split(":")[0] for line in parsed.unreadable] == [f"item {n}" for n in range(8)]
    assert not any("13900000000" in line for line in parsed.unreadable)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'"x"',
        json.dumps([REPLY]).encode("utf-16"),
        json.dumps([REPLY], ensure_ascii=False).encode("gb18030"),
        b"[" * 200_000,
        b"[" + b"{}," * 1000 + b"{}]",
        b'[{"content":"STOP","content":"YES","phone_number":"1"}]',
    ],
    ids=range(8),
)
def test_what_is_no_batch_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        GATEWAY.parse(pushed(body))


def test_the_answer_is_the_documented_one_and_a_refusal_has_no_code_in_it() -> None:
    assert GATEWAY.accepted() == Answer(200, '{"code":0,"msg":"接收成功"}'.encode(), "application/json")
    assert GATEWAY.refused(503) == Answer(503, b"")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("MBBLACK", ErrorClass.OPTED_OUT),
        ("DB:0144", ErrorClass.OPTED_OUT),
        ("sc:0016", ErrorClass.OPTED_OUT),
        ("BLACK_KEY_CONTROL", ErrorClass.PERMANENT),
        ("DB:0318", ErrorClass.PERMANENT),
        ("KEYWORD", ErrorClass.PERMANENT),
        ("UNDELIV", ErrorClass.PERMANENT),
        ("MK:0001", ErrorClass.DEAD_NUMBER),
        ("MK:0005", ErrorClass.PERMANENT),  # suspended for an unpaid bill: it may be back next week
        ("MK:0023", ErrorClass.RETRYABLE),
        ("EXPIRED", ErrorClass.RETRYABLE),
        ("MA:0054", ErrorClass.RETRYABLE),
        ("MK:1041", ErrorClass.THROTTLED),
        ("MILIMIT", ErrorClass.THROTTLED),
        ("XY:9999", ErrorClass.RETRYABLE),
        ("", ErrorClass.RETRYABLE),
    ],
)
def test_a_carriers_code_says_whether_to_try_again(code: str, kind: ErrorClass) -> None:
    assert class_of_report(code) is kind


def test_a_message_in_chinese_counts_where_the_code_says_nothing() -> None:
    assert class_of_report("", "用户已退订") is ErrorClass.OPTED_OUT
    assert class_of_report("0", "手机关机") is ErrorClass.RETRYABLE
    assert class_of_report("", "空号") is ErrorClass.DEAD_NUMBER


def test_a_send_is_signed_as_alibabas_library_signs_it() -> None:
    query = canonical_query(
        {
            "OutId": "m-1",
            "PhoneNumbers": "13900000000",
            "SignName": "示例银行",
            "SmsUpExtendCode": "0001",
            "TemplateCode": "SMS_1",
            "TemplateParam": '{"name":"张"}',
        }
    )
    headers = signed_headers("AKID", "SECRET", "dysmsapi.aliyuncs.com", query, NOW, "n-1")
    assert headers["x-acs-date"] == "2026-11-23T02:00:00Z"
    assert headers["authorization"].endswith(
        "Signature=fdc4f19dfe3649188ebdbe20e1aa026cd7fde58fa5d62419d577a10d7d52f85e"
    )
