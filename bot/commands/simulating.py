"""simulate: the real core against simulated customers, on a clock that runs by itself."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot import dialogues
from bot.checker.policy import CannotJudge
from bot.settings import SettingsError
from bot.simulate import plots
from bot.simulate.figures import compare, contacts_histogram, figures, funnel, recovery_by_day
from bot.simulate.outcome import Outcome
from bot.simulate.parameters import SHIPPED, load_parameters
from bot.simulate.report import as_json, comparison_as_json, render, render_comparison
from bot.simulate.run import Trial, check_trial, simulate

out = Console(highlight=False)
LANGUAGES = {"zh": ("zh",), "en": ("en",), "both": ("zh", "en")}


def add_to(commands: typer.Typer) -> None:
    """Add these commands."""
    commands.command("simulate")(simulate_)


def simulate_(
    customers: Annotated[int, typer.Option(help="How many customers.", min=1, max=1_000_000)] = 10_000,
    days: Annotated[int, typer.Option(help="For how many days.", min=1, max=730)] = 90,
    seed: Annotated[int, typer.Option(help="The same seed gives the same customers and the same luck.")] = 1,
    policy: Annotated[
        Path | None, typer.Option(help="A second folder like dialogues/, compared on the same customers.")
    ] = None,
    language: Annotated[str, typer.Option(help="zh, en or both.")] = "both",
    jurisdiction: Annotated[str, typer.Option(help="Where customers are: cn, or several as cn,us,uk, or all.")] = "cn",
    json_: Annotated[Path | None, typer.Option("--json", help="Also write every figure here.")] = None,
    svg: Annotated[
        Path | None, typer.Option(help="Also write pictures, and a page with their figures, into here.")
    ] = None,
    assumptions: Annotated[
        Path, typer.Option(help="What simulated customers are like; docs/simulation.md explains the shipped ones.")
    ] = SHIPPED,
    jobs: Annotated[int, typer.Option(help="Processes; 0 is one for each core. The result is the same.", min=0)] = 0,
) -> None:
    """Let simulated customers live under the rules of dialogues/; exit with 1 where a text broke a rule.

    Every text goes through the real core; an independent checker then judges all of them by the policy files alone.
    """
    if language not in LANGUAGES:
        raise typer.BadParameter(f"--language {language!r} is not {', '.join(LANGUAGES)}")
    places = load_parameters(assumptions).places
    chosen = tuple(places) if jurisdiction == "all" else tuple(jurisdiction.split(","))
    if unknown := [one for one in chosen if one not in places]:
        raise typer.BadParameter(f"--jurisdiction {unknown[0]!r} is unknown; known are {', '.join(places)}, all")
    first = Trial(customers, days, seed, dialogues.ROOT, LANGUAGES[language], chosen, assumptions)
    trials = {"dialogues": first}
    if policy is not None:
        trials["dialogues" if policy.name != "dialogues" else "first"] = trials.pop("dialogues")
        trials[policy.name if policy.name not in trials else str(policy)] = replace(first, policies=policy)
    try:
        for trial in trials.values():
            check_trial(trial)
        lived = {name: _live(name, trial, jobs or os.cpu_count() or 1) for name, trial in trials.items()}
    except CannotJudge as error:
        raise SettingsError(f"the checker passes no verdict: {error}") from None
    _tell(lived, first, json_, svg)
    if any(outcome.violations for outcomes in lived.values() for outcome in outcomes):
        raise typer.Exit(1)


def _live(name: str, trial: Trial, jobs: int) -> list[Outcome]:
    screen = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task(f"{name}: customers", total=trial.customers)
        return simulate(trial, jobs, lambda more: progress.advance(task, more))


def _tell(lived: dict[str, list[Outcome]], trial: Trial, json_: Path | None, svg: Path | None) -> None:
    all_figures = figures(load_parameters(trial.assumptions).numbers["segment_yuan"])
    names, content = tuple(lived), {}
    for name, outcomes in lived.items():
        if len(lived) > 1:
            out.print(f"[b]{name}[/b]")
        out.print(render(outcomes, all_figures))
        content[name] = as_json(outcomes, all_figures, trial.days)
    kept: dict[str, Any] = {"customers": trial.customers, "days": trial.days, "seed": trial.seed, "policies": content}
    if len(lived) == 2:
        differences = compare(lived[names[0]], lived[names[1]], all_figures)
        out.print(render_comparison(differences, (names[0], names[1])))
        kept["comparison"] = comparison_as_json(differences)
    if json_ is not None:
        _write(json_, json.dumps(kept, ensure_ascii=False, indent=1) + "\n")
    if svg is not None:
        _draw(lived, trial, svg)


def _draw(lived: dict[str, list[Outcome]], trial: Trial, folder: Path) -> None:
    funnels = {name: funnel(outcomes) for name, outcomes in lived.items()}
    curves = {name: recovery_by_day(outcomes, trial.days) for name, outcomes in lived.items()}
    histograms = {name: contacts_histogram(outcomes) for name, outcomes in lived.items()}
    pictures = {
        "funnel": plots.funnel_svg(funnels),
        "recovery": plots.recovery_svg(curves),
        "contacts": plots.contacts_svg(histograms),
    }
    most = max(map(len, histograms.values()))
    steps = list(next(iter(funnels.values())))
    tables: dict[str, Sequence[Sequence[object]]] = {
        "funnel": [["", *lived], *([step, *(one[step] for one in funnels.values())] for step in steps)],
        "recovery": [
            ["day", *lived],
            *([day, *(f"{curve[day]:.4f}" for curve in curves.values())] for day in range(trial.days + 1)),
        ],
        "contacts": [
            ["contacts", *lived],
            *([number, *(one.get(number, 0) for one in histograms.values())] for number in range(most)),
        ],
    }
    for name, picture in pictures.items():
        _write(folder / f"{name}.svg", picture)
    title = f"{trial.customers} customers, {trial.days} days, seed {trial.seed}"
    _write(folder / "index.html", plots.page(title, pictures, tables))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written ({error})") from None
