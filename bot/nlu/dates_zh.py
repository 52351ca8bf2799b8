"""Chinese date expressions: neighbouring words joined, ranges, 之前 and 之后 applied."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from bot.nlu import dates_zh_calendar, dates_zh_parts, dates_zh_relative
from bot.nlu.calendar_words import ONE_DAY, Grain, Stretch, day, month_of, year_of
from bot.nlu.dates_zh_words import TIME
from bot.nlu.pieces import Piece, both, join

_GAP = re.compile(r"[\s,]?(?:的|之|里的|里|那个)?\s?(?:[(（]\s?)?$")


_RANGE = re.compile(r"\s?(?:到|至|直到|--?|~|和|与|及)\s?(?:的)?$")


_LIST = re.compile(r"\s?[,、或和]者?\s?$")


_OR = re.compile(r"\s?,?(?:或者?|要么|或是|还是)(?:是|说)?\s?$")


_FROM = re.compile(r"(?:从|自|由|在)\s?$")


_BEFORE = re.compile(r"(?:的)?(?:或|及)?(?:之前|以前|前|内|之内|以内|里)(?![天年后台面几两三])")


_AFTER = re.compile(r"(?:的)?(?:之后|以后|后|过后|过完|起(?!诉|床)|开始|过了)(?![天年台面几])")


_PASSED = re.compile(r"(?:过了|过完|等过|等到过)$")


_DEADLINE_BEFORE = re.compile(r"(?:截止|截至|最晚|最迟)(?:到|至|在)?\s?$")


_GRAMMAR = dates_zh_calendar.RULES + dates_zh_parts.RULES + dates_zh_relative.RULES
_CANDIDATE = re.compile(f"[{re.escape(_GRAMMAR.firsts)}]")
_WORTH_A_LOOK = re.compile(f"[{re.escape(_GRAMMAR.firsts)}早晚夜凌傍]")


def pieces(text: str, now: datetime) -> list[Piece]:
    """Every date word of a folded text, left to right, none overlapping."""
    found: list[Piece] = []
    at = 0
    while candidate := _CANDIDATE.search(text, at):
        at = candidate.start()
        piece = _GRAMMAR.at(text, at, now)
        if piece is None:
            at += 1
        else:
            found.append(piece)
            at = piece.to
    return found


def expressions(text: str, now: datetime) -> list[Piece]:
    """Every date expression of a folded Chinese text, whole: neighbours joined, ranges and 之前/之后 applied."""
    if not _WORTH_A_LOOK.search(text):
        return []
    out: list[Piece] = []
    raw = _with_times(text, pieces(text, now), now)
    index = 0
    while index < len(raw):
        piece = raw[index]
        index += 1
        while index < len(raw):
            joined = _next_to(text, piece, raw[index], now)
            if joined is None:
                break
            piece, index = joined, index + 1
        if not piece.stands:
            continue
        if index < len(raw) and (span := _range(text, piece, raw, index, now)):
            piece, index = span
        out.append(_bounded(text, piece, now))
    return out


def _next_to(text: str, first: Piece, second: Piece, now: datetime) -> Piece | None:
    gap = text[first.to : second.at]
    if len(gap) > 3 or not _GAP.match(gap):
        return None
    if second.rule == "time" and first.stands:
        first.to, first.timed = second.to, True
        return first
    if first.rule == "time" and second.rule != "time" and second.stands:
        second.at, second.timed = first.at, True
        return None
    if second.rule == "day_word" and text[second.at] == "当" and first.stands and not gap.strip():
        first.to = second.to  # 中秋当天 is that day, not today
        return first
    if first.rule == second.rule == "day_word":
        if "的" not in gap or second.within is None or (moved := second.within(first.stretch)) is None:
            return None
        return Piece(first.at, second.to, moved, rule="day_word")
    joined = join(first, second, lambda weekday, number: both(day(now.date()), weekday, number))
    if joined and first.grain is Grain.YEAR and second.grain is Grain.MONTH:
        joined.within = None
    return joined


def _range(text: str, first: Piece, raw: list[Piece], index: int, now: datetime) -> tuple[Piece, int] | None:
    """从十号到十五号, 25、26号: one stretch from the first to the last."""
    second = raw[index]
    gap = text[first.to : second.at]
    listed = first.number is not None and second.number is not None and _LIST.match(gap)
    either = _OR.match(gap) and first.grain is second.grain
    if len(gap) > 4 or not (_RANGE.match(gap) or listed or either):
        return None
    if gap.strip() in ("和", "与", "及") and first.grain is Grain.DAY:
        return None
    index += 1
    start = first.stretch.start
    if start is None:
        return None
    while index < len(raw):
        joined = _next_to(text, second, raw[index], now)
        if joined is None:
            break
        second, index = joined, index + 1
    inside = _in_month_of(second, start) or second.stretch
    if second.stretch.grain >= Grain.MONTH and inside.start:
        inside = Stretch(inside.start, inside.start, Grain.DAY, ambiguous=True)  # 到五月: until it begins
    if not second.stands and inside is second.stretch:
        return None
    end = inside.end
    if end is not None and end < start and first.within and (back := first.within(year_of(end.year))) and back.start:
        start = min(start, back.start) if back.start <= end else start
    if end is not None and end < start and not second.spoken_past:
        end = _rolled(second, start) or end
    if second.rule == "time" or (end is not None and end < start):
        return None
    whole = Piece(
        first.at, second.to, Stretch(start, end, Grain.DAY), rule=f"{first.rule}-{second.rule}", timed=first.timed
    )
    if listed and index < len(raw) and (more := _range(text, replace_number(whole, second), raw, index, now)):
        return more
    return whole, index


def replace_number(whole: Piece, last: Piece) -> Piece:
    """A list so far, able to take one more day number."""
    whole.number = last.number
    return whole


def _in_month_of(piece: Piece, start: date) -> Stretch | None:
    if piece.number is not None and piece.within is not None:
        inside = piece.within(month_of(start.year, start.month))
        if inside and inside.end and inside.end >= start:
            return inside
        return piece.within(month_of(start.year, start.month + 1))
    return None


def _rolled(piece: Piece, start: date) -> date | None:
    if piece.within is None:
        return piece.stretch.end + timedelta(days=7) if piece.weekday is not None and piece.stretch.end else None
    later = piece.within(year_of(start.year + 1)) if piece.weekday is None else None
    return later.end if later else None


def _with_times(text: str, found: list[Piece], now: datetime) -> list[Piece]:
    """Adds times of day where no date word stands."""
    out: list[Piece] = []
    at = 0
    for piece in [*found, None]:
        stop = piece.at if piece else len(text)
        while at < stop and (match := TIME.search(text, at, len(text))) and match.start() < stop:
            if len(match[0]) > 1 or (out and out[-1].to == match.start() and out[-1].rule != "time"):
                out.append(Piece.of(match, day(now.date()), rule="time"))
            at = match.end()
        if piece and piece.at >= at:
            out.append(piece)
            at = piece.to
    return out


def _bounded(text: str, piece: Piece, now: datetime) -> Piece:
    """Applies 之前, 之后 and 截止到. Before a festival is the day before it; before a named day is that day."""
    stretch = piece.stretch
    counted = piece.rule in ("after_units", "ahead_units", "days_joined")
    deadline = _DEADLINE_BEFORE.search(text, max(0, piece.at - 4), piece.at)
    if match := (None if counted else _BEFORE.match(text, piece.to)):
        whole = piece.festival or piece.rule == "weekend" or (stretch.grain >= Grain.MONTH and "前" in match[0])
        end = stretch.start - ONE_DAY if whole and stretch.start and not piece.timed else stretch.end
        piece.to = match.end()
        piece.stretch = Stretch(
            None if "前" in match[0] else stretch.start, end, Grain.DAY, stretch.ambiguous, stretch.vague
        )
        piece.rule += "+before"
    elif deadline and piece.bare_year and stretch.start:
        piece.stretch = Stretch(None, stretch.start - ONE_DAY, Grain.DAY)
    elif not counted and not piece.timed and piece.rule != "time" and (match := _AFTER.match(text, piece.to)):
        piece.to = match.end()
        past = stretch.end is not None and stretch.end < now.date()
        if not past and ("起" in match[0] or "开始" in match[0]):
            piece.rule += "+from"
            return piece
        start = stretch.start if "起" in match[0] or "开始" in match[0] else stretch.end and stretch.end + ONE_DAY
        piece.stretch = Stretch(start, now.date() if past else None, Grain.DAY, vague=not past)
        piece.rule += "+after"
    if not stretch.vague and stretch.end and (match := _PASSED.search(text, max(0, piece.at - 4), piece.at)):
        piece.at, piece.rule = match.start(), piece.rule + "+after"
        piece.stretch = Stretch(stretch.end + ONE_DAY, None, Grain.DAY, vague=True)
    if from_ := _FROM.search(text, max(0, piece.at - 2), piece.at):
        piece.at = from_.start()
    return piece
