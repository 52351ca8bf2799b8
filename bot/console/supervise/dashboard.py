"""The dashboard: what happened in the past days, and behind every number the customers or texts that it counts."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from aiohttp import web

from bot.console import render
from bot.console.access import Missing, Right, Route, Visit
from bot.console.supervise import plots
from bot.console.supervise.plots import Cell, Desk, Plot
from bot.core.case import Product
from bot.intake.files import FORMULA
from bot.store import caselist, measures
from bot.store.agents import Role
from bot.store.measures import AGES, ROWS, Slice

PERIODS = (7, 30, 90)
PLOTS = (
    plots.funnel, plots.kept_by_week, plots.kept_by_tier, plots.handoffs, plots.first_response, plots.opt_outs,
    plots.complaints,
)  # fmt: skip
PAGE = 50
CHUNK = 32_768  # bytes of a table that leave at once
KINDS = {"texted": "state", "replied": "state", "promised": "state", "kept": "state", "opt_outs": "hold"}
KINDS |= {"promises": "promise", "promises_over": "promise", "promises_due": "promise", "complaints": "hold"}
KINDS |= dict.fromkeys(("handoffs", "answered", "in_time", "overdue", "open_handoffs"), "queue")
KINDS |= dict.fromkeys(("texts", "reminded"), "purpose")
MONEY = ("promises", "promises_over", "promises_due", "payments")


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader chose, as the address has it; whatever is no choice of ours is the usual one."""

    days: int = 30
    product: str = ""
    age: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Choice:
        """The choice in an address."""
        days, product, age = query.get("days", ""), query.get("product", ""), query.get("age", "")
        return cls(
            int(days) if days in map(str, PERIODS) else 30,
            product if product in set(Product) else "",
            age if age in AGES else "",
        )

    def asked(self) -> dict[str, str]:
        """The choice as parts of an address."""
        named = {"days": str(self.days), "product": self.product, "age": self.age}
        return {name: value for name, value in named.items() if value}


async def show(visit: Visit) -> web.Response:
    """The strip of today and every plot of the period. A page that renews itself asks for the strip alone."""
    choice = Choice.of(visit.request.query)
    async with visit.office.database.read() as connection:
        desk = Desk(connection, _slice(visit, choice), visit.words, choice.asked())
        strip = await _today(visit, desk)
        shown: list[Plot] = [] if visit.again else await _plots(visit, desk)
    return visit.page(
        "supervise/dashboard.html", choice=choice, periods=PERIODS, products=list(Product), ages=list(AGES),
        strip=strip, plots=shown, measures=list(ROWS),
    )  # fmt: skip


async def _plots(visit: Visit, desk: Desk) -> list[Plot]:
    content = visit.office.mind.content
    shown = [await plot(desk) for plot in PLOTS]
    return [*shown, *await plots.recovery(desk, content.wording.prices), await plots.limits(desk, content.rules)]


async def rows(visit: Visit) -> web.Response:
    """What a number counts: names masked, newest first."""
    choice, measure, chosen, narrow = await _asked(visit)
    before = visit.request.query.get("before", "")
    at = int(before) if before.isdecimal() and len(before) < 19 else None
    await visit.log_access(None, f"rows {measure} {urlencode(narrow)}")
    async with visit.office.database.read() as connection:
        total = await measures.total(connection, measure, chosen)
        listed = await measures.lines(connection, measure, chosen, at, PAGE)
    asked = {"measure": measure, **choice.asked(), **narrow}
    older = urlencode({**asked, "before": listed[-1].key}) if len(listed) == PAGE else ""
    return visit.page(
        "supervise/rows.html", measure=measure, many=total.count, total=_total(measure, chosen, total, listed),
        lines=listed, older=older, narrow=narrow, chosen=chosen,
        word=lambda what: visit.words.name(KINDS.get(measure, ""), what), amount=lambda one: _amount(measure, one),
        back=urlencode(choice.asked()), asked=urlencode(asked), may_export=visit.may(Right.OVERSEE),
        zone=visit.office.zone,
    )  # fmt: skip


async def export(visit: Visit) -> web.StreamResponse:
    """All the rows behind a number as CSV, for those who may take data away; that they did is logged."""
    _, measure, chosen, narrow = await _asked(visit)
    await visit.log_access(None, f"export {measure} {urlencode(narrow)}")
    async with (
        _csv(visit, f"{measure}-{chosen.first}-{chosen.last}") as put,
        visit.office.database.read() as connection,
    ):
        await put("customer", "name", "at", "what", "amount", "currency")
        async for one in measures.everything(connection, measure, chosen):
            at = one.at.isoformat() if one.at else ""
            amount = "" if one.amount is None else str(one.amount)
            await put(one.reference, one.name, at, one.what, amount, one.currency)
    return put.answer


async def cases(visit: Visit) -> web.StreamResponse:
    """Every case in one line, as CSV; that it was taken away is logged."""
    await visit.log_access(None, "export cases")
    async with _csv(visit, f"cases-{visit.now:%Y-%m-%d}") as put, visit.office.database.read() as connection:
        await put(*caselist.HEAD)
        async for line in caselist.case_lines(connection, visit.scope, visit.now):
            await put(*line)
    return put.answer


@dataclass(slots=True)
class Csv:
    """A table that leaves line by line while it is read."""

    answer: web.StreamResponse
    waiting: bytearray

    async def __call__(self, *cells: str) -> None:
        self.waiting += row_of(*cells)
        if len(self.waiting) > CHUNK:
            await self.answer.write(bytes(self.waiting))
            self.waiting.clear()


@asynccontextmanager
async def _csv(visit: Visit, name: str) -> AsyncIterator[Csv]:
    kind = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": f'attachment; filename="{name}.csv"'}
    answer = web.StreamResponse(headers={**render.HEADERS, **kind})
    await answer.prepare(visit.request)
    put = Csv(answer, bytearray(b"\xef\xbb\xbf"))  # spreadsheets take it for UTF-8 by this mark
    yield put
    await answer.write(bytes(put.waiting))
    await answer.write_eof()


def row_of(*cells: str) -> bytes:
    """One line of CSV, in which no cell can be a formula."""
    line = io.StringIO()
    csv.writer(line).writerow([guarded(cell) for cell in cells])
    return line.getvalue().encode()


def guarded(cell: str) -> str:
    """A cell that a spreadsheet takes for text: what begins like a formula gets an apostrophe in front."""
    begins = unicodedata.normalize("NFKC", cell).lstrip()[:1]  # ＝ begins a formula too, where Chinese is written
    return f"'{cell}" if begins in FORMULA or cell[:1] in ("\t", "\r", "\n") else cell


def _total(measure: str, chosen: Slice, total: measures.Sum, listed: list[measures.Line]) -> str:
    """What the rows add up to, where they are all of one kind: texts, or payments in one currency."""
    if measure == "payments" and chosen.what and listed:
        return render.money(total.amount, chosen.what)
    return f"{total.amount:,.0f}" if measure in ("texts", "reminded", "segments") else ""


def _amount(measure: str, one: measures.Line) -> str:
    if one.amount is None:
        return "–"
    return render.money(one.amount, one.currency) if measure in MONEY else f"{one.amount:,.0f}"


async def _asked(visit: Visit) -> tuple[Choice, str, Slice, dict[str, str]]:
    """What the address of rows asks for: measure, slice, and what narrows it."""
    query = visit.request.query
    choice, measure = Choice.of(query), query.get("measure", "")
    if measure not in ROWS:
        raise Missing
    narrow = {name: query[name][:40] for name in ("day", "week", "what", "tier", "cap") if query.get(name)}
    if not all(map(str.isprintable, narrow.values())):
        raise Missing
    chosen = _slice(visit, choice, narrow.get("what", ""), narrow.get("tier", ""))
    for name, days in (("day", 1), ("week", 7)):
        if name in narrow:
            try:
                chosen = plots.only(chosen, date.fromisoformat(narrow[name]), days)
            except (ValueError, OverflowError):  # no day, or one at the edge of the calendar
                raise Missing from None
    if "cap" in narrow:
        async with visit.office.database.read() as connection:
            zones, places = await measures.whereabouts(connection)
        named = {
            cap.head.id: (cap, where)
            for cap, where in plots.caps(visit.office.mind.content.rules, chosen.today, places)
        }
        cap, where = named.get(narrow["cap"], (None, ()))
        chosen = replace(chosen, cap=cap, zones=zones, places=where)
    return choice, measure, chosen, narrow


def _slice(visit: Visit, choice: Choice, what: str = "", tier: str = "") -> Slice:
    """The slice of the choice; of an agent, their own customers only."""
    if tier and tier not in AGES:
        raise Missing
    own = visit.person.id if visit.person.role is Role.AGENT else None
    return measures.period(
        visit.now, visit.office.zone, visit.scope, choice.days, product=choice.product, age=choice.age, agent_id=own,
        what=what, tier=tier,
    )  # fmt: skip


async def _today(visit: Visit, desk: Desk) -> list[tuple[str, Cell]]:
    """What a supervisor looks at first: each figure of today with its name."""
    words, today = visit.words, plots.only(desk.chosen, desk.chosen.today)
    day = today.first.isoformat()
    waiting, oldest = await measures.oldest(desk.connection, today)
    in_time, overdue = await desk.count("in_time", today), await desk.count("overdue", today)
    opt_outs, due = await desk.count("opt_outs", today), await desk.count("promises_due", today)
    return [
        (words("measure.open_handoffs"), desk.link("open_handoffs", waiting)),
        (words("today.oldest"), desk.link("open_handoffs", render.span(visit.now - oldest, words) if oldest else "–")),
        (words("today.in_time"), desk.link("in_time", plots.share(in_time, in_time + overdue), day=day)),
        (words("measure.overdue"), desk.link("overdue", overdue, day=day)),
        (words("measure.opt_outs"), desk.link("opt_outs", opt_outs, day=day)),
        (words("measure.promises_due"), desk.link("promises_due", due, day=day)),
    ]


ROUTES = [
    Route("GET", "/dashboard", Right.READ, show),
    Route("GET", "/dashboard/rows", Right.READ, rows),
    Route("GET", "/dashboard/rows.csv", Right.OVERSEE, export),
    Route("GET", "/dashboard/cases.csv", Right.OVERSEE, cases),
]
