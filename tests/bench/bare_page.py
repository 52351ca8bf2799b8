"""The least that a page and a live page can take: bare aiohttp, one process, no database, no template.

`python -m tests.bench.bare_page` prints its port, and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop
from aiohttp import web

PAGE = """<!doctype html><title>bare</title><a href="/{next}">next</a><ol id="texts"></ol><script>
new EventSource("/stream").onmessage = (event) => {{
  const text = document.createElement("li");
  text.className = "words"; text.textContent = event.data;
  document.getElementById("texts").append(text);
}};
</script>"""


def bare_app() -> web.Application:
    """Pages that link to one another, and show whatever is posted at once."""
    streams: set[asyncio.Queue[bytes]] = set()

    async def page(request: web.Request) -> web.Response:
        at = int(request.match_info["at"])
        return web.Response(text=PAGE.format(next=at + 1), content_type="text/html")

    async def say(request: web.Request) -> web.Response:
        said = await request.read()
        for stream in streams:
            stream.put_nowait(said)
        return web.Response()

    async def stream(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        mine: asyncio.Queue[bytes] = asyncio.Queue()
        streams.add(mine)
        try:
            while True:
                await answer.write(b"data: " + await mine.get() + b"\n\n")
        except ConnectionResetError:
            return answer
        finally:
            streams.discard(mine)

    app = web.Application()
    app.router.add_get(r"/{at:\d+}", page)
    app.router.add_post("/say", say)
    app.router.add_get("/stream", stream)
    return app


async def _serve() -> None:
    runner = web.AppRunner(bare_app(), access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(_serve())
