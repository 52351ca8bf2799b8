"""Loads dialogues/policies/plans.yml: the table of payment plans and extensions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from bot.core.agreement import Authority, PlanKind
from bot.core.case import Product
from bot.core.plan import Limit, PlanRules, Terms
from bot.dialogues.content import ContentError
from bot.dialogues.fields import Fields, duration, member

ALWAYS = ("method", "no_new_cards", "rights_and_breach", "other_none")
COVERS = ("amount_due", "balance")
LONGEST_CARD_PLAN = 60  # months; commercial bank credit card rules art. 70
LIMIT_NAMES = (
    "most", "instalments", "first_within", "last_within", "first_share", "widest_gap", "broken_at_most",
)  # fmt: skip
TERM_NAMES = (
    "id", "kind", "products", "from_days", "to_days", "covers", "interest", "six_contents", "source", "grade",
    "effective_from", "limits",
)  # fmt: skip


def load_plans(root: Path) -> PlanRules:
    """The table, with every clause that it needs in both languages."""
    fields = Fields.of(root / "policies" / "plans.yml").only(
        "version", "grace_days", "kept_share", "remind_days_before", "offer_stands", "terms", "clauses"
    )
    terms = tuple(_terms(row) for row in fields.rows("terms"))
    if len({one.id for one in terms}) < len(terms):
        raise ContentError(f"{fields.where}: terms: each id may stand only once")
    clauses = {
        name: {language: part.only("zh", "en").text(language) for language in ("zh", "en")}
        for name, part in fields.part("clauses").parts().items()
    }
    for name in (*ALWAYS, *(one.interest for one in terms)):
        if name not in clauses:
            raise ContentError(f"{fields.where}: clauses: {name!r} is needed and is missing")
    days = fields.values.get("remind_days_before", [])
    if not isinstance(days, list) or not all(isinstance(day, str) and day.isdecimal() for day in days):
        raise ContentError(f'{fields.where}: remind_days_before takes a list of whole days, such as ["1", "0"]')
    return PlanRules(
        version=fields.text("version"),
        grace_days=fields.number("grace_days", 0, 30),
        kept_share=fields.share("kept_share", "0.95"),
        remind_days_before=tuple(map(int, days)),
        offer_stands=fields.get("offer_stands", duration, "3 days"),
        terms=terms,
        clauses=clauses,
    )


def _terms(row: Fields) -> Terms:
    row.only(*TERM_NAMES)
    row.get("effective_from", date.fromisoformat, "2026-11-23")
    row.text("source"), row.text("grade")
    covers, limits = row.text("covers"), row.part("limits").only(*Authority)
    if covers not in COVERS:
        raise ContentError(f"{row.where}: covers: {covers!r} is not valid; write {' or '.join(COVERS)}")
    terms = Terms(
        id=row.text("id"),
        kind=member(row.text("kind"), PlanKind, row.where),
        products=row.members("products", Product),
        from_days=row.number("from_days", -365),
        to_days=row.number("to_days", -365),
        covers=covers,
        interest=row.text("interest"),
        six_contents=row.flag("six_contents"),
        limits={member(name, Authority, limits.where): _limit(part) for name, part in limits.parts().items()},
    )
    if not terms.products or not terms.limits or terms.from_days > terms.to_days:
        raise ContentError(f"{row.where}: needs products, limits, and from_days that are not after to_days")
    if Product.CREDIT_CARD in terms.products and any(
        limit.greatest > LONGEST_CARD_PLAN for limit in terms.limits.values()
    ):
        raise ContentError(f"{row.where}: a plan for a card has at most {LONGEST_CARD_PLAN} monthly instalments")
    return terms


def _limit(part: Fields) -> Limit:
    part.only(*LIMIT_NAMES)
    fewest, _, greatest = part.text("instalments").partition("-")
    if not (fewest.isdecimal() and greatest.isdecimal() and 0 < int(fewest) <= int(greatest)):
        raise ContentError(
            f"{part.where}: instalments: {part.text('instalments')!r} is not valid; write for example 2-6"
        )
    return Limit(
        most=part.get("most", _by_currency, "CNY 20000, USD 3000"),
        fewest=int(fewest),
        greatest=int(greatest),
        first_within=part.get("first_within", duration, "14 days"),
        last_within=part.get("last_within", duration, "93 days"),
        first_share=part.share("first_share", "0.20"),
        widest_gap=part.get("widest_gap", duration, "31 days"),
        broken_at_most=part.number("broken_at_most", 0, 99),
    )


def _by_currency(value: str) -> dict[str, Decimal]:
    sums = {}
    for row in value.split(","):
        currency, amount = row.split()
        sums[currency] = Decimal(amount)
        if not (currency.isalpha() and len(currency) == 3 and sums[currency].is_finite() and sums[currency] > 0):
            raise ValueError(value)
    return sums
