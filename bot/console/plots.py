"""The dashboard's plots: figures from the store, each with its picture and a table in which every number is a link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from bot.console import charts
from bot.console.charts import Series
from bot.console.words import Words
from bot.store import measures
from bot.store.measures import AGES, Slice

MOST_QUEUES = 5  # have a shade of their own; the rest are one
OUTCOMES = ("kept", "partial", "broken", "open", "cancelled")


@dataclass(frozen=True, slots=True)
class Cell:
    """A number, or a word, of a table; `href` leads to its rows."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture and its table: the first cell of each row is its name. `told` says in words what is to be seen."""

    id: str
    title: str
    told: str
    svg: Markup
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """What plots are made with: a connection, what is looked at, the reader's language, and the address of rows."""

    connection: Any
    chosen: Slice
    words: Words
    asked: dict[str, str]  # the choice as the address has it

    def link(self, measure: str, number: object, **more: str) -> Cell:
        """A number and where its rows are."""
        query = {"measure": measure, **self.asked, **{name: value for name, value in more.items() if value}}
        return Cell(str(number), f"/dashboard/rows?{urlencode(query)}")

    async def count(self, measure: str, chosen: Slice | None = None) -> int:
        """How many rows a measure counts."""
        return await measures.count(self.connection, measure, chosen or self.chosen)


def share(part: int, whole: int) -> str:
    """A share in per cent; a dash of nothing."""
    return f"{part / whole:.1%}" if whole else "–"


def number(value: float) -> str:
    """A count for a scale."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def short(day: date) -> str:
    """A day along the bottom of a plot."""
    return f"{day:%m-%d}"


async def funnel(desk: Desk) -> Plot:
    """How many customers came how far: texted, wrote back, promised, kept."""
    words, steps = desk.words, ("texted", "replied", "promised", "kept")
    counts = [await desk.count(step) for step in steps]
    named = [(words(f"measure.{step}"), many) for step, many in zip(steps, counts, strict=True)]
    told = words("plot.funnel_told", texted=counts[0], kept=counts[3])
    rows = [
        (Cell(name), desk.link(step, f"{many:,}"), Cell(share(many, counts[0])))
        for step, (name, many) in zip(steps, named, strict=True)
    ]
    svg = charts.funnel("funnel", words("plot.funnel"), told, named)
    head = (words("plot.step"), words("plot.customers"), words("plot.of_first"))
    return Plot("funnel", words("plot.funnel"), told, svg, head, tuple(rows))


async def kept_by_week(desk: Desk) -> Plot:
    """What became of promises, by the week in which they were made."""
    found = await measures.by_week(desk.connection, desk.chosen)
    weeks = sorted({week for week, _ in found})
    named = [(short(week), week.isoformat()) for week in weeks]
    counts = {(week.isoformat(), status): many for (week, status), many in found.items()}
    return _outcomes(desk, "kept_by_week", named, counts, "week")


async def kept_by_tier(desk: Desk) -> Plot:
    """What became of promises, by the age of the arrears on the day of the promise."""
    found = await measures.by_tier(desk.connection, desk.chosen)
    named = [(desk.words(f"age.{age}"), age) for age in AGES]
    return _outcomes(desk, "kept_by_tier", named, found, "tier")


def _outcomes(
    desk: Desk, id: str, places: Sequence[tuple[str, str]], found: dict[tuple[str, str], int], narrow: str
) -> Plot:
    words = desk.words
    layers = [
        Series(words.name("promise", status), tuple(found.get((key, status), 0) for _, key in places))
        for status in OUTCOMES
    ]
    kept = sum(many for (_, status), many in found.items() if status == "kept")
    over = sum(many for (_, status), many in found.items() if status in ("kept", "partial", "broken"))
    told = words("plot.kept_told", share=share(kept, over), kept=kept, over=over)
    rows = []
    for name, key in places:
        mine = {status: found.get((key, status), 0) for status in OUTCOMES}
        decided = mine["kept"] + mine["partial"] + mine["broken"]
        cells = [desk.link("promises", mine[status], what=status, **{narrow: key}) for status in OUTCOMES]
        rate = desk.link("promises_over", share(mine["kept"], decided), **{narrow: key})
        rows.append((Cell(name), *cells, rate))
    head = (words(f"plot.{narrow}"), *(words.name("promise", status) for status in OUTCOMES), words("plot.kept_rate"))
    svg = charts.stacked(id, words(f"plot.{id}"), told, [name for name, _ in places], layers, number)
    return Plot(id, words(f"plot.{id}"), told, svg, head, tuple(rows))


async def handoffs(desk: Desk) -> Plot:
    """Calls for a person by day and queue."""
    words, days = desk.words, desk.chosen.days
    found = await measures.by_day(desk.connection, "handoffs", desk.chosen)
    sums: dict[str, int] = {}
    for (_, queue), one in found.items():
        sums[queue] = sums.get(queue, 0) + one.count
    queues = sorted(sums, key=lambda queue: (-sums[queue], queue))
    layers = [
        Series(words.name("queue", queue), tuple(float(_of(found, day, queue)) for day in days))
        for queue in queues[:MOST_QUEUES]
    ]
    if rest := queues[MOST_QUEUES:]:
        others = tuple(float(sum(_of(found, day, queue) for queue in rest)) for day in days)
        layers.append(Series(words("plot.others"), others))
    told = words("plot.handoffs_told", all=sum(sums.values()), queue=words.name("queue", queues[0]) if queues else "–")
    rows = []
    for day in reversed(days):
        whole = sum(_of(found, day, queue) for queue in queues)
        cells = [desk.link("handoffs", _of(found, day, queue), what=queue, day=day.isoformat()) for queue in queues]
        rows.append((Cell(day.isoformat()), desk.link("handoffs", whole, day=day.isoformat()), *cells))
    svg = charts.stacked("handoffs", words("plot.handoffs"), told, [short(day) for day in days], layers, number)
    head = (words("plot.day"), words("plot.all"), *(words.name("queue", queue) for queue in queues))
    return Plot("handoffs", words("plot.handoffs"), told, svg, head, tuple(rows))


def _of(found: dict[tuple[date, str], measures.Sum], day: date, what: str) -> int:
    one = found.get((day, what))
    return one.count if one else 0


def only(chosen: Slice, day: date, days: int = 1) -> Slice:
    """The part of a slice that lies in these days."""
    return replace(chosen, first=max(chosen.first, day), last=min(chosen.last, day + timedelta(days=days - 1)))
