"""CMPP 2.0 and 3.0 on the wire: the PDUs that we use, field by field (QB-GF-028-2003, chapter 7)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from struct import Struct

from bot.gateways.link import Wire
from bot.gateways.octets import Octets, padded
from bot.gateways.payload import SHANGHAI

CONNECT, TERMINATE, SUBMIT, DELIVER, ACTIVE_TEST = 1, 2, 4, 5, 8
WIRE = Wire(Struct(">3I"), longest=4096, last_sequence=0xFFFFFFFF)
V2, V3 = 0x20, 0x30

ASCII, BINARY, UCS2, GBK = 0, 4, 8, 15  # Msg_Fmt
MOST_OCTETS = 140  # of Msg_Content, but for ASCII


@dataclass(frozen=True, slots=True)
class Submit:
    """A CMPP_SUBMIT to one number. Names are the protocol's, in our spelling."""

    service_id: str
    msg_src: str
    src_id: str
    destination: str
    content: bytes
    msg_fmt: int
    valid_time: str
    pk_total: int = 1
    pk_number: int = 1
    registered_delivery: int = 0
    msg_level: int = 0
    fee_user_type: int = 2
    fee_terminal_id: str = ""
    fee_type: str = "01"
    fee_code: str = "000000"
    tp_udhi: int = 0


@dataclass(frozen=True, slots=True)
class Deliver:
    """A CMPP_DELIVER: a reply, or a report where `is_report`."""

    msg_id: int
    destination: str
    source: str
    tp_udhi: int
    msg_fmt: int
    is_report: bool
    content: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says of the text whose CMPP_SUBMIT_RESP had this id."""

    msg_id: int
    stat: str
    done_time: str


def authenticator(sp_id: str, secret: str, stamp: str) -> bytes:
    """AuthenticatorSource (7.4.1.1)."""
    return _md5(sp_id.encode() + bytes(9) + secret.encode() + stamp.encode())


def connect_body(sp_id: str, secret: str, version: int, now: datetime) -> bytes:
    """A CMPP_CONNECT at this moment of China's clock."""
    stamp = f"{now.astimezone(SHANGHAI):%m%d%H%M%S}"
    proof = authenticator(sp_id, secret, stamp)
    return padded(sp_id, 6) + proof + bytes((version,)) + int(stamp).to_bytes(4)


def read_connected(body: bytes, proof: bytes, secret: str) -> tuple[int, bool, int]:
    """Status of a CMPP_CONNECT_RESP, whether the other side knows the secret too, and its version.

    Status has one octet in 2.0 and four in 3.0, in the body and in what AuthenticatorISMG is made of.
    """
    octets = Octets(body)
    status = octets.number("Status", 4 if len(body) >= 21 else 1)
    theirs = octets.take("AuthenticatorISMG", 16)
    version = octets.number("Version")
    sizes = (1, 4) if status < 256 else (4,)
    ours = [_md5(status.to_bytes(size) + proof + secret.encode()) for size in sizes]
    return status, any(hmac.compare_digest(theirs, one) for one in ours), version


def _md5(octets: bytes) -> bytes:
    """MD5 is what the protocol has; the secret itself never travels."""
    return hashlib.md5(octets, usedforsecurity=False).digest()


def submit_body(one: Submit, version: int) -> bytes:
    """A CMPP_SUBMIT (7.4.3.1). Numbers have 21 octets in 2.0; 32 and a type (0: not disguised) in 3.0."""
    number, type_ = (32, b"\0") if version == V3 else (21, b"")
    return b"".join(
        (
            bytes(8),  # Msg_Id: the other side's to give
            bytes((one.pk_total, one.pk_number, one.registered_delivery, one.msg_level)),
            padded(one.service_id, 10),
            bytes((one.fee_user_type,)),
            padded(one.fee_terminal_id, number),
            type_,
            bytes((0, one.tp_udhi, one.msg_fmt)),
            padded(one.msg_src, 6),
            padded(one.fee_type, 2),
            padded(one.fee_code, 6),
            padded(one.valid_time, 17),
            padded("", 17),  # At_Time: now
            padded(one.src_id, 21),
            b"\x01",  # DestUsr_tl: one number, so that one id stands for one text
            padded(one.destination, number),
            type_,
            bytes((len(one.content),)),
            one.content,
            bytes(20 if version == V3 else 8),
        )
    )


def read_result(body: bytes) -> tuple[int, int]:
    """Msg_Id and Result of a CMPP_SUBMIT_RESP; Result has one octet in 2.0 and four in 3.0."""
    octets = Octets(body)
    return octets.number("Msg_Id", 8), octets.number("Result", 4 if octets.left >= 4 else 1)


def read_deliver(body: bytes, version: int) -> Deliver:
    """A CMPP_DELIVER (7.4.5.1); raise Unreadable where it is cut off."""
    octets = Octets(body)
    msg_id, destination = octets.number("Msg_Id", 8), octets.padded("Dest_Id", 21)
    octets.take("Service_Id", 10)
    octets.take("TP_pid", 1)
    udhi, fmt = octets.number("TP_udhi"), octets.number("Msg_Fmt")
    source = octets.padded("Src_terminal_Id", 32 if version == V3 else 21)
    if version == V3:
        octets.take("Src_terminal_type", 1)
    is_report = octets.number("Registered_Delivery") == 1
    content = octets.take("Msg_Content", octets.number("Msg_Length"))
    return Deliver(msg_id, destination, source, udhi, fmt, is_report, content)


def read_report(content: bytes) -> Report:
    """The content of a report. What comes after Done_time differs in size between gateways, and we need none of it."""
    octets = Octets(content)
    msg_id, stat = octets.number("Msg_Id", 8), octets.padded("Stat", 7)
    octets.take("Submit_time", min(10, octets.left))
    return Report(msg_id, stat, octets.padded("Done_time", min(10, octets.left)))


def deliver_answer(body: bytes, result: int, version: int) -> bytes:
    """A CMPP_DELIVER_RESP: the id that came, and the result."""
    return body[:8].ljust(8, b"\0") + result.to_bytes(4 if version == V3 else 1)


def written_id(msg_id: int) -> str:
    """An id as operators write it: month, day, time, gateway and sequence (MMDDhhmmss, 7 and 5 digits)."""
    clock = (msg_id >> 60, msg_id >> 55 & 31, msg_id >> 50 & 31, msg_id >> 44 & 63, msg_id >> 38 & 63)
    return "".join(f"{one:02}" for one in clock) + f"{msg_id >> 16 & 0x3FFFFF:07}{msg_id & 0xFFFF:05}"


def moment_of(msg_id: int, now: datetime) -> datetime | None:
    """When the gateway made this id, which names no year; None where that is not within the last days."""
    clock = (msg_id >> 60, msg_id >> 55 & 31, msg_id >> 50 & 31, msg_id >> 44 & 63, msg_id >> 38 & 63)
    year = now.astimezone(SHANGHAI).year
    for guess in (year, year - 1, year + 1):
        try:
            at = datetime(guess, *clock, tzinfo=SHANGHAI).astimezone(UTC)
        except ValueError:
            continue
        if timedelta(days=-7) < at - now < timedelta(minutes=10):
            return at
    return None
