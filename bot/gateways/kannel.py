"""Kannel, the open SMS gateway that banks and carriers run themselves: queries in, X-Kannel headers out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self

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
from bot.gateways.http import Http, Reply, class_of_status, failure, with_ref
from bot.gateways.kannel_queries import DLR_PATTERN, read_query
from bot.gateways.options import Option, OptionError, read_options, seconds, several, together, web_address
from bot.gateways.payload import Unreadable
from bot.gateways.secret_path import OPTIONS as PATH_OPTIONS
from bot.gateways.secret_path import allowed_networks, guard

EVERY_REPORT = "31"  # dlr-mask: delivered, not delivered, queued, accepted, rejected

OPTIONS = (
    *PATH_OPTIONS,
    Option("send_url", "sendsms, such as http://kannel:13013/cgi-bin/sendsms; without it the channel only receives"),
    Option("username", "the sendsms-user"),
    Option("password", "the sendsms-user's password", secret=True),
    Option("from_number", "the number or port that texts come from; empty: as set at Kannel"),
    Option("smsc", "the SMSC that takes the texts; empty: as routed at Kannel"),
    Option("callback_url", "this channel's webhook address with its token, where delivery reports go", secret=True),
    Option("timeout_seconds", "how long a send may take", default="10"),
)


class KannelGateway:
    """One sendsms-user of one Kannel. Nothing is signed, so the path is the password.

    Every answer is empty, whatever happened: Kannel texts to the customer what it is answered.
    """

    name = "kannel"
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
        smsc: str = "",
        callback_url: str = "",
        timeout_seconds: float = 10.0,
    ):
        self._door = guard(self.name, path_tokens, allowed)
        self._send_url = send_url
        self._headers = {
            "X-Kannel-Username": username,
            "X-Kannel-Password": password,
            "X-Kannel-From": from_number,
            "X-Kannel-SMSC": smsc,
        }
        self._callback_url = callback_url
        self._http = Http(timeout_seconds)
        self.can_send = bool(send_url)

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build from a channel's configuration; raise OptionError where it cannot work."""
        values = read_options(cls.name, OPTIONS, given)
        together(cls.name, values, ("send_url", "username", "password"))
        for name in ("username", "password", "from_number", "smsc", "callback_url"):
            if not (values[name].isascii() and values[name].isprintable()):
                raise OptionError(f"kannel: option {name} travels in a header, so it must be plain ASCII")
        for name in ("send_url", "callback_url"):
            if values[name]:
                web_address(cls.name, name, values[name])
        if "%" in values["callback_url"]:
            raise OptionError("kannel: option callback_url holds a %, which Kannel would fill in")
        return cls(
            several(values["path_token"]),
            allowed_networks(cls.name, values),
            values["send_url"],
            values["username"],
            values["password"],
            values["from_number"],
            values["smsc"],
            values["callback_url"],
            seconds(cls.name, "timeout_seconds", values["timeout_seconds"]),
        )

    def verify(self, request: RawRequest, now: datetime) -> None:
        """Check the path token and, where there is a list, the address; there is no signature and no time."""
        if request.method != "GET":
            raise Refused("not a GET")
        self._door.check(request)

    def parse(self, request: RawRequest) -> Parsed:
        """Read a reply (get-url) or a delivery report (dlr-url)."""
        try:
            return read_query(request)
        except Unreadable as error:
            raise Malformed(str(error)) from None

    def accepted(self) -> Answer:
        """Nothing."""
        return Answer(200)

    def refused(self, status: int) -> Answer:
        """Nothing, with the status."""
        return Answer(status)

    async def send(self, message: Outgoing, now: datetime) -> Accepted:
        """Post the text; Kannel gives no id, so reports are matched by the reference in dlr-url.

        A GET would work too, but puts password and text into logs, and HTTP clients repeat it on their own.
        """
        check_outgoing(self.can_send, message)
        # Encoded here, because a Kannel built without iconv refuses to.
        wide = encoding_of(message.text) is Encoding.UCS2
        body = message.text.encode("utf-16-be" if wide else "utf-8", "replace")
        headers = {name: value for name, value in self._headers.items() if value} | {
            "Content-Type": f"text/plain; charset={'UTF-16BE' if wide else 'UTF-8'}",
            "X-Kannel-To": message.to,
            "X-Kannel-Coding": "2" if wide else "0",
            "X-Kannel-Validity": str(max(1, message.valid_seconds // 60)),
        }
        if self._callback_url:
            headers["X-Kannel-DLR-Mask"] = EVERY_REPORT
            headers["X-Kannel-DLR-Url"] = f"{with_ref(self._callback_url, message.our_ref)}&{DLR_PATTERN}"
        return _read_answer(await self._http.post(self._send_url, body, headers), now)

    async def look_up(self, our_ref: str, now: datetime) -> Accepted | None:
        """Not here: the provider keeps no index of our references."""
        raise SendError(ErrorClass.CONFIG, "this channel cannot look up (can_look_up is false)")

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()


def _read_answer(reply: Reply, now: datetime) -> Accepted:
    """A sentence in plain text: `0: Accepted for delivery`, `3: Queued for later delivery` or `Sent.`"""
    said = reply.body.decode("utf-8", "replace").strip()
    if 200 <= reply.status < 300:
        if said.startswith(("0:", "3:", "Sent")):
            return Accepted(())
        raise failure(reply, now, ErrorClass.UNKNOWN, "the answer is not Kannel's")
    kind = class_of_status(reply.status)
    if reply.status == 503:  # it could not pass the text on, and has dropped it
        kind = ErrorClass.RETRYABLE
    elif reply.status == 403 and said.startswith("Not routable"):
        kind = ErrorClass.PERMANENT
    raise failure(reply, now, kind, said)
