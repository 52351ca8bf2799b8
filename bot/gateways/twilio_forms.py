"""Twilio's webhook forms: a reply or a delivery report, told apart by the status field."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.gateways.base import Delivery, DeliveryReceipt, ErrorClass, InboundSms, Parsed
from bot.gateways.payload import MAX_ID, MAX_NUMBER, Unreadable, message_text, optional_text, required_text
from bot.gateways.twilio_codes import CLASS_OF_CODE, STATUS

# The signature joins names and values without a separator, so a captured request can be cut up in another way
# under the same signature. Fixed shapes for what identifies a message keep a copy from passing for a new one.
ACCOUNT_SID = re.compile(r"AC[0-9a-f]{32}", re.ASCII)
PARAMETER = re.compile(r"[A-Za-z0-9_.\-\[\]]+", re.ASCII)
MESSAGE_SID = re.compile(r"(SM|MM)[0-9a-f]{32}", re.ASCII)
NUMBER = re.compile(r"\+?[0-9]{3,15}", re.ASCII)
ALPHANUMERIC = re.compile(r"[A-Za-z0-9 ]{1,11}", re.ASCII)

READ = ("MessageSid", "SmsSid", "MessageStatus", "SmsStatus", "From", "To", "Body", "OptOutType", "ErrorCode")


def read_form(pairs: Sequence[tuple[str, str]], our_ref: str) -> Parsed:
    """Read the form, ignoring unknown parameters, since Twilio adds some without notice. Raise Unreadable."""
    form: dict[str, object] = {}
    for name, value in pairs:
        if name in READ and form.setdefault(name, value) != value:
            raise Unreadable(f"{name} is given twice")
    said = optional_text(form, "MessageStatus") or optional_text(form, "SmsStatus")
    if said in ("", "received", "receiving"):
        return Parsed(messages=(_read_message(form),))
    return Parsed(receipts=(_read_receipt(form, said, our_ref),))


def _read_message(form: dict[str, object]) -> InboundSms:
    sender, destination = required_text(form, "From", MAX_NUMBER), optional_text(form, "To", MAX_NUMBER)
    if not NUMBER.fullmatch(sender):
        raise Unreadable("From is not a phone number")
    if destination and not (NUMBER.fullmatch(destination) or ALPHANUMERIC.fullmatch(destination)):
        raise Unreadable("To is not a sender of ours")
    return InboundSms(
        sender=sender,
        destination=destination,
        text=message_text(form, "Body"),
        provider_id=_sid(form),
        # START and HELP were answered too, but they are the customer's words for us to read.
        provider_opted_out=optional_text(form, "OptOutType") == "STOP",
    )


def _read_receipt(form: dict[str, object], said: str, our_ref: str) -> DeliveryReceipt:
    status, code = STATUS.get(said), optional_text(form, "ErrorCode")
    if status is None:
        raise Unreadable("MessageStatus is not a known one")
    kind: ErrorClass | None = None
    if status is Delivery.UNDELIVERED:
        kind = CLASS_OF_CODE.get(code, ErrorClass.RETRYABLE)
    elif status is Delivery.FAILED:
        kind = CLASS_OF_CODE.get(code, ErrorClass.PERMANENT)
    return DeliveryReceipt(status, _sid(form), optional_text({"ref": our_ref}, "ref", MAX_ID), code, kind)


def _sid(form: dict[str, object]) -> str:
    sid = optional_text(form, "MessageSid") or optional_text(form, "SmsSid")
    if not MESSAGE_SID.fullmatch(sid):
        raise Unreadable("MessageSid is missing or not one")
    return sid
