"""Loads dialogues/policies/: strategy, promises, holds and the agents' queues (contact rules: contact.py)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from bot.core.case import ContactChannel, HoldKind, Product
from bot.core.decision import Purpose
from bot.core.promise import PromiseRules
from bot.core.rules import HandoffRules, HoldRules, VerifyRules
from bot.core.service import Service, Span
from bot.core.strategy import Pace, Strategy, Tier
from bot.dialogues.contact import load_holidays, span_or_closed
from bot.dialogues.content import ContentError
from bot.dialogues.fields import Fields, clock, duration, member, weekdays

PROMISE_NAMES = (
    "version", "grace_days", "kept_share", "remind_days_before", "horizon_days", "least_share", "series_most",
    "series_days", "moved_for_a_person", "broken_for_a_person", "sure_enough",
)  # fmt: skip


def load_strategy(root: Path) -> Strategy:
    """The ladder of tiers of every product."""
    fields = Fields.of(root / "policies" / "strategy.yml").only("version", "products", "pace")
    products = fields.part("products").only(*Product)
    ladders = {product: tuple(_tier(row) for row in products.rows(product)) for product in Product}
    for product, ladder in ladders.items():
        starts = [step.from_days for step in ladder]
        if starts != sorted(set(starts)):
            raise ContentError(f"{fields.where}: {product}: tiers must ascend by `from`")
    named = {str(product): ladder for product, ladder in ladders.items()}
    return Strategy(fields.text("version"), named, _pace(fields.part("pace")))


def _pace(fields: Fields) -> Pace:
    fields.only("silent", "annoyed", "kept", "answered", "payday", "small", "large")
    silent = fields.part("silent").only("after", "factor", "for_a_person")
    annoyed, kept = fields.part("annoyed").only("days", "factor"), fields.part("kept").only("least", "factor")
    small, large = fields.part("small").only("below", "factor"), fields.part("large").only("from", "from_days")
    return Pace(
        silent_after=silent.number("after", 1),
        silent_factor=silent.get("factor", _factor, "2"),
        silent_for_a_person=silent.number("for_a_person", 1),
        annoyed_days=annoyed.number("days", 0, 365),
        annoyed_factor=annoyed.get("factor", _factor, "2"),
        kept_least=kept.number("least", 1),
        kept_factor=kept.get("factor", _factor, "1.5"),
        answered_days=fields.part("answered").only("days").number("days", 0, 30),
        payday_within=fields.part("payday").only("within_days").number("within_days", 0, 31),
        small={name: small.part("below").get(name, _sum, "200") for name in small.part("below").values},
        small_factor=small.get("factor", _factor, "2"),
        large={name: large.part("from").get(name, _sum, "50000") for name in large.part("from").values},
        large_from_days=large.number("from_days", -30),
    )


def _factor(value: str) -> Decimal:
    """Adaptation makes reminders rarer, never more frequent: a factor is at least 1."""
    factor = Decimal(value)
    if not factor.is_finite() or not 1 <= factor <= 10:
        raise ValueError(value)
    return factor


def _sum(value: str) -> Decimal:
    amount = Decimal(value)
    if not amount.is_finite() or amount < 0:
        raise ValueError(value)
    return amount


def _tier(row: Fields) -> Tier:
    row.only("tier", "from", "every_days", "at", "response", "handoff", "in_parts", "channel")
    channel = member(row.text("channel", "sms"), ContactChannel, f"{row.where}: channel")
    if channel is not ContactChannel.SMS and row.maybe("handoff") is None:
        raise ContentError(f"{row.where}: channel: a {channel} is a person's task; name their queue as handoff")
    return Tier(
        name=row.text("tier"),
        from_days=row.number("from", -365),
        every_days=row.number("every_days", 1, 365),
        at=row.get("at", clock, "10:00"),
        response=row.text("response"),
        handoff=row.maybe("handoff"),
        in_parts=row.maybe("in_parts"),
        channel=channel,
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
            None if holds.part(kind).text("lasts") == "null" else holds.part(kind).get("lasts", duration, "30 days"),
            holds.part(kind).get("review", duration, "20 days") if holds.part(kind).maybe("review") else None,
            holds.part(kind).text("reviewed_by", "review"),
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
        holds.part(name).only("lasts", "review", "reviewed_by", "stops", "source", "grade")
    return holds


def load_handoffs(root: Path) -> dict[str, HandoffRules]:
    """The agents' queues."""
    queues = _handoffs(root).part("queues")
    return {
        name: HandoffRules(part.number("priority", 1, 9), part.get("within", duration, "4 hours"), part.flag("alert"))
        for name, part in queues.parts().items()
    }


def load_service(root: Path) -> Service:
    """When people answer, and how soon."""
    names = ("open", "next_reply", "amber", "calendar", "holidays", "worked")
    fields = _handoffs(root).part("service").only(*names)
    opened, week = fields.part("open"), list[Span | None]([None] * 7)
    for days in opened.values:
        span = opened.get(days, span_or_closed, "09:00-20:00")
        try:
            covered = weekdays(days)
        except ValueError:
            raise ContentError(f"{opened.where}: {days!r} is not valid; write for example mon-sun") from None
        for day in covered:
            week[day] = span
    if not any(week):
        raise ContentError(f"{opened.where}: on one day of the week at least somebody must answer")
    calendar = fields.maybe("calendar")
    if calendar is None and (fields.maybe("holidays") or fields.maybe("worked")):
        raise ContentError(f"{fields.where}: holidays and worked need the calendar of a country, such as calendar: CN")
    return Service(
        tuple(week),
        fields.get("next_reply", duration, "30 minutes"),
        float(fields.share("amber", "0.75")),
        load_holidays(fields.where, calendar),
        fields.get("holidays", span_or_closed, "closed") if calendar is not None else None,
        fields.get("worked", span_or_closed, "09:00-20:00") if fields.maybe("worked") else None,
    )


def _handoffs(root: Path) -> Fields:
    return Fields.of(root / "policies" / "handoffs.yml").only("version", "service", "queues")


def load_verify(root: Path) -> VerifyRules:
    """How somebody is verified before figures are told."""
    fields = Fields.of(root / "policies" / "verify.yml").only("version", "attempts", "barred", "lasts")
    return VerifyRules(
        attempts=fields.number("attempts", 1, 5),
        barred=fields.get("barred", duration, "24 hours"),
        lasts=fields.get("lasts", duration, "30 minutes"),
    )
