"""CMPP 2.0 and 3.0: a connection to a gateway (ISMG) of China Mobile's, or of an aggregator that speaks the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from bot.gateways import cmpp_pdu
from bot.gateways.base import ErrorClass, Outgoing, Parsed, SendError
from bot.gateways.cmpp_codes import CONNECT_STATUS, meaning_of_result
from bot.gateways.cmpp_deliver import read_message, read_report
from bot.gateways.cmpp_submit import MOST_PARTS, parts_of
from bot.gateways.link import ANSWER, Link, Pdu
from bot.gateways.options import Option, OptionError, one_of, plain_ascii, read_options
from bot.gateways.payload import SHANGHAI, Unreadable
from bot.gateways.place import OPTIONS as PLACE_OPTIONS
from bot.gateways.place import Place, read_place
from bot.gateways.session import CONNECT_SECONDS, SessionGateway

OPTIONS = (
    *PLACE_OPTIONS,
    Option("version", "2.0 or 3.0, as the operator says", default="2.0"),
    Option("sp_id", "the account (企业代码), six digits", required=True),
    Option("shared_secret", "the secret that both sides know", required=True, secret=True),
    Option("src_id", "the port that texts come from (服务代码), with our extension digits", required=True),
    Option("service_id", "the service that texts belong to (业务代码)"),
    Option("fee_user_type", "who pays: 0 the customer, 1 the sender, 2 the bank, 3 fee_terminal_id", default="2"),
    Option("fee_terminal_id", "the number that pays, where fee_user_type is 3"),
    Option("fee_type", "how it is charged: 01 free, 02 for each text, 03 by the month", default="01"),
    Option("fee_code", "the price in cents, or as the operator says", default="000000"),
    Option("coding", "ucs2, or gbk to send what fits into one text in GBK", default="ucs2"),
    Option(
        "not_stored",
        "how a reply that cannot be stored now is answered: refuse (result 8) or silence",
        default="refuse",
    ),
    Option("check_gateway", "no: do not ask the gateway to prove that it knows the secret", default="yes"),
)
VERSIONS = {"2.0": cmpp_pdu.V2, "3.0": cmpp_pdu.V3}
CHOICES = {
    "version": tuple(VERSIONS),
    "coding": ("ucs2", "gbk"),
    "not_stored": ("refuse", "silence"),
    "check_gateway": ("yes", "no"),
    "fee_user_type": ("0", "1", "2", "3"),
}
LIMITS = {
    "sp_id": 6,
    "shared_secret": 64,
    "src_id": 20,
    "service_id": 10,
    "fee_terminal_id": 20,
    "fee_type": 2,
    "fee_code": 6,
}
FLOW_CONTROL = 8


@dataclass(frozen=True, slots=True)
class Account:
    """What the operator gave us, and how it wants texts; as in the options."""

    version: int
    secret: str = field(repr=False)
    blank: cmpp_pdu.Submit  # a submit without number and content
    gbk: bool = False
    silent: bool = False
    check_gateway: bool = True


class CmppGateway(SessionGateway):
    """One account at one gateway, as a service provider (SP) over long connections."""

    name = "cmpp"
    wire = cmpp_pdu.WIRE
    SUBMIT, DELIVER, TEST, END = cmpp_pdu.SUBMIT, cmpp_pdu.DELIVER, cmpp_pdu.ACTIVE_TEST, cmpp_pdu.TERMINATE

    def __init__(self, place: Place, account: Account):
        super().__init__(place)
        self._account = account

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build from a channel's configuration; raise OptionError where it cannot work."""
        values = read_options(cls.name, OPTIONS, given)
        one_of(cls.name, values, CHOICES)
        plain_ascii(cls.name, values, LIMITS)
        if not values["src_id"].isdigit():
            raise OptionError(f"{cls.name}: option src_id has digits only")
        blank = cmpp_pdu.Submit(
            service_id=values["service_id"],
            msg_src=values["sp_id"],
            src_id=values["src_id"],
            destination="",
            content=b"",
            msg_fmt=cmpp_pdu.UCS2,
            valid_time="",
            fee_user_type=int(values["fee_user_type"]),
            fee_terminal_id=values["fee_terminal_id"],
            fee_type=values["fee_type"],
            fee_code=values["fee_code"],
        )
        account = Account(
            VERSIONS[values["version"]],
            values["shared_secret"],
            blank,
            gbk=values["coding"] == "gbk",
            silent=values["not_stored"] == "silence",
            check_gateway=values["check_gateway"] == "yes",
        )
        return cls(read_place(cls.name, values), account)

    async def log_in(self, link: Link, now: datetime) -> None:
        """Connect; raise SendError where we are refused, or where the other side does not know the secret."""
        own = self._account
        body = cmpp_pdu.connect_body(own.blank.msg_src, own.secret, own.version, now)
        answer = await link.ask(cmpp_pdu.CONNECT, body, CONNECT_SECONDS, windowed=False)
        try:
            status, proven, version = cmpp_pdu.read_connected(answer.body, body[6:22], own.secret)
        except Unreadable:
            raise SendError(ErrorClass.CONFIG, "the answer to the log-in is not CMPP's") from None
        if status:
            reason, kind = CONNECT_STATUS.get(status, ("another error", ErrorClass.RETRYABLE))
            raise SendError(kind, reason, f"CONNECT {status}")
        if own.check_gateway and not proven:
            raise SendError(ErrorClass.CONFIG, "the gateway did not prove that it knows the shared secret")
        if version in (cmpp_pdu.V2, cmpp_pdu.V3) and version != own.version:
            raise SendError(ErrorClass.CONFIG, "the gateway speaks the other version", f"0x{version:02X}")

    def submits(self, message: Outgoing, now: datetime) -> Sequence[bytes]:
        """One CMPP_SUBMIT for each part; the last one asks for a report."""
        own = self._account
        number = message.to.removeprefix("+86").removeprefix("+")
        if not (number.isascii() and number.isdigit() and len(number) <= 20):
            raise SendError(ErrorClass.PERMANENT, "the number is none that CMPP can carry")
        until = (now + timedelta(seconds=message.valid_seconds)).astimezone(SHANGHAI)
        blank = replace(own.blank, destination=number, valid_time=f"{until:%y%m%d%H%M%S}032+")  # quarters of an hour
        parts = parts_of(blank, message.text, message.our_ref, own.gbk)
        if len(parts) > MOST_PARTS:
            raise SendError(ErrorClass.PERMANENT, "the text is too long")
        return [cmpp_pdu.submit_body(part, own.version) for part in parts]

    def taken(self, answer: Pdu) -> str:
        """The Msg_Id, as reports will write it; raise SendError for any other result."""
        try:
            msg_id, result = cmpp_pdu.read_result(answer.body)
        except Unreadable:
            raise SendError(ErrorClass.UNKNOWN, "the answer cannot be read") from None
        if result:
            reason, kind = meaning_of_result(result, self._account.version == cmpp_pdu.V2)
            raise SendError(kind, f"the gateway did not take it: {reason}", str(result))
        return cmpp_pdu.written_id(msg_id)

    def read(self, pdu: Pdu, now: datetime) -> Parsed:
        """A reply or a report."""
        one = cmpp_pdu.read_deliver(pdu.body, self._account.version)
        return Parsed(receipts=(read_report(one),)) if one.is_report else Parsed((read_message(one, now),))

    def delivered(self, pdu: Pdu, *, stored: bool) -> Pdu | None:
        """Taken; or flow control, after which the gateway should send it again; or nothing, after which it must."""
        if not stored and self._account.silent:
            return None
        body = cmpp_pdu.deliver_answer(pdu.body, 0 if stored else FLOW_CONTROL, self._account.version)
        return Pdu(pdu.command | ANSWER, pdu.sequence, body)

    def answer_to(self, pdu: Pdu) -> Pdu | None:
        """A test is answered; CMPP has no answer to what is not known."""
        if pdu.command == cmpp_pdu.ACTIVE_TEST:
            return Pdu(pdu.command | ANSWER, pdu.sequence, b"\0")
        return None
