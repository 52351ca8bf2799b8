"""Jasmin, the open SMPP gateway: its HTTP API and its throwers, forms in both directions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
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
from bot.gateways.coding import to_gsm7
from bot.gateways.http import Http, Reply, class_of_status, failure, with_ref
from bot.gateways.jasmin_forms import read_form
from bot.gateways.options import Option, read_options, seconds, several, together, web_address
from bot.gateways.payload import Unreadable
from bot.gateways.secret_path import OPTIONS as PATH_OPTIONS
from bot.gateways.secret_path import allowed_networks, guard

OPTIONS = (
    *PATH_OPTIONS,
    Option("send_url", "the HTTP API's send, such as http://jasmin:1401/send; without it the channel only receives"),
    Option("username", "the Jasmin user"),
    Option("password", "the Jasmin user's password", secret=True),
    Option("from_number", "the number or name that texts come from; empty: as routed at Jasmin"),
    Option("callback_url", "this channel's webhook address with its token, where delivery reports go", secret=True),
    Option("timeout_seconds", "how long a send may take", default="10"),
)


class JasminGateway:
    """One user of one Jasmin. Nothing is signed, so the path is the password."""

    name = "jasmin"
    max_body_bytes = 64 * 1024
    free_text = True
    can_look_up = False

    def __init__(
        self,
        path_tokens: Sequence[str],
        allowed: Sequence[Network] = (),
        send_url: str = "",
        username: str = "",
        password: str = "",
        from_number: str = "",
        callback_url: str = "",
        timeout_seconds: float = 10.0,
    ):
        self._door = guard(self.name, path_tokens, allowed)
        self._send_url = send_url
        self._login = {"username": username, "password": password}
        self._sender = {"from": from_number} if from_number else {}
        self._callback_url = callback_url
        self._http = Http(timeout_seconds)
        self.can_send = bool(send_url)

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build from a channel's configuration; raise OptionError where it cannot work."""
        values = read_options(cls.name, OPTIONS, given)
        together(cls.name, values, ("send_url", "username", "password"))
        for name in ("send_url", "callback_url"):
            if values[name]:
                web_address(cls.name, name, values[name])
        return cls(
            several(values["path_token"]),
            allowed_networks(cls.name, values),
            values["send_url"],
            values["username"],
            values["password"],
            values["from_number"],
            values["callback_url"],
            seconds(cls.name, "timeout_seconds", values["timeout_seconds"]),
        )

    def verify(self, request: RawRequest, now: datetime) -> None:
        """Check the path token and, where there is a list, the address; there is no signature and no time."""
        if request.method != "POST":
            raise Refused("not a POST")
        self._door.check(request)

    def parse(self, request: RawRequest) -> Parsed:
        """Read a reply or a delivery report."""
        try:
            return read_form(request.body, dict(request.query).get("ref", ""))
        except Unreadable as error:
            raise Malformed(str(error)) from None

    def accepted(self) -> Answer:
        """Exactly what Jasmin waits for; after anything else it repeats, three times, half a minute apart."""
        return Answer(200, b"ACK/Jasmin")

    def refused(self, status: int) -> Answer:
        """The status and nothing else."""
        return Answer(status)

    async def send(self, message: Outgoing, now: datetime) -> Accepted:
        """Post the text as bytes in hexadecimal, so that no charset on the way can spoil it."""
        check_outgoing(self.can_send, message)
        form = {
            **self._login,
            **self._sender,
            "to": message.to,
            "validity-period": str(max(1, message.valid_seconds // 60)),
        }
        if encoding_of(message.text) is Encoding.UCS2:
            form |= {"coding": "8", "hex-content": message.text.encode("utf-16-be", "replace").hex()}
        else:
            form |= {"coding": "0", "hex-content": to_gsm7(message.text).hex()}
        if self._callback_url:
            url = with_ref(self._callback_url, message.our_ref)
            form |= {"dlr": "yes", "dlr-url": url, "dlr-level": "3", "dlr-method": "POST"}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return _read_answer(await self._http.post(self._send_url, urlencode(form).encode(), headers), now)

    async def look_up(self, our_ref: str, now: datetime) -> Accepted | None:
        """Not here: the provider keeps no index of our references."""
        raise SendError(ErrorClass.CONFIG, "this channel cannot look up (can_look_up is false)")

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()


def _read_answer(reply: Reply, now: datetime) -> Accepted:
    """`Success "…"` with the id, or `Error "…"` with the reason."""
    said = reply.body.decode("utf-8", "replace").strip()
    if 200 <= reply.status < 300:
        taken = re.match(r'Success "([^"]{1,200})"', said)
        if taken:
            return Accepted((taken[1],))
        raise failure(reply, now, ErrorClass.UNKNOWN, "the answer is not Jasmin's")
    kind = class_of_status(reply.status)
    if reply.status == 412:  # no route: Jasmin is set up without one
        kind = ErrorClass.CONFIG
    elif reply.status == 500 and said.startswith("Error"):  # it could not queue the text, and says so
        kind = ErrorClass.RETRYABLE
    raise failure(reply, now, kind, said)
