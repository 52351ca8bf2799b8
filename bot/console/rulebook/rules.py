"""Rules and wording as people read them: generated from the content that decides, found by code and by search."""

from __future__ import annotations

from aiohttp import web

from bot.console.access import Missing, Right, Route, Visit
from bot.console.rulebook import book

LONGEST = 80  # characters that are searched for


async def show(visit: Visit) -> web.Response:
    """The contents, or what a search found."""
    content, needle = visit.office.mind.content, visit.request.query.get("q", "").strip()[:LONGEST]
    found = book.search(visit.words, content, needle) if needle else None
    return visit.page(
        "rulebook/rules.html", sections=book.contents(visit.words), content=content, needle=needle, found=found
    )


async def section(visit: Visit) -> web.Response:
    """One section."""
    name, content = visit.request.match_info["section"], visit.office.mind.content
    if name not in book.SECTIONS:
        raise Missing
    found = book.section(visit.words, content, name)
    return visit.page(
        "rulebook/rules_section.html", sections=book.contents(visit.words), content=content, section=found
    )


async def find(visit: Visit) -> web.Response:
    """Go on to the paragraph of a rule or reason, such as CN-TIME, hold:dispute or not-now:BANK-1-DAY."""
    code = visit.request.match_info["code"]
    place = book.places(visit.office.mind.content)(code)
    if place is None:
        raise Missing
    return visit.redirect(place)


ROUTES = [
    Route("GET", "/rules", Right.SIGNED_IN, show),
    Route("GET", r"/rules/find/{code:[A-Za-z0-9_:.>-]{1,80}}", Right.SIGNED_IN, find),
    Route("GET", r"/rules/{section:[a-z]{1,20}}", Right.SIGNED_IN, section),
]
