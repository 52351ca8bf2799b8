"""What each answer of a provider means for the text that was sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from bot.gateways import build
from bot.gateways.base import ErrorClass, Outgoing, SendError

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TEXT = Outgoing("o-1", "+8613900000000", "您好", 3600)
TEMPLATE = Outgoing("o-1", "+8613900000000", "", 3600, "SMS_1", {"1": "张"})
BANK = {"secrets": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
PATH = {"path_token": "t" * 22}
USER = {"username": "user", "password": "pass"}

# What each channel needs to send, and which of its options is the provider's address.
CHANNELS = {
    "generic": ("generic", BANK, "send_url"),
    "idempotent": ("generic", BANK | {"idempotent": "yes"}, "send_url"),
    "twilio": ("twilio", {"account_sid": "AC" + "0" * 32, "auth_tokens": "tok", "from_number": "+1"}, "api_base"),
    "alibaba": ("alibaba", PATH | {"access_key_id": "a", "access_key_secret": "b", "sign_name": "c"}, "api_base"),
    "tencent": (
        "tencent",
        PATH | {"secret_id": "a", "secret_key": "b", "app_id": "1", "sign_name": "c"},
        "api_base",
    ),
    "vonage": ("vonage", PATH | {"api_key": "a", "api_secret": "b", "from_number": "c"}, "api_base"),
    "kannel": ("kannel", PATH | USER, "send_url"),
    "jasmin": ("jasmin", PATH | USER, "send_url"),
}


def vonage(*segments: tuple[str, str], text: str = "") -> str:
    messages = [{"status": status, "message-id": message_id, "error-text": text} for status, message_id in segments]
    return json.dumps({"message-count": str(len(segments)), "messages": messages})


def tencent(code: str, message: str = "") -> str:
    return json.dumps({"Response": {"SendStatusSet": [{"SerialNo": "", "Code": code, "Message": message}]}})


E = ErrorClass
ANSWERS = [
    ("generic", 400, "", E.PERMANENT, "HTTP 400", None),
    ("generic", 422, '{"error_class":"opted_out","error_code":"B7"}', E.OPTED_OUT, "B7", None),
    ("generic", 422, '{"error_class":"nonsense"}', E.PERMANENT, "HTTP 422", None),
    ("generic", 401, "", E.CONFIG, "HTTP 401", None),
    ("generic", 403, "<html>", E.CONFIG, "HTTP 403", None),
    ("generic", 404, "", E.CONFIG, "HTTP 404", None),
    ("generic", 302, "", E.CONFIG, "HTTP 302", None),
    ("generic", 429, "", E.THROTTLED, "HTTP 429", 7.0),
    ("generic", 408, "", E.UNKNOWN, "HTTP 408", 7.0),
    ("generic", 500, "", E.UNKNOWN, "HTTP 500", 7.0),
    ("generic", 503, '{"error_class":"retryable"}', E.RETRYABLE, "HTTP 503", 7.0),
    ("generic", 200, "<html>", E.UNKNOWN, "HTTP 200", None),
    ("generic", 200, '{"status":"failed"}', E.PERMANENT, "failed", None),
    ("idempotent", 500, "", E.RETRYABLE, "HTTP 500", 7.0),
    ("idempotent", 200, "[]", E.RETRYABLE, "HTTP 200", None),
    ("twilio", 400, '{"code":21610,"message":"unsubscribed","status":400}', E.OPTED_OUT, "21610", None),
    ("twilio", 400, '{"code":21211,"message":"x","status":400}', E.DEAD_NUMBER, "21211", None),
    ("twilio", 400, '{"code":21606,"message":"x","status":400}', E.CONFIG, "21606", None),
    ("twilio", 400, '{"code":21611,"message":"x","status":400}', E.THROTTLED, "21611", 7.0),
    ("twilio", 400, '{"code":99999,"message":"x","status":400}', E.PERMANENT, "99999", None),
    ("twilio", 401, '{"code":20003,"message":"x","status":401}', E.CONFIG, "20003", None),
    ("twilio", 429, '{"code":20429,"message":"x","status":429}', E.THROTTLED, "20429", 7.0),
    ("twilio", 429, "busy", E.THROTTLED, "HTTP 429", 7.0),
    ("twilio", 500, '{"code":20500}', E.UNKNOWN, "20500", 7.0),
    ("twilio", 201, "<html>", E.UNKNOWN, "HTTP 201", None),
    ("twilio", 201, '{"sid":"SM1","status":"failed","error_code":30034}', E.CONFIG, "30034", None),
    ("alibaba", 200, '{"Code":"isv.MOBILE_NUMBER_ILLEGAL"}', E.DEAD_NUMBER, "isv.MOBILE_NUMBER_ILLEGAL", None),
    ("alibaba", 200, '{"Code":"isv.AMOUNT_NOT_ENOUGH"}', E.CONFIG, "isv.AMOUNT_NOT_ENOUGH", None),
    ("alibaba", 200, '{"Code":"isp.SYSTEM_ERROR"}', E.RETRYABLE, "isp.SYSTEM_ERROR", 7.0),
    (
        "alibaba",
        200,
        '{"Code":"isv.BLACK_KEY_CONTROL_LIMIT"}',
        E.PERMANENT,
        "isv.BLACK_KEY_CONTROL_LIMIT",
        None,
    ),
    (
        "alibaba",
        200,
        '{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"触发小时级流控Permits:5"}',
        E.THROTTLED,
        "isv.BUSINESS_LIMIT_CONTROL",
        3600.0,
    ),
    ("alibaba", 400, '{"Code":"SignatureDoesNotMatch"}', E.CONFIG, "SignatureDoesNotMatch", None),
    ("alibaba", 200, '{"Code":"isv.SOMETHING_NEW"}', E.PERMANENT, "isv.SOMETHING_NEW", None),
    ("alibaba", 502, "bad gateway", E.UNKNOWN, "HTTP 502", 7.0),
    ("alibaba", 200, "", E.UNKNOWN, "HTTP 200", 7.0),
    *(
        ("tencent", 200, tencent(code), expected, code, wait)
        for code, expected, wait in [
            ("FailedOperation.PhoneNumberInBlacklist", E.OPTED_OUT, None),
            ("FailedOperation.ContainSensitiveWord", E.PERMANENT, None),
            ("InvalidParameterValue.IncorrectPhoneNumber", E.DEAD_NUMBER, None),
            ("FailedOperation.InsufficientBalanceInSmsPackage", E.CONFIG, None),
            ("FailedOperation.SomethingNew", E.PERMANENT, None),
            ("UnauthorizedOperation.SdkAppIdIsDisabled", E.CONFIG, None),
            ("LimitExceeded.AppDailyLimit", E.CONFIG, None),
            ("LimitExceeded.PhoneNumberThirtySecondLimit", E.THROTTLED, 30.0),
            ("LimitExceeded.PhoneNumberDailyLimit", E.THROTTLED, 86_400.0),
            ("LimitExceeded.DeliveryFrequencyLimit", E.THROTTLED, 7.0),
            ("FailedOperation.MarketingSendTimeConstraint", E.THROTTLED, 79_200.0),  # it is ten in Shanghai
            ("InternalError.SendAndRecvFail", E.UNKNOWN, 7.0),
        ]
    ),
    (
        "tencent",
        200,
        '{"Response":{"Error":{"Code":"AuthFailure.SignatureFailure"}}}',
        E.CONFIG,
        "AuthFailure.SignatureFailure",
        None,
    ),
    (
        "tencent",
        200,
        '{"Response":{"Error":{"Code":"RequestLimitExceeded"}}}',
        E.THROTTLED,
        "RequestLimitExceeded",
        7.0,
    ),
    ("tencent", 200, '{"Response":{"SendStatusSet":[]}}', E.UNKNOWN, "HTTP 200", 7.0),
    ("vonage", 200, vonage(("1", ""), text="please wait [ 1500 ] and retry"), E.THROTTLED, "1", 1.5),
    ("vonage", 200, vonage(("1", "")), E.THROTTLED, "1", 7.0),
    ("vonage", 200, vonage(("4", "")), E.CONFIG, "4", None),
    ("vonage", 200, vonage(("5", "")), E.RETRYABLE, "5", 7.0),
    ("vonage", 200, vonage(("6", ""), ("6", "")), E.PERMANENT, "6", None),
    ("vonage", 200, vonage(("777", "")), E.PERMANENT, "777", None),
    ("vonage", 200, vonage(), E.UNKNOWN, "HTTP 200", 7.0),
    ("vonage", 200, "<html>", E.UNKNOWN, "HTTP 200", 7.0),
    ("vonage", 401, "", E.CONFIG, "HTTP 401", None),
    ("vonage", 429, "", E.THROTTLED, "HTTP 429", 7.0),
    ("vonage", 503, "", E.UNKNOWN, "HTTP 503", 7.0),
    ("kannel", 403, "Authorization failed for sendsms", E.CONFIG, "HTTP 403", None),
    ("kannel", 403, "Not routable. Do not try again.", E.PERMANENT, "HTTP 403", None),
    ("kannel", 400, "Charset or body misformed, rejected", E.PERMANENT, "HTTP 400", None),
    ("kannel", 503, "Temporal failure, try again later.", E.RETRYABLE, "HTTP 503", 7.0),
    ("kannel", 500, "Sending failed.", E.UNKNOWN, "HTTP 500", 7.0),
    ("kannel", 200, "<html>", E.UNKNOWN, "HTTP 200", 7.0),
    ("jasmin", 400, 'Error "Argument to has an invalid value"', E.PERMANENT, "HTTP 400", None),
    ("jasmin", 403, 'Error "Authentication failure for username:user"', E.CONFIG, "HTTP 403", None),
    ("jasmin", 412, 'Error "No route found"', E.CONFIG, "HTTP 412", None),
    ("jasmin", 500, 'Error "Cannot send submit_sm, check the log"', E.RETRYABLE, "HTTP 500", 7.0),
    ("jasmin", 500, "<html>", E.UNKNOWN, "HTTP 500", 7.0),
    ("jasmin", 200, "<html>", E.UNKNOWN, "HTTP 200", 7.0),
    ("tencent", 502, "bad gateway", E.UNKNOWN, "HTTP 502", 7.0),
]


@pytest.mark.parametrize(("channel", "status", "body", "expected", "code", "wait"), ANSWERS)
async def test_an_answer_has_a_class(
    channel: str, status: int, body: str, expected: ErrorClass, code: str, wait: float | None
) -> None:
    seen: list[str] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        seen.append(request.path)
        return web.Response(status=status, text=body, headers={"retry-after": "7", "location": "/elsewhere"})

    kind, options, address = CHANNELS[channel]
    async with RawTestServer(answer) as server:
        gateway = build(kind, {**options, address: str(server.make_url("/"))})
        with pytest.raises(SendError) as caught:
            await gateway.send(TEXT if gateway.free_text else TEMPLATE, NOW)
        await gateway.close()
    error = caught.value
    assert (error.kind, error.code, error.retry_after_seconds) == (expected, code, wait)
    assert len(seen) == 1, "a send is never repeated by the gateway itself"
