"""What a person chooses for their own screen: language, theme, keys, sound and notices."""

from __future__ import annotations

from aiohttp import web

from bot.console.access import Right, Route, Visit
from bot.console.words import LANGUAGES
from bot.store import agents
from bot.store.agents import Habit, Theme


async def show(visit: Visit) -> web.Response:
    """The page, for every role."""
    return visit.page("identity/settings.html", themes=list(Theme), habits=list(Habit))


async def choose(visit: Visit) -> web.Response:
    """Remember what was chosen; what nobody offers is left as it was. A box that is not ticked is a wish too."""
    person, language, theme = visit.person, visit.form.get("language", ""), visit.form.get("theme", "")
    habits = {habit for habit in Habit if visit.form.get(habit) == "yes"}
    async with visit.registry.write() as connection:
        await agents.choose(connection, person.id, Theme(theme) if theme in set(Theme) else person.theme, habits)
        if language in LANGUAGES:
            await agents.set_language(connection, person.id, language)
    return visit.redirect("/settings?done=settings")


ROUTES = [
    Route("GET", "/settings", Right.SIGNED_IN, show),
    Route("POST", "/settings", Right.SIGNED_IN, choose),
]
