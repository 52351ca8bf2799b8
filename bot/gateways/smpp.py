"""SMPP 3.4: a bind at an operator's SMSC, over which texts go out and replies and receipts come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from bot.gateways import smpp_pdu
from bot.gateways.base import ErrorClass, Outgoing, Parsed, SendError
from bot.gateways.link import ANSWER, Link, Pdu
from bot.gateways.options import Option, one_of, plain_ascii, read_options
from bot.gateways.payload import Unreadable
from bot.gateways.place import OPTIONS as PLACE_OPTIONS
from bot.gateways.place import Place, read_place, whole_number
from bot.gateways.session import CONNECT_SECONDS, SessionGateway
from bot.gateways.smpp_codes import CLASS_OF_NUMBER, NAME_OF_NUMBER
from bot.gateways.smpp_deliver import is_receipt, read_message, read_receipt
from bot.gateways.smpp_submit import MOST_PARTS, parts_of, validity_of

OPTIONS = (
    *PLACE_OPTIONS,
    Option("system_id", "the account", required=True),
    Option("password", "the account's password", required=True, secret=True),
    Option("system_type", "what kind of system we are, where the operator asks for it"),
    Option("address_range", "the numbers whose replies come here, where the operator asks for it"),
    Option("from_number", "the number, short code or name that texts come from", required=True),
    Option("source_ton", "its type of number; empty: 5 for a name, 1 after a plus, else 0"),
    Option("source_npi", "its numbering plan; empty: 0 for a name, else 1"),
    Option("service_type", "the service that the operator bills, where it asks for one"),
    Option(
        "alphabet",
        "what data_coding 0 means to the operator: gsm7, latin1, or none to send all in UCS-2",
        default="gsm7",
    ),
    Option("long_texts", "how a long text is cut: udh, sar, or payload where the operator cuts it", default="udh"),
    Option(
        "validity", "how the operator wants a text's life told: relative, absolute (in UTC) or none", default="relative"
    ),
    Option(
        "message_ids",
        "same: receipts repeat the answer's id; hex_answer: answer in hexadecimal, receipt in decimal; hex_receipt",
        default="same",
    ),
)
LIMITS = {  # characters
    "system_id": 15,
    "password": 64,
    "system_type": 12,
    "address_range": 40,
    "from_number": 20,
    "service_type": 5,
}
CHOICES = {
    "alphabet": ("gsm7", "latin1", "none"),
    "long_texts": ("udh", "sar", "payload"),
    "validity": ("relative", "absolute", "none"),
    "message_ids": ("same", "hex_answer", "hex_receipt"),
}
# Refusals of a bind that last until somebody changes a setting. "Already bound" (5) ends when the old bind does.
ACCOUNT_REFUSED = (0x0D, 0x0E, 0x0F, 0x53)
MOST_OCTETS = 60_000  # of a message_payload


@dataclass(frozen=True, slots=True)
class Habits:
    """The account, and what this operator does its own way; as in the options."""

    system_id: str
    password: str = field(repr=False)
    source: smpp_pdu.Address
    system_type: str = ""
    address_range: str = ""
    service_type: str = ""
    alphabet: str = "gsm7"
    long_texts: str = "udh"
    validity: str = "relative"
    message_ids: str = "same"


class SmppGateway(SessionGateway):
    """One account at one SMSC, bound as a transceiver."""

    name = "smpp"
    wire = smpp_pdu.WIRE
    SUBMIT, DELIVER, TEST, END = smpp_pdu.SUBMIT_SM, smpp_pdu.DELIVER_SM, smpp_pdu.ENQUIRE_LINK, smpp_pdu.UNBIND

    def __init__(self, place: Place, habits: Habits):
        super().__init__(place)
        self._habits = habits

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build from a channel's configuration; raise OptionError where it cannot work."""
        values = read_options(cls.name, OPTIONS, given)
        one_of(cls.name, values, CHOICES)
        plain_ascii(cls.name, values, LIMITS)
        source = _address(values["from_number"])
        if values["source_ton"]:
            source = replace(source, ton=whole_number(cls.name, "source_ton", values["source_ton"], 6, 0))
        if values["source_npi"]:
            source = replace(source, npi=whole_number(cls.name, "source_npi", values["source_npi"], 18, 0))
        names = ("system_id", "password", "system_type", "address_range", "service_type", *CHOICES)
        return cls(read_place(cls.name, values), Habits(source=source, **{name: values[name] for name in names}))

    async def log_in(self, link: Link, now: datetime) -> None:
        """Bind; raise SendError where the SMSC does not take us."""
        own = self._habits
        body = smpp_pdu.bind_body(own.system_id, own.password, own.system_type, own.address_range)
        answer = await link.ask(smpp_pdu.BIND_TRANSCEIVER, body, CONNECT_SECONDS, windowed=False)
        if answer.status != smpp_pdu.ROK or answer.command != smpp_pdu.BIND_TRANSCEIVER | ANSWER:
            kind = ErrorClass.CONFIG if answer.status in ACCOUNT_REFUSED else ErrorClass.RETRYABLE
            raise SendError(kind, "the SMSC refused the bind", _code(answer.status))

    def submits(self, message: Outgoing, now: datetime) -> Sequence[bytes]:
        """One submit_sm for each part; the last one asks for a receipt."""
        own = self._habits
        if not (message.to.removeprefix("+").isdigit() and len(message.to) <= 21):
            raise SendError(ErrorClass.PERMANENT, "the number is none that SMPP can carry")
        blank = smpp_pdu.Sm(
            own.source,
            smpp_pdu.Address(1, 1, message.to.removeprefix("+")),
            esm_class=0,
            data_coding=0,
            message=b"",
            validity=validity_of(own.validity, message.valid_seconds, now),
        )
        parts = parts_of(blank, message.text, message.our_ref, own.alphabet, own.long_texts)
        if len(parts) > MOST_PARTS or len(parts[-1].message) > MOST_OCTETS:
            raise SendError(ErrorClass.PERMANENT, "the text is too long")
        return [smpp_pdu.submit_body(part, own.service_type) for part in parts]

    def taken(self, answer: Pdu) -> str:
        """The message id, written as receipts will write it; raise SendError for any other answer."""
        if answer.status != smpp_pdu.ROK or answer.command != smpp_pdu.SUBMIT_SM | ANSWER:
            kind = CLASS_OF_NUMBER.get(answer.status, ErrorClass.PERMANENT)
            raise SendError(kind, "the SMSC did not take it", _code(answer.status))
        try:
            return self._same_id(smpp_pdu.read_message_id(answer.body), of_answer=True)
        except Unreadable:
            return ""  # taken all the same; its receipt will find no text

    def read(self, pdu: Pdu, now: datetime) -> Parsed:
        """A reply or a receipt."""
        sm = smpp_pdu.read_sm(pdu.body)
        if is_receipt(sm):
            receipt = read_receipt(sm)
            return Parsed(receipts=(replace(receipt, provider_id=self._same_id(receipt.provider_id, of_answer=False)),))
        alphabet = "latin1" if self._habits.alphabet == "latin1" else "gsm7"
        return Parsed((read_message(sm, alphabet),))

    def delivered(self, pdu: Pdu, *, stored: bool) -> Pdu:
        """Taken, or a passing error of ours, after which SMSCs try again."""
        return Pdu(pdu.command | ANSWER, pdu.sequence, b"\0", smpp_pdu.ROK if stored else smpp_pdu.RX_T_APPN)

    def answer_to(self, pdu: Pdu) -> Pdu | None:
        """A test is answered, and a PDU that we have no use for is not silently dropped."""
        if pdu.command == smpp_pdu.ENQUIRE_LINK:
            return Pdu(pdu.command | ANSWER, pdu.sequence)
        if pdu.command in (smpp_pdu.ALERT_NOTIFICATION, smpp_pdu.OUTBIND):
            return None
        return Pdu(ANSWER, pdu.sequence, status=smpp_pdu.RINVCMDID)

    def _same_id(self, id: str, *, of_answer: bool) -> str:
        """The id in decimal where answer and receipt write the same number in different ways."""
        way = self._habits.message_ids
        if way == "same" or not id:
            return id
        base = 16 if (way == "hex_answer") == of_answer else 10
        try:
            return str(int(id, base))
        except ValueError:
            return id


def _address(number: str) -> smpp_pdu.Address:
    if number.removeprefix("+").isdigit():
        return smpp_pdu.Address(int(number.startswith("+")), 1, number.removeprefix("+"))
    return smpp_pdu.Address(5, 0, number)


def _code(status: int) -> str:
    return NAME_OF_NUMBER.get(status, f"0x{status:08X}")
