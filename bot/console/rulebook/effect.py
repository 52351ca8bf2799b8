"""What a proposed edition would change in the next day: the agenda played forward by both, in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import structlog
from aiohttp import web

from bot.console.access import Missing, Right, Route, Visit
from bot.console.rulebook import book, why
from bot.core.ahead import Change, change, prospect
from bot.core.case import Case, Timer
from bot.dialogues import Content, ContentError
from bot.edition import content_of
from bot.store import cases, edition_effects, editions
from bot.store.edition_effects import Effect, Person
from bot.store.session import Database

log = structlog.get_logger()
AHEAD = timedelta(hours=24)
MOST = 20_000  # customers; of more, every second, third … is looked at
SLICE = 100  # customers between two notes
EXAMPLES = 5  # of each kind


@dataclass(frozen=True, slots=True)
class Row:
    """One rule, and for how many customers it makes which difference."""

    code: str
    words: str
    place: str | None
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A customer for whom something would be otherwise."""

    customer_id: int
    person: Person
    kind: str
    was: datetime | None
    now: datetime | None
    rule: str
    words: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says of an effect. `is_current`: held against what is in force now."""

    effect: Effect
    running: bool
    is_current: bool
    rows: tuple[Row, ...]
    examples: tuple[Example, ...]

    def of(self, kind: str) -> int:
        """How many customers this happens to."""
        return sum(self.effect.counts.get(kind, {}).values())


async def show(visit: Visit) -> web.Response:
    """The effect of one edition alone: what a page that shows it fetches anew."""
    id = int(visit.request.match_info["id"])
    async with visit.office.database.read() as connection:
        try:
            about = await editions.one(connection, id)
        except LookupError:
            raise Missing from None
    sections = book.contents(visit.words)
    return visit.page(
        "rulebook/effect_page.html", edition=about, sections=sections, shown=await shown(visit, id), may_look=False
    )


async def look(visit: Visit) -> web.Response:
    """Begin to look, in the background; nothing where somebody does already."""
    id, office = int(visit.request.match_info["id"]), visit.office
    async with office.database.read() as connection:
        try:
            files = await editions.files_of(connection, id)
        except LookupError:
            raise Missing from None
    old = office.mind.content
    try:
        new = await asyncio.to_thread(content_of, files, old.responses.bank)
    except ContentError:
        return visit.redirect(f"/rules/editions/{id}")
    async with office.database.write() as connection:
        who, now = visit.person.login, visit.now
        one = await edition_effects.begin(connection, id, old.files.fingerprint, who, now, now + AHEAD, MOST)
    if one is not None:
        task = asyncio.create_task(work(office.database, one, old, new, office.now))
        office.jobs.add(task)
        task.add_done_callback(office.jobs.discard)
    return visit.redirect(f"/rules/editions/{id}#effect")


async def work(database: Database, one: Effect, old: Content, new: Content, now: Callable[[], datetime]) -> None:
    """Go through all who are due, slice by slice; half of the time is left to the pages of this process."""
    counts: dict[str, Any] = {}
    after, looked = 0, 0
    try:
        while True:
            began = perf_counter()
            async with database.read() as connection:
                ids = await edition_effects.due_after(connection, one, after, SLICE)
                files = await cases.load(connection, ids, one.begun_at) if ids else {}
                timers = await edition_effects.timers_of(connection, ids)
            pairs = [(file.case, timers[id]) for id, file in files.items()]
            await asyncio.to_thread(compare, pairs, old, new, one.begun_at, one.until_at, counts)
            after, looked = ids[-1] if ids else after, looked + len(ids)
            async with database.write() as connection:
                if not await edition_effects.note(connection, one, looked, counts, now(), ended=not ids) or not ids:
                    return
            await asyncio.sleep(perf_counter() - began)
    except Exception:
        log.exception("the effect of an edition could not be found out", edition=one.edition_id)


def compare(
    pairs: Sequence[tuple[Case, Mapping[Timer, datetime]]],
    old: Content,
    new: Content,
    now: datetime,
    until: datetime,
    counts: dict[str, Any],
) -> None:
    """Add to the counts what happens to these customers by each of the two, and what is otherwise."""
    sums, examples = counts.setdefault("contacted", {"old": 0, "new": 0}), counts.setdefault("examples", [])
    for case, timers in pairs:
        was, then = (prospect(case, timers, by.rules, by.responses.render, now, until) for by in (old, new))
        sums["old"] += was.contacted
        sums["new"] += then.contacted
        if (found := change(was, then)) is None:
            continue
        kind, rule = found
        of_kind = counts.setdefault(kind.value, {})
        of_kind[rule] = of_kind.get(rule, 0) + 1
        if sum(of_kind.values()) <= EXAMPLES:
            at = [one.isoformat() if one else None for one in (was.first_at, then.first_at)]
            examples.append([case.customer_id, kind.value, *at, rule])


async def shown(visit: Visit, edition_id: int) -> Shown | None:
    """What was found, as far as it is known; who is named as an example is noted as looked at."""
    async with visit.office.database.read() as connection:
        one = await edition_effects.find(connection, edition_id)
        if one is None:
            return None
        given = one.counts.get("examples", []) if one.ended_at and visit.may(Right.READ) else []
        people = await edition_effects.people(connection, visit.scope, [id for id, *_ in given])
    for id in people:
        await visit.log_access(id, "effect")
    content = visit.office.mind.content
    examples = tuple(
        Example(id, people[id], kind, _moment(was), _moment(then), rule, _rule(visit, rule))
        for id, kind, was, then, rule in given
        if id in people
    )
    codes = dict.fromkeys(code for kind in Change for code in one.counts.get(kind, {}))
    place = book.places(content)
    rows = [
        Row(code, _rule(visit, code), place(code), tuple(one.counts.get(kind, {}).get(code, 0) for kind in Change))
        for code in codes
    ]
    rows.sort(key=lambda row: -sum(row.counts))
    is_current = one.against == content.files.fingerprint
    return Shown(one, one.is_running(visit.now), is_current, tuple(rows), examples)


def _moment(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None


def _rule(visit: Visit, code: str) -> str:
    """What kind of rule it is, without its figures: they may differ between the two editions."""
    if not code:
        return visit.words("effect.no_rule")
    packs = visit.office.mind.content.rules.contact.values()
    kind = next((why.kind_of(rule) for pack in packs if (rule := pack.named(code))), None)
    return f"{visit.words(f'rulekind.{kind}')} ({code})" if kind else why.rule(visit.words, code, None)


PATH = r"/rules/editions/{id:\d{1,18}}/effect"
ROUTES = [Route("GET", PATH, Right.FORESEE, show), Route("POST", PATH, Right.PUBLISH, look)]
