"""SMPP: PDUs in the normal form, texts as exact octets, answers as classes, and a server that others wrote."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import smpp34
from structlog.testing import capture_logs

from bot.gateways.base import (
    Accepted,
    Delivery,
    DeliveryReceipt,
    ErrorClass,
    InboundSms,
    NotStored,
    Outgoing,
    Parsed,
    Part,
    SendError,
)
from bot.gateways.link import ANSWER, Pdu
from bot.gateways.payload import Unreadable
from bot.gateways.smpp import SmppGateway
from tests.gateways.holding import NOW, holding, until
from tests.ports import free_port

OPTIONS = {"host": "smsc.example", "port": "2775", "system_id": "bank", "password": "hunter22", "from_number": "1069"}
PHONE = "8613900000000"
CHINESE = "【示例银行】您好，本期账单1200.00元，请于11月27日前还款。"


def gateway(**options: str) -> SmppGateway:
    return SmppGateway.from_options(OPTIONS | options)


GATEWAY = gateway()


def said(message: bytes = b"", source: str = PHONE, **fields: object) -> Pdu:
    """A deliver_sm, encoded by others."""
    fields = {"source_addr_ton": 1, "source_addr_npi": 1, "dest_addr_npi": 1} | fields
    sm = smpp34.DeliverSm(source, "1069", message, **fields)  # type: ignore[arg-type]
    return GATEWAY.wire.unpack(sm.encode())


def tlv(tag: int, value: bytes) -> list[smpp34.Tlv]:
    return [smpp34.Tlv(tag, value)]


def reply(text: str, part: Part | None = None, sender: str = f"+{PHONE}") -> Parsed:
    return Parsed((InboundSms(sender, "1069", text, part=part),))


def receipt(status: Delivery, id: str = "77", code: str = "", kind: ErrorClass | None = None) -> Parsed:
    return Parsed(receipts=(DeliveryReceipt(status, id, code=code, kind=kind),))


WORDS = b"id:77 sub:001 dlvrd:001 submit date:2611231000 done date:2611231001 stat:%s err:%s text:%s"
DELIVERIES: list[tuple[str, Pdu, Parsed]] = [
    ("GSM-7 in the default alphabet", said(b"\x00 50\x1be \x01"), reply("@ 50€ £")),
    ("bytes above 127 are Latin-1", said("Zahle für 50".encode("latin-1")), reply("Zahle für 50")),
    ("IA5", said(b"STOP", data_coding=1), reply("STOP")),
    ("Latin-1", said(b"\xfcber", data_coding=3), reply("über")),
    ("UCS-2 keeps its white space", said(" 还500 ".encode("utf-16-be"), data_coding=8), reply(" 还500 ")),
    ("a flash message", said("好".encode("utf-16-be"), data_coding=0x18), reply("好")),
    ("a class in the default alphabet", said(b"yes", data_coding=0xF1), reply("yes")),
    ("a message_payload", said(data_coding=8, tlvs=tlv(0x424, "周五还".encode("utf-16-be"))), reply("周五还")),
    ("an empty reply", said(), reply("")),
    (
        "a part by header",
        said(b"\x05\x00\x03\x2a\x02\x01" + "好".encode("utf-16-be"), data_coding=8, esm_class=0x40),
        reply("好", Part("2a", 1, 2)),
    ),
    (
        "a part with a reference of two octets",
        said(b"\x06\x08\x04\x01\x2a\x03\x02ja", esm_class=0x40),
        reply("ja", Part("012a", 2, 3)),
    ),
    (
        "a part by optional parameters",
        said(b"ja", tlvs=[*tlv(0x20C, b"\x01\x2a"), *tlv(0x20E, b"\x02"), *tlv(0x20F, b"\x02")]),
        reply("ja", Part("012a", 2, 2)),
    ),
    ("a header that says nothing of parts", said(b"\x03\x24\x01\x01ja", esm_class=0x40), reply("ja")),
    ("a sender without country", said(b"ja", "13900000000", source_addr_ton=2), reply("ja", sender="13900000000")),
    ("words that look like a receipt are words", said(WORDS % (b"UNDELIV", b"1", b"")), reply(
        "id:77 sub:001 dlvrd:001 submit date:2611231000 done date:2611231001 stat:UNDELIV err:1 text:"
    )),
    (
        "delivered",
        said(WORDS % (b"DELIVRD", b"000", b""), esm_class=4),
        receipt(Delivery.DELIVERED, code="DELIVRD:000"),
    ),
    (
        "a handset that stayed off, and words of ours that say otherwise",
        said(WORDS % (b"EXPIRED", b"27", b"stat:DELIVRD err:1"), esm_class=4),
        receipt(Delivery.UNDELIVERED, code="EXPIRED:27", kind=ErrorClass.RETRYABLE),
    ),
    (
        "a number that is dead",
        said(WORDS % (b"UNDELIV", b"001", b""), esm_class=4),
        receipt(Delivery.UNDELIVERED, code="UNDELIV:001", kind=ErrorClass.PERMANENT),
    ),
    ("few words, in capitals", said(b"ID:0A stat:delivrd", esm_class=4), receipt(Delivery.DELIVERED, "0A", "DELIVRD")),
    (
        "optional parameters and no words",
        said(esm_class=4, tlvs=[*tlv(0x1E, b"77\0"), *tlv(0x427, b"\x08"), *tlv(0x423, b"\x03\x00\x45")]),
        receipt(Delivery.FAILED, code="REJECTD:69", kind=ErrorClass.PERMANENT),
    ),
    (
        "optional parameters alone make it a receipt",
        said(tlvs=[*tlv(0x1E, b"77\0"), *tlv(0x427, b"\x02")]),
        receipt(Delivery.DELIVERED, code="DELIVRD"),
    ),
    (
        "a word in between is not the last one",
        said(WORDS % (b"UNDELIV", b"1", b""), esm_class=0x20),
        receipt(Delivery.SENT, code="UNDELIV:1"),
    ),
    ("on its way", said(WORDS % (b"ENROUTE", b"", b""), esm_class=4), receipt(Delivery.SENT, code="ENROUTE")),
]  # fmt: skip


@pytest.mark.parametrize(("pdu", "expected"), [c[1:] for c in DELIVERIES], ids=[c[0] for c in DELIVERIES])
def test_a_delivery_becomes_the_normal_form(pdu: Pdu, expected: Parsed) -> None:
    assert GATEWAY.read(pdu, NOW) == expected


@pytest.mark.parametrize(
    "pdu",
    [
        said(b"\x00\x01", data_coding=2),
        said(b"\x00\x01", data_coding=4),
        said(b"x", data_coding=0xF5),
        said(b"x", source=""),
        said(b"stat:DELIVRD", esm_class=4),
        said(b"id:77 stat:PERHAPS", esm_class=4),
        said(esm_class=4),
        said(data_coding=8, tlvs=tlv(0x424, "还".encode("utf-16-be") * 20_000)),
    ],
    ids=range(8),
)
def test_what_cannot_be_read_is_unreadable(pdu: Pdu) -> None:
    with pytest.raises(Unreadable):
        GATEWAY.read(pdu, NOW)


def test_a_delivery_that_is_cut_off_anywhere_is_unreadable_or_loses_only_its_options() -> None:
    pdu = said(b"STOP", tlvs=tlv(0x20C, b"\x01\x2a"))
    whole = reply("STOP")
    for end in range(len(pdu.body)):
        try:
            assert GATEWAY.read(pdu._replace(body=pdu.body[:end]), NOW) == whole
        except Unreadable:
            assert end < len(pdu.body) - 6


@pytest.mark.parametrize(
    ("way", "answered", "received"),
    [
        ("same", "0A1b", "0A1b"),
        ("hex_answer", "2A", "0000000042"),
        ("hex_receipt", "0042", "2a"),
        ("hex_answer", "x-1", "x-1"),
    ],
)
def test_the_id_of_the_answer_and_of_the_receipt_are_one(way: str, answered: str, received: str) -> None:
    one = gateway(message_ids=way)
    taken = one.taken(Pdu(0x04 | ANSWER, 1, answered.encode() + b"\0"))
    parsed = one.read(said(b"id:%s stat:DELIVRD" % received.encode(), esm_class=4), NOW)
    assert parsed.receipts[0].provider_id == taken


def submitted(one: SmppGateway, text: str, valid_seconds: int = 3600) -> list[smpp34.SubmitSm]:
    """The submit_sm of a text, as others decode them."""
    bodies = one.submits(Outgoing("o-1", f"+{PHONE}", text, valid_seconds), NOW)
    decoded = [smpp34.decode(one.wire.pack(Pdu(0x04, n, body))) for n, body in enumerate(bodies, 1)]
    assert all(isinstance(one, smpp34.SubmitSm) for one in decoded)
    return decoded  # type: ignore[return-value]


def test_a_text_leaves_as_these_octets() -> None:
    (body,) = GATEWAY.submits(Outgoing("o-1", f"+{PHONE}", "您好 & ok", 3600), NOW)
    assert GATEWAY.wire.pack(Pdu(0x04, 7, body)) == (
        b"\x00\x00\x00\x50" b"\x00\x00\x00\x04" b"\x00\x00\x00\x00" b"\x00\x00\x00\x07"
        b"\x00" b"\x00\x01" b"1069\x00" b"\x01\x01" b"8613900000000\x00"
        b"\x00\x00\x00" b"\x00" b"000000010000000R\x00" b"\x01\x00\x08\x00" b"\x0e"
        b"\x60\xa8\x59\x7d\x00\x20\x00\x26\x00\x20\x00\x6f\x00\x6b"
    )  # fmt: skip


def test_a_text_in_gsm_7_goes_in_the_default_alphabet() -> None:
    (sm,) = submitted(GATEWAY, "Pay 50€ @ [bank]")
    assert (sm.data_coding, sm.short_message) == (0, b"Pay 50\x1be \x00 \x1b<bank\x1b>")
    (sm,) = submitted(gateway(alphabet="latin1"), "für @")
    assert (sm.data_coding, sm.short_message) == (0, b"f\xfcr @")
    (sm,) = submitted(gateway(alphabet="latin1"), "50€ Δ")
    assert (sm.data_coding, sm.short_message.decode("utf-16-be")) == (8, "50€ Δ")
    (sm,) = submitted(gateway(alphabet="none"), "yes")
    assert (sm.data_coding, sm.short_message.decode("utf-16-be")) == (8, "yes")


def test_a_long_text_leaves_in_parts_and_only_the_last_asks_for_a_receipt() -> None:
    text = CHINESE * 4 + "😀" * 40
    parts = submitted(GATEWAY, text)
    assert [sm.registered_delivery for sm in parts] == [0] * (len(parts) - 1) + [1]
    assert {sm.esm_class for sm in parts} == {0x40} and all(len(sm.short_message) <= 140 for sm in parts)
    headers = [sm.short_message[:6] for sm in parts]
    assert [header[4:] for header in headers] == [bytes((len(parts), n)) for n in range(1, len(parts) + 1)]
    assert {header[:4] for header in headers} == {headers[0][:4]} and headers[0][:3] == b"\x05\x00\x03"
    assert "".join(sm.short_message[6:].decode("utf-16-be") for sm in parts) == text


def test_a_second_try_has_the_same_reference_and_another_text_has_its_own() -> None:
    first, again = (GATEWAY.submits(Outgoing("o-1", f"+{PHONE}", CHINESE * 4, 3600), NOW) for _ in range(2))
    other = GATEWAY.submits(Outgoing("o-2", f"+{PHONE}", CHINESE * 4, 3600), NOW)
    assert first == again != other


def test_a_long_text_may_go_by_optional_parameters_or_whole() -> None:
    parts = submitted(gateway(long_texts="sar"), "a[" * 100)
    assert [{one.tag: one.as_int() for one in sm.tlvs} for sm in parts] == [
        {0x20C: parts[0].tlvs[0].as_int(), 0x20E: 2, 0x20F: number} for number in (1, 2)
    ]
    assert b"".join(sm.short_message for sm in parts) == b"a\x1b<" * 100
    (whole,) = submitted(gateway(long_texts="payload"), CHINESE * 9)
    assert whole.short_message == b"" and bytes(whole.tlvs[0].value).decode("utf-16-be") == CHINESE * 9
    assert whole.tlvs[0].tag == 0x0424


@pytest.mark.parametrize(
    ("way", "seconds", "expected"),
    [
        ("relative", 14_400, "000000040000000R"),
        ("relative", 90_061, "000001010101000R"),
        ("absolute", 14_400, "261123060000000+"),
        ("none", 14_400, ""),
    ],
)
def test_a_text_says_how_long_it_may_live(way: str, seconds: int, expected: str) -> None:
    assert submitted(gateway(validity=way), "ok", seconds)[0].validity_period == expected


@pytest.mark.parametrize(
    ("options", "ton", "npi"),
    [
        ({"from_number": "1069"}, 0, 1),
        ({"from_number": "+85290000000"}, 1, 1),
        ({"from_number": "BANK"}, 5, 0),
        ({"from_number": "1069", "source_ton": "3", "source_npi": "0"}, 3, 0),
    ],
)
def test_the_sender_has_the_type_that_its_form_says_or_the_options(options: dict[str, str], ton: int, npi: int) -> None:
    (sm,) = submitted(gateway(**options), "ok")
    assert (sm.source_addr_ton, sm.source_addr_npi) == (ton, npi)
    assert sm.source_addr == options["from_number"].removeprefix("+")


E = ErrorClass
ANSWERS = [
    (0x01, E.PERMANENT, "ESME_RINVMSGLEN"),
    (0x04, E.RETRYABLE, "ESME_RINVBNDSTS"),
    (0x08, E.RETRYABLE, "ESME_RSYSERR"),
    (0x0A, E.CONFIG, "ESME_RINVSRCADR"),
    (0x0B, E.PERMANENT, "ESME_RINVDSTADR"),
    (0x14, E.THROTTLED, "ESME_RMSGQFUL"),
    (0x45, E.RETRYABLE, "ESME_RSUBMITFAIL"),
    (0x58, E.THROTTLED, "ESME_RTHROTTLED"),
    (0x62, E.PERMANENT, "ESME_RINVEXPIRY"),
    (0x64, E.RETRYABLE, "ESME_RX_T_APPN"),
    (0x0400, E.PERMANENT, "0x00000400"),
]


@pytest.mark.parametrize(("status", "kind", "code"), ANSWERS, ids=[a[2] for a in ANSWERS])
def test_a_refusal_has_its_class(status: int, kind: ErrorClass, code: str) -> None:
    for answer in (Pdu(0x04 | ANSWER, 1, b"", status), Pdu(ANSWER, 1, b"", status)):
        with pytest.raises(SendError) as caught:
            GATEWAY.taken(answer)
        assert (caught.value.kind, caught.value.code) == (kind, code)


@dataclass(slots=True)
class Smsc:
    """An SMSC that others wrote, and what it saw."""

    port: int
    submits: list[smpp34.SubmitSmEvent] = field(default_factory=list)
    bound: list[smpp34.Esme] = field(default_factory=list)
    unbound: int = 0
    judge: Callable[[smpp34.SubmitSmEvent], int] = lambda event: 0


@asynccontextmanager
async def smsc() -> AsyncIterator[Smsc]:
    """Run it; it takes whoever binds, and answers each submit as `judge` says."""
    one = Smsc(free_port())
    server = smpp34.Server("127.0.0.1", one.port, system_id="SMSC")
    await server.start()

    async def serve() -> None:
        while True:
            event = await server.next()
            if isinstance(event, smpp34.Esme):
                one.bound.append(event)
            elif isinstance(event, smpp34.SubmitSmEvent):
                one.submits.append(event)
                status = one.judge(event)
                event.reject(status) if status else event.accept(f"id-{len(one.submits)}")
            else:
                one.unbound += 1

    task = asyncio.create_task(serve())
    try:
        yield one
    finally:
        task.cancel()
        await server.stop()


async def test_texts_leave_over_a_server_that_others_wrote() -> None:
    async with smsc() as there:
        one = gateway(host="127.0.0.1", port=str(there.port))
        async with holding(one):
            assert await one.send(Outgoing("o-1", f"+{PHONE}", CHINESE, 3600), NOW) == Accepted(("id-1",))
            assert await one.send(Outgoing("o-2", f"+{PHONE}", CHINESE * 4, 3600), NOW) == Accepted(("id-4",))
            there.judge = lambda event: 0x58
            with pytest.raises(SendError) as caught:
                await one.send(Outgoing("o-3", f"+{PHONE}", "ok", 3600), NOW)
            assert (caught.value.kind, caught.value.code) == (E.THROTTLED, "ESME_RTHROTTLED")
        assert [bound.system_id for bound in there.bound] == ["bank"]
        first = there.submits[0]
        assert (first.destination_addr, first.source_addr, first.data_coding) == (PHONE, "1069", 8)
        assert first.short_message.decode("utf-16-be") == CHINESE
        await until(lambda: there.unbound == 1)


async def test_a_reply_is_answered_once_it_is_stored_and_refused_for_now_where_it_is_not() -> None:
    taken: list[Parsed] = []
    down = True

    def take(parsed: Parsed, octets: bytes) -> None:
        if down:
            raise NotStored
        taken.append(parsed)

    async with smsc() as there:
        one = gateway(host="127.0.0.1", port=str(there.port))
        async with holding(one, take):
            (esme,) = there.bound

            async def said() -> int:
                body = "周五还500".encode("utf-16-be")
                answer = await esme.deliver_sm(
                    "1069", body, source_addr=PHONE, source_addr_ton=1, dest_addr_ton=0, data_coding=8
                )
                return answer.command_status

            assert await said() == 0x64
            down = False
            assert await said() == 0
            assert (await esme.deliver_sm("1069", b"\x00", data_coding=4)).command_status == 0
        assert taken[0] == reply("周五还500") and taken[1].unreadable


async def test_a_thousand_texts_leave_through_a_window_of_16_and_each_gets_its_own_answer() -> None:
    async with smsc() as there:
        one = gateway(host="127.0.0.1", port=str(there.port))
        async with holding(one):
            texts = [Outgoing(f"o-{n}", f"+{PHONE}", f"text {n}", 3600) for n in range(1000)]
            answers = await asyncio.gather(*(one.send(text, NOW) for text in texts))
        by_id = {f"id-{n}": event.short_message.decode() for n, event in enumerate(there.submits, 1)}
        assert [by_id[answer.provider_ids[0]] for answer in answers] == [text.text for text in texts]


async def test_a_bind_that_the_smsc_ends_is_made_anew() -> None:
    async with smsc() as there:
        one = gateway(host="127.0.0.1", port=str(there.port))
        async with holding(one):
            await there.bound[0].unbind()
            await until(lambda: len(there.bound) == 2)
            await until(lambda: one.can_submit)
            assert await one.send(Outgoing("o-1", f"+{PHONE}", "ok", 3600), NOW) == Accepted(("id-1",))


@dataclass(slots=True)
class Blunt:
    """An SMSC of few words: it answers every bind alike, then says what it was told to, and notes what it hears."""

    status: int = 0
    says: tuple[bytes, ...] = ()
    heard: list[tuple[int, int, int]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while True:
                length, command, status, sequence = struct.unpack("!4I", await reader.readexactly(16))
                await reader.readexactly(length - 16)
                self.heard.append((command, status, sequence))
                if command == 0x09:
                    writer.write(struct.pack("!4I", 21, 0x80000009, self.status, sequence) + b"SMSC\0")
                    writer.writelines(self.says)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@pytest.mark.parametrize(
    ("status", "kind"), [(0x0D, E.CONFIG), (0x0E, E.CONFIG), (0x0F, E.CONFIG), (0x05, E.RETRYABLE), (0x08, E.RETRYABLE)]
)
async def test_a_refused_bind_pauses_the_channel_only_where_our_account_is_to_blame(
    status: int, kind: ErrorClass
) -> None:
    there = Blunt(status)
    server = await asyncio.start_server(there.serve, "127.0.0.1", 0)
    one = gateway(host="127.0.0.1", port=str(server.sockets[0].getsockname()[1]))
    with capture_logs() as logs:
        async with holding(one, connected=False):
            await until(lambda: any(entry["event"] == "log-in refused" for entry in logs))
            with pytest.raises(SendError) as caught:
                await one.send(Outgoing("o-1", f"+{PHONE}", "ok", 3600), NOW)
    server.close()
    assert caught.value.kind is kind
    assert one.can_submit == (kind is E.CONFIG)
    assert "hunter22" not in repr(logs)


async def test_every_request_of_the_smscs_is_answered_as_the_protocol_says() -> None:
    asked = {0x15: 1, 0x103: 2, 0x102: 3, 0x0B: 4}  # enquire_link, data_sm, alert_notification, outbind
    there = Blunt(says=tuple(struct.pack("!4I", 16, command, 0, n) for command, n in asked.items()))
    server = await asyncio.start_server(there.serve, "127.0.0.1", 0)
    async with holding(gateway(host="127.0.0.1", port=str(server.sockets[0].getsockname()[1]))):
        await until(lambda: len(there.heard) >= 3)
        await asyncio.sleep(0.05)
    server.close()
    assert there.heard[1:3] == [(0x80000015, 0, 1), (0x80000000, 3, 2)]
    assert {command for command, _, _ in there.heard[3:]} == {0x06}, "the other two want no answer"
