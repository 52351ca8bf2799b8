"""Chinese texts through a real Kannel, both ways: bearerbox and smsbox as packaged, and `huixin serve` behind them."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections import Counter
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.core.segments import count
from bot.gateways.kannel_boxes import missing
from bot.gateways.kannel_phones import line_of
from bot.store import tables as t
from tests.fleet import until
from tests.kannel.line import LI, PORT, WANG, ZHANG, Line, alone, inbound, outbox, send
from tests.needs import need

PHONE = shutil.which("fakesmsc", path="/usr/lib/kannel/test:/usr/local/lib/kannel/test")


async def test_replies_are_stored_read_and_answered_and_each_answer_arrives_once(line: Line) -> None:
    long = "您好，" + "我这个月工资要到下周才发，家里老人住院花了不少钱，" * 3 + "我明天先还501元😀。"
    assert count(long).parts > 1
    await line.say(WANG, "我明天还500")
    await line.say(LI, long)
    await line.until_texts(WANG, 1)
    await line.until_texts(LI, 1)
    await line.until_all_delivered(2)
    stored = [(row.text, row.state, row.destination) for row in await line.rows(inbound)]
    assert Counter(stored) == Counter([("我明天还500", "handled", PORT), (long, "handled", PORT)])
    assert not await line.rows(t.DeadLetter.__table__)  # type: ignore[attr-defined]
    sent = Counter(row.text for row in await line.rows(outbox))
    assert Counter(text for _, _, text in line.arrived) == sent
    assert all(text.startswith("【示例银行】") and text.count("【") == 1 for text in sent)
    assert {sender for sender, _, _ in line.arrived} == {PORT}
    assert "500" in line.texts(WANG)[0]


async def test_a_text_of_several_parts_is_unbroken_on_the_phone(tmp_path: Path) -> None:
    need(missing())
    texts = [
        "【示例银行】" + "收到，您将于11月27日（周五）还款500元😀。" * 8,
        "Thank you [1] {2} ~ €50 & 100%, " * 8,
        "100% plain, + [and] {so} on",
    ]
    assert [count(text).parts for text in texts] == [4, 2, 1]
    async with alone(tmp_path, "http://127.0.0.1:9/hook") as (kannel, _, arrived):
        await send(kannel, *texts)
        await until(lambda: _is(len(arrived) >= len(texts)), 20, "every text on the phone")
    assert sorted(arrived) == sorted((PORT, WANG, text) for text in texts)


async def test_the_packaged_phone_program_is_answered_too(line: Line) -> None:
    need("" if PHONE else "Kannel's fakesmsc is not installed: apt-get install kannel-extras")
    assert PHONE
    await line.disconnect()
    words = line_of(WANG, PORT, "我明天还500").decode().strip()
    phone = await asyncio.create_subprocess_exec(
        PHONE, "-H", "127.0.0.1", "-r", str(line.kannel.phones_port), "-m", "1", words,
        stdout=DEVNULL, stderr=PIPE,
    )  # fmt: skip
    try:
        await line.until_all_delivered(1)
        assert [(row.text, row.state) for row in await line.rows(inbound)] == [("我明天还500", "handled")]
        [answer] = await line.rows(outbox)
        assert phone.stderr is not None
        async with asyncio.timeout(10):
            while b"Got message 1:" not in (said := await phone.stderr.readline()):
                assert said
        assert f"<{PORT} {WANG} ucs-2 ".encode() in said
        escaped = said.split(b" ucs-2 ")[1].rpartition(b">")[0]
        assert unquote_to_bytes(escaped.replace(b"+", b" ")).decode("utf-16-be") == answer.text
    finally:
        with contextlib.suppress(ProcessLookupError):
            phone.terminate()
        await phone.wait()


async def test_a_restart_of_kannel_loses_nothing_and_doubles_nothing(line: Line) -> None:
    await line.say(WANG, "我明天还500")
    await line.until_texts(WANG, 1)
    await line.until_all_delivered(1)
    # The product is killed: smsbox asks again until it is back. It must live on, for it keeps the reply in memory only.
    await line.fleet.kill(0)
    await line.say(WANG, "还欠多少")
    await line.fleet.ready()
    await line.until_texts(WANG, 2)
    # smsbox is away: the reply waits at bearerbox, which is killed as well.
    await line.kannel.end("smsbox")
    await line.say(LI, "我明天还501")
    await asyncio.sleep(0.5)
    await line.disconnect()
    await line.kannel.end("bearerbox", kill=True)
    # There is no Kannel: a reminder cannot leave, and is tried again once it is back.
    await line.remind(ZHANG)
    await line.kannel.start()
    await line.connect()
    await line.until_texts(LI, 1)
    await line.try_again()
    await line.until_texts(ZHANG, 1)
    await line.until_all_delivered(4)
    # The phones are off: bearerbox has taken a text, and is killed before it could pass it on.
    await line.disconnect()
    await send(line.kannel, "【示例银行】完")
    await line.kannel.end("bearerbox", kill=True)
    await line.kannel.end("smsbox")
    await line.kannel.start()
    await line.connect()
    await line.until_texts(WANG, 3)
    await asyncio.sleep(1)  # whatever came twice would have come by now
    assert [len(line.texts(number)) for number in (WANG, LI, ZHANG)] == [3, 1, 1]
    assert [row.text for row in await line.rows(inbound)] == ["我明天还500", "还欠多少", "我明天还501"]


@pytest.mark.parametrize("retries", [0, 1])
async def test_nothing_that_kannel_is_answered_reaches_a_phone(tmp_path: Path, retries: int) -> None:
    need(missing())
    answers = [
        web.Response(text="Internal error: <b>traceback</b>"),
        web.Response(status=200, text="<html><body>Hello</body></html>", content_type="text/html"),
        web.Response(status=500, text="no"), web.Response(status=401), web.Response(status=404, text="Not Found"),
    ]  # fmt: skip
    asked: Counter[str] = Counter()

    async def hook(request: web.Request) -> web.StreamResponse:
        number = request.query["from"]
        asked[number] += 1
        answer = answers[int(number[-1])]
        return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)

    app = web.Application()
    app.router.add_get("/hook", hook)
    async with (
        TestServer(app) as server,
        alone(tmp_path, str(server.make_url("/hook")), retries) as (kannel, phones, arrived),
    ):
        for place in range(len(answers)):
            await phones.text(f"+861380001000{place}", PORT, "还欠多少")

        async def all_asked() -> bool:
            return len(asked) == len(answers) and asked["+8613800010002"] > retries

        await until(all_asked, 20, "every reply fetched")
        await asyncio.sleep(0.5)
        # A text of ours comes after whatever Kannel might have made of the answers.
        await send(kannel, "【示例银行】完")
        await until(lambda: _is(bool(arrived)), 20, "our own text")
    assert arrived == [(PORT, WANG, "【示例银行】完")]


async def test_without_kannel_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    assert missing() == "Kannel is not installed (bearerbox, smsbox not found): apt-get install kannel"


async def _is(what: bool) -> bool:
    return what
