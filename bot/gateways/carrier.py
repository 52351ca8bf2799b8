"""The simulated carrier as a server of its own, in the generic form: it lives on while the program is restarted."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from bot.gateways.base import ErrorClass, Malformed, Outgoing, Refused, SendError
from bot.gateways.payload import (
    MAX_NUMBER,
    Unreadable,
    as_object,
    load_json,
    message_text,
    optional_text,
    required_text,
)
from bot.gateways.sign import standard_key
from bot.gateways.simulator import Simulator
from bot.gateways.standard import check_signature

SIMULATOR = web.AppKey("simulator", Simulator)
STATUS_OF_CLASS = {
    ErrorClass.RETRYABLE: 503,
    ErrorClass.THROTTLED: 429,
    ErrorClass.OPTED_OUT: 422,
    ErrorClass.DEAD_NUMBER: 422,
    ErrorClass.PERMANENT: 422,
    ErrorClass.CONFIG: 403,
    ErrorClass.UNKNOWN: 504,
}


def carrier_app(simulator: Simulator, secret: str, now: Callable[[], datetime]) -> web.Application:
    """A server for a generic channel whose send_url is /send and whose look_up_url is /look-up.

    `secret` is the channel's whsec_… secret. The phones are open to whoever reaches the port, so bind it to
    this machine: GET /phones/{number}, POST /phones/{number}/reply {text, to}, POST /deliver.
    """
    keys = (standard_key(secret),)

    def signed(request: web.Request, body: bytes) -> str:
        """The webhook-id of a request of ours; otherwise answer 401."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            return check_signature(headers, body, keys, now())
        except Refused as error:
            raise web.HTTPUnauthorized(text=str(error)) from None

    async def send(request: web.Request) -> web.Response:
        body = await request.read()
        signed(request, body)
        try:
            accepted = await simulator.send(_read_outgoing(body), now())
        except (Malformed, Unreadable) as error:
            return web.json_response({"error_class": ErrorClass.PERMANENT, "msg": str(error)}, status=400)
        except SendError as error:
            return _failed(error)
        return web.json_response({"provider_id": accepted.provider_ids[0], "status": accepted.status})

    async def look_up(request: web.Request) -> web.Response:
        our_ref = request.query.get("ref", "")
        if signed(request, b"") != our_ref:
            raise web.HTTPUnauthorized(text="signed for another reference")
        found = await simulator.look_up(our_ref, now())
        if found is None:
            return web.json_response({"ref": our_ref}, status=404)
        return web.json_response({"provider_id": found.provider_ids[0], "status": found.status})

    async def inbox(request: web.Request) -> web.Response:
        received = simulator.phone(request.match_info["number"]).inbox
        return web.json_response(
            [{"text": one.text, "at": one.at.isoformat(), "our_ref": one.our_ref} for one in received]
        )

    async def reply(request: web.Request) -> web.Response:
        try:
            fields = as_object(load_json(await request.read()))
            text, to = message_text(fields, "text"), required_text(fields, "to", MAX_NUMBER)
        except (Malformed, Unreadable) as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        status = await simulator.phone_replies(request.match_info["number"], text, to, now())
        return web.json_response({"webhook_status": status})

    async def deliver(request: web.Request) -> web.Response:
        done = await simulator.deliver_receipts(now())
        return web.json_response({"delivered": done, "on_the_way": len(simulator.on_the_way)})

    app = web.Application()
    app[SIMULATOR] = simulator
    app.router.add_post("/send", send)
    app.router.add_get("/look-up", look_up)
    app.router.add_get("/phones/{number}", inbox)
    app.router.add_post("/phones/{number}/reply", reply)
    app.router.add_post("/deliver", deliver)
    return app


def _read_outgoing(body: bytes) -> Outgoing:
    fields = as_object(load_json(body))
    seconds, template = fields.get("valid_seconds"), fields.get("template") or {}
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise Unreadable("valid_seconds is not a whole number")
    named = as_object(template)
    params = as_object(named.get("params") or {})
    return Outgoing(
        our_ref=required_text(fields, "id"),
        to=required_text(fields, "to", MAX_NUMBER),
        text=message_text(fields, "text"),
        valid_seconds=seconds,
        template=optional_text(named, "code"),
        params={name: optional_text(params, name) for name in params},
    )


def _failed(error: SendError) -> web.Response:
    headers = {}
    if error.retry_after_seconds is not None:
        headers["retry-after"] = str(math.ceil(error.retry_after_seconds))
    answer = {"error_class": error.kind, "error_code": error.code, "msg": error.reason}
    return web.json_response(answer, status=STATUS_OF_CLASS[error.kind], headers=headers)
