"""Alibaba Cloud SMS (mainland China): unsigned pushes on a secret path in, approved templates out."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self

from yarl import URL

from bot.gateways.addresses import Network
from bot.gateways.alibaba_api import read_answer, send_query, signed_headers, statistics_query
from bot.gateways.alibaba_pushes import read_pushes
from bot.gateways.base import Accepted, Answer, ErrorClass, Outgoing, Parsed, RawRequest, Refused, SendError
from bot.gateways.http import Http
from bot.gateways.options import Option, read_options, seconds, several, together, web_address
from bot.gateways.secret_path import OPTIONS as PATH_OPTIONS
from bot.gateways.secret_path import allowed_networks, guard

OPTIONS = (
    *PATH_OPTIONS,
    Option("access_key_id", "the access key that sends; without it the channel only receives"),
    Option("access_key_secret", "the access key's secret", secret=True),
    Option("sign_name", "the approved signature, without its brackets"),
    Option("api_base", "the API's address", default="https://dysmsapi.aliyuncs.com"),
    Option("timeout_seconds", "how long a send may take", default="10"),
)


class AlibabaGateway:
    """One Alibaba Cloud signature. Pushes carry no signature at all, so the path is the password."""

    name = "alibaba"
    max_body_bytes = 512 * 1024
    free_text = False
    can_look_up = False

    def __init__(
        self,
        path_tokens: Sequence[str],
        allowed: Sequence[Network] = (),
        access_key_id: str = "",
        access_key_secret: str = "",
        sign_name: str = "",
        api_base: str = "https://dysmsapi.aliyuncs.com",
        timeout_seconds: float = 10.0,
    ):
        self._door = guard(self.name, path_tokens, allowed)
        self._key_id = access_key_id
        self._key_secret = access_key_secret
        self._sign_name = sign_name
        self._api = URL(api_base)
        self._http = Http(timeout_seconds)
        self.can_send = bool(access_key_id)

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build from a channel's configuration; raise OptionError where it cannot work."""
        values = read_options(cls.name, OPTIONS, given)
        together(cls.name, values, ("access_key_id", "access_key_secret", "sign_name"))
        return cls(
            several(values["path_token"]),
            allowed_networks(cls.name, values),
            values["access_key_id"],
            values["access_key_secret"],
            values["sign_name"],
            web_address(cls.name, "api_base", values["api_base"]),
            seconds(cls.name, "timeout_seconds", values["timeout_seconds"]),
        )

    def verify(self, request: RawRequest, now: datetime) -> None:
        """Check the path token and, where there is a list, the address; there is no signature and no time."""
        if request.method != "POST":
            raise Refused("not a POST")
        self._door.check(request)

    def parse(self, request: RawRequest) -> Parsed:
        """Read a batch of replies and reports."""
        return read_pushes(request.body)

    def accepted(self) -> Answer:
        """The documented answer."""
        return Answer(200, '{"code":0,"msg":"接收成功"}'.encode(), "application/json")

    def refused(self, status: int) -> Answer:
        """The status alone: any numeric code in the body might count as received."""
        return Answer(status)

    async def send(self, message: Outgoing, now: datetime) -> Accepted:
        """Send an approved template; OutId carries our reference into the report. Not idempotent."""
        if not self.can_send:
            raise SendError(ErrorClass.CONFIG, "this channel only receives (can_send is false)")
        if not message.template:
            raise SendError(ErrorClass.CONFIG, "this channel sends only approved templates (free_text is false)")
        query = send_query(message, self._sign_name)
        headers = signed_headers(self._key_id, self._key_secret, self._api.authority, query, now, secrets.token_hex(16))
        reply = await self._http.post(f"{self._api.origin()}/?{query}", b"", headers)
        return read_answer(reply, now)

    async def look_up(self, our_ref: str, now: datetime) -> Accepted | None:
        """Not here: the provider keeps no index of our references."""
        raise SendError(ErrorClass.CONFIG, "this channel cannot look up (can_look_up is false)")

    async def check(self, now: datetime) -> str:
        """Ask for the figures of this day."""
        if not self.can_send:
            return "this channel only receives, so there is nothing to ask"
        query, nonce, host = statistics_query(now), secrets.token_hex(16), self._api.authority
        headers = signed_headers(self._key_id, self._key_secret, host, query, now, nonce, "QuerySendStatistics")
        read_answer(await self._http.post(f"{self._api.origin()}/?{query}", b"", headers), now)
        return "Alibaba Cloud takes our key"

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()
