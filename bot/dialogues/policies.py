"""Loads dialogues/policies/: contact rules, strategy, promises, holds and the agents' queues."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import holidays

from bot.core.case import HoldKind, Product
from bot.core.contact import Cap, ContactRules, Hours
from bot.core.decision import Purpose
from bot.core.promise import PromiseRules
from bot.core.rules import HandoffRules, HoldRules
from bot.core.strategy import Strategy, Tier
from bot.dialogues.content import ContentError
from bot.dialogues.fields import Fields, clock, duration, member, weekdays

HOLIDAY_YEARS = range(2025, 2036)
PROMISE_NAMES = (
    "version", "grace_days", "kept_share", "remind_days_before", "horizon_days", "least_share", "series_most",
    "series_days", "moved_for_a_person", "broken_for_a_person", "sure_enough",
)  # fmt: skip
LONGEST_CAP = 30  # days: a case knows the texts of the past 30 days only


def load_contact(root: Path) -> dict[str, ContactRules]:
    """One set of rules per jurisdiction: its pack together with the bank's own."""
    folder = root / "policies" / "contact"
    bank = Fields.of(folder / "bank.yml").only("version", "rules", "without_caps", "without_hours")
    stopped_by = load_stops(root)
    if not (folder / "default.yml").exists():
        raise ContentError(f"{folder / 'default.yml'}: the file is missing; it holds where a jurisdiction has no pack")
    return {
        path.stem: _contact(path.stem, Fields.of(path), bank, stopped_by)
        for path in sorted(folder.glob("*.yml"))
        if path.stem != "bank"
    }


def _contact(name: str, pack: Fields, bank: Fields, stopped_by: dict[HoldKind, frozenset[Purpose]]) -> ContactRules:
    pack.only("version", "holidays", "rules")
    rows = [*bank.rows("rules"), *pack.rows("rules")]
    for row in rows:
        if row.text("kind") not in ("hours", "cap"):
            raise ContentError(f"{row.where}: kind: {row.text('kind')!r} is unknown; known are hours, cap")
        row.get("effective_from", date.fromisoformat, "2026-11-23")
        row.text("source"), row.text("grade")
    return ContactRules(
        jurisdiction=name,
        version=f"{pack.text('version')}+{bank.text('version')}",
        hours=tuple(_hours(row) for row in rows if row.text("kind") == "hours"),
        caps=tuple(_cap(row) for row in rows if row.text("kind") == "cap"),
        holidays=_holidays(pack),
        without_hours=bank.members("without_hours", Purpose),
        without_caps=bank.members("without_caps", Purpose),
        stopped_by=stopped_by,
    )


def _hours(row: Fields) -> Hours:
    row.only("id", "kind", "opens", "closes", "days", "holidays", "source", "grade", "effective_from")
    opens, closes = row.get("opens", clock, "09:00"), row.get("closes", clock, "20:00")
    if opens >= closes:
        raise ContentError(f"{row.where}: opens {opens} must be before closes {closes}")
    days, holidays_too = row.get("days", weekdays, "mon-sun"), row.text("holidays", "open")
    if holidays_too not in ("open", "closed"):
        raise ContentError(f"{row.where}: holidays: {holidays_too!r} is not valid; write open or closed")
    return Hours(row.text("id"), opens, closes, days, on_holidays=holidays_too == "open")


def _cap(row: Fields) -> Cap:
    row.only("id", "kind", "limit", "days", "source", "grade", "effective_from")
    return Cap(row.text("id"), row.number("limit", 1), row.number("days", 1, LONGEST_CAP))


def _holidays(pack: Fields) -> frozenset[date]:
    country = pack.maybe("holidays")
    if country is None:
        return frozenset()
    try:
        return frozenset(holidays.country_holidays(country, years=HOLIDAY_YEARS))
    except NotImplementedError:
        raise ContentError(f"{pack.where}: holidays: {country!r} is no country that the calendar knows") from None


def load_strategy(root: Path) -> Strategy:
    """The ladder of tiers of every product."""
    fields = Fields.of(root / "policies" / "strategy.yml").only("version", "products")
    products = fields.part("products").only(*Product)
    ladders = {product: tuple(_tier(row) for row in products.rows(product)) for product in Product}
    for product, ladder in ladders.items():
        starts = [step.from_days for step in ladder]
        if starts != sorted(set(starts)):
            raise ContentError(f"{fields.where}: {product}: tiers must ascend by `from`")
    return Strategy(fields.text("version"), {str(product): ladder for product, ladder in ladders.items()})


def _tier(row: Fields) -> Tier:
    row.only("tier", "from", "every_days", "at", "response", "handoff")
    return Tier(
        name=row.text("tier"),
        from_days=row.number("from", -365),
        every_days=row.number("every_days", 1, 365),
        at=row.get("at", clock, "10:00"),
        response=row.text("response"),
        handoff=row.maybe("handoff"),
    )


def load_promises(root: Path) -> PromiseRules:
    """Limits on promises."""
    fields = Fields.of(root / "policies" / "promises.yml").only(*PROMISE_NAMES)
    horizon = fields.part("horizon_days")
    try:
        steps = tuple(sorted((int(since), int(days)) for since, days in horizon.values.items()))
        remind = tuple(int(day) for day in fields.values.get("remind_days_before", ()))
    except (TypeError, ValueError):
        raise ContentError(f"{fields.where}: horizon_days and remind_days_before take whole days") from None
    if any(days < 0 for days in (*remind, *dict(steps).values())):
        raise ContentError(f"{fields.where}: horizon_days and remind_days_before cannot look back; take out the minus")
    return PromiseRules(
        version=fields.text("version"),
        grace_days=fields.number("grace_days", 0, 30),
        kept_share=fields.share("kept_share", "0.95"),
        remind_days_before=remind,
        horizon_days=steps,
        least_share=_least(fields),
        series_most=fields.number("series_most", 1, 12),
        series_days=fields.number("series_days", 1, 366),
        moved_for_a_person=fields.number("moved_for_a_person", 1),
        broken_for_a_person=fields.number("broken_for_a_person", 1),
        sure_enough=fields.share("sure_enough", "0.75"),
    )


def _least(fields: Fields) -> tuple[tuple[int, Decimal], ...]:
    """Shares of what is due, by days past due."""
    part = fields.part("least_share")
    if not all(name.removeprefix("-").isdecimal() for name in part.values):
        raise ContentError(f"{part.where}: takes whole days past due, each with a share such as 0.05")
    return tuple(sorted((int(since), part.share(since, "0.05")) for since in part.values))


def load_holds(root: Path) -> dict[HoldKind, HoldRules]:
    """How long each hold lasts."""
    holds = _holds(root)
    return {
        kind: HoldRules(
            None if holds.part(kind).text("lasts") == "null" else holds.part(kind).get("lasts", duration, "30 days")
        )
        for kind in HoldKind
    }


def load_stops(root: Path) -> dict[HoldKind, frozenset[Purpose]]:
    """Which texts each hold stops."""
    holds = _holds(root)
    return {kind: holds.part(kind).members("stops", Purpose) for kind in HoldKind}


def _holds(root: Path) -> Fields:
    holds = Fields.of(root / "policies" / "holds.yml").only("version", "holds").part("holds")
    for name in holds.values:
        member(name, HoldKind, holds.where)
        holds.part(name).only("lasts", "stops", "source", "grade")
    return holds


def load_handoffs(root: Path) -> dict[str, HandoffRules]:
    """The agents' queues."""
    queues = Fields.of(root / "policies" / "handoffs.yml").only("version", "queues").part("queues")
    return {
        name: HandoffRules(part.number("priority", 1, 9), part.get("within", duration, "4 hours"))
        for name, part in queues.parts().items()
    }
