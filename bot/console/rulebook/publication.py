"""Editions of rules and wording: what is in force since when and by whom; proposing one, and a second person's yes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.console import pending
from bot.console.access import Missing, Right, Route, Visit
from bot.console.pending import Pending
from bot.console.rulebook import book, changes, effect
from bot.console.words import Words
from bot.dialogues import Content, ContentError
from bot.dialogues.archive import from_zip
from bot.dialogues.bundle import Bundle
from bot.edition import content_of, thinking
from bot.store import editions
from bot.store.agents import Person
from bot.store.editions import Edition, NotNow, Origin, State


@pending.source
async def waiting(connection: AsyncConnection, person: Person) -> list[Pending]:
    """The proposals that wait for a second person; they hold no customer's data, so whoever may approve sees all."""
    found = await editions.listed(connection, [State.PROPOSED])
    return [
        Pending("rules", str(one.id), f"/rules/editions/{one.id}", one.proposed_by, one.proposed_at) for one in found
    ]


async def show(visit: Visit) -> web.Response:
    """All editions, what waits, and what the server's folder holds beyond what is in force."""
    return await _list(visit)


async def one(visit: Visit) -> web.Response:
    """One edition: who and when, and how it differs from what is in force or from any other."""
    return await _edition(visit)


async def propose(visit: Visit) -> web.Response:
    """Keep a checked content as a proposal: the server's folder, an uploaded zip, or an earlier edition."""
    try:
        bundle, origin = await _proposed(visit)
        await asyncio.to_thread(_check, visit, bundle)
        async with visit.office.database.write() as connection:
            note = visit.form.get("note", "")
            id = await editions.propose(connection, bundle, origin, visit.person.login, note, visit.now)
    except ContentError as error:
        return await _list(visit, 422, broken=str(error))
    except NotNow as refused:
        return await _list(visit, 409 if refused.id else 422, refused=refused)
    return visit.redirect(f"/rules/editions/{id}?done=proposed")


async def approve(visit: Visit) -> web.Response:
    """Put a proposal in force, as a second person who saw the differences from what is in force now."""
    id, said = _id(visit), visit.form.get("against", "")
    against = int(said) if said.isdecimal() and len(said) < 19 else None
    try:
        await asyncio.to_thread(_check, visit, await _files(visit, id))
        async with visit.office.database.write() as connection:
            note = visit.form.get("note", "")
            await editions.approve(connection, id, against, visit.person.login, note, visit.now)
    except ContentError as error:
        return await _edition(visit, 422, broken=str(error))
    except NotNow as refused:
        return await _edition(visit, 409, refused=refused)
    visit.office.wake()
    return visit.redirect(f"/rules/editions/{id}?done=published")


async def refuse(visit: Visit) -> web.Response:
    """Turn a proposal down, or take one's own back."""
    id = _id(visit)
    try:
        async with visit.office.database.write() as connection:
            await editions.refuse(connection, id, visit.person.login, visit.form.get("note", ""), visit.now)
    except NotNow as refused:
        return await _edition(visit, 409, refused=refused)
    except LookupError:
        raise Missing from None
    return visit.redirect(f"/rules/editions/{id}?done=refused")


def _check(visit: Visit, bundle: Bundle) -> None:
    """As `huixin check` and a start would; raise ContentError."""
    _, content = thinking(bundle, visit.office.mind.content.responses.bank)
    visit.office.fits(content.responses)


async def _proposed(visit: Visit) -> tuple[Bundle, Origin]:
    match visit.form.get("origin", ""):
        case Origin.FOLDER:
            return await asyncio.to_thread(_folder, visit.office.folder), Origin.FOLDER
        case Origin.EARLIER:
            return await _files(visit, _number(visit.form.get("edition", ""))), Origin.EARLIER
        case _:
            if visit.file is None or not visit.file.raw:
                raise ContentError(visit.words("publish.no_file"))
            return await asyncio.to_thread(from_zip, visit.file.raw), Origin.UPLOAD


def _folder(root: Path) -> Bundle:
    if not root.is_dir():
        raise ContentError(f"{root}: there is no such folder")
    return Bundle.of(root)


async def _files(visit: Visit, id: int) -> Bundle:
    async with visit.office.database.read() as connection:
        try:
            return await editions.files_of(connection, id)
        except LookupError:
            raise Missing from None


def _id(visit: Visit) -> int:
    return _number(visit.request.match_info["id"])


def _number(said: str) -> int:
    if not said.isdecimal() or len(said) > 18:
        raise Missing
    return int(said)


async def _list(visit: Visit, status: int = 200, **more: Any) -> web.Response:
    async with visit.office.database.read() as connection:
        found = await editions.listed(connection)
    running = visit.office.mind.content.files
    folder, folder_problem = None, ""
    try:
        folder = await asyncio.to_thread(_folder, visit.office.folder)
    except (ContentError, OSError) as error:
        folder_problem = str(error)
    return visit.page(
        "rulebook/editions.html",
        status,
        sections=book.contents(visit.words),
        editions=found,
        standing=next((one for one in found if one.state is State.IN_FORCE), None),
        running=running,
        differs=folder is not None and folder != running,
        folder_problem=folder_problem,
        may=visit.may(Right.PUBLISH),
        **{"broken": "", "refused": None, "note": visit.form.get("note", ""), **more},
    )


async def _edition(visit: Visit, status: int = 200, **more: Any) -> web.Response:
    id, asked = _id(visit), visit.request.query.get("against", "")
    async with visit.office.database.read() as connection:
        try:
            about = await editions.one(connection, id)
            now = await editions.in_force(connection)
            against = _number(asked) if asked else _before(about, now)
            base = await editions.one(connection, against) if against is not None else None
            new = await editions.files_of(connection, id)
            old = await editions.files_of(connection, against) if against is not None else None
        except LookupError:
            raise Missing from None
        everyone = await editions.listed(connection)
    old = old if old is not None else visit.office.mind.content.files
    told, files = await asyncio.to_thread(_differences, visit, old, new)
    return visit.page(
        "rulebook/edition.html",
        status,
        sections=book.contents(visit.words),
        edition=about,
        others=[other for other in everyone if other.id != id],
        base=base,
        in_force=now,
        told=told,
        files=files,
        is_own=about.proposed_by == visit.person.login,
        sees_effect=visit.may(Right.FORESEE),
        may_look=visit.may(Right.PUBLISH) and about.state is State.PROPOSED,
        shown=await effect.shown(visit, id) if visit.may(Right.FORESEE) else None,
        may=visit.may(Right.PUBLISH),
        **{"broken": "", "refused": None, "note": visit.form.get("note", ""), **more},
    )


def _before(about: Edition, now: int | None) -> int | None:
    """What an edition is held against unless another is asked for: what is in force, or was when it was proposed."""
    return now if about.state is State.PROPOSED else about.based_on


Differences = tuple[list[changes.Change] | None, list[changes.FileChange]]


def _differences(visit: Visit, old: Bundle, new: Bundle) -> Differences:
    """In words, as far as both can be loaded by this version, and by file."""
    bank, words = visit.office.mind.content.responses.bank, visit.words
    return _told(words, old, new, bank), changes.by_file(old, new)


def _told(words: Words, old: Bundle, new: Bundle, bank: Any) -> list[changes.Change] | None:
    def load(files: Bundle) -> Content:
        return content_of(files, bank)

    try:
        return changes.in_words(words, load(old), load(new))
    except ContentError:
        return None


PATH = r"/rules/editions/{id:\d{1,18}}"
ROUTES = [
    Route("GET", "/rules/editions", Right.SIGNED_IN, show),
    Route("POST", "/rules/editions", Right.PUBLISH, propose),
    Route("POST", "/rules/editions/zip", Right.PUBLISH, propose, takes_file=True),
    Route("GET", PATH, Right.SIGNED_IN, one),
    Route("POST", f"{PATH}/approve", Right.PUBLISH, approve),
    Route("POST", f"{PATH}/refuse", Right.PUBLISH, refuse),
]
