"""Connections that are held: windows, lost answers, crumbs, silence, floods, and what is never logged."""

from __future__ import annotations

import asyncio
import logging
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from structlog.testing import capture_logs

from bot.gateways.base import Accepted, Delivery, DeliveryReceipt, ErrorClass, Outgoing, Parsed, SendError
from bot.gateways.cmpp import CmppGateway
from bot.gateways.cmpp_pdu import written_id
from bot.gateways.session import MOST_AT_ONCE
from tests.gateways.holding import NOW, holding, until
from tests.gateways.ismg import SECRET, SP_ID, Ismg, Taken, ismg

LONG = "【示例银行】您好，本期账单1200.00元，请于11月27日前还款。" * 4


def gateway(port: int, **options: str) -> CmppGateway:
    given = {"host": "127.0.0.1", "port": str(port), "sp_id": SP_ID, "shared_secret": SECRET, "src_id": "10690001"}
    return CmppGateway.from_options(given | options)


def text(words: str = "您好", ref: str = "o-1") -> Outgoing:
    return Outgoing(ref, "+8613900000000", words, 3600)


async def outcome(one: CmppGateway, message: Outgoing) -> str:
    """What became of a text: sent, or the class of the failure."""
    try:
        await one.send(message, NOW)
    except SendError as error:
        return error.kind
    return "sent"


async def test_no_more_texts_wait_for_an_answer_than_the_window_has_and_all_leave() -> None:
    async with ismg(delay=0.02) as there:
        one = gateway(there.port)
        async with holding(one):
            answers = await asyncio.gather(*(one.send(text(ref=f"o-{n}"), NOW) for n in range(160)))
    assert there.most_unanswered == 16
    assert len({answer.provider_ids for answer in answers}) == len(there.taken) == 160


async def test_octets_may_come_one_by_one() -> None:
    async with ismg(crumbs=1) as there:
        one = gateway(there.port)
        async with holding(one):
            assert await one.send(text(), NOW) == Accepted((written_id(there.taken[0].id),))


async def test_what_was_under_way_when_the_line_broke_is_unknown_and_the_rest_was_not_sent() -> None:
    async with ismg(delay=5, hang_up_at=16) as there:
        one = gateway(there.port)
        async with holding(one):
            outcomes = list(await asyncio.gather(*(outcome(one, text(ref=f"o-{n}")) for n in range(40))))
            assert outcomes == ["unknown"] * 16 + ["retryable"] * 24
            assert len(there.taken) == 16
            there.faults.hang_up_at, there.faults.delay = 0, 0
            await until(lambda: one.can_submit)
            assert await outcome(one, text()) == "sent"


async def test_without_a_connection_a_text_may_be_tried_again() -> None:
    assert await outcome(gateway(1), text()) == "retryable"
    assert not gateway(1).can_submit


async def test_an_answer_that_does_not_come_leaves_the_text_unknown_and_the_window_free() -> None:
    async with ismg(mute=lambda taken: True) as there:
        one = gateway(there.port, timeout_seconds="1", window="1")
        async with holding(one):
            assert await outcome(one, text()) == "unknown"
            there.faults.mute = lambda taken: False
            assert await outcome(one, text()) == "sent"


async def test_a_full_window_is_a_wait_and_not_a_try() -> None:
    async with ismg(delay=5) as there:
        one = gateway(there.port, timeout_seconds="0.3", window="1")
        async with holding(one):
            outcomes = list(await asyncio.gather(outcome(one, text()), outcome(one, text())))
            assert outcomes == ["unknown", "throttled"]
        assert len(there.taken) == 1


@pytest.mark.parametrize("result", [0, 13])
async def test_an_answer_that_comes_late_settles_the_text(result: int) -> None:
    taken: list[Parsed] = []
    async with ismg(delay=0.2, result=lambda one: result) as there:
        one = gateway(there.port, timeout_seconds="0.05")
        async with holding(one, lambda parsed, octets: taken.append(parsed)):
            assert await outcome(one, text()) == "unknown"
            await until(lambda: bool(taken))
    id = written_id(there.taken[0].id)
    late = DeliveryReceipt(Delivery.QUEUED, id, "o-1")
    refused = DeliveryReceipt(Delivery.FAILED, "", "o-1", "13", ErrorClass.PERMANENT)
    assert taken == [Parsed(receipts=(refused if result else late,))]


async def test_a_report_may_come_before_the_answer() -> None:
    taken: list[Parsed] = []
    async with ismg(report_first=True, delay=0.05) as there:
        one = gateway(there.port)
        async with holding(one, lambda parsed, octets: taken.append(parsed)):
            accepted = await one.send(text(), NOW)
    assert [receipt.provider_id for parsed in taken for receipt in parsed.receipts] == list(accepted.provider_ids)


def on_second_part(*results: int) -> Callable[[Taken], int]:
    left = list(results)
    return lambda taken: left.pop(0) if taken.pk[1] == 2 and left else 0


@pytest.mark.parametrize(
    ("results", "expected", "seen"),
    [((8,), "sent", [1, 2, 2, 3]), ((10,), "unknown", [1, 2]), ((13,), "permanent", [1, 2])],
)
async def test_once_a_part_has_left_no_failure_sends_it_again(
    results: tuple[int, ...], expected: str, seen: list[int]
) -> None:
    async with ismg(result=on_second_part(*results)) as there:
        one = gateway(there.port)
        async with holding(one):
            assert await outcome(one, text(LONG)) == expected
    assert [taken.pk[1] for taken in there.taken] == seen


async def test_a_line_that_is_silent_is_tested_and_made_anew() -> None:
    async with ismg() as there:
        one = gateway(there.port, test_seconds="0.05")
        async with holding(one):
            await until(lambda: there.tests >= 4)
            assert len(there.logins) == 1
            there.faults.deaf_to_tests = True
            await until(lambda: len(there.logins) == 2)


async def test_two_connections_share_the_texts() -> None:
    async with ismg(delay=0.02) as there:
        one = gateway(there.port, connections="2", window="4")
        async with holding(one), holding(one):
            await until(lambda: len(there.logins) == 2)
            await asyncio.gather(*(one.send(text(ref=f"o-{n}"), NOW) for n in range(40)))
    assert there.most_unanswered == 8


async def test_stopping_lets_what_is_under_way_be_answered_and_takes_leave() -> None:
    async with ismg(delay=0.1) as there:
        one = gateway(there.port)
        async with holding(one):
            sending = asyncio.create_task(outcome(one, text()))
            await until(lambda: bool(there.taken))
        assert await sending == "sent"
    assert there.farewells == 1


async def test_stopping_lets_what_arrived_be_stored_and_acknowledged() -> None:
    async def slow(parsed: Parsed, octets: bytes) -> None:
        await asyncio.sleep(0.2)

    async with ismg() as there:
        one = gateway(there.port)
        task = asyncio.create_task(one.hold(slow, lambda: NOW))
        await until(lambda: one.can_submit)
        asked = asyncio.create_task(there.says("139", "好", 1))
        await asyncio.sleep(0.05)
        task.cancel()
        assert await asked == 0
        await asyncio.gather(task, return_exceptions=True)
    assert there.farewells == 1


async def test_an_account_that_was_refused_and_cannot_be_reached_now_is_only_not_connected() -> None:
    async with ismg(status=3) as there:
        one = gateway(there.port)
        one.pause_after_refusal = 0.05
        async with holding(one):
            assert await outcome(one, text()) == "config"
            there.faults.hang_up_at_login = True
            await until(lambda: not one.can_submit)
            assert await outcome(one, text()) == "retryable"


async def test_a_store_that_is_slow_is_not_flooded() -> None:
    async def slow(parsed: Parsed, octets: bytes) -> None:
        await asyncio.sleep(30)

    async with ismg() as there:
        one = gateway(there.port)
        task = asyncio.create_task(one.hold(slow, lambda: NOW))
        await until(lambda: one.can_submit)
        asked = [asyncio.create_task(there.says("139", "好", n)) for n in range(1, MOST_AT_ONCE + 101)]
        await until(lambda: sum(each.done() for each in asked) == 100)
        assert {each.result() for each in asked if each.done()} == {8}
        assert await there.test() == 0
        for each in (*asked, task):
            each.cancel()
        await asyncio.gather(*asked, task, return_exceptions=True)
        await one.close()


Speaker = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def peer(speak: Speaker) -> AsyncIterator[int]:
    """A server that says what it likes; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await speak(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.parametrize("length", [0, 11, 4097, 0xFFFFFFFF])
async def test_a_length_that_no_pdu_has_ends_the_connection(length: int) -> None:
    hung_up = asyncio.Event()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(struct.pack("!III", length, 0x80000001, 1) + bytes(1000))
        try:
            while await reader.read(1000):
                continue
        finally:
            hung_up.set()

    async with peer(speak) as port, holding(gateway(port), connected=False):
        await asyncio.wait_for(hung_up.wait(), 5)


async def test_a_peer_that_reads_nothing_is_hung_up_on() -> None:
    double, sent = Ismg(0x20), 0

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await double._one(writer, 1, 1, (await reader.readexactly(39))[12:])
        await asyncio.sleep(0.05)
        while sent < 10_000_000:
            writer.write(struct.pack("!III", 12, 8, sent) * 1000)
            await writer.drain()
            sent += 1000

    async with peer(speak) as port:
        one = gateway(port)
        with capture_logs() as logs:
            async with holding(one, connected=False):
                await until(lambda: any(entry["event"] == "connection lost" for entry in logs), 20)
    assert next(entry["reason"] for entry in logs if entry["event"] == "connection lost") == "the peer does not read"
    assert sent < 10_000_000


async def test_nothing_counts_before_the_log_in_and_what_came_with_its_answer_does() -> None:
    taken: list[str] = []
    double = Ismg(0x20)

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, login = await reader.readexactly(12), await reader.readexactly(27)
        await double.write(writer, 5, 1, double.deliver_body("139", b"early", 0))
        if double.faults.status:
            await asyncio.sleep(0.05)
        await double._one(writer, 1, struct.unpack("!III", head)[2], login)
        while await reader.read(1000):
            continue

    def take(parsed: Parsed, octets: bytes) -> None:
        taken.extend(message.text for message in parsed.messages)

    for status, expected in ((3, []), (0, ["early"])):
        double.faults.status = status
        async with peer(speak) as port, holding(gateway(port), take):
            await asyncio.sleep(0.1)
        assert taken == expected


async def test_whoever_floods_before_the_log_in_is_hung_up_on() -> None:
    hung_up = asyncio.Event()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for number in range(20_000):
                writer.write(struct.pack("!III", 112, 5, number) + bytes(100))
                await writer.drain()
            while await reader.read(1000):
                continue
        finally:
            hung_up.set()

    async with peer(speak) as port:
        one = gateway(port)
        async with holding(one, connected=False):
            await asyncio.wait_for(hung_up.wait(), 10)
        assert not one.can_submit


async def test_a_gateway_that_takes_leave_gets_no_more_texts_and_what_it_still_answers_counts() -> None:
    async with ismg(delay=0.2) as there:
        one = gateway(there.port)
        async with holding(one):
            sending = asyncio.create_task(outcome(one, text()))
            await until(lambda: bool(there.taken))
            await there.ask(2, b"", wait=False)
            await until(lambda: not one.can_submit)
            assert await outcome(one, text()) == "retryable"
            assert await sending == "sent"
            there.writers[0].close()
            await until(lambda: one.can_submit)
    assert len(there.taken) == 1


async def test_secrets_numbers_and_texts_are_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "Geheim77"
    with capture_logs() as logs:
        async with ismg(crumbs=5) as there:
            async with holding(gateway(there.port, shared_secret=secret), connected=False):
                await until(lambda: any(entry["event"] == "log-in refused" for entry in logs))
            async with holding(gateway(there.port)):
                await there.ask(5, there.deliver_body("13900000000", "周五还".encode("gbk"), 4))
                await there.ask(5, b"\x00" * 40, wait=False)
                await there.test()
                there.writers[-1].transport.abort()
                await until(lambda: any(entry["event"] == "connection lost" for entry in logs))
    written = repr(logs) + caplog.text
    assert "connection lost" in written
    for hidden in (secret, SECRET, "13900000000", "周五还", "周五还".encode("gbk").hex()):
        assert hidden not in written
    assert secret not in repr(vars(gateway(1, shared_secret=secret)))


async def test_a_certificate_that_nobody_signed_is_refused(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=3650))
    certificate = made.sign(key, hashes.SHA256())
    path = tmp_path / "own.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    double = Ismg(0x20)
    server = await asyncio.start_server(double.serve, "127.0.0.1", 0, ssl=context)
    one = gateway(server.sockets[0].getsockname()[1], host="localhost", tls="yes")
    async with holding(one):
        with pytest.raises(SendError) as caught:
            await one.send(text(), NOW)
    server.close()
    assert caught.value.kind is ErrorClass.CONFIG and "certificate" in caught.value.reason
    assert double.logins == [], "nothing was said to a stranger"
