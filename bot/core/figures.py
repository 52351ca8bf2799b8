"""Sums in what a person writes to a customer, held against the file: no figure leaves unnoticed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from bot.core.case import Case
from bot.core.numerals import EN_NUMBER_WORDS, ZH_NUMBER_CHARACTERS, en_number, zh_number
from bot.core.wording import Finding, Severity

LONGEST = 40  # characters of one number
SIMPLIFIED = str.maketrans("兩貳參陸萬億圓", "两贰叁陆万亿圆")
ZH = ZH_NUMBER_CHARACTERS
DIGITS = re.sub("[十拾百佰千仟万亿兆]", "", ZH)
# A number is a sum where a currency stands before it or behind it. Written with its hundreds, thousands or ten
# thousands in Chinese it is one without, unless what it counts follows.
SUM = re.compile(
    r"(?P<before>(?:[¥$£€₹]|\b(?:rmb|cny|usd|gbp|eur|hkd)|人民币)\s?)?"
    rf"(?P<number>(?:\d[\d,]*(?:\.\d+)?|[{ZH}])(?:[,.]?\d|[{ZH}]|点(?=[{ZH}])){{0,{LONGEST}}})"
    r"(?P<about>\s?[多余来几]?\s?)"
    r"(?:(?P<after>[元圆]|块(?!儿)|(?:美|港|欧|日|澳)[元币]|英镑|(?:yuan|rmb|cny|usd|dollars?|pounds?|euros?)\b)"
    rf"(?:(?P<tenths>[\d{DIGITS}])[角毛])?(?:零?(?P<cents>[\d{DIGITS}])分(?!钟))?)?",
    re.IGNORECASE | re.ASCII,
)
BARE = re.compile(rf"[\d{DIGITS}][百佰千仟万亿]")
COUNTED = re.compile(r"\s?(?:分之|[个天日号年月人位名次条笔户岁里米倍期步项种件份点遍字封号周])")
NUMBERED = ("第", "分之", "号")
TOGETHER = ("一", "块")  # together, not one yuan
WORDS = "|".join(sorted(EN_NUMBER_WORDS, key=len, reverse=True))
SPOKEN = re.compile(
    rf"\b((?:(?:{WORDS})[\s-]+(?:and\s+)?)+)(?P<after>(?:yuan|rmb|cny|usd|dollars?|bucks|pounds?|quid|euros?)\b)?",
    re.IGNORECASE | re.ASCII,
)


def figures(text: str, case: Case, now: datetime) -> tuple[Finding, ...]:
    """What asks for a reason about the sums in a text, in figures or in words: one that the file does not know, or any
    to a number whose owner has not shown to be the customer.
    """
    said = list(_said(text))
    if said and not case.may_be_told(now):
        return (Finding(Severity.WARN, "untold_sum", said[0][1]),)
    strange = [words for amount, words in said if amount not in known(case)]
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
    text = unicodedata.normalize("NFKC", text).translate(SIMPLIFIED)
    for match in SUM.finditer(text):
        if _is_sum(match):
            amount, number = _read(match["number"])
            words = f"{match['before'] or ''}{number}{match[0][match.end('number') - match.start() :]}"
            yield amount + _part(match["tenths"], 10) + _part(match["cents"], 100), words.strip()
    for match in SPOKEN.finditer(text):
        if match["after"]:
            yield en_number(match[1].lower()) or Decimal(0), match[0]


def _is_sum(match: re.Match[str]) -> bool:
    text, number = match.string, match["number"]
    if match["before"] or match["after"]:
        return (number, match["after"]) != TOGETHER
    if not BARE.search(number) or COUNTED.match(text, match.end()):
        return False
    return not text.endswith(NUMBERED, 0, match.start())


def _read(number: str) -> tuple[Decimal, str]:
    """The amount, and the words for it: a weekday before it (周五五百) is none of it."""
    for start in range(len(number)):
        words = number[start:].lstrip(",.")
        if (amount := zh_number(words)) is not None:
            return amount, words
    return Decimal(0), number


def _part(digit: str | None, share: int) -> Decimal:
    return (zh_number(digit) or Decimal(0)) / share if digit else Decimal(0)
