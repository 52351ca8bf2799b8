"""say: a conversation with the pure core in the terminal, without a database."""

from __future__ import annotations

import re
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bot import dialogues
from bot.clock import Clock
from bot.core.calendar import local, local_day, zone_info
from bot.core.case import Account, Case, Product, State
from bot.core.event import Heard
from bot.core.talk import Talk
from bot.nlu.read import Reader

out = Console(highlight=False)


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.command()(say)


def say(
    language: Annotated[str, typer.Option(help="zh or en: the language of the bot's answers.")] = "zh",
    zone: Annotated[str, typer.Option(help="The customer's time zone.")] = "Asia/Shanghai",
    due: Annotated[float, typer.Option(help="What is due, in the case's currency.", min=0, max=1e9)] = 1200.0,
    days: Annotated[int, typer.Option(help="Days past due.", min=-365, max=3650)] = 34,
    at: Annotated[str, typer.Option(help="Begin at this moment, for example 2026-11-23T10:00+08:00.")] = "",
) -> None:
    """Chat as a customer. After each turn: the state, the timers, and why. Nothing is stored.

    Besides texts: [b]+3d[/b] or [b]+2h[/b] lets time pass, [b]pay 500[/b] posts a payment, [b]quit[/b] ends.
    """
    if language not in ("zh", "en"):
        raise typer.BadParameter(f"--language {language!r} is not zh or en")
    if zone_info(zone) is None:
        raise typer.BadParameter(f"--zone {zone!r} is no time zone; write for example Asia/Shanghai")
    now = moment_of(at)
    today = local_day(now, zone)
    account = Account(
        1, Product.PERSONAL_LOAN, Decimal(str(due)), Decimal(str(due)), None, today - timedelta(days=days), tail="1234"
    )
    case = Case(customer_id=1, state=State.CONTACTED, language=language, zones=(zone,), accounts=(account,))
    content, reader = dialogues.load(), Reader.load()
    talk = Talk(case, content.rules, content.responses.render, now)
    out.print("[dim]You are the customer. +3d lets time pass, `pay 500` posts a payment, `quit` ends.[/dim]")
    while True:
        try:
            line = input("> " if sys.stdin.isatty() else "").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if line in ("quit", "exit"):
            return
        if line:
            _turn(talk, reader, line)


def _turn(talk: Talk, reader: Reader, line: str) -> None:
    if not sys.stdin.isatty():
        out.print(f"[dim]{local(talk.now, talk.case.zone):%a %m-%d %H:%M}[/dim]  > {escape(line)}")
    texts, decisions = len(talk.said), len(talk.log)
    if wait := re.fullmatch(r"\+(\d{1,4})([dh])", line, re.ASCII):
        talk.wait(talk.now + timedelta(**{"days" if wait[2] == "d" else "hours": int(wait[1])}))
    elif paid := re.fullmatch(r"pay (\d{1,9}(\.\d\d?)?)", line, re.ASCII):
        talk.pay(Decimal(paid[1]))
    else:
        talk.happen(Heard(reader.read(line, local(talk.now, talk.case.zone), talk.case.asked)))
    zone = talk.case.zone
    for said in talk.said[texts:]:
        out.print(f"  [cyan]{local(said.at, zone):%m-%d %H:%M} bot:[/cyan] {escape(said.text)}", soft_wrap=True)
    for one in talk.queued:
        out.print(f"  [yellow]held until {local(one.due_at, zone):%m-%d %H:%M}:[/yellow] {one.say.response}")
    for at, decision in talk.log[decisions:]:
        out.print(f"  [dim]{local(at, zone):%m-%d %H:%M} why: {escape(' · '.join(decision.why))}[/dim]", soft_wrap=True)
    timers = sorted(talk.timers.items(), key=lambda timer: timer[1])
    shown = ", ".join(f"{timer} {local(due, zone):%a %m-%d %H:%M}" for timer, due in timers)
    holds = ", ".join(hold.kind for hold in talk.case.holds) or "none"
    out.print(f"  [dim]state {talk.case.state} · holds {holds} · handoff {talk.case.handoff_queue or 'none'}[/dim]")
    out.print(f"  [dim]timers {shown or 'none'}[/dim]")


def moment_of(text: str) -> datetime:
    """An aware moment from the command line; empty is now."""
    if not text:
        return Clock()()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no moment; write for example 2026-11-23T10:00+08:00") from None
    if moment.tzinfo is None:
        raise typer.BadParameter(f"{text!r} has no zone; write for example 2026-11-23T10:00+08:00")
    return moment


def day_of(text: str) -> date:
    """A day from the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write YYYY-MM-DD") from None
