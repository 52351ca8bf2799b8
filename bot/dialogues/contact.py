"""Loads dialogues/policies/contact/: one file per jurisdiction, overlays for places within one, and the bank's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import holidays

from bot.core.calendar import Holidays
from bot.core.case import Consent, ContactChannel, CreditorRole, HoldKind, NumberSource, Product
from bot.core.contact import ContactRules, in_force
from bot.core.decision import Purpose
from bot.core.kinds import (
    Cap,
    Head,
    Hours,
    NeedsConsent,
    NeedsNotice,
    NeedsSource,
    NeedsVerifiedNumber,
    NeedsWords,
    OptOutScope,
    Rule,
    Span,
    TimeBarred,
)
from bot.dialogues.content import ContentError
from bot.dialogues.fields import Fields, clock, duration, member, weekdays

HOLIDAY_YEARS = range(2025, 2036)
LONGEST_CAP = 30  # days: a case knows the contacts of the past 31 days only
GRADES = ("P", "S", "K", "policy")
HEAD = (
    "id", "kind", "products", "roles", "purposes", "channels", "source", "grade", "effective_from", "effective_until",
    "confirmed_by", "confirmed_on",
)  # fmt: skip


def load_contact(
    root: Path, stopped_by: dict[HoldKind, frozenset[Purpose]]
) -> tuple[dict[str, ContactRules], frozenset[str]]:
    """The rules of each jurisdiction and place with the bank's own, and the places that are known.

    A jurisdiction with overlays also has the rules of all of them together, for customers whose place is not known.
    """
    folder = root / "policies" / "contact"
    bank = Fields.of(folder / "bank.yml").only("version", "rules", "cannot_wait", "conversation")
    if not (folder / "default.yml").exists():
        raise ContentError(f"{folder / 'default.yml'}: the file is missing; it holds where a jurisdiction has no pack")
    files = {path.stem: Fields.of(path) for path in sorted(folder.glob("*.yml")) if path.stem != "bank"}
    for pack in files.values():
        pack.only("version", "on", "holidays", "rules")
    found, places = {}, set[str]()
    for name, pack in files.items():
        base = pack.maybe("on")
        if base is None:
            found[name] = _together(name, [pack], bank, stopped_by)
            places |= _places(name, pack.maybe("holidays"))
            continue
        if base not in files or not name.startswith(f"{base}-") or "on" in files[base].values:
            raise ContentError(
                f"{pack.where}: on: {base!r}: an overlay is named after its jurisdiction, like us-ma.yml"
            )
        found[name] = _together(name, [files[base], pack], bank, stopped_by)
        places.add(name)
    for base in {overlay for pack in files.values() if (overlay := pack.maybe("on"))}:
        every = [pack for pack in files.values() if pack.maybe("on") == base]
        found[f"{base}-*"] = _together(f"{base}-*", [files[base], *every], bank, stopped_by)
    return found, frozenset(places)


def _places(name: str, country: str | None) -> set[str]:
    """The parts of a country that the calendar knows, as places: uk-eng, us-ca."""
    subdivisions = holidays.list_supported_countries().get((country or "").partition("-")[0], [])
    return {f"{name}-{part.lower()}" for part in subdivisions}


def _together(
    name: str, packs: list[Fields], bank: Fields, stopped_by: dict[HoldKind, frozenset[Purpose]]
) -> ContactRules:
    cannot_wait = bank.members("cannot_wait", Purpose)
    lasts = bank.get("conversation", duration, "24 hours")
    rules = [rule for pack in [*packs, bank] for rule, _ in rules_of(pack, packs[0].maybe("holidays"), bank)]
    seen: dict[tuple[str, date], str] = {}
    for rule in rules:
        if (key := (rule.head.id, rule.head.since)) in seen:
            raise ContentError(f"{packs[-1].where}: the rule {rule.head.id} is given twice from {rule.head.since} on")
        seen[key] = rule.head.id
    return ContactRules(
        jurisdiction=name,
        version="+".join(pack.text("version") for pack in [*packs, bank]),
        spans=in_force(tuple(rules)),
        holidays=load_holidays(packs[-1].where, packs[-1].maybe("holidays") or packs[0].maybe("holidays")),
        cannot_wait=cannot_wait,
        stopped_by=stopped_by,
        conversation=lasts,
    )


def rules_of(pack: Fields, calendar: str | None, bank: Fields) -> list[tuple[Rule, Fields]]:
    """The rules of one file, each with its row; `calendar` is its country's where it names none of its own."""
    holidays_of = load_holidays(pack.where, pack.maybe("holidays") or calendar)
    cannot_wait = bank.members("cannot_wait", Purpose)
    lasts = bank.get("conversation", duration, "24 hours")
    return [(_rule(row, holidays_of, cannot_wait, lasts), row) for row in pack.rows("rules")]


def _rule(row: Fields, calendar: Holidays, cannot_wait: frozenset[Purpose], lasts: timedelta) -> Rule:
    kind = row.text("kind")
    if kind not in KINDS:
        raise ContentError(f"{row.where}: kind: {kind!r} is unknown; known are {', '.join(KINDS)}")
    names, load = KINDS[kind]
    row.text("source")
    row.only(*HEAD, *names)
    if (grade := row.text("grade")) not in GRADES:
        raise ContentError(f"{row.where}: grade: {grade!r} is unknown; known are {', '.join(GRADES)}")
    if ("confirmed_by" in row.values) != ("confirmed_on" in row.values):
        raise ContentError(
            f"{row.where}: confirmed_by and confirmed_on stand together: who confirmed the rule, and when"
        )
    if row.maybe("confirmed_by"):
        row.get("confirmed_on", date.fromisoformat, "2026-11-23")
    since = row.get("effective_from", date.fromisoformat, "2026-11-23")
    until = row.get("effective_until", date.fromisoformat, "2027-12-31") if row.maybe("effective_until") else date.max
    if until < since:
        raise ContentError(f"{row.where}: effective_until {until} is before effective_from {since}")
    return load(
        row,
        Head(
            id=row.text("id"),
            since=since,
            until=until,
            products=row.members("products", Product),
            roles=row.members("roles", CreditorRole),
            purposes=(row.members("purposes", Purpose) or frozenset(Purpose)) - cannot_wait,
            channels=row.members("channels", ContactChannel) or frozenset(ContactChannel),
        ),
        calendar,
        lasts,
    )


def _hours(row: Fields, head: Head, calendar: Holidays, lasts: timedelta) -> Rule:
    spans: list[Span | None] = [None] * 7
    week = row.part("week")
    for days in week.values:
        span = week.get(days, span_or_closed, "09:00-20:00")
        try:
            covered = weekdays(days)
        except ValueError:
            raise ContentError(f"{week.where}: {days!r} is not valid; write for example mon-sun") from None
        for day in covered:
            spans[day] = span
    on_holidays = row.text("holidays", "open")
    closed = on_holidays != "open"
    consent = row.maybe("unless")
    return Hours(
        head,
        tuple(spans),
        on_holidays=row.get("holidays", span_or_closed, "closed") if closed else None,
        closed_on_holidays=closed,
        worked=row.get("worked", span_or_closed, "09:00-20:00") if "worked" in row.values else None,
        holidays=calendar,
        unless=member(consent, Consent, f"{row.where}: unless") if consent else None,
    )


def span_or_closed(value: str) -> Span | None:
    """`09:00-20:00` or `closed`."""
    if value == "closed":
        return None
    opens, _, closes = value.partition("-")
    span = clock(opens), time.max if closes == "24:00" else clock(closes)
    if span[0] >= span[1]:
        raise ValueError(value)
    return span


def _cap(row: Fields, head: Head, calendar: Holidays, lasts: timedelta) -> Rule:
    per = row.text("per", "customer")
    if per not in ("customer", "account"):
        raise ContentError(f"{row.where}: per: {per!r} is not valid; write customer or account")
    if not row.values.get("purposes"):
        raise ContentError(f"{row.where}: purposes: a cap says which texts it limits, such as [reminder, agent]")
    return Cap(
        head,
        row.number("limit", 1),
        row.number("days", 1, LONGEST_CAP),
        counts=row.members("counts", Purpose) or head.purposes,
        per_account=per == "account",
        only_reached=row.flag("only_reached"),
        spares_answers=lasts if row.flag("spares_answers") else None,
    )


def _words(row: Fields, head: Head, calendar: Holidays, lasts: timedelta) -> Rule:
    phrases = row.part("phrases")
    for language, words in phrases.values.items():
        if not isinstance(words, list) or not words:
            raise ContentError(f"{phrases.where}: {language}: must be a list of phrases, one of which a text must hold")
    if "en" not in phrases.values:
        raise ContentError(f"{phrases.where}: en is missing; it holds for languages that are not named")
    return NeedsWords(head, tuple((language, tuple(words)) for language, words in phrases.values.items()))


def _scope(row: Fields, head: Head, calendar: Holidays, lasts: timedelta) -> Rule:
    reaches = row.text("reaches")
    if reaches not in ("collection", "all"):
        raise ContentError(f"{row.where}: reaches: {reaches!r} is not valid; write collection or all")
    return OptOutScope(head, reaches == "all")


def _sources(row: Fields, head: Head, calendar: Holidays, lasts: timedelta) -> Rule:
    sources = row.members("sources", NumberSource)
    if not sources or NumberSource.UNKNOWN in sources:
        raise ContentError(f"{row.where}: sources: must name at least one, and never unknown")
    return NeedsSource(head, sources)


Load = Callable[[Fields, Head, Holidays, timedelta], Rule]
KINDS: dict[str, tuple[tuple[str, ...], Load]] = {
    "hours": (("week", "holidays", "worked", "unless"), _hours),
    "cap": (("limit", "days", "per", "counts", "only_reached", "spares_answers"), _cap),
    "consent": (
        ("consent",),
        lambda row, head, *_: NeedsConsent(head, member(row.text("consent"), Consent, f"{row.where}: consent")),
    ),
    "number_source": (("sources",), _sources),
    "verified_number": (("days",), lambda row, head, *_: NeedsVerifiedNumber(head, row.number("days", 1, 366))),
    "notice": (("wait_days",), lambda row, head, *_: NeedsNotice(head, row.number("wait_days", 0, 90))),
    "time_barred": ((), lambda row, head, *_: TimeBarred(head)),
    "words": (("phrases",), _words),
    "opt_out_scope": (("reaches",), _scope),
}


def load_holidays(where: str, name: str | None) -> Holidays:
    """A country's calendar, or a part's, such as CA-ON; with the weekend days that are worked where they are known."""
    try:
        return _calendar(name) if name else Holidays()
    except NotImplementedError:
        raise ContentError(f"{where}: holidays: {name!r} is no country that the calendar knows") from None


@lru_cache
def _calendar(name: str) -> Holidays:
    country, _, part = name.partition("-")
    found: Any = holidays.country_holidays(country, subdiv=part or None, years=HOLIDAY_YEARS)
    worked: Iterable[date] = getattr(found, "weekend_workdays", ())
    return Holidays(name, frozenset(found), frozenset(day for day in worked if day.year in HOLIDAY_YEARS))


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of one file as they are written, for the documents and the console."""
    return [{name: _plain(value) for name, value in row.values.items()} for row in Fields.of(path).rows("rules")]


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return re.sub(r"\s+", " ", str(value))
