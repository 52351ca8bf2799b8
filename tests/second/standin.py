"""A second reader's server on a real port, for both protocols: says what it is told, and remembers what it was sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.dialogues import Content
from bot.nlu.read import Reader
from bot.second import OpenAiReader, RasaReader, Second, SecondReader

KEY = "sk-test-key"
TIMEOUT = 0.4


@dataclass(slots=True)
class Standin:
    """`meant` is what it understands; `raw` stands in place of a whole answer, `content` of a model's words."""

    url: str = ""
    meant: dict[str, Any] = field(default_factory=lambda: {"intents": ["unclear"], "confidence": 0.9})
    raw: bytes | None = None
    content: str | None = None
    status: int = 200
    delay: float = 0.0
    seen: list[tuple[web.Request, dict[str, Any]]] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        """The replies that it was asked about, as they were sent."""
        return [_text(body) for _, body in self.seen]

    async def parse(self, request: web.Request) -> web.Response:
        """Rasa's POST /model/parse."""
        entities = [{"entity": name, "value": self.meant[name]} for name in ("date", "amount") if self.meant.get(name)]
        intent = {"name": "+".join(self.meant["intents"]), "confidence": self.meant["confidence"]}
        return await self._answer(request, {"text": "…", "intent": intent, "entities": entities, "intent_ranking": []})

    async def complete(self, request: web.Request) -> web.Response:
        """POST /v1/chat/completions."""
        said = {"date": None, "amount": None} | self.meant
        message = {"role": "assistant", "content": self.content or json.dumps(said)}
        return await self._answer(request, {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})

    async def _answer(self, request: web.Request, body: Any) -> web.Response:
        self.seen.append((request, await request.json()))
        await asyncio.sleep(self.delay)
        if self.raw is not None:
            return web.Response(status=self.status, body=self.raw)
        return web.json_response(body, status=self.status)


def _text(body: dict[str, Any]) -> str:
    return str(body["text"] if "text" in body else json.loads(body["messages"][-1]["content"])["message"])


@asynccontextmanager
async def asking(kind: str, reader: Reader, content: Content) -> AsyncIterator[tuple[Standin, Second]]:
    """A server and the second reader that asks it."""
    standin = Standin()
    app = web.Application()
    app.router.add_post("/model/parse", standin.parse)
    app.router.add_post("/v1/chat/completions", standin.complete)
    async with TestServer(app) as server:
        standin.url = str(server.make_url("")).rstrip("/")
        other: SecondReader
        if kind == "rasa":
            other = RasaReader(standin.url, KEY, TIMEOUT)
        else:
            other = OpenAiReader(standin.url + "/v1/", "some-model", KEY, TIMEOUT, content.briefing)
        second = Second(other, reader, content.briefing, TIMEOUT)
        try:
            yield standin, second
        finally:
            await second.close()
