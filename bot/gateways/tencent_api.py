"""Tencent Cloud's SendSms (2021-01-11): the signed request, and what its answer says."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

from bot.gateways.base import Accepted, ErrorClass, Malformed, Outgoing, SendError
from bot.gateways.http import Reply, class_of_status, failure
from bot.gateways.payload import SHANGHAI, Unreadable, as_batch, as_object, load_json, optional_text
from bot.gateways.tencent_codes import WAIT_SECONDS, class_of_code

CONTENT_TYPE = "application/json"


def send_body(message: Outgoing, app_id: str, sign_name: str) -> bytes:
    """The JSON of one SendSms to one number. Its placeholders are {1}, {2} …, so params are named 1, 2 …"""
    names = [str(number) for number in range(1, len(message.params) + 1)]
    if set(names) != set(message.params):
        raise SendError(ErrorClass.CONFIG, "a template's params are named 1, 2, … here, without a gap")
    fields = {
        "PhoneNumberSet": [message.to],
        "SmsSdkAppId": app_id,
        "TemplateId": message.template,
        "SignName": sign_name,
        "TemplateParamSet": [message.params[name] for name in names],
        "SessionContext": message.our_ref,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def signed_headers(
    key_id: str, key: str, host: str, region: str, body: bytes, now: datetime, action: str = "SendSms"
) -> dict[str, str]:
    """The headers of an action with this body, signed with TC3-HMAC-SHA256; they hold for five minutes."""
    timestamp = int(now.timestamp())
    scope = f"{now.astimezone(UTC):%Y-%m-%d}/sms/tc3_request"
    request = f"POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\n\ncontent-type;host\n{_sha256(body)}"
    to_sign = f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{_sha256(request.encode())}"
    signing_key = f"TC3{key}".encode()
    for part in scope.split("/"):
        signing_key = hmac.digest(signing_key, part.encode(), hashlib.sha256)
    signature = hmac.digest(signing_key, to_sign.encode(), hashlib.sha256).hex()
    login = f"TC3-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders=content-type;host, Signature={signature}"
    return {
        "authorization": login,
        "content-type": CONTENT_TYPE,
        "host": host,
        "x-tc-action": action,
        "x-tc-region": region,
        "x-tc-timestamp": str(timestamp),
        "x-tc-version": "2021-01-11",
    }


def read_answer(reply: Reply, now: datetime) -> Accepted:
    """The SerialNo where the number's own Code is Ok; otherwise raise SendError, also where HTTP says 200."""
    done = 200 <= reply.status < 300
    try:
        serial, code, said = _read(reply.body)
    except (Malformed, Unreadable):
        kind = ErrorClass.UNKNOWN if done else class_of_status(reply.status)
        raise failure(reply, now, kind, "the answer cannot be read") from None
    if done and code == "Ok":
        return Accepted((serial,) if serial else ())
    kind = class_of_code(code) or (ErrorClass.PERMANENT if done else class_of_status(reply.status))
    error = failure(reply, now, kind, said, code)
    if kind is ErrorClass.THROTTLED:
        error.retry_after_seconds = _wait(code, now) or error.retry_after_seconds
    raise error


def _read(body: bytes) -> tuple[str, str, str]:
    """SerialNo, Code and Message: the request's own error, or else what became of the one number in it."""
    response = as_object(as_object(load_json(body)).get("Response"))
    if response.get("Error") is not None:
        error = as_object(response["Error"])
        return "", optional_text(error, "Code"), optional_text(error, "Message", 2000)
    statuses = as_batch(response.get("SendStatusSet"))
    if len(statuses) != 1:
        raise Unreadable("SendStatusSet does not hold one number")
    status = as_object(statuses[0])
    return optional_text(status, "SerialNo"), optional_text(status, "Code"), optional_text(status, "Message", 2000)


def _wait(code: str, now: datetime) -> float | None:
    if code == "FailedOperation.MarketingSendTimeConstraint":  # sold as marketing, which starts at eight
        local = now.astimezone(SHANGHAI)
        eight = local.replace(hour=8, minute=0, second=0, microsecond=0)
        return ((eight if local < eight else eight + timedelta(days=1)) - local).total_seconds()
    return WAIT_SECONDS.get(code)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
