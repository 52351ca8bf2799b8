"""Twilio Programmable Messaging: signed form webhooks in, the REST API out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from bot.gateways.base import (
    Accepted,
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
    SendError,
    check_outgoing,
)
from bot.gateways.http import Http, Reply, class_of_status, failure, with_ref
from bot.gateways.options import Option, OptionError, read_options, seconds, several, web_address
from bot.gateways.payload import Unreadable, as_object, load_form, load_json, optional_text
from bot.gateways.sign import opens, same, sign_twilio
from bot.gateways.twilio_codes import CLASS_OF_CODE, STATUS
from bot.gateways.twilio_forms import ACCOUNT_SID, PARAMETER, read_form
from bot.gateways.twilio_list import Page, first_query, read_page

MAX_VALID_SECONDS = 36_000  # the longest ValidityPeriod
MAX_PAGE_BYTES = 8 * 1024 * 1024  # 500 messages of 1,600 characters, escaped
SETTINGS = "x-twilio-webhooks-signature-settings"  # key=…,algorithm=…, where a shared key signed
METHODS = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
EMPTY_TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'

OPTIONS = (
    Option("account_sid", "AC… of the account", required=True),
    Option(
        "auth_tokens",
        "auth tokens, comma-separated; any may sign what comes in, the first signs in to send",
        required=True,
        secret=True,
    ),
    Option("from_number", "the sender, in E.164; with neither it nor the next, the channel only receives"),
    Option("numbers", "our numbers, comma-separated, whose missed messages are fetched; empty: from_number"),
    Option("messaging_service_sid", "MG… of the messaging service that picks the sender"),
    Option("callback_url", "this channel's webhook address, where delivery reports go"),
    Option("path_token", "the secret end of the webhook's path, checked as well where set", secret=True),
    Option("api_base", "the API's address", default="https://api.twilio.com"),
    Option("timeout_seconds", "how long a send may take", default="10"),
)


class TwilioGateway:
    """One Twilio account. Answers leave through the API, never as TwiML, which a repeated webhook repeats."""

    name = "twilio"
    max_body_bytes = 64 * 1024
    free_text = True
    can_look_up = False

    def __init__(
        self,
        account_sid: str,
        auth_tokens: Sequence[str],
        from_number: str = "",
        messaging_service_sid: str = "",
        callback_url: str = "",
        path_tokens: Sequence[str] = (),
        api_base: str = "https://api.twilio.com",
        timeout_seconds: float = 10.0,
        numbers: Sequence[str] = (),
    ):
        self._account_sid = account_sid
        self._tokens = tuple(auth_tokens)
        self._sender = (
            {"MessagingServiceSid": messaging_service_sid} if messaging_service_sid else {"From": from_number}
        )
        self._callback_url = callback_url
        self._path_tokens = tuple(path_tokens)
        self._api = api_base.rstrip("/")
        self._messages = f"/2010-04-01/Accounts/{account_sid}/Messages.json"
        self._numbers = tuple(numbers) or ((from_number,) if from_number else ())
        self._http = Http(timeout_seconds)
        self.can_send = bool(from_number or messaging_service_sid)
        self.can_poll = bool(self._numbers)

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build from a channel's configuration; raise OptionError where it cannot work."""
        values = read_options(cls.name, OPTIONS, given)
        if not ACCOUNT_SID.fullmatch(values["account_sid"]):
            raise OptionError("twilio: option account_sid is AC and 32 hexadecimal digits")
        if values["from_number"] and values["messaging_service_sid"]:
            raise OptionError("twilio: set from_number or messaging_service_sid, not both")
        if values["callback_url"]:
            web_address(cls.name, "callback_url", values["callback_url"])
        return cls(
            values["account_sid"],
            several(values["auth_tokens"]),
            values["from_number"],
            values["messaging_service_sid"],
            values["callback_url"],
            several(values["path_token"]),
            web_address(cls.name, "api_base", values["api_base"]),
            seconds(cls.name, "timeout_seconds", values["timeout_seconds"]),
            several(values["numbers"]),
        )

    def verify(self, request: RawRequest, now: datetime) -> None:
        """Check the signature over the configured address and every parameter, and the account.

        The scheme has no time in it: a repeated request is told by its MessageSid, in the store.
        """
        given = request.headers.get("x-twilio-signature", "")
        if request.method != "POST" or not given:
            raise Refused("not a signed POST")
        if self._path_tokens and not opens(request.path_token, self._path_tokens):
            raise Refused("wrong path token")
        params, method = _signed_params(request), _signed_method(request)
        addresses = _with_and_without_port(_signed_url(request))
        expected = [sign_twilio(token, address, params, method) for token in self._tokens for address in addresses]
        if not sum(same(given, one) for one in expected):
            raise Refused("no signature of ours")
        if params and ("AccountSid", self._account_sid) not in params:
            raise Refused("another account")

    def parse(self, request: RawRequest) -> Parsed:
        """Read a reply or a delivery report, whichever the form says that it is."""
        if _body_digest(request):
            raise Malformed("signed as JSON: no message comes so")
        try:
            return read_form(load_form(request.body), dict(request.query).get("ref", ""))
        except Unreadable as error:
            raise Malformed(str(error)) from None

    def accepted(self) -> Answer:
        """TwiML that says nothing: any text in it would be sent to the customer."""
        return Answer(200, EMPTY_TWIML, "text/xml")

    def refused(self, status: int) -> Answer:
        """The same silence, with the status."""
        return Answer(status, EMPTY_TWIML, "text/xml")

    async def send(self, message: Outgoing, now: datetime) -> Accepted:
        """Create the message; delivery reports come back to callback_url with our reference."""
        check_outgoing(self.can_send, message)
        form = {
            "To": message.to,
            **self._sender,
            "Body": message.text,
            "ValidityPeriod": str(min(message.valid_seconds, MAX_VALID_SECONDS)),
        }
        if self._callback_url:
            form["StatusCallback"] = with_ref(self._callback_url, message.our_ref)
        headers = {**self._login(), "content-type": "application/x-www-form-urlencoded"}
        reply = await self._http.post(self._api + self._messages, urlencode(form).encode(), headers)
        if 200 <= reply.status < 300:
            return _read_acceptance(reply)
        raise _read_failure(reply, now)

    async def look_up(self, our_ref: str, now: datetime) -> Accepted | None:
        """Not here: the provider keeps no index of our references."""
        raise SendError(ErrorClass.CONFIG, "this channel cannot look up (can_look_up is false)")

    async def check(self, now: datetime) -> str:
        """Read our own account."""
        account = self._messages.removesuffix("/Messages.json") + ".json"
        reply = await self._http.get(self._api + account, self._login())
        if not 200 <= reply.status < 300:
            raise _read_failure(reply, now)
        try:
            said = optional_text(as_object(load_json(reply.body)), "status")
        except (Malformed, Unreadable):
            raise SendError(
                ErrorClass.CONFIG, "this address does not answer as Twilio", f"HTTP {reply.status}"
            ) from None
        return f"Twilio takes our token; the account is {said or 'of an unknown status'}"

    async def missed(self, since: datetime, now: datetime) -> Parsed:
        """List what was sent to and from our numbers since then; an opt-out is only told by its words."""
        messages: list[InboundSms] = []
        receipts: list[DeliveryReceipt] = []
        unreadable: list[str] = []
        for number in self._numbers:
            for whose in ("To", "From"):
                path, asked = f"{self._messages}?{first_query(whose, number, since)}", set[str]()
                while path and path not in asked:  # a list that leads back to itself would never end
                    asked.add(path)
                    page = await self._page(path, since, now, ours=whose == "From")
                    messages += page.messages
                    receipts += page.receipts
                    unreadable += page.unreadable
                    path = page.next
        return Parsed(tuple(messages), tuple(receipts), tuple(unreadable))

    async def _page(self, path: str, since: datetime, now: datetime, *, ours: bool) -> Page:
        if not path.startswith(self._messages):
            raise SendError(ErrorClass.CONFIG, "the list goes on at a strange address")
        reply = await self._http.get(self._api + path, self._login(), MAX_PAGE_BYTES)
        if not 200 <= reply.status < 300:
            raise _read_failure(reply, now)
        try:
            return read_page(reply.body, since, ours)
        except Malformed:
            raise SendError(ErrorClass.RETRYABLE, "the list cannot be read", f"HTTP {reply.status}") from None

    def _login(self) -> dict[str, str]:
        login = base64.b64encode(f"{self._account_sid}:{self._tokens[0]}".encode()).decode()
        return {"authorization": f"Basic {login}"}

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()


def _body_digest(request: RawRequest) -> str:
    return dict(request.query).get("bodySHA256", "")


def _signed_params(request: RawRequest) -> tuple[tuple[str, str], ...]:
    """The form, which is signed; nothing where the address is signed alone, with the digest of the body in it."""
    digest = _body_digest(request)
    if digest and not same(digest.lower(), hashlib.sha256(request.body).hexdigest()):
        raise Refused("another body than the signed one")
    try:
        params = () if digest else load_form(request.body)
    except Malformed:
        raise Refused("not a form") from None
    if not (digest or params):
        raise Refused("nothing in it")
    if not all(PARAMETER.fullmatch(name) for name, _ in params):
        raise Refused("not Twilio's parameters")  # a captured form that was cut up in another way
    return params


def _signed_method(request: RawRequest) -> str:
    """SHA-1 with an auth token; what the header names with a shared key."""
    settings = dict(part.strip().partition("=")[::2] for part in request.headers.get(SETTINGS, "").split(","))
    method = METHODS.get((settings.get("algorithm") or "HMAC_SHA1").upper())
    if method is None:
        raise Refused("an unknown algorithm")
    return method


def _signed_url(request: RawRequest) -> str:
    """The address as Twilio was told it, with the query that the request came with."""
    address = request.public_url.partition("#")[0]
    query = request.raw_query or urlencode(request.query, quote_via=quote, errors="surrogatepass")
    return f"{address}?{query}" if query and "?" not in address else address


def _with_and_without_port(address: str) -> tuple[str, ...]:
    """Both spellings of an address on its default port; which of them Twilio signs has varied."""
    parts = urlsplit(address)
    port = {"https": ":443", "http": ":80"}.get(parts.scheme, "")
    if not port:
        return (address,)
    if parts.netloc.endswith(port):
        other = parts.netloc.removesuffix(port)
    elif ":" in parts.netloc.rpartition("@")[2].rpartition("]")[2]:
        return (address,)  # on a port of its own
    else:
        other = parts.netloc + port
    return (address, urlunsplit(parts._replace(netloc=other)))


def _read_acceptance(reply: Reply) -> Accepted:
    try:
        answer = as_object(load_json(reply.body))
        sid, said = optional_text(answer, "sid"), optional_text(answer, "status")
    except (Malformed, Unreadable):
        raise SendError(ErrorClass.UNKNOWN, "the answer cannot be read", f"HTTP {reply.status}") from None
    status = STATUS.get(said, Delivery.QUEUED)
    if status in (Delivery.FAILED, Delivery.UNDELIVERED):
        code = answer.get("error_code")
        kind = CLASS_OF_CODE.get(str(code), ErrorClass.PERMANENT)
        raise SendError(kind, f"created as {said}", str(code or ""))
    return Accepted((sid,) if sid else (), status)


def _read_failure(reply: Reply, now: datetime) -> SendError:
    """What the code in the body says, or else what HTTP says."""
    kind = class_of_status(reply.status)
    try:
        answer = as_object(load_json(reply.body))
        reason, code = optional_text(answer, "message", 2000), str(answer.get("code") or "")[:20]
    except (Malformed, Unreadable):
        return failure(reply, now, kind)
    # 429 says that nothing was processed, whatever the code beside it.
    known = None if reply.status == 429 else CLASS_OF_CODE.get(code)
    return failure(reply, now, known or kind, reason, code)
