"""The bank's own SMS platform: Standard Webhooks 1.0.0 in both directions, JSON bodies, one shared secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import token_hex as fresh_id
from typing import Self

from bot.gateways.addresses import Network
from bot.gateways.base import Accepted, Answer, ErrorClass, Outgoing, Parsed, RawRequest, Refused, SendError
from bot.gateways.events import read_events
from bot.gateways.generic_api import outgoing_body, read_acceptance, read_look_up
from bot.gateways.http import Http, with_ref
from bot.gateways.options import Option, OptionError, read_options, seconds, several, web_address
from bot.gateways.payload import MAX_ID, storable
from bot.gateways.secret_path import ADDRESSES, allowed_networks, check_address
from bot.gateways.sign import opens, sign_generic, standard_key
from bot.gateways.standard import check_signature

OPTIONS = (
    Option(
        "secrets",
        "whsec_… secrets, comma-separated; any may sign what comes in, the first signs what goes out",
        required=True,
        secret=True,
    ),
    Option("send_url", "where texts are posted; without it the channel only receives"),
    Option("look_up_url", "where to ask what became of a text; without it only receipts can tell"),
    Option("from_number", "the number or port that texts come from"),
    Option("path_token", "the secret end of the webhook's path, checked as well where set", secret=True),
    Option(
        "idempotent",
        "yes: the platform sends a repeated webhook-id once, so no answer is retried",
        default="no",
    ),
    ADDRESSES,
    Option("timeout_seconds", "how long a send may take", default="10"),
)


class GenericGateway:
    """Any platform that signs as Standard Webhooks says; what the bodies hold is told in events.py."""

    name = "generic"
    max_body_bytes = 512 * 1024
    free_text = True

    def __init__(
        self,
        secrets: Sequence[str],
        send_url: str = "",
        from_number: str = "",
        path_tokens: Sequence[str] = (),
        idempotent: bool = False,
        timeout_seconds: float = 10.0,
        look_up_url: str = "",
        allowed: Sequence[Network] = (),
    ):
        self._secrets = tuple(secrets)
        self._keys = tuple(standard_key(secret) for secret in secrets)
        self._send_url = send_url
        self._from_number = from_number
        self._path_tokens = tuple(path_tokens)
        self._unanswered = ErrorClass.RETRYABLE if idempotent else ErrorClass.UNKNOWN
        self._http = Http(timeout_seconds)
        self._look_up_url = look_up_url
        self._allowed = tuple(allowed)
        self.can_send = bool(send_url)
        self.can_look_up = bool(look_up_url)

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build from a channel's configuration; raise OptionError where it cannot work."""
        values = read_options(cls.name, OPTIONS, given)
        if values["idempotent"] not in ("yes", "no"):
            raise OptionError("generic: option idempotent is yes or no")
        for name in ("send_url", "look_up_url"):
            if values[name]:
                web_address(cls.name, name, values[name])
        timeout = seconds(cls.name, "timeout_seconds", values["timeout_seconds"])
        try:
            return cls(
                several(values["secrets"]),
                values["send_url"],
                values["from_number"],
                several(values["path_token"]),
                values["idempotent"] == "yes",
                timeout,
                values["look_up_url"],
                allowed_networks(cls.name, values),
            )
        except ValueError as error:
            raise OptionError(f"generic: option secrets: {error}") from None

    def verify(self, request: RawRequest, now: datetime) -> None:
        """Check the path token where one is set, the five minutes, and the signature over the raw bytes."""
        if request.method != "POST":
            raise Refused("not a POST")
        if self._path_tokens and not opens(request.path_token, self._path_tokens):
            raise Refused("wrong path token")
        check_address(request, self._allowed)
        check_signature(request.headers, request.body, self._keys, now)

    def parse(self, request: RawRequest) -> Parsed:
        """Read one event, or a batch of events of which a bad one does not spoil the others."""
        return read_events(request.body, storable(request.headers.get("webhook-id", "")[:MAX_ID]))

    def accepted(self) -> Answer:
        """The answer that also satisfies platforms which look for a numeric code."""
        return Answer(200, b'{"code":0,"msg":"ok"}', "application/json")

    def refused(self, status: int) -> Answer:
        """The status and nothing else."""
        return Answer(status)

    async def send(self, message: Outgoing, now: datetime) -> Accepted:
        """Post the text, signed. The id is our reference, also as the webhook-id, the same over attempts."""
        if not self.can_send:
            raise SendError(ErrorClass.CONFIG, "this channel only receives (can_send is false)")
        body = outgoing_body(message, self._from_number)
        headers = sign_generic(self._secrets[0], message.our_ref, int(now.timestamp()), body)
        try:
            reply = await self._http.post(
                self._send_url, body, {**headers, "content-type": "application/json; charset=utf-8"}
            )
        except SendError as error:
            if error.kind is ErrorClass.UNKNOWN:
                raise SendError(self._unanswered, error.reason, error.code) from None
            raise
        return read_acceptance(reply, now, self._unanswered)

    async def look_up(self, our_ref: str, now: datetime) -> Accepted | None:
        """Get {look_up_url}?ref=…, signed over an empty body with our reference as the webhook-id."""
        if not self.can_look_up:
            raise SendError(ErrorClass.CONFIG, "this channel cannot look up (can_look_up is false)")
        headers = sign_generic(self._secrets[0], our_ref, int(now.timestamp()), b"")
        return read_look_up(await self._http.get(with_ref(self._look_up_url, our_ref), headers), our_ref, now)

    async def check(self, now: datetime) -> str:
        """Look a text up that never was: a platform that knows our signature says that it has never seen it."""
        if not self.can_look_up:
            return "this platform has no look-up, so there is nothing harmless to ask"
        found = await self.look_up(f"test-{fresh_id(8)}", now)
        return "the platform takes our signature" + (", but claims to know a text that never was" if found else "")

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()
