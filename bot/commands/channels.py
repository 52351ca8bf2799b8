"""channel list · pause · resume · test: the lines to the gateways, and the switches that operations may turn."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import secrets
import sys
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import select

from bot.clock import Clock
from bot.commands.places import database_of, settings_of
from bot.dialogues import ROOT, load
from bot.dialogues.load import sample
from bot.gateways.base import Checked, Outgoing, SendError, Session
from bot.gateways.channel import Channel
from bot.settings import Settings, SettingsError, load_channels
from bot.store import accesses, cases, flow
from bot.store.columns import keyring
from bot.store.fileview import mask_number
from bot.store.inbox import e164
from bot.store.standing import Standing, standings
from bot.store.tables import Channel as ChannelRow

out = Console(highlight=False)
group = typer.Typer(help="See the channels, pause one, let it go on, try one.", no_args_is_help=True)
channel = ChannelRow.__table__  # type: ignore[attr-defined]
Demo = Annotated[bool, typer.Option(help="Look into the demonstration's database.")]
Name = Annotated[str, typer.Argument(help="The channel.")]
VALID_SECONDS = 300


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.add_typer(group, name="channel")


@group.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False, demo: Demo = False
) -> None:
    """List every channel: whether it sends and why not, what waits on it, today's use, and when it was last heard."""
    settings = settings_of(demo)

    async def run() -> list[Standing]:
        async with database_of(settings) as database, database.read() as connection:
            return await standings(connection)

    known, now = _configured(settings), Clock()()
    rows = [_told(one, known.get(one.name), now) for one in asyncio.run(run())]
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2, default=str) + "\n")
        return
    table = Table(
        "channel", "state", "waiting", "oldest", "today", "last reply", "last receipt", "last failure", box=None
    )
    for row in rows:
        waiting = str(row["waiting"]) + (f" (+{row['unknown']} unknown)" if row["unknown"] else "")
        today = str(row["sent_today"]) + (f"/{row['per_day']}" if row["per_day"] else "")
        failure = f"{_clock(row['failed_at'])} {escape(row['failure'])}" if row["failure"] else ""
        table.add_row(
            row["name"], _state(row), waiting, _clock(row["oldest_at"]), today, _clock(row["last_reply_at"]),
            _clock(row["last_receipt_at"]), failure,
        )  # fmt: skip
    out.print(table)


def _told(one: Standing, line: Channel | None, now: datetime) -> dict[str, Any]:
    """A channel's standing with what its configuration adds."""
    row = dataclasses.asdict(one)
    day, sent = row.pop("day_on"), row.pop("sent_in_day")
    opens = line.opens_at(now) if line else now
    return row | {
        "gateway": line.gateway.name if line else None,
        "number": line.number if line else None,
        "can_send": line.gateway.can_send if line else None,
        "per_second": line.per_second if line else None,
        "per_day": line.per_day if line else None,
        "failover": line.failover if line else None,
        "opens_at": opens if opens > now else None,
        "sent_today": sent if day == (line.today(now) if line else now.date()) else 0,
    }


def _state(row: dict[str, Any]) -> str:
    if row["paused_reason"]:
        return f"[red]paused[/red]: {escape(row['paused_reason'])}"
    if row["can_send"] is False:
        return "receives only"
    if row["opens_at"]:
        return f"opens {_clock(row['opens_at'])}"
    if row["per_day"] and row["sent_today"] >= row["per_day"]:
        return "[yellow]today's limit is used up[/yellow]"
    return "[green]sends[/green]"


def _clock(at: datetime | None) -> str:
    return f"{at:%m-%d %H:%M}Z" if at else ""


@group.command()
def pause(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why; everyone who looks will read it.")],
    demo: Demo = False,
) -> None:
    """Stop a channel's sending. Replies still arrive; texts wait and are asked about again before they leave."""
    _switch(name, reason, demo)
    out.print(f"{name} is paused.")


@group.command()
def resume(name: Name, demo: Demo = False) -> None:
    """Let a channel send again."""
    _switch(name, None, demo)
    out.print(f"{name} sends again.")


def _switch(name: str, reason: str | None, demo: bool) -> None:
    async def run() -> None:
        async with database_of(settings_of(demo)) as database, database.write() as connection:
            known = list((await connection.execute(select(channel.c.name).order_by(channel.c.name))).scalars())
            if name not in known:
                raise SettingsError(f"there is no channel {name!r}; there are {', '.join(known) or 'none yet'}")
            now = Clock()()
            if reason is None:
                await flow.resume(connection, name, now)
            else:
                await flow.pause(connection, name, reason, now)
            await accesses.log_access(connection, "command line", None, f"channel {name}: {reason or 'resumed'}", now)

    asyncio.run(run())


@group.command()
def test(
    name: Name,
    to: Annotated[str, typer.Option(help="Send one text to this number, a phone of your own.")] = "",
    text: Annotated[str, typer.Option(help="What to send; the channel's signature goes in front.")] = "测试短信",
    response: Annotated[str, typer.Option(help="Send this response instead, by its template.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Send without asking first.")] = False,
) -> None:
    """Ask the provider something harmless with the channel's own account; with --to, send one text as well."""
    settings = settings_of()
    known = _configured(settings)
    if name not in known:
        raise SettingsError(f"there is no channel {name!r}; HUIXIN_CHANNELS has {', '.join(known) or 'none'}")
    line = known[name]
    if isinstance(line.gateway, Session):
        raise SettingsError(
            f"{name} holds its connection in `huixin work`: what `huixin channel list` shows is its test"
        )
    number = e164(to, line.region) if to else ""
    if to and not number.startswith("+"):
        raise SettingsError(f"--to: {to} is no phone number; write for example +8613800138000")
    message = _message(settings, line, number, text, response) if to else None
    if message and not yes:
        typer.confirm(f"Send one text to {mask_number(number)} by {name}?", abort=True)
    asyncio.run(_test(settings, line, message))


def _message(settings: Settings, line: Channel, number: str, text: str, response: str) -> Outgoing:
    """The one text, free or by its template with sample figures."""
    ref = f"test-{secrets.token_hex(8)}"
    if not response:
        if not line.gateway.free_text:
            raise SettingsError(
                f"{line.name} sends approved templates alone: name a response that has one, --response …"
            )
        return Outgoing(ref, number, line.signed(text), VALID_SECONDS)
    template = line.template(response, settings.language)
    if template is None:
        raise SettingsError(f"{line.name} has no template for {response!r} in {settings.language}")
    words = load(settings.dialogues or ROOT, settings.bank_words()).responses.words(
        settings.language, sample(), settings.currency
    )
    return Outgoing(ref, number, "", VALID_SECONDS, template.code, template.fill(words))


async def _test(settings: Settings, line: Channel, message: Outgoing | None) -> None:
    now = Clock()()
    try:
        async with database_of(settings) as database:
            if isinstance(line.gateway, Checked):
                out.print(f"{line.name}: {escape(await line.gateway.check(now))}")
            elif message is None:
                out.print(f"{line.name}: its provider has no harmless question to ask; try --to with a phone of yours.")
            if message is None:
                return
            async with database.write() as connection:
                stopped = cases.suppression.c.number_hash == keyring().number_hash(message.to)
                if (await connection.execute(select(cases.suppression.c.reason).where(stopped))).first():
                    raise SettingsError(f"{mask_number(message.to)} must not be texted: it opted out or was stopped")
                what = f"channel {line.name}: a test to {mask_number(message.to)}"
                await accesses.log_access(connection, "command line", None, what, now)
            accepted = await line.gateway.send(message, now)
            out.print(
                f"{line.name}: taken, as {', '.join(accepted.provider_ids) or 'without an id'} ({message.our_ref})"
            )
    except SendError as error:
        raise SettingsError(f"{line.name}: {error}") from None
    finally:
        await line.gateway.close()


def _configured(settings: Settings) -> dict[str, Channel]:
    return load_channels(settings.channels) if settings.channels else {}
