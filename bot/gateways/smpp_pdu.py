"""SMPP 3.4 on the wire: the PDUs that we use, field by field (SMPP 3.4 issue 1.2, chapters 4 and 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct

from bot.gateways.link import Wire
from bot.gateways.octets import Octets, ended
from bot.gateways.payload import Unreadable

BIND_TRANSCEIVER, SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK = 0x09, 0x04, 0x05, 0x06, 0x15
ALERT_NOTIFICATION, OUTBIND = 0x0102, 0x0B  # these two want no answer
ROK, RINVCMDID, RX_T_APPN = 0x00, 0x03, 0x64

# A message_payload may have 64 KiB, and there are other fields beside it.
WIRE = Wire(Struct(">4I"), longest=68 * 1024, last_sequence=0x7FFFFFFF)

# Optional parameters (5.3.2)
RECEIPTED_MESSAGE_ID, NETWORK_ERROR_CODE, MESSAGE_PAYLOAD, MESSAGE_STATE = 0x001E, 0x0423, 0x0424, 0x0427
SAR_MSG_REF_NUM, SAR_TOTAL_SEGMENTS, SAR_SEGMENT_SEQNUM = 0x020C, 0x020E, 0x020F

# esm_class (5.2.12)
UDHI = 0x40
TYPE_BITS, RECEIPT, INTERMEDIATE = 0x3C, 0x04, 0x20

MAX_SHORT_MESSAGE = 254


@dataclass(frozen=True, slots=True)
class Address:
    """A number with its type and plan: 1 and 1 is international, 5 and 0 a name in letters."""

    ton: int
    npi: int
    number: str


@dataclass(frozen=True, slots=True)
class Sm:
    """A submit_sm or deliver_sm, without the fields that neither side uses here."""

    source: Address
    destination: Address
    esm_class: int
    data_coding: int
    message: bytes
    validity: str = ""
    receipt_wanted: bool = False
    options: dict[int, bytes] = field(default_factory=dict)


def bind_body(system_id: str, password: str, system_type: str, address_range: str) -> bytes:
    """A bind_transceiver (4.1.5) that says version 3.4."""
    return ended(system_id) + ended(password) + ended(system_type) + bytes((0x34, 0, 0)) + ended(address_range)


def submit_body(sm: Sm, service_type: str = "") -> bytes:
    """A submit_sm (4.4.1); a message that is too long for short_message travels as message_payload."""
    options = dict(sm.options)
    short = sm.message
    if len(short) > MAX_SHORT_MESSAGE:
        options[MESSAGE_PAYLOAD], short = short, b""
    return b"".join(
        (
            ended(service_type),
            _address(sm.source),
            _address(sm.destination),
            bytes((sm.esm_class, 0, 0)),  # protocol_id and priority_flag
            ended(""),  # schedule_delivery_time: at once
            ended(sm.validity),
            bytes((sm.receipt_wanted, 0, sm.data_coding, 0, len(short))),
            short,
            *(tag.to_bytes(2) + len(value).to_bytes(2) + value for tag, value in options.items()),
        )
    )


def read_sm(body: bytes) -> Sm:
    """A deliver_sm or submit_sm (4.6.1, 4.4.1); raise Unreadable where it is cut off."""
    octets = Octets(body)
    octets.until_nul("service_type", 6)
    source, destination = _read_address(octets, "source_addr"), _read_address(octets, "destination_addr")
    esm_class = octets.number("esm_class")
    octets.take("protocol_id", 2)
    octets.until_nul("schedule_delivery_time", 17)
    validity = octets.until_nul("validity_period", 17)
    wanted = octets.number("registered_delivery")
    octets.take("replace_if_present_flag", 1)
    data_coding = octets.number("data_coding")
    octets.take("sm_default_msg_id", 1)
    message = octets.take("short_message", octets.number("sm_length"))
    options = _read_options(octets)
    if not message:
        message = options.get(MESSAGE_PAYLOAD, b"")
    return Sm(source, destination, esm_class, data_coding, message, validity, bool(wanted & 1), options)


def read_message_id(body: bytes) -> str:
    """The id in a submit_sm_resp; empty where there is none, as in a refusal."""
    return Octets(body).until_nul("message_id", 65) if body else ""


def _address(address: Address) -> bytes:
    return bytes((address.ton, address.npi)) + ended(address.number)


def _read_address(octets: Octets, name: str) -> Address:
    ton, npi = octets.number(name), octets.number(name)
    return Address(ton, npi, octets.until_nul(name, 65))  # 21 by the book, more by some operators


def _read_options(octets: Octets) -> dict[int, bytes]:
    """The optional parameters. One that is cut off ends them: what came before it still counts."""
    options: dict[int, bytes] = {}
    while octets.left >= 4:
        tag, size = octets.number("tag", 2), octets.number("length", 2)
        try:
            options.setdefault(tag, octets.take("value", size))
        except Unreadable:
            break
    return options
