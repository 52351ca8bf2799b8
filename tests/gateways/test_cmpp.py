"""CMPP: golden octets, PDUs in the normal form, texts as a gateway reads them, answers as classes."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

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
from bot.gateways.cmpp import CmppGateway
from bot.gateways.cmpp_pdu import (
    V2,
    V3,
    Submit,
    authenticator,
    connect_body,
    moment_of,
    read_connected,
    read_deliver,
    read_report,
    read_result,
    submit_body,
    written_id,
)
from bot.gateways.link import ANSWER, Pdu
from bot.gateways.payload import Unreadable
from tests.gateways.holding import NOW, holding, until
from tests.gateways.ismg import SECRET, SP_ID, Ismg, ismg

PHONE = "13900000000"
CHINESE = "【示例银行】您好，本期账单1200.00元，请于11月27日前还款。"


def gateway(port: int = 7890, version: str = "2.0", **options: str) -> CmppGateway:
    given = {"host": "127.0.0.1", "port": str(port), "sp_id": SP_ID, "shared_secret": SECRET, "src_id": "10690001"}
    return CmppGateway.from_options(given | {"version": version, "service_id": "HELP"} | options)


def text(words: str = CHINESE, ref: str = "o-1", to: str = f"+86{PHONE}") -> Outgoing:
    return Outgoing(ref, to, words, 3600)


# Octets that other implementations made (the tests of gocmpp, Apache-2.0).
CONNECT = "39303030303190d00c1d517abd0b4f65f6bcf8535d16213cdc73be"
CONNECTED_2 = "006c0b846e25bab6daa4ed1c466e0f4bd821"
CONNECTED_3 = "000000007942977274098cf210ab0c16c367bc8d30"
SUBMIT_2 = (
    "0000000000000000010101017465737400000000000002313335303030303236393600000000000000000000000008393030"
    "30303130323130000000003135313130353133313535353130312b0000000000000000000000000000000000003930303030"
    "31000000000000000000000000000000013133353030303032363936000000000000000000001e6d4b8bd50067006f006300"
    "6d007000700020007300750062006d006900740000000000000000"
)
SUBMIT_3 = (
    "0000000000000000010101017465737400000000000002313335303030303236393600000000000000000000000000000000"
    "00000000000000000839303030303130323130000000003135313130353133313535353130312b0000000000000000000000"
    "0000000000000039303030303100000000000000000000000000000001313335303030303236393600000000000000000000"
    "0000000000000000000000001e6d4b8bd50067006f0063006d007000700020007300750062006d0069007400000000000000"
    "00000000000000000000000000"
)
DELIVER_2 = (
    "b525628000010000393030303031000000000000000000000000000000000000000000000000000000003133343132333430"
    "3030300000000000000000000000125468697320697320612074657374204d4f2e0000000000000000"
)
DELIVER_3 = (
    "b4c5530000010000393030303031000000000000000000000000000000000000000000000000000000003133343132333430"
    "3030300000000000000000000000000000000000000000000000125468697320697320612074657374204d4f2e0000000000"
    "000000000000000000000000000000"
)
REPORT = (
    "b4c553000001000044454c495652443135313131323039353531353131313230393537313334313233343030303000000000"
    "00000000000012345678"
)
SAMPLE = Submit(
    service_id="test", msg_src="900001", src_id="900001", destination="13500002696",
    content="测试gocmpp submit".encode("utf-16-be"), msg_fmt=8, valid_time="151105131555101+",
    registered_delivery=1, msg_level=1, fee_user_type=2, fee_terminal_id="13500002696", fee_type="02", fee_code="10",
)  # fmt: skip


def test_the_proof_of_the_secret_is_that_of_the_protocol() -> None:
    assert authenticator("901234", "1234", "0708090149").hex() == "398df2250f7c300cb92e01fb16715318"
    assert authenticator("900001", "888888", "1021080510").hex() == CONNECT[12:44]


def test_a_log_in_leaves_as_these_octets_by_chinas_clock() -> None:
    body = connect_body("900001", "888888", V2, datetime(2026, 10, 21, 0, 5, 10, tzinfo=UTC))
    assert body.hex() == CONNECT[:44] + "20" + CONNECT[46:]


@pytest.mark.parametrize(("answer", "version"), [(CONNECTED_2, 0x21), (CONNECTED_3, 0x30)])
def test_the_gateways_own_proof_is_checked(answer: str, version: int) -> None:
    body, proof = bytes.fromhex(answer), bytes.fromhex(CONNECT[12:44])
    assert read_connected(body, proof, "888888") == (0, True, version)
    assert read_connected(body, proof, "888889") == (0, False, version)
    assert read_connected(body, bytes(16), "888888") == (0, False, version)
    for bit in range(16 * 8):
        changed = bytearray(body)
        changed[-17 + bit // 8] ^= 1 << bit % 8
        assert not read_connected(bytes(changed), proof, "888888")[1]


@pytest.mark.parametrize(("version", "octets"), [(V2, SUBMIT_2), (V3, SUBMIT_3)])
def test_a_submit_leaves_as_these_octets(version: int, octets: str) -> None:
    assert submit_body(SAMPLE, version).hex() == octets


@pytest.mark.parametrize(
    ("version", "octets", "id"), [(V2, DELIVER_2, 13052947396898652160), (V3, DELIVER_3, 13025908756704198656)]
)
def test_a_delivery_that_others_wrote_is_read(version: int, octets: str, id: int) -> None:
    one = read_deliver(bytes.fromhex(octets), version)
    assert (one.msg_id, one.destination, one.source, one.content) == (
        id,
        "900001",
        "13412340000",
        b"This is a test MO.",
    )
    assert (one.msg_fmt, one.tp_udhi, one.is_report) == (0, 0, False)


def test_a_report_that_others_wrote_is_read() -> None:
    one = read_report(bytes.fromhex(REPORT))
    assert (one.msg_id, one.stat, one.done_time) == (13025908756704198656, "DELIVRD", "1511120957")


def test_an_id_is_written_as_operators_do_and_tells_its_moment() -> None:
    """12878564852733378560 is b2b9da8000010000: November 5, 14:29:42, gateway 1, sequence 0."""
    assert read_result(bytes.fromhex("b2b9da800001000000")) == (12878564852733378560, 0)
    assert read_result(bytes.fromhex("b2b9da800001000000000008")) == (12878564852733378560, 8)
    assert written_id(12878564852733378560) == "1105142942000000100000"
    at = datetime(2026, 11, 5, 6, 29, 42, tzinfo=UTC)
    assert moment_of(12878564852733378560, at) == at
    assert moment_of(12878564852733378560, at.replace(month=7)) is None
    assert moment_of(0, at) is None and moment_of(2**64 - 1, at) is None


def test_the_moment_of_an_id_is_right_over_new_year() -> None:
    last_second = 12 << 60 | 31 << 55 | 23 << 50 | 59 << 44 | 59 << 38
    before = datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)  # midnight in China is 16:00
    assert moment_of(last_second, datetime(2026, 12, 31, 16, 0, 5, tzinfo=UTC)) == before
    first_second = 1 << 60 | 1 << 55
    assert moment_of(first_second, before) == datetime(2026, 12, 31, 16, tzinfo=UTC)


HERE = Ismg(0x20)
ID = 0xB71A840000010001  # November 14, 06:40:16 in China
WRITTEN = "1114064016000000100001"


def arrives(content: bytes, fmt: int = 8, id: int = ID, udhi: int = 0, report: int = 0, source: str = PHONE) -> Pdu:
    return Pdu(5, 1, HERE.deliver_body(source, content, fmt, id, udhi, report))


def reply(words: str, part: Part | None = None, sender: str = PHONE, id: str = WRITTEN) -> Parsed:
    return Parsed((InboundSms(sender, "10690001", words, id, part=part),))


def report(status: Delivery, code: str, kind: ErrorClass | None = None) -> Parsed:
    done = datetime(2026, 11, 23, 2, 1, tzinfo=UTC)
    return Parsed(receipts=(DeliveryReceipt(status, WRITTEN, code=code, kind=kind, provider_at=done),))


def stat(word: bytes) -> Pdu:
    return arrives(HERE.report_content(ID, word), 0, 1, report=1)


E = ErrorClass
UCS2 = "utf-16-be"
DELIVERIES: list[tuple[str, Pdu, Parsed]] = [
    ("UCS-2 keeps its white space", arrives(" 周五还500 ".encode(UCS2)), reply(" 周五还500 ")),
    ("GBK", arrives("周五还500".encode("gbk"), 15), reply("周五还500")),
    ("GB 18030 beyond GBK", arrives("𠮷好".encode("gb18030"), 15), reply("𠮷好")),
    ("ASCII", arrives(b"T", 0), reply("T")),
    ("Chinese that claims to be ASCII", arrives("退订".encode("gbk"), 0), reply("退订")),
    ("a flash message", arrives("好".encode(UCS2), 0x18), reply("好")),
    ("an empty reply", arrives(b""), reply("")),
    ("a sender with country code", arrives(b"T", 0, source="8613900000000"), reply("T", sender="8613900000000")),
    ("an id of nothing", arrives(b"T", 0, 0), reply("T", id="")),
    ("a part", arrives(b"\5\0\3\x2a\2\1" + "好".encode(UCS2), udhi=1), reply("好", Part("2a", 1, 2))),
    ("a part by 16 bits", arrives(b"\6\x08\4\1\x2a\2\2" + "好".encode(UCS2), udhi=1), reply("好", Part("012a", 2, 2))),
    ("half a character at the cut", arrives(b"\5\0\3\x2a\2\1\xd8\x3d", udhi=1), reply("\ud83d", Part("2a", 1, 2))),
    ("a header that says nothing of parts", arrives(b"\3\x24\1\1" + "好".encode(UCS2), udhi=1), reply("好")),
    ("delivered", stat(b"DELIVRD"), report(Delivery.DELIVERED, "DELIVRD")),
    ("on its way", stat(b"ACCEPTD"), report(Delivery.SENT, "ACCEPTD")),
    ("a handset that stayed off", stat(b"EXPIRED"), report(Delivery.UNDELIVERED, "EXPIRED", E.RETRYABLE)),
    ("not delivered", stat(b"UNDELIV"), report(Delivery.UNDELIVERED, "UNDELIV", E.PERMANENT)),
    ("rejected", stat(b"REJECTD"), report(Delivery.FAILED, "REJECTD", E.PERMANENT)),
    ("no such number", stat(b"MK:0001"), report(Delivery.UNDELIVERED, "MK:0001", E.DEAD_NUMBER)),
    ("switched off", stat(b"MK:0010"), report(Delivery.UNDELIVERED, "MK:0010", E.RETRYABLE)),
    ("a switch that does not answer", stat(b"MA:0051"), report(Delivery.UNDELIVERED, "MA:0051", E.RETRYABLE)),
    ("too many at the gateway", stat(b"DB:0142"), report(Delivery.FAILED, "DB:0142", E.THROTTLED)),
    ("a word that is not let through", stat(b"DB:0318"), report(Delivery.FAILED, "DB:0318", E.PERMANENT)),
    ("on the operator's black list", stat(b"MBBLACK"), report(Delivery.FAILED, "MBBLACK", E.OPTED_OUT)),
    ("on the aggregator's black list", stat(b"DB:0144"), report(Delivery.FAILED, "DB:0144", E.OPTED_OUT)),
    ("a code that nobody has heard of", stat(b"ZZ:9999"), report(Delivery.FAILED, "ZZ:9999", E.RETRYABLE)),
]  # fmt: skip


@pytest.mark.parametrize(("pdu", "expected"), [c[1:] for c in DELIVERIES], ids=[c[0] for c in DELIVERIES])
def test_a_delivery_becomes_the_normal_form(pdu: Pdu, expected: Parsed) -> None:
    assert gateway().read(pdu, datetime(2026, 12, 31, tzinfo=UTC)) == expected


def test_a_reply_tells_when_the_gateway_got_it() -> None:
    parsed = gateway().read(arrives(b"T", 0), datetime(2026, 11, 14, 9, tzinfo=UTC))
    assert parsed.messages[0].provider_at == datetime(2026, 11, 13, 22, 40, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "pdu",
    [
        arrives(b"\0\1", 4),
        arrives(b"\0\1", 21),
        arrives(b"x", 0, source=""),
        arrives(b"\0" * 10, 0, report=1),
        stat(b""),
        arrives(HERE.report_content(0, b"DELIVRD"), 0, report=1),
    ],
    ids=range(6),
)
def test_what_cannot_be_read_is_unreadable(pdu: Pdu) -> None:
    with pytest.raises(Unreadable):
        gateway().read(pdu, NOW)


def test_a_delivery_that_is_cut_off_is_unreadable_or_loses_only_what_nobody_reads() -> None:
    pdu = arrives("好".encode(UCS2))
    for end in range(len(pdu.body) - 8):
        with pytest.raises(Unreadable):
            gateway().read(pdu._replace(body=pdu.body[:end]), NOW)
    assert gateway().read(pdu._replace(body=pdu.body[:-8]), NOW).messages


@pytest.mark.parametrize("version", ["2.0", "3.0"])
async def test_a_text_leaves_and_every_field_is_what_was_configured(version: str) -> None:
    async with ismg(0x30 if version == "3.0" else 0x20) as there:
        one = gateway(there.port, version, fee_user_type="1", fee_type="02", fee_code="10")
        async with holding(one):
            accepted = await one.send(text(), NOW)
        (taken,) = there.taken
        assert accepted == Accepted((written_id(taken.id),))
        assert (taken.to, taken.src_id, taken.msg_src, taken.service_id) == (PHONE, "10690001", SP_ID, "HELP")
        assert (taken.fee, taken.wants_report, taken.pk, taken.udhi) == ((1, "02", "10"), 1, (1, 1), 0)
        assert (taken.fmt, taken.content.decode(UCS2)) == (8, CHINESE)
        assert taken.valid == "261123110000032+"  # an hour from now, in China
        assert there.farewells == 1


async def test_a_long_text_leaves_in_parts_and_only_the_last_asks_for_a_report() -> None:
    words = CHINESE * 3 + "😀" * 40
    async with ismg() as there:
        one = gateway(there.port)
        async with holding(one):
            accepted = await one.send(text(words), NOW)
    parts = there.taken
    assert accepted.provider_ids == (written_id(parts[-1].id),)
    assert [part.pk for part in parts] == [(len(parts), n) for n in range(1, len(parts) + 1)]
    assert [part.wants_report for part in parts] == [0] * (len(parts) - 1) + [1]
    assert all(part.udhi == 1 and len(part.content) <= 140 for part in parts)
    assert {part.content[:4] for part in parts} == {b"\5\0\3" + parts[0].content[3:4]}
    assert [tuple(part.content[4:6]) for part in parts] == [part.pk for part in parts]
    assert "".join(part.content[6:].decode(UCS2) for part in parts) == words


@pytest.mark.parametrize(
    ("words", "fmt"), [("还款" * 20, 15), ("ok", 15), ("还" * 71, 8), ("é😀", 8), ("还" * 70, 15), ("x" * 71, 8)]
)
async def test_gbk_is_for_what_fits_into_one_text(words: str, fmt: int) -> None:
    async with ismg() as there:
        one = gateway(there.port, coding="gbk")
        async with holding(one):
            await one.send(text(words), NOW)
    coded = {8: UCS2, 15: "gbk"}[fmt]
    assert {part.fmt for part in there.taken} == {fmt}
    assert "".join(part.content[6 * part.udhi :].decode(coded) for part in there.taken) == words


async def test_a_foreign_number_goes_without_its_plus_and_nonsense_not_at_all() -> None:
    async with ismg() as there:
        one = gateway(there.port)
        async with holding(one):
            await one.send(text(to="+85290000000"), NOW)
            for to in ("BANK", "+8613900000000\0", "+" + "1" * 21, "+８６１３９"):
                with pytest.raises(SendError) as caught:
                    await one.send(text(to=to), NOW)
                assert caught.value.kind is E.PERMANENT
    assert [taken.to for taken in there.taken] == ["85290000000"]


RESULTS = [
    (1, E.PERMANENT, E.PERMANENT), (3, E.RETRYABLE, E.RETRYABLE), (4, E.PERMANENT, E.PERMANENT),
    (5, E.CONFIG, E.CONFIG), (6, E.PERMANENT, E.PERMANENT), (7, E.CONFIG, E.CONFIG), (8, E.THROTTLED, E.THROTTLED),
    (9, E.RETRYABLE, E.CONFIG), (10, E.CONFIG, E.CONFIG), (12, E.CONFIG, E.CONFIG), (13, E.PERMANENT, E.PERMANENT),
    (99, E.RETRYABLE, E.RETRYABLE),
]  # fmt: skip


@pytest.mark.parametrize(("result", "in_2", "in_3"), RESULTS, ids=[str(r[0]) for r in RESULTS])
async def test_a_result_has_its_class(result: int, in_2: ErrorClass, in_3: ErrorClass) -> None:
    for version, kind in ((0x20, in_2), (0x30, in_3)):
        async with ismg(version, result=lambda taken: result) as there:
            one = gateway(there.port, "3.0" if version == 0x30 else "2.0")
            async with holding(one):
                with pytest.raises(SendError) as caught:
                    await one.send(text(), NOW)
        assert (caught.value.kind, caught.value.code) == (kind, str(result))


@pytest.mark.parametrize("version", [0x20, 0x30])
async def test_replies_and_reports_are_answered_after_they_are_stored(version: int) -> None:
    taken: list[Parsed] = []
    down = True

    def take(parsed: Parsed, octets: bytes) -> None:
        if down:
            raise NotStored
        taken.append(parsed)

    async with ismg(version, crumbs=3) as there:
        one = gateway(there.port, "3.0" if version == 0x30 else "2.0")
        async with holding(one, take):
            assert await there.says(PHONE, "周五还500", ID) == 8
            down = False
            assert await there.says(PHONE, "周五还500", ID) == 0
            assert await there.report(ID, b"DELIVRD") == 0
            assert await there.test() == 0
    assert taken == [reply("周五还500"), report(Delivery.DELIVERED, "DELIVRD")]


async def test_silence_where_the_gateway_takes_an_error_for_the_last_word() -> None:
    def take(parsed: Parsed, octets: bytes) -> None:
        raise NotStored

    async with ismg() as there:
        one = gateway(there.port, not_stored="silence")
        async with holding(one, take):
            await there.ask(5, there.deliver_body(PHONE, b""), wait=False)
            assert await there.test() == 0
            assert len(there._answers) == 0


LOG_INS: list[tuple[str, dict[str, object], dict[str, str], str]] = [
    ("a wrong secret", {}, {"shared_secret": "wrong"}, "CONNECT 3"),
    ("an unknown account", {"status": 2}, {}, "CONNECT 2"),
    ("a version that is too high", {}, {"version": "3.0"}, ""),
    ("a gateway that does not know the secret", {"proof": hashlib.md5(b"guess").digest()}, {}, "did not prove"),
]


@pytest.mark.parametrize(("faults", "options", "said"), [c[1:] for c in LOG_INS], ids=[c[0] for c in LOG_INS])
async def test_a_refused_log_in_is_for_the_channel_to_know(
    faults: dict[str, object], options: dict[str, str], said: str
) -> None:
    async with ismg(0x20, **faults) as there:
        one = gateway(there.port, **options)
        async with holding(one):
            with pytest.raises(SendError) as caught:
                await one.send(text(), NOW)
        assert caught.value.kind is E.CONFIG
        assert said in str(caught.value)
        assert there.taken == []


async def test_a_busy_gateway_is_tried_again_and_the_channel_is_not_paused() -> None:
    async with ismg(0x20, status=5) as there:
        one = gateway(there.port)
        async with holding(one, connected=False):
            await until(lambda: len(there.logins) == 1)
            with pytest.raises(SendError) as caught:
                await one.send(text(), NOW)
            assert caught.value.kind is E.RETRYABLE and not one.can_submit
            there.faults.status = 0
            await until(lambda: one.can_submit)
            await one.send(text(), NOW)
    assert len(there.logins) == 2


async def test_a_gateway_that_proves_nothing_is_taken_only_where_that_is_configured() -> None:
    async with ismg(0x20, proof=bytes(16)) as there:
        one = gateway(there.port, check_gateway="no")
        async with holding(one):
            await one.send(text(), NOW)
    assert len(there.taken) == 1


def test_an_answer_that_is_cut_off_leaves_the_text_unknown() -> None:
    with pytest.raises(SendError) as caught:
        gateway().taken(Pdu(4 | ANSWER, 1, b"\0" * 5))
    assert caught.value.kind is E.UNKNOWN
