"""The whole line, started for one test."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import unused_port

from bot.dialogues import Content
from bot.gateways.kannel_boxes import Kannel, missing
from bot.store.session import Database
from tests.fleet import KEY, Fleet
from tests.kannel.line import PORT, TOKEN, Line, seed
from tests.needs import need


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite alone: what is tried here is what happens before and after the store."""
    return f"sqlite:///{tmp_path / 'huixin.db'}"


@pytest.fixture
async def line(database: Database, content: Content, tmp_path: Path) -> AsyncIterator[Line]:
    need(missing())
    await seed(database, content)
    port = unused_port()
    kannel = Kannel(tmp_path / "kannel", f"http://127.0.0.1:{port}/hooks/kannel/{TOKEN}")
    kannel.configure()
    options = {"path_token": TOKEN, "from_number": PORT, **kannel.options()}
    channels = tmp_path / "channels.toml"
    channels.write_text(
        f'[kannel]\ngateway = "kannel"\nnumber = "{PORT}"\nsignature = "【示例银行】"\n[kannel.options]\n'
        + "\n".join(f"{name} = {json.dumps(value)}" for name, value in options.items()),
        encoding="utf-8",
    )
    fleet = Fleet(
        {
            "HUIXIN_DATABASE": database.url.render_as_string(hide_password=False), "HUIXIN_DATA_KEY": KEY,
            "HUIXIN_PORT": str(port), "HUIXIN_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "HUIXIN_CHANNELS": str(channels), "HUIXIN_SETTLE_SECONDS": "0", "HUIXIN_POLL_SECONDS": "0.1",
        }
    )  # fmt: skip
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
