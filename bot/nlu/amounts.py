"""The sum that a customer promises, told from every other number in the message; and the bare extractor."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from bot.core.reading import AmountKind, Asked, SaidAmount
from bot.nlu import amount_cues as cues
from bot.nlu.clauses import clause_of, pays
from bot.nlu.found_dates import find_dates
from bot.nlu.normal import Normal, normalise
from bot.nlu.said_amounts import FoundAmount, find_amounts


@dataclass(frozen=True, slots=True)
class PromisedAmount:
    """The promised sum or None. `score` is 1.0 for a plain figure with a currency word or a verb of paying.

    `rejected` lists the numbers that were passed over and why.
    """

    amount: SaidAmount | None
    score: float
    span: tuple[int, int] | None
    rule: str
    rejected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Message:
    """A reply and the numbers in it; `lang` is zh or en."""

    text: str
    lang: str
    found: Sequence[FoundAmount]
    date_spans: Sequence[tuple[int, int]]
    asked: Asked | None

    @property
    def bare(self) -> bool:
        """Whether the message is hardly more than the number."""
        filler = r"[\s.,!?。吧呢啊哈元块钱先$£¥~]+|ok|yes|yeah|around|about|maybe"
        return len(re.sub(filler, "", self.text)) <= 12

    def before(self, one: FoundAmount) -> str:
        """The words in front of a number."""
        return self.text[max(0, one.span[0] - 30) : one.span[0]]

    def after(self, one: FoundAmount) -> str:
        """The words behind a number."""
        return self.text[one.span[1] : one.span[1] + 24]

    def said(self, one: FoundAmount) -> str:
        """The number as it was written."""
        return self.text[one.span[0] : one.span[1]]

    def is_date(self, one: FoundAmount) -> bool:
        """Whether the number is part of a date."""
        return any(one.span[0] < stop and begin < one.span[1] for begin, stop in self.date_spans)

    def is_negated(self, one: FoundAmount) -> bool:
        """Whether the number is what they will not or cannot pay."""
        head, tail = cues.NEGATED[self.lang]
        return bool(head.search(self.before(one)) or tail.match(self.after(one)))


def promised_amount(
    normal: Normal, language: str, date_spans: Sequence[tuple[int, int]], asked: Asked | None
) -> PromisedAmount:
    """Choose among the numbers of a reply: the corrected one, the first of several, never a phone, an age or a date."""
    lang = "zh" if language == "zh" else "en"
    message = _Message(normal.text, lang, find_amounts(normal.text, lang, date_spans), date_spans, asked)
    rejected: list[str] = []
    kept: list[tuple[float, FoundAmount]] = []
    for index, one in enumerate(message.found):
        reason, weight = _why_not(message, one, message.found[index + 1 :]), 0.0
        if reason is None:
            weight, reason = _weight(message, one)
        if reason:
            rejected.append(f"{message.said(one)}: {reason}")
        else:
            kept.append((weight, one))
    if not kept:
        return PromisedAmount(None, 1.0, None, "none", tuple(rejected))
    best = max(weight for weight, _ in kept)
    leading = [one for weight, one in kept if weight >= best - 1.0]
    chosen = _chosen(message.text, leading)
    rejected += [f"{message.said(other)}: later or weaker" for _, other in kept if other is not chosen]
    others = {one.said for one in leading if one.said != chosen.said}
    score = 1.0 - 0.3 * chosen.rough - 0.2 * (best < 2) - 0.15 * bool(others)
    return PromisedAmount(chosen.said, round(max(score, 0.3), 2), chosen.span, chosen.rule, tuple(rejected))


def _why_not(message: _Message, one: FoundAmount, later: Sequence[FoundAmount]) -> str | None:
    """The reason why a number cannot be the promised sum, or None."""
    exact = one.said.kind is AmountKind.EXACT
    if (exact or one.rule == "share") and message.is_date(one):
        return "date"
    if exact and not one.money and (reason := _counts_other(message, one)):
        return reason
    if exact and one.said.value == 0:
        return "zero"
    if one.said.kind is AmountKind.FRACTION and (reason := _shares_other(message, one)):
        return reason
    if exact and _is_a_coin(message, one):
        return "not a penny"
    if exact and _is_principal(message, one):
        return None
    if exact and _is_owed(message, one):
        return "owed, earned or already paid"
    if message.is_negated(one):
        return "negated"
    return "corrected" if _is_corrected(message, one, later) else None


def _counts_other(message: _Message, one: FoundAmount) -> str | None:
    """What a plain figure is, where it is no money."""
    text, lang, value, (start, end) = message.text, message.lang, one.said.value, one.span
    runs = (run for run in cues.DIGIT_RUN.finditer(text) if start < run.end() and run.start() < end)
    if any(sum(character.isdigit() for character in run[0]) >= 7 for run in runs):
        return "phone or account"
    if value is not None and value < 5 and not (message.asked is Asked.AMOUNT and message.bare):
        return "count"
    if message.asked is Asked.DATE and message.bare and not message.date_spans:
        return "answers when"
    if lang == "en" and value is not None and value <= 12 and cues.AT_HOUR.search(message.before(one)):
        return "time of day"
    if lang == "zh" and cues.HOTLINE.search(text[max(0, start - 2) : end]):
        return "a hotline"
    dated = any(0 <= begin - end <= 1 for begin, _ in message.date_spans)
    if not dated and cues.OTHER_AFTER[lang].match(message.after(one)):
        return "counts something else"
    return "names something else" if cues.OTHER_BEFORE[lang].search(message.before(one)) else None


def _shares_other(message: _Message, one: FoundAmount) -> str | None:
    """What a share is of, where it is none of the debt."""
    if cues.RATE.search(message.text[max(0, one.span[0] - 8) : one.span[1] + 8]):
        return "a rate"
    return "in hand" if cues.IN_HAND[message.lang].search(message.before(one)) else None


def _is_a_coin(message: _Message, one: FoundAmount) -> bool:
    """一分钱都没有: the smallest coin stands for nothing at all."""
    if message.lang != "zh" or message.said(one).strip("一半分毛块"):
        return False
    return re.match(r"[分毛]?钱?(?:都|也)?[不没别休]", message.after(one)) is not None


def _is_principal(message: _Message, one: FoundAmount) -> bool:
    """The principal alone, which they say they pay."""
    if not cues.PRINCIPAL.search(message.before(one)):
        return False
    return pays(message.text[one.span[1] : clause_of(message.text, message.lang, one.span).end], message.lang)


def _is_owed(message: _Message, one: FoundAmount) -> bool:
    """Money of which they speak without promising it: owed, earned, or already paid."""
    lang, before = message.lang, message.before(one)
    if not cues.NOT_PROMISED[lang].search(before):
        return False
    return cues.OWED_AND_PAID[lang].match(before[-4:] + "|" + message.after(one)) is None


def _is_corrected(message: _Message, one: FoundAmount, later: Sequence[FoundAmount]) -> bool:
    """Whether another sum takes its place soon after: 500, no, 300."""
    for other in later:
        if other.said == one.said or other.said.value == 0 or message.is_negated(other) or message.is_date(other):
            continue
        between = message.text[one.span[1] : other.span[0]]
        corrected = cues.CORRECTED[message.lang].search(between) and len(between) < 24
        return bool(corrected) and not _other_kind(one, other)
    return False


def _other_kind(one: FoundAmount, later: FoundAmount) -> bool:
    """Whether the later figure only counts something."""
    both = one.said.kind is AmountKind.EXACT and later.said.kind is AmountKind.EXACT
    return both and not later.money and (later.said.value or 0) < 5


def _weight(message: _Message, one: FoundAmount) -> tuple[float, str | None]:
    """How much speaks for money that is promised; a reason where too little does."""
    text, lang, (start, end) = message.text, message.lang, one.span
    clause = clause_of(text, lang, one.span)
    exact = one.said.kind is AmountKind.EXACT
    if clause.paid and not clause.earns:
        return 0, "already paid"
    weight = 2.0 * one.money + 2.0 * clause.pays + 1.5 * (message.asked is Asked.AMOUNT)
    if exact and (cues.MEANT[lang][0].search(text[:start]) or cues.MEANT[lang][1].match(text[end:])):
        weight += 1.5
    if exact and any(
        clause.start <= begin < clause.end or 0 <= start - stop < 6 or 0 <= begin - end < 6
        for begin, stop in message.date_spans
    ):
        weight += 1
    if clause.elsewhere and not clause.pays:
        weight -= 1.5
    alone = not text[clause.start : start].strip() and not text[end : clause.end].strip(" .!")
    if exact and weight < 1:
        dated = bool(message.date_spans)
        if message.bare or (alone and dated) or ((dated or pays(text, lang)) and not clause.elsewhere):
            weight += 1
    if exact and weight < 1:
        return weight, "nothing says that it is money promised"
    if cues.FIRST[lang].search(text[max(clause.start, start - 8) : min(clause.end, end + 6)]):
        weight += 0.5
    if one.said.kind is AmountKind.FULL and cues.REST[lang].search(text[max(clause.start, start - 10) : end + 4]):
        weight -= 1
    return weight, None


def _chosen(text: str, leading: Sequence[FoundAmount]) -> FoundAmount:
    """The first named; a figure beside a share or 'all' in the same breath is what they mean by it."""
    first = leading[0]
    if first.said.kind is not AmountKind.EXACT:
        for other in leading[1:]:
            gap = text[first.span[1] : other.span[0]]
            if other.said.kind is AmountKind.EXACT and other.money and len(gap) <= 6 and not re.search(r"[。!?;]", gap):
                return other
    return first


ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # where days stand in a text does not depend on the day


def extract(text: str, language: str) -> Decimal | None:
    """The first number of any text: money before plain figures, shares as what they are (half is 0.5)."""
    normal = normalise(text)
    found = [one for one in find_amounts(normal.text, language) if one.said.value is not None]
    days = [day.span for day in find_dates(normal, language, ANY_DAY) if day.condition is None]
    beside = [one for one in found if not any(one.span[0] < end and start < one.span[1] for start, end in days)]
    found = beside or found  # 周五还500 speaks of 500, not of 五
    exact = [one for one in found if one.money and one.said.kind is AmountKind.EXACT]
    shares = [one for one in found if one.said.kind is AmountKind.FRACTION]
    chosen = next(iter(exact or shares or found), None)
    return chosen.said.value if chosen else None
