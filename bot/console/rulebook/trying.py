"""The try-it box: a customer's state and a text in; the reading, the decision, its reasons and the answer out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from bot.console.access import Missing, Right, Route, Visit, problem
from bot.console.rulebook import book, sides, trial
from bot.console.rulebook.sides import Beside
from bot.console.rulebook.trial import Setup
from bot.core.calendar import local, local_day, moment, zone_info
from bot.core.case import Case, CreditorRole, HoldKind, Product, State
from bot.core.decision import Purpose
from bot.core.segments import count
from bot.core.wording import Setting, lint
from bot.dialogues import ContentError, load_yaml
from bot.dialogues.wording import LANGUAGES
from bot.mind import Mind
from bot.store import thread
from bot.store.fileview import FileView

E = TypeVar("E", bound=StrEnum)
LONGEST = 1600  # characters of a text, as long as the reader looks at
AHEAD = timedelta(days=366)
SHOWN = {
    "product": "personal_loan", "days": "34", "due": "1200.00", "state": "contacted", "jurisdiction": "cn", "place": "",
    "zone": "Asia/Shanghai", "language": "", "role": "first_party", "reserved": "yes", "reminded": "0", "at": "",
    "text": "", "customer": "", "edition": "",
}  # fmt: skip


@lru_cache
def presets() -> dict[str, dict[str, str]]:
    """States and texts to begin with, by name."""
    found: dict[str, dict[str, str]] = load_yaml(Path(__file__).parents[1] / "words" / "presets.yml")
    return found


class Invalid(Exception):
    """A field will not do; carries the key of the words that say so, and the field."""

    def __init__(self, key: str, name: str):
        super().__init__(key)
        self.key, self.name = key, name


@dataclass(slots=True)
class Form:
    """What was filled in, as it was typed; `holds` by name."""

    values: dict[str, str]
    holds: set[str] = field(default_factory=set)

    def member(self, name: str, kind: type[E]) -> E:
        """A choice out of a fixed set."""
        try:
            return kind(self.values[name])
        except ValueError:
            raise Invalid("try.bad_choice", name) from None

    def number(self, name: str, least: int, most: int) -> int:
        """A whole number within bounds."""
        said = self.values[name].strip()
        if len(said) > 6 or not said.removeprefix("-").isdecimal() or not least <= int(said) <= most:
            raise Invalid("try.bad_number", name)
        return int(said)


async def show(visit: Visit) -> web.Response:
    """The empty box, perhaps begun from a real customer."""
    customer = visit.request.query.get("customer", "")
    edition = visit.request.query.get("edition", "")[:18]
    form = Form({**SHOWN, "language": visit.words.language, "customer": customer, "edition": edition})
    if customer and not visit.may(Right.READ):
        return problem(visit, 403, "problem.forbidden")
    return await _page(visit, form, view=await _view(visit, form))


async def hear(visit: Visit) -> web.Response:
    """What would come of the text."""
    form = _form(visit)
    if form.values["customer"] and not visit.may(Right.READ):
        return problem(visit, 403, "problem.forbidden")
    view = await _view(visit, form)
    try:
        text = form.values["text"].strip()
        if not text:
            raise Invalid("try.no_text", "text")
        zone = view.case.zone if view else _zone(form)
        now = _moment(form, zone, visit.now)
        case = view.case if view else _case(visit, form, zone, now)
        other = await _proposed(visit, form)
    except Invalid as invalid:
        return await _page(visit, form, 422, view=view, invalid=invalid)
    second = sides.side(case, text, other, now, int(form.values["edition"])) if other else None
    both = sides.beside(sides.side(case, text, visit.office.mind, now), second)
    return await _page(visit, form, view=view, both=both, at=now)


async def words(visit: Visit) -> web.Response:
    """What is wrong with a wording, for a purpose and so many days past due."""
    form = Form({**SHOWN, "language": visit.words.language})
    wording = {name: visit.form.get(name, "")[:LONGEST] for name in ("wording", "purpose", "wording_days")}
    asked = Form(wording)
    try:
        days = asked.number("wording_days", -365, 3650)
        purpose = asked.member("purpose", Purpose)
        if not wording["wording"].strip():
            raise Invalid("try.no_text", "wording")
    except Invalid as invalid:
        return await _page(visit, form, 422, invalid=invalid, wording=wording)
    findings = lint(wording["wording"], Setting(purpose, days), visit.office.mind.content.wording)
    return await _page(visit, form, wording=wording, findings=findings, segments=count(wording["wording"]))


async def _proposed(visit: Visit, form: Form) -> Mind | None:
    """What decides by the proposed edition that was chosen, if one was."""
    said = form.values["edition"].strip()
    if not said:
        return None
    if not said.isdecimal() or len(said) > 18:
        raise Invalid("try.bad_choice", "edition")
    try:
        return await sides.mind_of(visit, int(said))
    except LookupError:
        raise Invalid("try.bad_choice", "edition") from None
    except ContentError:
        raise Invalid("try.bad_edition", "edition") from None


def _form(visit: Visit) -> Form:
    """The fields as they were sent, or those of the preset whose button was pressed."""
    values = {name: visit.form.get(name, "")[:LONGEST] for name in SHOWN}
    holds = {kind.value for kind in HoldKind if visit.form.get(f"hold_{kind}") == "yes"}
    chosen = presets().get(visit.form.get("preset", ""))
    if chosen is None:
        return Form(values, holds)
    language = values["language"] if values["language"] in LANGUAGES else visit.words.language
    kept = {name: value for name, value in chosen.items() if name in SHOWN and name != "at"}
    kept["edition"] = values["edition"]
    filled = {**SHOWN, "language": language, **kept, "text": chosen[language]}
    if "at" in chosen:
        day = local_day(visit.now, filled["zone"])
        filled["at"] = f"{day.isoformat()}T{chosen['at']}"
    return Form(filled, {chosen["holds"]} if "holds" in chosen else set())


def _case(visit: Visit, form: Form, zone: str, now: datetime) -> Case:
    content = visit.office.mind.content
    if form.values["jurisdiction"] not in _jurisdictions(visit):
        raise Invalid("try.bad_choice", "jurisdiction")
    place = form.values["place"].strip()
    if place and place not in content.rules.places:
        raise Invalid("try.bad_place", "place")
    if form.values["language"] not in LANGUAGES:
        raise Invalid("try.bad_choice", "language")
    setup = Setup(
        product=form.member("product", Product),
        days_past_due=form.number("days", -365, 3650),
        due=_sum(form.values["due"]),
        state=form.member("state", State),
        jurisdiction=form.values["jurisdiction"],
        place=place,
        zone=zone,
        language=form.values["language"],
        role=form.member("role", CreditorRole),
        reserved=form.values["reserved"] == "yes",
        holds=frozenset(map(HoldKind, form.holds)),
        reminded_today=form.number("reminded", 0, 9),
    )
    return trial.invented(setup, now)


def _sum(said: str) -> Decimal:
    try:
        amount = Decimal(said.strip().replace(",", ""))
    except InvalidOperation:
        raise Invalid("try.bad_sum", "due") from None
    if not amount.is_finite() or not 0 < amount < 10**9 or amount != round(amount, 2):
        raise Invalid("try.bad_sum", "due")
    return round(amount, 2)


def _zone(form: Form) -> str:
    zone = form.values["zone"].strip()
    if zone_info(zone) is None:
        raise Invalid("try.bad_zone", "zone")
    return zone


def _moment(form: Form, zone: str, now: datetime) -> datetime:
    """The moment on the customer's clock that the form names; empty is now."""
    said = form.values["at"].strip()
    if not said:
        return now
    try:
        wall = datetime.fromisoformat(said)
    except ValueError:
        raise Invalid("try.bad_moment", "at") from None
    if wall.tzinfo is not None or abs((wall.date() - local(now, zone).date()).days) > AHEAD.days:
        raise Invalid("try.bad_moment", "at")
    return moment(wall.date(), time(wall.hour, wall.minute), zone)


async def _view(visit: Visit, form: Form) -> FileView | None:
    """The real customer that the trial begins from, masked; the reading is logged."""
    said = form.values["customer"]
    if not said:
        return None
    if not said.isdecimal() or len(said) > 18:
        raise Missing
    async with visit.office.database.read() as connection:
        try:
            view = await thread.view(connection, visit.scope, int(said), visit.now, newest=1)
        except LookupError:
            raise Missing from None
    await visit.log_access(view.customer_id, "try")
    return view


def _jurisdictions(visit: Visit) -> list[str]:
    return sorted(name for name in visit.office.mind.content.rules.contact if "-" not in name)


async def _page(
    visit: Visit,
    form: Form,
    status: int = 200,
    view: FileView | None = None,
    both: Beside | None = None,
    at: datetime | None = None,
    invalid: Invalid | None = None,
    wording: dict[str, str] | None = None,
    **more: Any,
) -> web.Response:
    content = visit.office.mind.content
    async with visit.office.database.read() as connection:
        proposals = await sides.proposals(connection)
    return visit.page(
        "rulebook/rules_try.html",
        status,
        sections=book.contents(visit.words),
        form=form.values,
        chosen_holds=form.holds,
        view=view,
        both=both,
        proposals=proposals,
        at=at,
        zone=both.decisions[0].tried.before.zone if both else "",
        invalid=invalid,
        wording=wording or {"wording": "", "purpose": "reminder", "wording_days": "34"},
        findings=more.get("findings"),
        segments=more.get("segments"),
        choices={"product": Product, "state": State, "creditor": CreditorRole, "hold": HoldKind, "purpose": Purpose},
        jurisdictions=_jurisdictions(visit),
        places=sorted(content.rules.contact),
        presets=presets(),
        place_of=book.places(content) if both else None,
        longest=LONGEST,
    )


ROUTES = [
    Route("GET", "/rules/try", Right.SIGNED_IN, show),
    Route("POST", "/rules/try", Right.SIGNED_IN, hear),
    Route("POST", "/rules/try/words", Right.SIGNED_IN, words),
]
