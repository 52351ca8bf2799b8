"""Payment plans and extensions: what may be agreed, by whom, and what a plan's record says. Pure.

The table (dialogues/policies/plans.yml) is the only source of what is granted; no term of it reduces a debt.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from bot.core.agreement import Authority, Instalment, Plan, PlanKind
from bot.core.case import Case, Product

CENT = Decimal("0.01")
RANK = {authority: rank for rank, authority in enumerate(Authority)}


@dataclass(frozen=True, slots=True)
class Limit:
    """How far one authority may go. Sums are by currency; a currency that is not named is not granted."""

    most: dict[str, Decimal]
    fewest: int
    greatest: int
    first_within: timedelta
    last_within: timedelta
    first_share: Decimal
    widest_gap: timedelta
    broken_at_most: int


@dataclass(frozen=True, slots=True)
class Terms:
    """One row of the table. `covers` is "amount_due" or "balance"; `interest` names a clause."""

    id: str
    kind: PlanKind
    products: frozenset[Product]
    from_days: int
    to_days: int
    covers: str
    interest: str
    six_contents: bool
    limits: dict[Authority, Limit]


@dataclass(frozen=True, slots=True)
class PlanRules:
    """The table of plans. `clauses`: name → language → text."""

    version: str
    grace_days: int
    kept_share: Decimal
    remind_days_before: tuple[int, ...]
    offer_stands: timedelta
    terms: tuple[Terms, ...]
    clauses: dict[str, dict[str, str]]

    def named(self, id: str) -> Terms | None:
        """The terms of this name; None where the table has them no more."""
        return next((terms for terms in self.terms if terms.id == id), None)


def covered(case: Case, terms: Terms) -> Decimal:
    """The sum that a plan under these terms is about, to the cent."""
    return case.balance if terms.covers == "balance" else case.amount_due


def terms_for(case: Case, kind: PlanKind, rules: PlanRules, today: date) -> Terms | None:
    """The row that holds for this customer: every account that is due must be of its products."""
    due = {account.product for account in case.accounts if account.amount_due > 0}
    days = case.days_past_due(today)
    for terms in rules.terms:
        if terms.kind is kind and due and due <= terms.products and terms.from_days <= days <= terms.to_days:
            return terms
    return None


def breaches(instalments: tuple[Instalment, ...], limit: Limit, terms: Terms, case: Case, today: date) -> list[str]:
    """What stands between these instalments and the table, by name; empty where they are within it."""
    total, days = covered(case, terms), [one.due_on for one in instalments]
    if not instalments:
        return ["plan-count"]
    gaps = [later - earlier for earlier, later in itertools.pairwise(days)]
    checks = {
        "plan-sum": sum((one.amount for one in instalments), Decimal(0)) == total and total > 0,
        "plan-cents": all(one.amount > 0 and one.amount == one.amount.quantize(CENT) for one in instalments),
        "plan-count": limit.fewest <= len(instalments) <= limit.greatest,
        "plan-most": total <= limit.most.get(case.currency, Decimal(0)),
        "plan-order": all(gap > timedelta(0) for gap in gaps) and days[0] >= today,
        "plan-gap": all(gap <= limit.widest_gap for gap in gaps),
        "plan-first-day": days[0] <= today + limit.first_within,
        "plan-last-day": days[-1] <= today + limit.last_within,
        "plan-first-share": instalments[0].amount >= (total * limit.first_share).quantize(CENT, ROUND_HALF_UP),
        "plan-history": case.plans_broken <= limit.broken_at_most,
    }
    return [name for name, is_kept in checks.items() if not is_kept]


def authority_for(instalments: tuple[Instalment, ...], terms: Terms, case: Case, today: date) -> Authority | None:
    """The lowest that may agree to these instalments; None where nobody may."""
    for authority in Authority:
        limit = terms.limits.get(authority)
        if limit is not None and not breaches(instalments, limit, terms, case, today):
            return authority
    return None


def nearest_breaches(instalments: tuple[Instalment, ...], terms: Terms, case: Case, today: date) -> list[str]:
    """What stands in the way even for the highest authority."""
    highest = max(terms.limits, key=RANK.__getitem__)
    return breaches(instalments, terms.limits[highest], terms, case, today)


def split(total: Decimal, count: int) -> list[Decimal]:
    """Equal parts in whole cents; what is left over is on the first. They add up to the total exactly."""
    part = (total / count).quantize(CENT, rounding="ROUND_DOWN")
    return [total - part * (count - 1), *[part] * (count - 1)]


def monthly(first: date, count: int) -> list[date]:
    """The same day of each month, the last day where a month is too short."""
    days = []
    for number in range(count):
        year, month = divmod(first.year * 12 + first.month - 1 + number, 12)
        after = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
        days.append(min(date(year, month + 1, 1) + timedelta(days=first.day - 1), after - timedelta(days=1)))
    return days


def propose(
    case: Case, kind: PlanKind, rules: PlanRules, today: date, count: int | None = None, first_on: date | None = None
) -> tuple[Terms, tuple[Instalment, ...]] | None:
    """What the bot may offer, or None: as many instalments as were asked for, else as many as it may; monthly.

    The first is due on the day that was named, else as late as the table allows, at most two weeks from now.
    """
    terms = terms_for(case, kind, rules, today)
    limit = terms.limits.get(Authority.BOT) if terms else None
    if terms is None or limit is None:
        return None
    wanted = count or limit.greatest
    first = first_on or today + min(limit.first_within, timedelta(days=14))
    days = monthly(first, wanted) if 0 < wanted <= limit.greatest else []
    amounts = split(covered(case, terms), len(days)) if days else []
    instalments = tuple(Instalment(amount, day) for amount, day in zip(amounts, days, strict=True))
    return None if breaches(instalments, limit, terms, case, today) else (terms, instalments)


def is_met(one: Instalment, rules: PlanRules) -> bool:
    """Whether enough of an instalment is there."""
    return one.paid >= one.amount * rules.kept_share


def next_instalment(plan: Plan, rules: PlanRules) -> Instalment | None:
    """The first that is not met; None where all are."""
    return next((one for one in plan.instalments if not is_met(one, rules)), None)


def missed_on(one: Instalment, rules: PlanRules) -> date:
    """The first day on which an instalment counts as missed."""
    return one.due_on + timedelta(days=rules.grace_days + 1)


def pay(plan: Plan, amount: Decimal) -> tuple[Instalment, ...]:
    """The instalments with this money on them, in order: each is filled before the next."""
    paid = []
    for one in plan.instalments:
        part = min(amount, one.amount - one.paid)
        amount -= part
        paid.append(Instalment(one.amount, one.due_on, one.paid + part))
    return tuple(paid)


def contents_of(plan: Plan, terms: Terms, case: Case, rules: PlanRules, other: str = "") -> dict[str, str]:
    """The record of a plan beside its figures; for cards the six contents that article 70 asks for."""
    language = "zh" if case.language == "zh" else "en"

    def clause(name: str) -> str:
        return rules.clauses[name][language]

    accounts = [
        f"{a.product} {a.tail}: {a.balance:.2f} {a.currency} ({a.amount_due:.2f} {a.currency} due)"
        for a in case.accounts
    ]
    schedule = "; ".join(f"{one.due_on}: {one.amount:.2f} {case.currency}" for one in plan.instalments)
    contents = {
        "balance": "; ".join(accounts),
        "schedule": f"{len(plan.instalments)}: {schedule}. {clause('method')}",
        "interest": clause(plan.interest),
    }
    if terms.six_contents:
        contents |= {
            "no_new_cards": clause("no_new_cards"),
            "rights_and_breach": clause("rights_and_breach"),
            "other": other or clause("other_none"),
        }
    elif other:
        contents["other"] = other
    return contents
