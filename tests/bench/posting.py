"""A provider over HTTP to be measured against: it takes each text after so many milliseconds, as Twilio does.

`python -m tests.bench.posting MILLISECONDS` prints its port, and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop
from aiohttp import web

TAKEN = b'{"sid":"SM11111111111111111111111111111111","status":"queued"}'


async def _serve(seconds: float) -> None:
    async def take(request: web.BaseRequest) -> web.Response:
        await request.read()
        await asyncio.sleep(seconds)
        return web.Response(body=TAKEN, content_type="application/json")

    runner = web.ServerRunner(web.Server(take))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(_serve(float(sys.argv[1]) / 1000))
