"""Which of the dates in a reply is the day by which the customer promises to pay (the intent layer says whether)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.core.reading import Asked
from bot.nlu import date_cues as cues
from bot.nlu.calendar_words import coming_day_number
from bot.nlu.clauses import Clause, clause_of, earns, pays
from bot.nlu.found_dates import FoundDate, find_dates
from bot.nlu.normal import Normal


@dataclass(frozen=True, slots=True)
class PromisedDate:
    """The promised day, or None with `vague` where a time was meant but no day. `rejected` says what was passed over.

    `spans` are all dates of the message, so that none of their figures is taken for money.
    `score` is 1.0 for a plain, single date. `conditional`: the payment hangs on something (wages, money coming in).
    """

    date: date | None
    vague: bool
    score: float
    conditional: bool
    span: tuple[int, int] | None
    rule: str
    rejected: tuple[str, ...]
    spans: tuple[tuple[int, int], ...] = ()


def promised_date(normal: Normal, language: str, heard_at: datetime, asked: Asked | None) -> PromisedDate:
    """Choose among the dates of a reply: the one of the paying clause, the corrected one, the first of several."""
    found = find_dates(normal, language, heard_at)
    chosen = _choose(normal.text, "zh" if language == "zh" else "en", found, heard_at, asked)
    return replace(chosen, spans=tuple(one.span for one in found))


def _choose(text: str, lang: str, found: Sequence[FoundDate], heard_at: datetime, asked: Asked | None) -> PromisedDate:
    rejected: list[str] = []
    kept: list[tuple[float, FoundDate, Clause]] = []
    denied = {
        one.end for one in found if not one.past and _refused_after(text, lang, one, found) and one.start == one.end
    }
    clauses = [clause_of(text, lang, one.span) for one in found]
    reasons = [_why_not(text, lang, one, clause, found) for one, clause in zip(found, clauses, strict=True)]
    for index, (one, clause) in enumerate(zip(found, clauses, strict=True)):
        if reasons[index] is None and one.start == one.end and one.end in denied and not one.past:
            reasons[index] = None if _said_again(found, reasons, index) else "negated"
        reason = reasons[index] or _corrected(text, lang, one, found[index + 1 :], reasons[index + 1 :])
        if reason:
            rejected.append(f"{text[one.span[0] : one.span[1]]}: {reason}")
        else:
            gaps = (
                max([clause.start, *(o.span[1] for o in found[:index])]),
                min([clause.end, *(o.span[0] for o in found[index + 1 :])]),
            )
            kept.append((_weight(text, lang, one, clause, asked, gaps), one, clause))
    conditional = bool(cues.CONDITION[lang].search(text))
    firm = [entry for entry in kept if not entry[1].vague and entry[1].end is not None]
    now = cues.NOW[lang].search(text)
    if (
        now
        and all(now.start() < one.span[0] for _, one, _ in firm)
        and not cues.NO_NOW.search(text[max(0, now.start() - 12) : now.end()])
    ):
        return PromisedDate(heard_at.date(), False, 0.8, conditional, _now_word(now, lang), "now", tuple(rejected))
    if asked is Asked.DATE and not firm and (number := cues.BARE_NUMBER.match(text)):
        coming = coming_day_number(heard_at.date(), int(number[1]))
        if coming:
            return PromisedDate(coming, False, 0.9, conditional, number.span(1), "bare_day_number", tuple(rejected))
    days = _not_of_income([entry for entry in firm if entry[1].condition is None] or firm)
    if days:
        best = max(weight for weight, _, _ in days)
        leading = [one for weight, one, _ in days if weight >= best - 0.5]
        chosen = _first_paid(leading)
        rejected += [f"{text[o.span[0] : o.span[1]]}: later or weaker" for _, o, _ in days if o is not chosen]
        hedged = cues.HEDGE[lang].search(text)
        if hedged and chosen.precision in ("week", "month") and not _only_weak(text, lang):
            return PromisedDate(None, True, 0.6, conditional, chosen.span, f"hedged:{chosen.rule}", tuple(rejected))
        if best > -2:
            chosen = _after_income(chosen, kept)
            score = 1.0 - 0.25 * chosen.ambiguous - 0.2 * (best < 1) - 0.2 * bool(hedged) - 0.1 * (len(leading) > 1)
            return PromisedDate(
                chosen.end, False, round(max(score, 0.3), 2), conditional, chosen.span, chosen.rule, tuple(rejected)
            )
    vague = [one for _, one, _ in kept if one.vague or one.end is None]
    if vague:
        return PromisedDate(None, True, 1.0, conditional, vague[0].span, vague[0].rule, tuple(rejected))
    if match := cues.VAGUE[lang].search(text):
        return PromisedDate(None, True, 0.9, conditional, match.span(), "vague_words", tuple(rejected))
    return PromisedDate(None, False, 1.0, conditional, None, "none", tuple(rejected))


def _now_word(now: re.Match[str], lang: str) -> tuple[int, int]:
    return (now.start(), now.start() + 2) if lang == "zh" else (now.end() - 3, now.end())


def _after_income(chosen: FoundDate, kept: Sequence[tuple[float, FoundDate, Clause]]) -> FoundDate:
    """Wages next Monday, pay on Tuesday: the bare weekday is the one after the money came in."""
    if chosen.rule != "weekday" or chosen.end is None:
        return chosen
    for _, one, clause in kept:
        if clause.earns and one.span[1] <= chosen.span[0] and one.start == one.end and one.end:
            late = (one.end - chosen.end).days
            if 0 < late < 60:
                moved = chosen.end + timedelta(days=(late + 6) // 7 * 7)
                return replace(chosen, start=moved, end=moved, ambiguous=True)
    return chosen


def _not_of_income(days: list[tuple[float, FoundDate, Clause]]) -> list[tuple[float, FoundDate, Clause]]:
    """Payday is the 25th so the 26th: a later day of which only money is said beats the day on which wages come."""
    return [
        (weight, one, clause)
        for weight, one, clause in days
        if not (clause.earns and not clause.pays)
        or not any(
            other.span > one.span and (other.end or date.min) > (one.end or date.min) and not at.earns and w >= 0
            for w, other, at in days
        )
    ]


def _only_weak(text: str, lang: str) -> bool:
    return all(cues.WEAK_HEDGE[lang].fullmatch(match[0]) for match in cues.HEDGE[lang].finditer(text))


def _first_paid(leading: Sequence[FoundDate]) -> FoundDate:
    """Of several instalments the earliest; `end` is never None here."""
    return min(leading, key=lambda one: (one.end or date.max, one.span))


def _refused_after(text: str, lang: str, one: FoundDate, found: Sequence[FoundDate]) -> bool:
    """Whether what follows a date takes it back; in `Thursday not Tuesday` the no belongs to the next date."""
    after = text[one.span[1] :]
    no = cues.NOT_AFTER[lang].search(after)
    if no is None or not no[0].endswith("not"):
        return no is not None
    gaps = (after[no.end() : other.span[0] - one.span[1]] for other in found if other.span[0] - one.span[1] >= no.end())
    return not any(len(gap) <= 5 and gap.replace("the", "").strip() == "" for gap in gaps)


def _why_not(text: str, lang: str, one: FoundDate, clause: Clause, others: Sequence[FoundDate]) -> str | None:
    """The reason why a date cannot be the promised one, or None."""
    before, after = text[clause.start : one.span[0]], text[one.span[1] :]
    if one.past:
        return "past"
    if cues.NOT_BEFORE[lang].search(before) and not (
        lang == "en" and cues.STILL["en"].search(before[-8:] + text[one.span[0] : one.span[1]])
    ):
        return "negated"
    if _refused_after(text, lang, one, others) and not (lang == "zh" and cues.STILL["zh"].search(after[:6])):
        return "negated"
    if clause.paid and not clause.earns and not (lang == "zh" and cues.FOR_YOU.search(text[clause.start : clause.end])):
        return "already happened"
    return None


def _corrected(
    text: str, lang: str, one: FoundDate, later: Sequence[FoundDate], reasons: Sequence[str | None]
) -> str | None:
    """Corrected by a later date that stands: Friday, no, Saturday."""
    said_before = cues.ONCE_SAID[lang].search(text[: one.span[0]])
    for other, reason in zip(later, reasons, strict=True):
        if reason is None and other.condition is None and other.end != one.end:
            between = text[one.span[1] : other.span[0]]
            return "corrected" if said_before or (len(between) < 30 and cues.CORRECTED[lang].search(between)) else None
    return None


def _said_again(found: Sequence[FoundDate], reasons: Sequence[str | None], index: int) -> bool:
    """Whether the same day was refused earlier in the message and is offered here after all."""
    return any(found[at].end == found[index].end and reasons[at] == "negated" for at in range(index))


def _weight(text: str, lang: str, one: FoundDate, clause: Clause, asked: Asked | None, gaps: tuple[int, int]) -> float:
    """How much the words around a date speak of paying then."""
    before, after = text[: one.span[0]], text[one.span[1] :]
    weight = 0.0
    if clause.pays:
        weight += 3
    if clause.earns:
        weight += 1.5
    local = text[one.span[1] : gaps[1]] if lang == "zh" else text[gaps[0] : one.span[0]]
    local = local[-40:] if lang == "en" else local[:20]
    weight += 1.0 * pays(local, lang) - 1.0 * (earns(local, lang) and not pays(local, lang))
    if clause.elsewhere and not clause.pays:
        weight -= 3
        if (
            cues.ANAPHORA[lang].search(text[clause.end : clause.end + 30])
            or cues.ANAPHORA[lang].search(after[:20])
            or (
                cues.RETURNS[lang].search(text[clause.start : clause.end])
                and pays(text[clause.end : clause.end + 30], lang)
            )
        ):
            weight += 4
    if asked is Asked.DATE:
        weight += 1
    if cues.MOVED_TO[lang].search(before):
        weight += 3 + 3 * (clause.elsewhere and not clause.pays)
    if cues.LATEST[lang].search(before):
        weight += 2
    return weight
