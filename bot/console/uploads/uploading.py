"""What supervisors do with an uploaded portfolio: match its columns, rehearse it, ask, decide, pause, stop.

Who uploaded a file goes on with it until it waits for approval; a second person decides; any supervisor may halt it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.console.access import Right, Route, Visit, problem
from bot.console.pending import Pending, source
from bot.console.uploads.portfolio import FOR_ALL, PATH, may_decide, page, upload_of
from bot.intake import mapping
from bot.intake.rows import PORTFOLIO_COLUMNS
from bot.store import uploads
from bot.store.agents import Person
from bot.store.uploads import OPEN, Stage, Upload

LONGEST_REASON = 500
AFRESH: dict[str, Any] = {"position": 0, "runner": None, "lease_at": None, "begun_at": None}


@source
async def waits(connection: AsyncConnection, person: Person) -> list[Pending]:
    """The portfolios that wait for a second person."""
    found = await uploads.pending(connection, person.scope)
    return [
        Pending("portfolio", f"{one.name} ({one.rows:,})", f"/portfolio/{one.id}", one.uploaded_by, one.asked_at)
        for one in found
    ]


async def choose(visit: Visit) -> web.Response:
    """Which of the file's columns is which; `go` says whether the rows are to be checked at once."""
    found = await upload_of(visit)
    if found.uploaded_by != visit.person.login:
        return problem(visit, 403, "problem.not_yours")
    chosen = _chosen(visit, found)
    check = visit.form.get("go") == "check" and not mapping.missing(chosen)
    values: dict[str, Any] = {"mapping": chosen, "state": Stage.MAPPING, "counts": {}, "approved_version": ""}
    values |= dict.fromkeys(("decided_by", "decided_at", "decision", "rehearsed_at", "asked_at"))
    if check:
        mark = mapping.fingerprint(found.sha256, chosen, visit.office.reception)
        values |= {"state": Stage.CHECKING, "fingerprint": mark, **AFRESH}
    async with visit.office.database.write() as connection:
        done = await uploads.change(
            connection, found.id, OPEN, visit.person.login, visit.now, found.fingerprint, **values
        )
        if done and check:
            known = mapping.headings_hash(found.headings)
            await uploads.remember(connection, known, chosen, visit.person.login, visit.now)
    if not done:
        return problem(visit, 409, "problem.moved_on")
    if visit.form.get("go") == "check" and not check:
        return await page(visit, await upload_of(visit), 422, "upload.missing")
    visit.office.upload_waits()
    return visit.redirect(f"/portfolio/{found.id}")


def _chosen(visit: Visit, found: Upload) -> dict[str, int | str]:
    """The mapping of the form: columns that the file has, or words that may be said of every row."""
    chosen: dict[str, int | str] = {}
    for column in PORTFOLIO_COLUMNS:
        value = visit.form.get(f"c-{column}", "")
        if value.isdecimal() and len(value) < 5 and int(value) < len(found.headings):
            chosen[column] = int(value)
        elif value.removeprefix("=") in FOR_ALL.get(column, ()):
            chosen[column] = value
    return chosen


async def rehearse(visit: Visit) -> web.Response:
    """Find out what would happen if it were applied now."""
    return await _own(visit, (Stage.CHECKED, Stage.REHEARSED), state=Stage.REHEARSING, **AFRESH)


async def ask(visit: Visit) -> web.Response:
    """Ask a second person for approval of what was rehearsed."""
    return await _own(visit, (Stage.REHEARSED,), state=Stage.WAITING, asked_at=visit.now)


async def discard(visit: Visit) -> web.Response:
    """Throw a file away before anything of it was applied."""
    states = (*OPEN, Stage.CHECKING, Stage.REHEARSING, Stage.WAITING)
    return await _own(visit, states, "/portfolio?done=discarded", state=Stage.DISCARDED, ended_at=visit.now)


async def decide(visit: Visit) -> web.Response:
    """A second person approves what was rehearsed, by its fingerprint, or rejects it and says why."""
    found = await upload_of(visit)
    if not may_decide(visit, found):
        return problem(visit, 403, "problem.second_person")
    reason = visit.form.get("reason", "").strip()[:LONGEST_REASON]
    rejects = visit.form.get("verdict") != "approve"
    if rejects and not reason:
        return await page(visit, found, 422, "upload.why")
    if visit.form.get("fingerprint") != found.fingerprint:
        return problem(visit, 409, "problem.moved_on")
    version = visit.office.mind.content.rules.version
    values = {"decided_by": visit.person.login, "decided_at": visit.now, "decision": reason or None}
    values |= {"state": Stage.REJECTED} if rejects else {"state": Stage.APPLYING, "approved_version": version, **AFRESH}
    return await _change(visit, found, (Stage.WAITING,), f"/portfolio/{found.id}", **values)


async def pause(visit: Visit) -> web.Response:
    """Halt after the rows in hand."""
    return await _any(visit, (Stage.APPLYING,), state=Stage.PAUSED)


async def resume(visit: Visit) -> web.Response:
    """Go on where it was halted."""
    return await _any(visit, (Stage.PAUSED,), state=Stage.APPLYING, runner=None, lease_at=None)


async def stop(visit: Visit) -> web.Response:
    """End it for good; what was applied stays."""
    return await _any(visit, (Stage.APPLYING, Stage.PAUSED), state=Stage.STOPPED, ended_at=visit.now)


async def _own(visit: Visit, states: Collection[Stage], to: str = "", **values: Any) -> web.Response:
    found = await upload_of(visit)
    if found.uploaded_by != visit.person.login:
        return problem(visit, 403, "problem.not_yours")
    return await _change(visit, found, states, to or f"/portfolio/{found.id}", **values)


async def _any(visit: Visit, states: Collection[Stage], **values: Any) -> web.Response:
    found = await upload_of(visit)
    return await _change(visit, found, states, f"/portfolio/{found.id}", **values)


async def _change(visit: Visit, found: Upload, states: Collection[Stage], to: str, **values: Any) -> web.Response:
    """Write it, if the upload is still where the page showed it and what it holds is what the page showed."""
    async with visit.office.database.write() as connection:
        done = await uploads.change(
            connection, found.id, states, visit.person.login, visit.now, found.fingerprint, **values
        )
    if not done:
        return problem(visit, 409, "problem.moved_on")
    visit.office.upload_waits()
    return visit.redirect(to)


ROUTES = [
    Route("POST", f"{PATH}/{name}", Right.SUPERVISE, handler)
    for name, handler in (
        ("columns", choose),
        ("rehearse", rehearse),
        ("ask", ask),
        ("decide", decide),
        ("pause", pause),
        ("resume", resume),
        ("stop", stop),
        ("discard", discard),
    )
]
