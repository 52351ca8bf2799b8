"""Twilio's list of messages: what webhooks should have brought, read page by page, the newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

from bot.gateways.base import DeliveryReceipt, InboundSms, Malformed
from bot.gateways.payload import Unreadable, as_batch, as_object, load_json, optional_text
from bot.gateways.twilio_forms import read_form

PAGE_SIZE = 500


@dataclass(slots=True)
class Page:
    """One page of the list. `next` is the path of the following one; empty where what follows is of no interest."""

    messages: list[InboundSms] = field(default_factory=list)
    receipts: list[DeliveryReceipt] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    next: str = ""


def first_query(whose: str, number: str, since: datetime) -> str:
    """The query for messages to ("To") or from ("From") a number of ours. Twilio filters by whole days of GMT."""
    day = since.astimezone(UTC).strftime("%Y-%m-%d")
    return urlencode({whose: number, "DateSent>": day, "PageSize": str(PAGE_SIZE)})


def read_page(body: bytes, since: datetime, ours: bool) -> Page:
    """The messages since then on one page: replies, or where they are `ours` what became of them. Raise Malformed."""
    try:
        answer = as_object(load_json(body))
        items = as_batch(answer.get("messages"))
        page = Page(next=optional_text(answer, "next_page_uri", 2000))
    except Unreadable as error:
        raise Malformed(str(error)) from None
    for item in items:
        try:
            fields = as_object(item)
            sid, at = optional_text(fields, "sid"), _moment(fields)
        except Unreadable as error:
            page.unreadable.append(f"a listed message: {error}")
            continue
        if at is not None and at < since:
            page.next = ""  # sorted by date: older ones follow
            continue
        if ours == (optional_text(fields, "direction") == "inbound"):
            continue
        try:
            _read(page, fields, at)
        except Unreadable as error:
            page.unreadable.append(f"message {sid[:34]}: {error}")
    return page


def _read(page: Page, fields: Mapping[str, object], at: datetime | None) -> None:
    """As a webhook would have said it, so that both are known as one."""
    names = {"sid": "MessageSid", "from": "From", "to": "To", "body": "Body", "status": "MessageStatus"}
    form = [(theirs, optional_text(fields, ours, 10_000)) for ours, theirs in names.items()]
    code = fields.get("error_code")
    form.append(("ErrorCode", "" if code is None else str(code)[:20]))
    read = read_form(form, "")
    page.messages += [InboundSms(one.sender, one.destination, one.text, one.provider_id, at) for one in read.messages]
    page.receipts += read.receipts


def _moment(fields: Mapping[str, object]) -> datetime | None:
    """When it was sent, or at least created; None where that cannot be read."""
    said = optional_text(fields, "date_sent") or optional_text(fields, "date_created")
    try:
        moment = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
