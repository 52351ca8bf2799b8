"""check · draw: the content of dialogues/, checked and pictured."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bot import dialogues, intake
from bot.clock import Clock
from bot.commands.replaying import against
from bot.core.contact import ContactRules
from bot.core.conversation import draw as draw_table
from bot.core.segments import count
from bot.dialogues import Responses
from bot.dialogues.load import sample
from bot.dialogues.wording import SIGNATURES
from bot.gateways.templates import gaps
from bot.nlu.read import Reader
from bot.settings import SettingsError, load_channels, load_settings

out = Console(highlight=False)


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.command()(check)
    commands.command()(draw)


def check(
    folder: Annotated[Path, typer.Option(help="Another folder of dialogues/.")] = dialogues.ROOT,
    channel: Annotated[str, typer.Option(help="Check this channel's templates instead, of HUIXIN_CHANNELS.")] = "",
    database: Annotated[
        str, typer.Option("--against", help="Try this content on the conversations of a database, or of `configured`.")
    ] = "",
) -> None:
    """Check everything in dialogues/ as the start-up does; list each response with its longest form in segments.

    With --against nothing is listed: every stored decision is made again by this content, and what would come out
    otherwise is summed up with examples, before anybody publishes it. Ends with 1 where anything would.
    """
    if database:
        if not against(folder, database):
            sys.exit(1)
        return
    content = dialogues.load(folder)
    intake.headings(folder)
    if channel:
        _check_templates(channel, content.responses)
        return
    Reader.load(folder)
    for language, texts in content.responses.texts.items():
        for name in texts:
            text = SIGNATURES[language] + content.responses.render(name, language, sample(), "CNY")
            segments, approval = count(text), content.responses.approvals[language][name]
            found = content.warnings.get((language, name), ())
            marks = " ".join(f"[yellow]{one.id}[/yellow]: {escape(one.words)}" for one in found)
            price = content.wording.cost(text, "CNY")
            out.print(
                f"{language} {name:<28} v{approval.version} {segments.encoding:<6} {segments.parts} "
                f"{price if price is not None else '':>6} {approval.by}, {approval.on} {marks}".rstrip(),
                highlight=False,
                soft_wrap=True,
            )
    for name in sorted(content.rules.contact):
        _say_calendar(name, content.rules.contact[name])
    cells = len(content.rules.conversation.cells)
    out.print(
        f"dialogues/ is sound: {cells} cells, {len(content.responses.texts['zh'])} responses, "
        f"{len(content.rules.contact)} sets of contact rules, {len(content.warnings)} warnings about wording, "
        f"{content.rules.version}"
    )


def _say_calendar(name: str, contact: ContactRules) -> None:
    """China names its make-up workdays late in the year before: until the calendar has them, they count as weekends."""
    worked = {day.year for day in contact.holidays.worked}
    year = Clock()().year
    for missing in {year, year + 1} - worked if worked else ():
        out.print(f"[yellow]{name}: the make-up workdays of {missing} are not in the calendar yet[/yellow]")


def _check_templates(name: str, responses: Responses) -> None:
    """Each response with its template; exits with 1 where one is missing or does not fit."""
    settings = load_settings()
    channels = load_channels(settings.channels) if settings.channels else {}
    if name not in channels:
        raise SettingsError(f"there is no channel {name!r}; HUIXIN_CHANNELS has {', '.join(channels) or 'none'}")
    one = channels[name]
    found = gaps(one.templates, responses)
    for language, texts in responses.texts.items():
        for response in texts:
            template = one.template(response, language)
            says = f"{template.code} {dict(template.params)}" if template else "[yellow]no template[/yellow]"
            out.print(f"{language} {response:<28} {says}", soft_wrap=True)
    for line in found.wrong:
        out.print(f"[red]wrong[/red] {escape(line)}", soft_wrap=True)
    missing = sum(map(len, found.missing.values()))
    if one.gateway.free_text:
        out.print(f"{name} sends free text: a response without template goes out in our own words.")
    elif missing:
        out.print(f"{name} sends templates alone: {missing} texts without one are held, and a person is called.")
    else:
        out.print(f"{name} can say everything, except what agents write themselves.")
    if found.wrong or (missing and not one.gateway.free_text):
        raise typer.Exit(1)


def draw() -> None:
    """Print the state machine as a Mermaid diagram, drawn from the table itself."""
    out.print(draw_table(dialogues.load().rules.conversation), markup=False, soft_wrap=True, end="")
