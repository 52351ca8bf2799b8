"""Our requests against a mock server made of Twilio's published description, which refuses what that does not allow."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.gateways.base import Delivery, ErrorClass, Outgoing, Parsed, SendError
from bot.gateways.http import Http
from bot.gateways.twilio import TwilioGateway
from bot.gateways.twilio_list import first_query, read_page
from tests.gateways.test_sending import ACCOUNT, NOW, TEXT
from tests.needs import need
from tests.ports import free_port

FOLDER = Path(__file__).parents[2] / "var" / "twilio-mock"
PRISM, DESCRIPTION = FOLDER / "node_modules" / ".bin" / "prism", FOLDER / "twilio_api_v2010.json"
NODE = shutil.which("node")
ABSENT = "" if NODE and PRISM.exists() and DESCRIPTION.exists() else "no mock of Twilio's API: run tests/twilio/install"


@asynccontextmanager
async def mock() -> AsyncIterator[str]:
    """The mock server's address."""
    need(ABSENT)
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        NODE or "", str(PRISM), "mock", "-h", "127.0.0.1", "-p", str(port), str(DESCRIPTION),
        stdout=PIPE, stderr=DEVNULL, limit=1024 * 1024,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(120):
            while b"is listening" not in (line := await process.stdout.readline()):
                assert line, f"the mock server ended with {process.returncode}"
        reading = asyncio.create_task(process.stdout.read())
        yield f"http://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    await reading


def gateway(base: str, account: str = ACCOUNT, **options: str) -> TwilioGateway:
    return TwilioGateway.from_options({"account_sid": account, "auth_tokens": "tok", "api_base": base, **options})


async def test_what_we_ask_is_as_twilio_describes_it_and_what_it_answers_is_read() -> None:
    async with mock() as base:
        hook = "https://bot.example/hooks/us#rc=5&rp=all"
        for options in ({"from_number": "+14155550199"}, {"messaging_service_sid": "MG" + "1" * 32}):
            ours = gateway(base, callback_url=hook, **options)
            for text in (TEXT, Outgoing("o-2", "+14155550100", "x" * 1600, 40_000)):
                accepted = await ours.send(text, NOW)
                assert accepted.status is Delivery.QUEUED
                assert [sid[:2] for sid in accepted.provider_ids] == ["SM"]
            await ours.close()
        listing = gateway(base, from_number="+14155550199")
        assert await listing.missed(NOW - timedelta(days=1), NOW) == Parsed()  # its examples are years old
        await listing.close()
        await reads_the_examples(base)
        await refuses(base)


async def reads_the_examples(base: str) -> None:
    """Twilio's own examples of a list are read, every message in them."""
    http = Http()
    query = first_query("To", "+14155550199", NOW)
    login = {"authorization": "Basic QUM6dA=="}
    reply = await http.get(f"{base}/2010-04-01/Accounts/{ACCOUNT}/Messages.json?{query}", login, 1024 * 1024)
    await http.close()
    listed = json.loads(reply.body)["messages"]
    replies, sent = (read_page(reply.body, datetime(2000, 1, 1, tzinfo=UTC), ours) for ours in (False, True))
    assert not (replies.unreadable or sent.unreadable)
    assert len(replies.messages) + len(sent.receipts) == len(listed) > 0
    assert replies.next.startswith("/2010-04-01/Accounts/")


async def refuses(base: str) -> None:
    """The mock server does look: without a recipient, with words for a number, or signed out, it takes nothing."""
    http = Http()
    path = f"{base}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    form = {"content-type": "application/x-www-form-urlencoded"}
    for body in (b"Body=hi", b"To=%2B14155550100&Body=hi&ValidityPeriod=soon"):
        assert (await http.post(path, body, {**form, "authorization": "Basic QUM6dA=="})).status == 422
    assert (await http.post(path, b"To=%2B14155550100&Body=hi", form)).status == 401
    await http.close()
    stranger = TwilioGateway("AC-nobody", ["tok"], "+14155550199", api_base=base)
    with pytest.raises(SendError) as refused:
        await stranger.send(TEXT, NOW)
    await stranger.close()
    assert refused.value.kind is ErrorClass.PERMANENT
