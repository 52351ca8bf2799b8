"""Tencent Cloud SMS (mainland China): unsigned pushes on a secret path in, approved templates out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self

from yarl import URL

from bot.gateways.addresses import Network
from bot.gateways.base import Accepted, Answer, ErrorClass, Outgoing, Parsed, RawRequest, Refused, SendError
from bot.gateways.http import Http
from bot.gateways.options import Option, OptionError, read_options, seconds, several, together, web_address
from bot.gateways.secret_path import OPTIONS as PATH_OPTIONS
from bot.gateways.secret_path import allowed_networks, guard
from bot.gateways.tencent_api import read_answer, send_body, signed_headers
from bot.gateways.tencent_pulls import MOST, REPLIES, REPORTS, STATISTICS, pull_body, read_pull, statistics_body
from bot.gateways.tencent_pushes import read_push

OPTIONS = (
    *PATH_OPTIONS,
    Option("secret_id", "the API key that sends; without it the channel only receives"),
    Option("secret_key", "the API key's secret", secret=True),
    Option("app_id", "the SMS application's SdkAppId, such as 1400000000"),
    Option("sign_name", "the approved signature, without its brackets"),
    Option("poll", "yes: replies and reports are pulled as well, once Tencent's support has opened that", default="no"),
    Option("region", "the API's region", default="ap-guangzhou"),
    Option("api_base", "the API's address", default="https://sms.tencentcloudapi.com"),
    Option("timeout_seconds", "how long a send may take", default="10"),
)


class TencentGateway:
    """One Tencent Cloud SMS application. Pushes carry no signature at all, so the path is the password."""

    name = "tencent"
    max_body_bytes = 512 * 1024
    free_text = False
    can_look_up = False

    def __init__(
        self,
        path_tokens: Sequence[str],
        allowed: Sequence[Network] = (),
        secret_id: str = "",
        secret_key: str = "",
        app_id: str = "",
        sign_name: str = "",
        region: str = "ap-guangzhou",
        api_base: str = "https://sms.tencentcloudapi.com",
        timeout_seconds: float = 10.0,
        poll: bool = False,
    ):
        self._door = guard(self.name, path_tokens, allowed)
        self._secret_id = secret_id
        self._secret_key = secret_key
        self._app_id = app_id
        self._sign_name = sign_name
        self._region = region
        self._api = URL(api_base)
        self._http = Http(timeout_seconds)
        self.can_send = bool(secret_id)
        self.can_poll = poll

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build from a channel's configuration; raise OptionError where it cannot work."""
        values = read_options(cls.name, OPTIONS, given)
        sending = ("secret_id", "secret_key", "app_id", "sign_name")
        sends = together(cls.name, values, sending)
        if values["poll"] not in ("yes", "no"):
            raise OptionError("tencent: option poll is yes or no")
        if values["poll"] == "yes" and not sends:
            raise OptionError(f"tencent: to pull, option {sending[0]} is missing as well")
        return cls(
            several(values["path_token"]),
            allowed_networks(cls.name, values),
            values["secret_id"],
            values["secret_key"],
            values["app_id"],
            values["sign_name"],
            values["region"],
            web_address(cls.name, "api_base", values["api_base"]),
            seconds(cls.name, "timeout_seconds", values["timeout_seconds"]),
            values["poll"] == "yes",
        )

    def verify(self, request: RawRequest, now: datetime) -> None:
        """Check the path token and, where there is a list, the address; there is no signature and no time."""
        if request.method != "POST":
            raise Refused("not a POST")
        self._door.check(request)

    def parse(self, request: RawRequest) -> Parsed:
        """Read one reply, or a batch of reports."""
        return read_push(request.body)

    def accepted(self) -> Answer:
        """The documented answer; anything else makes Tencent push twice more."""
        return Answer(200, b'{"result":0,"errmsg":"OK"}', "application/json")

    def refused(self, status: int) -> Answer:
        """The status alone: a body with a result in it might count as received."""
        return Answer(status)

    async def send(self, message: Outgoing, now: datetime) -> Accepted:
        """Send an approved template; SessionContext carries our reference. Not idempotent."""
        if not self.can_send:
            raise SendError(ErrorClass.CONFIG, "this channel only receives (can_send is false)")
        if not message.template:
            raise SendError(ErrorClass.CONFIG, "this channel sends only approved templates (free_text is false)")
        body = send_body(message, self._app_id, self._sign_name)
        headers = signed_headers(self._secret_id, self._secret_key, self._api.authority, self._region, body, now)
        reply = await self._http.post(f"{self._api.origin()}/", body, headers)
        return read_answer(reply, now)

    async def look_up(self, our_ref: str, now: datetime) -> Accepted | None:
        """Not here: the provider keeps no index of our references."""
        raise SendError(ErrorClass.CONFIG, "this channel cannot look up (can_look_up is false)")

    async def check(self, now: datetime) -> str:
        """Ask for the figures of this day."""
        if not self.can_send:
            return "this channel only receives, so there is nothing to ask"
        body = statistics_body(self._app_id, now)
        headers = signed_headers(
            self._secret_id, self._secret_key, self._api.authority, self._region, body, now, STATISTICS
        )
        read_pull(STATISTICS, await self._http.post(f"{self._api.origin()}/", body, headers), now)
        return "Tencent Cloud takes our key"

    async def missed(self, since: datetime, now: datetime) -> Parsed:
        """Pull what Tencent keeps, whenever it came. Each item is given out once: what came before a failure counts."""
        found: list[Parsed] = []
        for action in (REPLIES, REPORTS):
            number = MOST
            while number == MOST:
                try:
                    parsed, number = await self._pull(action, now)
                except SendError:
                    if not found:
                        raise
                    return _together(found)
                found.append(parsed)
        return _together(found)

    async def _pull(self, action: str, now: datetime) -> tuple[Parsed, int]:
        body = pull_body(self._app_id)
        headers = signed_headers(
            self._secret_id, self._secret_key, self._api.authority, self._region, body, now, action
        )
        return read_pull(action, await self._http.post(f"{self._api.origin()}/", body, headers), now)

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()


def _together(found: Sequence[Parsed]) -> Parsed:
    return Parsed(
        tuple(message for one in found for message in one.messages),
        tuple(receipt for one in found for receipt in one.receipts),
        tuple(reason for one in found for reason in one.unreadable),
        "".join(one.kept for one in found),
    )
