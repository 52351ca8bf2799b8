"""Alibaba Cloud's SendSms (dysmsapi 2017-05-25): the signed request, and what its codes mean."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from bot.gateways.base import Accepted, ErrorClass, Malformed, Outgoing
from bot.gateways.http import Reply, class_of_status, failure
from bot.gateways.payload import SHANGHAI, Unreadable, as_object, load_json, optional_text

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()

# Without the prefixes isv. and isp., which the same code carries in one place and not in another.
CLASS_OF_CODE = {
    "BUSINESS_LIMIT_CONTROL": ErrorClass.THROTTLED,
    "Throttling": ErrorClass.THROTTLED,
    "Throttling.User": ErrorClass.THROTTLED,
    "Throttling.Api": ErrorClass.THROTTLED,
    "SYSTEM_ERROR": ErrorClass.RETRYABLE,
    "GATEWAY_ERROR": ErrorClass.RETRYABLE,
    "ServiceUnavailable": ErrorClass.RETRYABLE,
    "DAY_LIMIT_CONTROL": ErrorClass.CONFIG,
    "MONTH_LIMIT_CONTROL": ErrorClass.CONFIG,
    "AMOUNT_NOT_ENOUGH": ErrorClass.CONFIG,
    "OUT_OF_SERVICE": ErrorClass.CONFIG,
    "ACCOUNT_ABNORMAL": ErrorClass.CONFIG,
    "PRODUCT_UN_SUBSCRIPT": ErrorClass.CONFIG,
    "RAM_PERMISSION_DENY": ErrorClass.CONFIG,
    "DENY_IP_RANGE": ErrorClass.CONFIG,
    "SignatureDoesNotMatch": ErrorClass.CONFIG,
    "InvalidAccessKeyId": ErrorClass.CONFIG,
    "InvalidAccessKeyId.NotFound": ErrorClass.CONFIG,
    "SMS_TEMPLATE_ILLEGAL": ErrorClass.CONFIG,
    "SMS_SIGNATURE_ILLEGAL": ErrorClass.CONFIG,
    "SMS_SIGNATURE_SCENE_ILLEGAL": ErrorClass.CONFIG,
    "SMS_SIGN_ILLEGAL": ErrorClass.CONFIG,
    "TEMPLATE_MISSING_PARAMETERS": ErrorClass.CONFIG,
    "INVALID_JSON_PARAM": ErrorClass.CONFIG,
    "EXTEND_CODE_ERROR": ErrorClass.CONFIG,
    "MOBILE_NUMBER_ILLEGAL": ErrorClass.DEAD_NUMBER,
    "DOMESTIC_NUMBER_NOT_SUPPORTED": ErrorClass.PERMANENT,
    "MOBILE_COUNT_OVER_LIMIT": ErrorClass.PERMANENT,
    "BLACK_KEY_CONTROL_LIMIT": ErrorClass.PERMANENT,  # a blocked word in a parameter, not a blocked number
    "SMS_CONTENT_ILLEGAL": ErrorClass.PERMANENT,
    "PARAM_NOT_SUPPORT_URL": ErrorClass.PERMANENT,
    "PARAM_LENGTH_LIMIT": ErrorClass.PERMANENT,
}
WAIT_SECONDS = {"分钟": 60.0, "小时": 3600.0, "天级": 86_400.0}  # which of its flow limits was hit


def send_query(message: Outgoing, sign_name: str) -> str:
    """The parameters of one SendSms, sorted and encoded as they are signed; one number, so one BizId."""
    params = {
        "OutId": message.our_ref,
        "PhoneNumbers": message.to.removeprefix("+86").removeprefix("+"),
        "SignName": sign_name,
        "TemplateCode": message.template,
        "TemplateParam": json.dumps(dict(message.params), ensure_ascii=False, separators=(",", ":")),
    }
    return canonical_query(params)


def canonical_query(params: Mapping[str, str]) -> str:
    """RFC 3986 encoding, sorted by name."""
    return "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(params.items()))


def statistics_query(now: datetime) -> str:
    """The parameters of a question for this day's figures: it needs the same key, and changes nothing."""
    day = now.astimezone(SHANGHAI).strftime("%Y%m%d")
    return canonical_query({"StartDate": day, "EndDate": day, "IsGlobe": "1", "PageIndex": "1", "PageSize": "1"})


def signed_headers(
    key_id: str, key_secret: str, host: str, query: str, now: datetime, nonce: str, action: str = "SendSms"
) -> dict[str, str]:
    """The headers of an action with an empty body, signed with ACS3-HMAC-SHA256."""
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": EMPTY_SHA256,
        "x-acs-date": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": "2017-05-25",
    }
    names = ";".join(headers)  # written above in the order in which they are signed
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = f"POST\n/\n{query}\n{lines}\n{names}\n{EMPTY_SHA256}"
    to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(request.encode()).hexdigest()
    signature = hmac.digest(key_secret.encode(), to_sign.encode(), hashlib.sha256).hex()
    login = f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={names},Signature={signature}"
    return {**headers, "authorization": login}


def read_answer(reply: Reply, now: datetime) -> Accepted:
    """The BizId where the Code is OK; otherwise raise SendError, also where HTTP says 200."""
    done = 200 <= reply.status < 300
    try:
        answer = as_object(load_json(reply.body))
        code, said = optional_text(answer, "Code"), optional_text(answer, "Message", 2000)
        biz_id = optional_text(answer, "BizId")
    except (Malformed, Unreadable):
        kind = ErrorClass.UNKNOWN if done else class_of_status(reply.status)
        raise failure(reply, now, kind, "the answer cannot be read") from None
    if done and code == "OK":
        return Accepted((biz_id,) if biz_id else ())
    default = ErrorClass.PERMANENT if done else class_of_status(reply.status)
    kind = CLASS_OF_CODE.get(code.removeprefix("isv.").removeprefix("isp."), default)
    error = failure(reply, now, kind, said, code)
    if kind is ErrorClass.THROTTLED:
        limits = (seconds for words, seconds in WAIT_SECONDS.items() if words in said)
        error.retry_after_seconds = next(limits, error.retry_after_seconds)
    raise error
