"""Gateways that hold a connection: PDUs written and read in a second, and texts through one window of 16."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from datetime import UTC, datetime

import structlog

from bot.gateways.base import Outgoing, Parsed
from bot.gateways.cmpp import CmppGateway
from bot.gateways.link import Pdu
from bot.gateways.session import SessionGateway
from bot.gateways.smpp import SmppGateway
from bot.gateways.smpp_pdu import Address, Sm, submit_body
from tests.bench.figure import Figure, per_second
from tests.gateways.ismg import Ismg

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
WINDOW = 16
LATENCIES = ((1, 20_000), (10, 5_000), (100, 640))  # milliseconds, and how many texts are sent
TEXT = "【示例银行】您好，您的本期账单尚有1200.00元未还，请于11月27日前还款。如有困难请回复。"
WORDS = "我周五还500".encode("utf-16-be")


def _gateways() -> dict[str, tuple[SessionGateway, bytes]]:
    """Each with a reply as it arrives there. The body of a deliver_sm is laid out as that of a submit_sm."""
    account = {"host": "127.0.0.1", "port": "1", "sp_id": "901234", "shared_secret": "pw", "src_id": "1069"}
    bind = {"host": "127.0.0.1", "port": "1", "system_id": "bank", "password": "pw", "from_number": "1069"}
    said = submit_body(Sm(Address(1, 1, "8613900000000"), Address(0, 1, "1069"), 0, 8, WORDS))
    return {
        "CMPP 2.0": (CmppGateway.from_options(account), Ismg(0x20).deliver_body("13900000000", WORDS)),
        "SMPP 3.4": (SmppGateway.from_options(bind), said),
    }


async def measure_sessions() -> list[Figure]:
    """Codecs, then throughput at three latencies of the gateway's."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    figures = []
    message = Outgoing("o-1", "+8613900000000", TEXT, 3600)
    for name, (gateway, said) in _gateways().items():
        written = per_second(lambda: gateway.wire.pack(Pdu(1, 1, gateway.submits(message, NOW)[0])))  # noqa: B023
        read = per_second(lambda: gateway.read(Pdu(5, 1, said), NOW))  # noqa: B023
        figures.append(Figure("-", f"{name}: texts written as PDUs", f"{written:,.0f}/s", "", ""))
        figures.append(Figure("-", f"{name}: replies read from PDUs", f"{read:,.0f}/s", "", ""))
    for milliseconds, texts in LATENCIES:
        rate = await _throughput(milliseconds, texts)
        limit = WINDOW * 1000 / milliseconds
        what = f"CMPP texts/s, answered after {milliseconds} ms, window {WINDOW}"
        figures.append(Figure("-", what, f"{rate:,.0f}/s", f"{limit:,.0f}/s", f"{rate / limit:.2f}"))
    return figures


async def _throughput(milliseconds: int, texts: int) -> float:
    """Texts a second over one connection to a gateway in a process of its own."""
    double = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.answering", str(milliseconds),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert double.stdout is not None and double.stdin is not None
    port = (await double.stdout.readline()).decode().strip()
    account = {"host": "127.0.0.1", "port": port, "sp_id": "901234", "shared_secret": "pw", "src_id": "1069"}
    one = CmppGateway.from_options(account | {"check_gateway": "no", "window": str(WINDOW)})

    async def take(parsed: Parsed, octets: bytes) -> None:
        raise AssertionError("nothing arrives here")

    held = asyncio.create_task(one.hold(take, lambda: NOW))
    while not one.can_submit:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    waiting = iter([Outgoing(f"o-{n}", "+8613900000000", TEXT, 3600) for n in range(texts)])

    async def send() -> None:
        for message in waiting:
            await one.send(message, NOW)

    started = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(WINDOW * 2)))
    passed = time.perf_counter() - started
    held.cancel()
    await asyncio.gather(held, return_exceptions=True)
    double.stdin.close()
    await double.wait()
    return texts / passed
