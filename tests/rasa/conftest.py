"""The action server on a real port."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot import dialogues
from bot.dialogues import Content
from bot.nlu.read import Reader
from bot.rasa_actions import action_app
from tests.rasa.playing import Rasa


@pytest.fixture(scope="session")
def content() -> Content:
    """Rules and wording as shipped."""
    return dialogues.load()


@pytest.fixture
async def rasa(reader: Reader, content: Content) -> AsyncIterator[Rasa]:
    """A conversation with one customer who owes 1200."""
    rasa = Rasa()
    async with TestClient(TestServer(action_app(reader, content, lambda: rasa.now))) as client:
        rasa.client = client
        yield rasa
