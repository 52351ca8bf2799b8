"""new-key · settings · sign: small things that operating needs."""

from __future__ import annotations

import base64
import os
import shlex
import sys
import uuid
from typing import Annotated
from urllib.parse import urlencode

import typer
from rich.console import Console
from rich.table import Table

from bot import demo
from bot.clock import Clock
from bot.gateways.payload import SHANGHAI
from bot.gateways.sign import sign_generic, sign_twilio
from bot.settings import Settings

out = Console(highlight=False)


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.command("new-key")(new_key)
    commands.command("settings")(settings_)
    commands.command()(sign)


def new_key() -> None:
    """Make a data key. Whoever loses it loses every text and number in the database: keep it safe and backed up."""
    sys.stdout.write(base64.urlsafe_b64encode(os.urandom(32)).decode() + "\n")


def settings_() -> None:
    """List every setting, its default, and what it is for."""
    table = Table("environment variable", "default", "meaning", box=None)
    for name, field in Settings.model_fields.items():
        secret = "secret" in str(field.annotation).lower()
        table.add_row(f"HUIXIN_{name.upper()}", "" if secret else str(field.default or ""), field.description or "")
    out.print(table)


def sign(
    provider: Annotated[str, typer.Argument(help="bank (generic), twilio or alibaba.")],
    text: Annotated[str, typer.Argument(help="What the customer writes.")],
    sender: Annotated[str, typer.Option("--from", help="The customer's number.")] = "+8613800010000",
    url: Annotated[str, typer.Option(help="Where the demonstration runs.")] = "http://127.0.0.1:8080",
) -> None:
    """Print a curl command that posts a reply to the running demonstration exactly as a gateway would, signed."""
    own = demo.load_secrets(demo.FOLDER)
    now = Clock()()
    id = uuid.uuid4().hex
    match provider:
        case "bank":
            import json

            fields = {"id": id, "from": sender, "to": demo.NUMBER, "text": text, "received_at": now.isoformat()}
            event = {"type": "message.received", "timestamp": now.isoformat(), "data": fields}
            body = json.dumps(event, ensure_ascii=False)
            headers = sign_generic(own.bank_secret, f"evt_{id}", int(now.timestamp()), body.encode())
            headers["content-type"] = "application/json"
            target = f"{url}/hooks/bank"
        case "twilio":
            params = {
                "MessageSid": f"SM{id}", "AccountSid": "AC" + "0" * 32, "From": sender, "To": "+14155550199",
                "Body": text, "NumMedia": "0",
            }  # fmt: skip
            body = urlencode(params)
            target = f"{url}/hooks/twilio"
            signature = sign_twilio(own.twilio_token, target, list(params.items()))
            headers = {"X-Twilio-Signature": signature, "content-type": "application/x-www-form-urlencoded"}
        case "alibaba":
            import json

            item = {
                "phone_number": sender.removeprefix("+86"), "content": text, "dest_code": "1234",
                "send_time": f"{now.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
                "sequence_id": str(uuid.uuid4().int % 10**10),
            }  # fmt: skip
            body = json.dumps([item], ensure_ascii=False)
            headers = {"content-type": "application/json"}
            target = f"{url}/hooks/alibaba/{own.alibaba_path}"
        case _:
            raise typer.BadParameter(f"{provider!r} is unknown; known are bank, twilio, alibaba")
    lines = [f"curl -sS -i {shlex.quote(target)}"]
    lines += [f"  -H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    lines.append(f"  --data-raw {shlex.quote(body)}")
    sys.stdout.write(" \\\n".join(lines) + "\n")
