"""The whole line, started for one test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.dialogues import Content
from bot.gateways.kannel_boxes import Kannel, missing
from bot.store.session import Database
from tests.arrears import seed
from tests.carrier import channel
from tests.fleet import AT_ONCE, Fleet, environment
from tests.kannel.line import LI, PORT, TOKEN, WANG, ZHANG, Line
from tests.needs import need
from tests.ports import free_port


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite alone: what is tried here is what happens before and after the store."""
    return f"sqlite:///{tmp_path / 'huixin.db'}"


@pytest.fixture
async def line(database: Database, content: Content, tmp_path: Path) -> AsyncIterator[Line]:
    need(missing())
    await seed(database, content.rules.strategy, {number: number for number in (WANG, LI, ZHANG)})
    port = free_port()
    kannel = Kannel(tmp_path / "kannel", f"http://127.0.0.1:{port}/hooks/kannel/{TOKEN}", port)
    kannel.configure()
    options = {"path_token": TOKEN, "from_number": PORT, **kannel.options()}
    channels = channel(tmp_path, "kannel", "kannel", options, number=PORT, signature="【示例银行】")
    fleet = Fleet(environment(database, {"HUIXIN_CHANNELS": str(channels), **AT_ONCE}, port))
    one = Line(kannel, fleet, database)
    try:
        await fleet.start("serve")
        await kannel.start()
        await one.connect()
        await fleet.ready()
        yield one
    finally:
        await one.disconnect()
        await kannel.stop()
        codes = await fleet.stop()
    assert codes == [0]
