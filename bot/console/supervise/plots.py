"""The dashboard's plots: figures from the store, each with its picture and a table in which every number is a link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from bot.console import render
from bot.console.supervise import charts
from bot.console.supervise.charts import Series
from bot.console.supervise.control import p_chart
from bot.console.words import Words
from bot.core.case import ContactChannel
from bot.core.contact import ContactRules
from bot.core.decision import Purpose
from bot.core.kinds import Cap
from bot.core.rules import Rules
from bot.store import measures
from bot.store.measures import AGES, Slice

MOST_QUEUES = 5  # have a shade of their own; the rest are one
OUTCOMES = ("kept", "partial", "broken", "open", "cancelled")
SHADES = {"kept": 2, "partial": 4, "broken": 1, "open": 0, "cancelled": 5}  # good is green, bad is red


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
    seen: dict[str, list[int]] = field(default_factory=dict)  # what was counted by day for more than one plot

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
    counts = await measures.funnel(desk.connection, desk.chosen)
    named = [(words(f"measure.{step}"), many) for step, many in zip(steps, counts, strict=True)]
    told = words("plot.funnel_told", texted=f"{counts[0]:,}", kept=f"{counts[3]:,}")
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
        Series(
            words.name("promise", status), tuple(found.get((key, status), 0) for _, key in places), shade=SHADES[status]
        )
        for status in OUTCOMES
    ]
    kept = sum(many for (_, status), many in found.items() if status == "kept")
    over = sum(many for (_, status), many in found.items() if status in ("kept", "partial", "broken"))
    told = words("plot.kept_told", share=share(kept, over), kept=f"{kept:,}", over=f"{over:,}")
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
    told = words(
        "plot.handoffs_told", all=f"{sum(sums.values()):,}", queue=words.name("queue", queues[0]) if queues else "–"
    )
    rows = []
    for day in reversed(days):
        whole = sum(_of(found, day, queue) for queue in queues)
        cells = [desk.link("handoffs", _of(found, day, queue), what=queue, day=day.isoformat()) for queue in queues]
        rows.append((Cell(day.isoformat()), desk.link("handoffs", whole, day=day.isoformat()), *cells))
    svg = charts.stacked("handoffs", words("plot.handoffs"), told, [short(day) for day in days], layers, number)
    head = (words("plot.day"), words("plot.all"), *(words.name("queue", queue) for queue in queues))
    return Plot("handoffs", words("plot.handoffs"), told, svg, head, tuple(rows))


async def first_response(desk: Desk) -> Plot:
    """How long customers waited until a person came: half of them, and all but one in twenty."""
    words, days = desk.words, desk.chosen.days
    found = await measures.waits(desk.connection, desk.chosen)

    def minutes(day: date, part: float) -> float | None:
        wait = measures.percentile(found.get(day, []), part)
        return None if wait is None else wait.total_seconds() / 60

    parts = ((words("plot.p50"), 0.5), (words("plot.p95"), 0.95))
    series = [Series(name, tuple(minutes(day, part) for day in days)) for name, part in parts]
    whole = sorted(wait for mine in found.values() for wait in mine)
    half, most = (_span(measures.percentile(whole, part), words) for _, part in parts)
    told = words("plot.response_told", all=f"{len(whole):,}", half=half, most=most)
    rows = []
    for day in reversed(days):
        mine = found.get(day, [])
        spans = (Cell(_span(measures.percentile(mine, part), words)) for _, part in parts)
        rows.append((Cell(day.isoformat()), desk.link("answered", len(mine), day=day.isoformat()), *spans))
    title = words("plot.response")
    svg = charts.line("response", title, told, [short(day) for day in days], series, clocked)
    head = (words("plot.day"), words("measure.answered"), *(name for name, _ in parts))
    return Plot("response", title, told, svg, head, tuple(rows))


def clocked(minutes: float) -> str:
    """A wait for a scale, where there is little room: hours and minutes."""
    return f"{round(minutes) // 60}:{round(minutes) % 60:02}"


def _span(wait: timedelta | None, words: Words) -> str:
    return "–" if wait is None else render.span(wait, words)


async def opt_outs(desk: Desk) -> Plot:
    """The rate of opt-outs, with the limits within which chance would keep it."""
    return await _rate(desk, "opt_outs")


async def complaints(desk: Desk) -> Plot:
    """The rate of complaints, with its limits."""
    return await _rate(desk, "complaints")


async def _rate(desk: Desk, measure: str) -> Plot:
    words, days = desk.words, desk.chosen.days
    some, many = await _each_day(desk, measure), await _each_day(desk, "reminded")
    control = p_chart(list(zip(some, many, strict=True)))
    title, name = words(f"plot.{measure}"), words(f"measure.{measure}")
    outside = ", ".join(f"{days[place]} ({_percent(control.rates[place])})" for place in sorted(control.outside))
    told = words("plot.rate_told", mean=_percent(control.mean), outside=outside or words("plot.none_outside"))
    series = [Series(name, control.rates, control.low, control.high, control.outside)]
    svg = charts.line(measure, title, told, [short(day) for day in days], series, _percent)
    rows = []
    for place in reversed(range(len(days))):
        day = days[place].isoformat()
        limits = f"{_percent(control.low[place])} … {_percent(control.high[place])}"
        mark = Cell(words("plot.outside") if place in control.outside else "")
        counted = (desk.link(measure, some[place], day=day), desk.link("reminded", many[place], day=day))
        rows.append((Cell(day), *counted, Cell(_percent(control.rates[place])), Cell(limits), mark))
    head = (
        words("plot.day"),
        name,
        words("measure.reminded"),
        words("plot.rate"),
        words("plot.limits"),
        words("plot.judged"),
    )
    return Plot(measure, title, told, svg, head, tuple(rows))


async def _each_day(desk: Desk, measure: str) -> list[int]:
    if measure in desk.seen:
        return desk.seen[measure]
    found = await measures.by_day(desk.connection, measure, desk.chosen)
    desk.seen[measure] = [
        sum(one.count for (day, _), one in found.items() if day == place) for place in desk.chosen.days
    ]
    return desk.seen[measure]


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.2%}"


async def recovery(desk: Desk, prices: Mapping[str, Decimal]) -> list[Plot]:
    """What was paid after contact and what the texts cost, in each currency."""
    paid = await measures.by_day(desk.connection, "payments", desk.chosen)
    sent = await measures.by_day(desk.connection, "segments", desk.chosen)
    currencies = sorted({what for _, what in (*paid, *sent) if what})
    return [_recovery(desk, currency, paid, sent, prices.get(currency)) for currency in currencies]


Days = Mapping[tuple[date, str], measures.Sum]


def _recovery(desk: Desk, currency: str, paid: Days, sent: Days, price: Decimal | None) -> Plot:
    words, days, nothing = desk.words, desk.chosen.days, measures.Sum()

    def cost(segments: Decimal) -> str:
        return "–" if price is None else render.money(segments * price, currency)

    came = [paid.get((day, currency), nothing) for day in days]
    left = [sent.get((day, currency), nothing) for day in days]
    money, segments = sum(one.amount for one in came), sum((one.amount for one in left), Decimal(0))
    per_unit = "–" if price is None or not money else f"{segments * price / money:.4f}"
    told = words(
        "plot.recovery_told", money=render.money(Decimal(money), currency), segments=f"{segments:,.0f}",
        cost=cost(segments), per_unit=per_unit, price="–" if price is None else str(price),
    )  # fmt: skip
    rows = []
    for place in reversed(range(len(days))):
        day = days[place].isoformat()
        rows.append((
            Cell(day), desk.link("payments", came[place].count, day=day, what=currency),
            Cell(render.money(came[place].amount, currency)),
            desk.link("segments", f"{left[place].amount:,.0f}", day=day, what=currency), Cell(cost(left[place].amount)),
        ))  # fmt: skip
    id, title = f"recovery-{currency.lower()}", words("plot.recovery", currency=currency)
    series = [Series(words("plot.paid"), tuple(float(one.amount) for one in came))]
    svg = charts.stacked(id, title, told, [short(day) for day in days], series, number)
    head = (
        words("plot.day"),
        words("measure.payments"),
        words("plot.paid"),
        words("measure.segments"),
        words("plot.cost"),
    )
    return Plot(id, title, told, svg, head, tuple(rows))


async def limits(desk: Desk, rules: Rules) -> Plot:
    """How near customers are now to the bank's own caps on contacts, and to those of the places where they are."""
    words, found, rows = desk.words, [], []
    zones, everywhere = await measures.whereabouts(desk.connection)
    full = 0
    for cap, places in caps(rules, desk.chosen.today, everywhere):
        chosen = replace(desk.chosen, cap=cap, zones=zones, places=places)
        used = await measures.by_word(desk.connection, "limit_use", chosen)
        most = max([cap.limit, *map(int, used)])
        ways = "/".join(words.name("contact_channel", way) for way in ContactChannel if way in cap.head.channels)
        name = words("plot.cap", id=cap.head.id, limit=cap.limit, days=cap.days, ways=ways)
        cells = [(f"{n}/{cap.limit}", used.get(str(n), 0)) for n in range(1, most + 1)]
        found.append((name, cap.limit, cells))
        for n, (label, many) in enumerate(cells, 1):
            rows.append((Cell(name), Cell(label), desk.link("limit_use", many, what=str(n), cap=cap.head.id)))
            full += many if n >= cap.limit else 0
    title, told = words("plot.limit_use"), words("plot.limit_told", full=f"{full:,}")
    head = (words("plot.cap_name"), words("plot.used"), words("plot.customers"))
    return Plot("limits", title, told, charts.strip("limits", title, told, found), head, tuple(rows))


Places = tuple[tuple[str, str], ...]  # jurisdictions and places in them


def caps(rules: Rules, day: date, places: Places) -> list[tuple[Cap, Places]]:
    """The caps that bind reminders by text on a day: the bank's own, and each place's with where customers are bound by
    it (none: everywhere)."""
    own = bank_caps(rules.contact, day)
    found: dict[Cap, Places] = dict.fromkeys(own, ())
    for place in places:
        here = rules.contact_at(*place)
        for one in here.on(day) if here else ():
            if isinstance(one, Cap) and one not in own and _binds_reminders(one):
                found[one] = (*found.get(one, ()), place)
    return list(found.items())


def bank_caps(rules: Mapping[str, ContactRules], day: date) -> list[Cap]:
    """The caps that bind reminders by text in every place, in force on a day."""
    found = [
        [one for one in place.on(day) if isinstance(one, Cap) and _binds_reminders(one)] for place in rules.values()
    ]
    return [cap for cap in (found[0] if found else []) if all(cap in others for others in found)]


def _binds_reminders(cap: Cap) -> bool:
    head = cap.head
    everybody = not head.products and not head.roles
    return everybody and Purpose.REMINDER in head.purposes and ContactChannel.SMS in head.channels


def _of(found: dict[tuple[date, str], measures.Sum], day: date, what: str) -> int:
    one = found.get((day, what))
    return one.count if one else 0


def only(chosen: Slice, day: date, days: int = 1) -> Slice:
    """The part of a slice that lies in these days."""
    return replace(chosen, first=max(chosen.first, day), last=min(chosen.last, day + timedelta(days=days - 1)))
