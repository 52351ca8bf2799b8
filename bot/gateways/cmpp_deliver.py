"""A CMPP_DELIVER in the normal form: a customer's text, or a report."""

from __future__ import annotations

from datetime import datetime

from bot.gateways import cmpp_pdu
from bot.gateways.base import DeliveryReceipt, InboundSms
from bot.gateways.cmpp_codes import meaning_of_stat
from bot.gateways.coding import from_ucs2, part_of
from bot.gateways.payload import MAX_NUMBER, Unreadable, china_moment, message_text, optional_text, required_text

FLASH_UCS2 = (0x18, 0x19)


def read_message(one: cmpp_pdu.Deliver, now: datetime) -> InboundSms:
    """A customer's text; raise Unreadable for a binary one."""
    content, header = one.content, b""
    if one.tp_udhi & 1 and content:
        header, content = content[: content[0] + 1], content[content[0] + 1 :]
    part = part_of(header)
    return InboundSms(
        sender=required_text({"Src_terminal_Id": one.source}, "Src_terminal_Id", MAX_NUMBER),
        destination=optional_text({"Dest_Id": one.destination}, "Dest_Id", MAX_NUMBER),
        text=message_text({"text": _decode(content, one.msg_fmt, bool(part))}, "text", of_part=bool(part)),
        provider_id=cmpp_pdu.written_id(one.msg_id) if one.msg_id else "",
        provider_at=cmpp_pdu.moment_of(one.msg_id, now),
        part=part,
    )


def _decode(content: bytes, fmt: int, of_part: bool) -> str:
    if fmt in (cmpp_pdu.UCS2, *FLASH_UCS2):
        return from_ucs2(content, of_part)
    if fmt in (cmpp_pdu.ASCII, cmpp_pdu.GBK):  # GB 18030 holds both, and what phones put into ASCII against the rules
        return content.decode("gb18030", "replace")
    raise Unreadable("a binary message, or a Msg_Fmt that is not in use")


def read_report(one: cmpp_pdu.Deliver) -> DeliveryReceipt:
    """A report, whose id is that of the text's CMPP_SUBMIT_RESP."""
    report = cmpp_pdu.read_report(one.content)
    stat = optional_text({"Stat": report.stat.upper()}, "Stat")
    if not (stat and report.msg_id):
        raise Unreadable("a report without Stat or Msg_Id")
    status, kind = meaning_of_stat(stat)
    done = china_moment(f"20{report.done_time}00")
    return DeliveryReceipt(status, cmpp_pdu.written_id(report.msg_id), code=stat, kind=kind, provider_at=done)
