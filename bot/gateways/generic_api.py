"""The generic contract's requests and answers: what a send posts, and what a platform may say to it."""

from __future__ import annotations

import json
from datetime import datetime

from bot.gateways.base import Accepted, Delivery, ErrorClass, Malformed, Outgoing, SendError
from bot.gateways.http import Reply, class_of_status, failure
from bot.gateways.payload import Unreadable, as_object, load_json, optional_text


def outgoing_body(message: Outgoing, from_number: str) -> bytes:
    """{id, to, from, text, valid_seconds} and, where there is one, template {code, params}, in UTF-8."""
    fields: dict[str, object] = {
        "id": message.our_ref,
        "to": message.to,
        "from": from_number,
        "text": message.text,
        "valid_seconds": message.valid_seconds,
    }
    if message.template:
        fields["template"] = {"code": message.template, "params": dict(message.params)}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def read_acceptance(reply: Reply, now: datetime, unanswered: ErrorClass) -> Accepted:
    """What a send was answered: a 2xx with {provider_id, status}, both optional; else raise SendError.

    `unanswered` is the class of an answer after which the text may or may not have gone out. Any answer
    but a 2xx may name its own: {error_class, error_code, msg}.
    """
    if not 200 <= reply.status < 300:
        raise read_failure(reply, now, unanswered)
    # A 2xx is an acceptance; without an id, receipts are matched by our reference alone.
    if not reply.body.strip():
        return Accepted(())
    try:
        answer = as_object(load_json(reply.body))
        provider_id, said = optional_text(answer, "provider_id"), optional_text(answer, "status")
    except (Malformed, Unreadable):
        raise SendError(unanswered, "the answer cannot be read", f"HTTP {reply.status}") from None
    if said in (Delivery.FAILED, Delivery.UNDELIVERED):
        raise SendError(ErrorClass.PERMANENT, "the platform refused the message", said)
    status = Delivery(said) if said in set(Delivery) else Delivery.QUEUED
    return Accepted((provider_id,) if provider_id else (), status)


def read_look_up(reply: Reply, our_ref: str, now: datetime) -> Accepted | None:
    """What a look-up was answered: 200 {provider_id, status}, or 404 {ref} for a text never seen.

    Nothing else says anything about the text, so it raises SendError. The 404 has to repeat our reference:
    a mistyped address answers 404 too, and to believe it would send every doubtful text a second time.
    """
    if reply.status not in (200, 404):
        raise read_failure(reply, now, ErrorClass.RETRYABLE)
    try:
        answer = as_object(load_json(reply.body))
        if reply.status == 404:
            if optional_text(answer, "ref") == our_ref:
                return None
            raise Unreadable("ref is not the one that was asked for")
        provider_id, status = optional_text(answer, "provider_id"), Delivery(optional_text(answer, "status"))
    except (Malformed, Unreadable, ValueError):
        raise SendError(ErrorClass.CONFIG, "the look-up's answer cannot be read", f"HTTP {reply.status}") from None
    return Accepted((provider_id,) if provider_id else (), status)


def read_failure(reply: Reply, now: datetime, unanswered: ErrorClass) -> SendError:
    """What HTTP says, unless the platform's body names an error_class of ours."""
    kind = class_of_status(reply.status, unanswered)
    try:
        answer = as_object(load_json(reply.body))
        named = optional_text(answer, "error_class")
        reason, code = optional_text(answer, "msg", 2000), optional_text(answer, "error_code")
        return failure(reply, now, ErrorClass(named) if named else kind, reason, code)
    except (Malformed, Unreadable, ValueError):
        return failure(reply, now, kind)
