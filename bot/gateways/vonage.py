"""Vonage's SMS API: signed webhooks as a query, a form or JSON in, REST out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlencode

from bot.core.segments import Encoding, encoding_of
from bot.gateways.addresses import Network
from bot.gateways.base import (
    Accepted,
    Answer,
    ErrorClass,
    Malformed,
    Outgoing,
    Parsed,
    RawRequest,
    Refused,
    SendError,
    check_outgoing,
)
from bot.gateways.http import Http, class_of_status, failure
from bot.gateways.options import Option, OptionError, read_options, seconds, several, together, web_address
from bot.gateways.payload import Unreadable
from bot.gateways.secret_path import ADDRESSES, allowed_networks, check_address, guard
from bot.gateways.sign import opens, same, sign_vonage
from bot.gateways.vonage_forms import read_answer, read_params, read_webhook

# Webhooks are repeated for 24 hours, and nothing says that a repeated one is signed anew. A copy does no harm:
# the store knows its messageId for ever.
OLDEST, NEWEST = timedelta(hours=25), timedelta(minutes=5)
MIN_TTL, MAX_TTL = 20_000, 604_800_000  # milliseconds

OPTIONS = (
    Option(
        "signature_secrets",
        "signature secrets, comma-separated, any of which may sign; without one, path_token is required",
        secret=True,
    ),
    Option("signature_method", "the HMAC chosen at Vonage: sha256 or sha512", default="sha256"),
    Option("path_token", "the secret end of the webhook's path, checked where set", secret=True),
    ADDRESSES,
    Option("api_key", "the account that sends; without it the channel only receives"),
    Option("api_secret", "the account's secret", secret=True),
    Option("from_number", "the sender: a number without its plus, or up to eleven letters"),
    Option("callback_url", "this channel's webhook address, up to 100 characters; empty: as set at Vonage"),
    Option("api_base", "the API's address", default="https://rest.nexmo.com"),
    Option("timeout_seconds", "how long a send may take", default="10"),
)


class VonageGateway:
    """One Vonage account. Long replies come in pieces, each with its `part`."""

    name = "vonage"
    max_body_bytes = 64 * 1024
    free_text = True
    can_look_up = False

    def __init__(
        self,
        signature_secrets: Sequence[str] = (),
        signature_method: str = "sha256",
        path_tokens: Sequence[str] = (),
        api_key: str = "",
        api_secret: str = "",
        from_number: str = "",
        callback_url: str = "",
        api_base: str = "https://rest.nexmo.com",
        timeout_seconds: float = 10.0,
        allowed: Sequence[Network] = (),
    ):
        if not signature_secrets:
            guard(self.name, path_tokens)  # the path alone is the password, so it must be one
        self._secrets = tuple(signature_secrets)
        self._method = signature_method
        self._path_tokens = tuple(path_tokens)
        self._allowed = tuple(allowed)
        self._login = {"api_key": api_key, "api_secret": api_secret, "from": from_number}
        self._callback_url = callback_url
        self._send_url = api_base.rstrip("/") + "/sms/json"
        self._balance_url = api_base.rstrip("/") + "/account/get-balance"
        self._http = Http(timeout_seconds)
        self.can_send = bool(api_key)

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build from a channel's configuration; raise OptionError where it cannot work."""
        values = read_options(cls.name, OPTIONS, given)
        if values["signature_method"] not in ("sha256", "sha512"):
            raise OptionError("vonage: option signature_method is sha256 or sha512")
        together(cls.name, values, ("api_key", "api_secret", "from_number"))
        if values["callback_url"]:
            web_address(cls.name, "callback_url", values["callback_url"])
            if len(values["callback_url"]) > 100:
                raise OptionError("vonage: option callback_url is longer than Vonage's 100 characters")
        return cls(
            several(values["signature_secrets"]),
            values["signature_method"],
            several(values["path_token"]),
            values["api_key"],
            values["api_secret"],
            values["from_number"],
            values["callback_url"],
            web_address(cls.name, "api_base", values["api_base"]),
            seconds(cls.name, "timeout_seconds", values["timeout_seconds"]),
            allowed_networks(cls.name, values),
        )

    def verify(self, request: RawRequest, now: datetime) -> None:
        """Check the path token where one is set, and the signature over every parameter, with its time."""
        if request.method not in ("GET", "POST"):
            raise Refused("neither a GET nor a POST")
        if self._path_tokens and not opens(request.path_token, self._path_tokens):
            raise Refused("wrong path token")
        check_address(request, self._allowed)
        if not self._secrets:
            return
        try:
            params = read_params(request)
        except Malformed:
            raise Refused("no parameters that could be signed") from None
        given, timestamp = params.get("sig", "").lower(), params.get("timestamp", "")
        expected = [sign_vonage(secret, params, self._method) for secret in self._secrets]
        if not sum(same(given, one) for one in expected):
            raise Refused("no signature of ours")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise Refused("no usable timestamp")
        if not -NEWEST.total_seconds() <= now.timestamp() - int(timestamp) <= OLDEST.total_seconds():
            raise Refused("stale")

    def parse(self, request: RawRequest) -> Parsed:
        """Read a reply, a piece of one, or a delivery report."""
        try:
            return read_webhook(read_params(request))
        except Unreadable as error:
            raise Malformed(str(error)) from None

    def accepted(self) -> Answer:
        """200 and nothing else."""
        return Answer(200)

    def refused(self, status: int) -> Answer:
        """The status and nothing else. Vonage repeats after 429 and 5xx, not after other 4xx."""
        return Answer(status)

    async def send(self, message: Outgoing, now: datetime) -> Accepted:
        """Post the text; delivery reports repeat our reference as client-ref. One id per segment."""
        check_outgoing(self.can_send, message)
        form = {
            **self._login,
            "to": message.to.removeprefix("+"),
            "text": message.text,
            # Without it, Chinese arrives as question marks.
            "type": "unicode" if encoding_of(message.text) is Encoding.UCS2 else "text",
            "ttl": str(min(max(message.valid_seconds * 1000, MIN_TTL), MAX_TTL)),
            "client-ref": message.our_ref,
            "status-report-req": "1",
        }
        if self._callback_url:
            form["callback"] = self._callback_url
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return read_answer(await self._http.post(self._send_url, urlencode(form).encode(), headers), now)

    async def look_up(self, our_ref: str, now: datetime) -> Accepted | None:
        """Not here: the provider keeps no index of our references."""
        raise SendError(ErrorClass.CONFIG, "this channel cannot look up (can_look_up is false)")

    async def check(self, now: datetime) -> str:
        """Ask for our own balance."""
        if not self.can_send:
            return "this channel only receives, so there is nothing to ask"
        login = {name: self._login[name] for name in ("api_key", "api_secret")}
        reply = await self._http.get(f"{self._balance_url}?{urlencode(login)}", {})
        if not 200 <= reply.status < 300:
            raise failure(reply, now, class_of_status(reply.status, ErrorClass.RETRYABLE))
        return "Vonage takes our key"

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()
