"""Mutated PDUs: read or unreadable, a line that lives or is dropped, no log-in that was not earned."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from random import Random

import pytest

from bot.gateways.base import Parsed
from bot.gateways.cmpp import CmppGateway
from bot.gateways.cmpp_pdu import authenticator, read_connected
from bot.gateways.link import ANSWER, Link, NoAnswer, NotWritten, Pdu
from bot.gateways.payload import Unreadable
from bot.gateways.session import SessionGateway
from bot.gateways.smpp import SmppGateway
from tests.gateways import test_cmpp, test_smpp
from tests.gateways.holding import NOW
from tests.gateways.ismg import SECRET, SP_ID, Ismg
from tests.gateways.test_fuzz import ROUNDS, mutations, storable

HERE = {2: Ismg(0x20), 3: Ismg(0x30)}
UCS2 = "周五还500😀".encode("utf-16-be")
PART = b"\x05\x00\x03\x07\x02\x01"


def cmpp(version: int) -> tuple[CmppGateway, bytes, bytes]:
    """A gateway, a delivery of a part, and one of a report."""
    here = HERE[version]
    part = here.deliver_body("13900000000", PART + UCS2, udhi=1)
    report = here.deliver_body("13900000000", here.report_content(7, b"MK:0001"), 0, 9, report=1)
    return test_cmpp.gateway(version=f"{version}.0"), part, report


def smpp() -> tuple[SmppGateway, bytes, bytes]:
    """The same."""
    words = test_smpp.WORDS % (b"UNDELIV", b"001", b"hello")
    part = test_smpp.said(PART + UCS2, data_coding=8, esm_class=0x40, tlvs=test_smpp.tlv(0x20C, b"\x01\x2a"))
    report = test_smpp.said(words, esm_class=4, tlvs=test_smpp.tlv(0x427, b"\x05"))
    return test_smpp.GATEWAY, part.body, report.body


KINDS = {"cmpp 2.0": lambda: cmpp(2), "cmpp 3.0": lambda: cmpp(3), "smpp": smpp}


def kept(parsed: Parsed) -> bool:
    """Whether the store can keep it. A part may hold half a character, which it joins with the next part's."""
    whole = [replace(one, text=from_halves(one.text)) if one.part else one for one in parsed.messages]
    return storable(replace(parsed, messages=tuple(whole)))


def from_halves(text: str) -> str:
    return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")


def read(gateway: SessionGateway, body: bytes) -> Parsed | None:
    try:
        return gateway.read(Pdu(gateway.DELIVER, 1, body), NOW)
    except Unreadable:
        return None


@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_delivery_is_read_or_unreadable(kind: str) -> None:
    gateway, *bodies = KINDS[kind]()
    for seed, body in enumerate(bodies):
        parsed = [read(gateway, changed) for changed in mutations(body, seed)]
        assert all(kept(one) for one in parsed if one is not None)
        assert 0 < sum(one is not None for one in parsed) < ROUNDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_answer_is_an_id_or_a_failure_and_never_both(kind: str) -> None:
    gateway, *_ = KINDS[kind]()
    chance = Random(5)
    for _ in range(ROUNDS):
        body = chance.randbytes(chance.randrange(30))
        status = chance.choice((0, 0, 0x58, chance.randrange(2**32))) if gateway.name == "smpp" else 0
        answer = Pdu(gateway.SUBMIT | ANSWER, 1, body, status)
        try:
            id = gateway.taken(answer)
        except Exception as error:
            assert type(error).__name__ == "SendError"
        else:
            assert len(id) <= 64 and status == 0


def stream(kind: str) -> tuple[SessionGateway, bytes]:
    """Some of all that a peer may say, framed."""
    gateway, part, report = KINDS[kind]()
    said = (
        Pdu(gateway.DELIVER, 1, part), Pdu(gateway.TEST, 2), Pdu(gateway.SUBMIT | ANSWER, 1, b"\0" * 9),
        Pdu(gateway.DELIVER, 3, report), Pdu(ANSWER, 2), Pdu(0x7777, 4, b"?"), Pdu(gateway.DELIVER, 5, part),
    )  # fmt: skip
    return gateway, b"".join(gateway.wire.pack(pdu) for pdu in said)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_broken_stream_in_odd_pieces_never_grows_and_never_breaks_the_line_s_owner(kind: str) -> None:
    gateway, octets = stream(kind)
    faults: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: faults.append(context))
    chance, stored, dropped = Random(6), 0, 0

    async def take(parsed: Parsed, raw: bytes) -> None:
        nonlocal stored
        assert kept(parsed) and len(raw) <= gateway.wire.longest
        stored += 1

    def heard(link: Link, pdu: Pdu) -> None:
        gateway._on_request(link, pdu, take, lambda: NOW)

    for changed in mutations(octets, 7):
        ours, theirs = socket.socketpair()
        _, link = await loop.create_connection(lambda: Link(gateway.wire, 16, heard), sock=ours)
        link.open()
        asking = asyncio.create_task(link.ask(gateway.SUBMIT, b"x", 0.001))
        await asyncio.sleep(0)
        at = 0
        while at < len(changed):
            size = chance.choice((1, 3, 11, 200))
            link.data_received(changed[at : at + size])
            assert len(link._buffer) < gateway.wire.longest
            at += size
        dropped += link.lost.done()
        (answer,) = await asyncio.gather(asking, return_exceptions=True)
        assert isinstance(answer, Pdu | NoAnswer | NotWritten)
        link.drop("done")
        theirs.close()
    await asyncio.sleep(0.15)
    assert faults == []
    assert stored > 0 < dropped, "the mutations should neither all be harmless nor all be fatal"


def test_no_answer_to_a_log_in_counts_but_the_one_that_knows_the_secret() -> None:
    proof = authenticator(SP_ID, SECRET, "1123100000")
    login = SP_ID.encode() + proof + b"\x30" + (1123100000).to_bytes(4)
    for version, size in ((2, 17), (3, 20)):
        answer = HERE[version]._connected(login[:22] + (b"\x20" if version == 2 else b"\x30") + login[23:])
        assert read_connected(answer, proof, SECRET)[:2] == (0, True)
        forged = 0
        for changed in mutations(answer, 8):
            try:
                status, proven, _ = read_connected(changed, proof, SECRET)
            except Unreadable:
                continue
            if status == 0 and proven:
                assert changed[:size] == answer[:size]
            else:
                forged += 1
        assert forged > ROUNDS / 2
