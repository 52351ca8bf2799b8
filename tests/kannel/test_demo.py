"""`huixin demo --kannel`: what is typed on the phone page goes through Kannel, and so does the answer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import aiohttp

from bot.gateways.kannel_boxes import missing
from tests.fleet import until
from tests.needs import need
from tests.ports import free_port

ROOT = Path(__file__).parents[2]


async def test_the_demonstration_texts_through_kannel_and_ends_its_boxes(tmp_path: Path) -> None:
    need(missing())
    port = free_port()
    demo = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--kannel", "--port", str(port),
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=PIPE, stderr=DEVNULL,
    )  # fmt: skip
    folder = tmp_path / "var" / "demo" / "kannel"
    try:
        assert demo.stdout is not None
        async with asyncio.timeout(120):
            while "kannel.conf" not in (line := (await demo.stdout.readline()).decode()):
                assert line or demo.returncode is None, "the demonstration ended"
        assert len(boxes_of(tmp_path)) == 2
        url = f"http://127.0.0.1:{port}/demo/phone"
        async with aiohttp.ClientSession(headers={"Sec-Fetch-Site": "same-origin"}) as browser:
            async with browser.get(url) as answer:
                found = re.search(r'name="customer" value="(\d+)"', await answer.text())
                assert found is not None
            async with browser.post(url, data={"customer": found[1], "text": "我明天还500"}) as answer:
                assert answer.status == 200

            async def answered() -> bool:
                async with browser.get(url, params={"customer": found[1]}) as answer:
                    return "【示例银行】" in await answer.text()

            await until(answered, 30, "the answer on the phone")
    finally:
        demo.terminate()
        assert await asyncio.wait_for(demo.wait(), 60) == 0
    assert "sms-service" in (folder / "kannel.conf").read_text()
    assert "Total SMS messages: received 1," in (folder / "bearerbox.log").read_text(errors="replace")
    assert boxes_of(tmp_path) == []


def boxes_of(folder: Path) -> list[str]:
    """Processes that were started with this folder's kannel.conf."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink() == folder and b"kannel.conf" in (process / "cmdline").read_bytes():
                found.append(process.name)
    return found
