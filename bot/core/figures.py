"""Sums of money in what a person writes to a customer, held against the file: no figure leaves unnoticed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from bot.core.case import Case
from bot.core.wording import Finding, Severity

FIGURE = r"(\d[\d,]*(?:\.\d+)?)\s?(万)?"
SUM = re.compile(
    rf"(?:[¥$£€₹]|\b(?:rmb|cny|usd|gbp|eur|hkd)|人民币)\s?{FIGURE}"
    rf"|{FIGURE}\s?(?:元|块|圆|(?:yuan|rmb|cny|usd|dollars?|pounds?|euros?)\b)",
    re.IGNORECASE | re.ASCII,
)
TEN_THOUSAND = 10_000


def figures(text: str, case: Case, now: datetime) -> tuple[Finding, ...]:
    """What asks for a reason about the sums in a text: one that the file does not know, or any to a number whose owner
    has not shown to be the customer. A sum is figures with a currency; what is written out in words is not seen.
    """
    said = dict(_said(text))
    if said and not case.may_be_told(now):
        return (Finding(Severity.WARN, "untold_sum", next(iter(said.values()))),)
    strange = [words for amount, words in said.items() if amount not in known(case)]
    return tuple(Finding(Severity.WARN, "unknown_sum", words) for words in strange[:1])


def known(case: Case) -> frozenset[Decimal]:
    """Every sum that stands in the file: owed, demanded, promised, planned, or offered by the customer."""
    sums = {case.amount_due, case.balance, case.minimum_due}
    for account in case.accounts:
        sums |= {account.amount_due, account.balance, account.minimum_due or account.amount_due}
    promise, plan, offer = case.promise, case.plan, case.offer
    if promise is not None:
        sums |= {promise.amount, promise.total, promise.amount - promise.paid, *(one.amount for one in promise.later)}
    if plan is not None:
        sums |= {plan.total, plan.total - plan.paid}
        sums |= {sum_ for one in plan.instalments for sum_ in (one.amount, one.amount - one.paid)}
    if offer is not None and offer.amount is not None:
        sums |= {offer.amount, *(one.amount for one in offer.later)}
    if case.ability is not None:
        sums.add(case.ability)
    return frozenset(sums)


def _said(text: str) -> Iterator[tuple[Decimal, str]]:
    for match in SUM.finditer(unicodedata.normalize("NFKC", text)):
        figure, times = (match[1], match[2]) if match[1] else (match[3], match[4])
        yield Decimal(figure.replace(",", "")) * (TEN_THOUSAND if times else 1), match[0].strip()
