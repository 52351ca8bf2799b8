"""English date expressions: neighbouring words joined, ranges and by/before/after applied."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from bot.nlu import dates_en_calendar, dates_en_parts, dates_en_relative, dates_en_weeks
from bot.nlu.calendar_words import ONE_DAY, Grain, Stretch, day, month_of, year_of
from bot.nlu.dates_en_words import TIME, without_times
from bot.nlu.festivals import festivals
from bot.nlu.pieces import Piece, both, join

_GAP = re.compile(r"(?:[\s,(]|'s|of|in|on|at|the|for|from|this|around|about|early|late|-)*$")
_RANGE = re.compile(
    r"\s*(?:to|-+|till?|until|untill|through|thru|and|or|~|up to)\s*(?:the|this|for|on|"
    r"around|in|at)?\s*$"
)
_BETWEEN = re.compile(r"(?:from|between|frm)\s(?:the\s)?$")
_BEFORE = re.compile(r"(?:before|b4|prior to|ahead of|earlier than)\s(?:the\s|this\s)?$")
_BY = re.compile(r"(?:no later than|not later than|at the latest|by|until|till?|til|within)\s(?:the\s)?$")
_AFTER = re.compile(r"(?:after|past|since|starting(?: from)?|from|following)\s(?:the\s|this\s)?$")
_STARTING = re.compile(r"(?:starting|beginning|begin|start)\s(?:on |from |with )?(?:the\s|this\s)?$")
_QUICK = re.compile(
    r"\d|day|mon|tue|wed|thu|fri|sat|sun|wee|wk|tom|tm|tn|nit|2m|now|rn|yes|year|yr|mth|"
    r"mnth|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|night|fort|morn|noon|even|arvo|"
    r"eo[mwyd]|cob|mas|eas|hall|gras|new year|nye|thanks|turkey|spring|moon|boat|autumn|"
    r"cny|qing|valen|quarter|qtr|next|clock|lunch|away|immed|atm|minute|min|hour|hr|period|"
    r"cycle|first|second|third|fourth|fifth|teenth|tenth"
)


_GRAMMAR = dates_en_calendar.RULES + dates_en_parts.RULES + dates_en_weeks.RULES + dates_en_relative.RULES
# The first letters of every word that a rule can begin with: most words of a message are skipped on sight.
_BEGINNINGS = (
    "mon|tue|tus|wed|wen|wds|thu|thr|fri|fir|frd|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|"
    "thi|nex|nxt|las|com|fol|upc|pas|pre|pri|the\\b|eve|eac|cur|my\\b|sam|res|an?\\b|one|two|fou|fiv|six|sev|eig|"
    "nin|ten|ele|twe|cou|few|hal|fif|for|in\\b|wit|aft|les|und|ano|giv|gim|nee|now|wee|wk|yea|day|end|tai|bac|"
    "sta|ons|beg|mid|ear|lat|sec|fin|clo|top|ver|eo[mwyd]|cob|bef|tod|tdy|ton|tni|tn\\b|l8r|rig|rn\\b|imm|str|atm|"
    "to\\b|tom|tmr|tmo|tmw|tmm|mor|yes|yda|yst|oth|aro|abo|lik|pro|ove|w/c|wc"
)
_FEASTS = "|".join(sorted({re.escape(name[:3]) for name in festivals("en")}))
_WORD_START = re.compile(rf"(?<![a-z0-9])(?:\d|{_BEGINNINGS}|{_FEASTS})|(?<=[a-z])\d|'(?=\d)")
_TIMELY = re.compile(r"\d|noon|midnight|midday|lunchtime|clock|\b[ap]\.?m\b|\bat \w")


def pieces(text: str, now: datetime) -> list[Piece]:
    """Every date word of a folded text, left to right, none overlapping."""
    found: list[Piece] = []
    at = 0
    while start := _WORD_START.search(text, at):
        at = start.start()
        piece = _GRAMMAR.at(text, at, now)
        if piece is None:
            at += 1
        else:
            found.append(piece)
            at = max(piece.to, at + 1)
    return found


def expressions(text: str, now: datetime) -> list[Piece]:
    """Every date expression of a folded English text, whole."""
    if not _QUICK.search(text):
        return []
    raw = pieces(text, now)
    out: list[Piece] = []
    index = 0
    while index < len(raw):
        piece, index = _grown(text, raw, index, now)
        if index < len(raw) and (span := _range(text, piece, raw, index, now)):
            piece, index = span
        if piece.stands and not piece.bare_year and not piece.now:
            out.append(_bounded(text, piece, now))
    at = 0 if _TIMELY.search(text) else len(text)
    while match := TIME.search(text, at):
        if not any(one.at < match.end() and match.start() < one.to for one in out):
            out.append(Piece.of(match, day(now.date()), rule="time"))
        at = match.end()
    out.sort(key=lambda one: one.at)
    return out


def _grown(text: str, raw: list[Piece], index: int, now: datetime) -> tuple[Piece, int]:
    """The piece at `index` with all neighbours that belong to it; the operator (end of, 2 weeks after) reads last."""
    piece = raw[index]
    index += 1
    while index < len(raw):
        gap = text[piece.to : raw[index].at]
        if len(gap) > 40 or not _GAP.match(without_times(gap) if len(gap) > 3 else gap):
            break
        following = raw[index]
        if "from" in gap and following.rule != "period":
            break
        operator = piece.needs_outer is not None
        if operator and index + 1 < len(raw):
            following, ahead = _grown(text, raw, index, now)
        else:
            ahead = index + 1
        joined = join(piece, following, lambda weekday, number: both(day(now.date()), weekday, number))
        if joined is None and operator and following is not raw[index]:
            following, ahead = raw[index], index + 1
            joined = join(piece, following, lambda weekday, number: both(day(now.date()), weekday, number))
        if joined is None:
            break
        piece, index = joined, ahead
    return piece, index


def _range(text: str, first: Piece, raw: list[Piece], index: int, now: datetime) -> tuple[Piece, int] | None:
    """From March to May, Aug 10 - Nov 12, from the 3rd until the 12th: one stretch, ends included."""
    gap = text[first.to : raw[index].at]
    if len(gap) > 40 or not _RANGE.match(gap if len(gap) < 4 else without_times(gap)):
        return None
    if first.now:
        first = Piece(first.at, first.to, first.stretch, rule="now")
    connector = gap.strip()
    if connector == "and" and not _BETWEEN.search(text, max(0, first.at - 12), first.at):
        return None
    second, index = _grown(text, raw, index, now)
    if first.bare_year and second.bare_year and connector != "-" and not _BETWEEN.search(text, 0, first.at):
        return None
    if second.now and first.within and start_before(first, now):
        return Piece(first.at, second.to, Stretch(start_before(first, now), now.date()), rule="to_now"), index
    if connector == "or" and second.grain is not first.grain:
        return None
    if not first.stands:
        return None
    start, last = first.stretch.start, second.stretch
    if start is None:
        return None
    if second.number is not None and (inside := exact_after(start, second.number)):
        last = day(inside)
    elif not second.stands:
        return None
    if second.explicit_year and not first.explicit_year and first.within and last.end:
        earlier = first.within(year_of(last.end.year))
        start = earlier.start if earlier and earlier.start else start
    if last.grain >= Grain.MONTH and last.start:
        last = Stretch(last.start, last.start, Grain.DAY, ambiguous=True)  # to May: until May begins
    end = last.end
    if end and end < start and not second.explicit_year and first.within and (back := first.within(year_of(end.year))):
        start = back.start if back.start and back.start <= end else start
    if end and end < start:
        if second.within and second.weekday is None and (later := second.within(year_of(start.year + 1))):
            end = later.end
        elif second.weekday is not None:
            end += timedelta(days=7)
        else:
            return None
    return Piece(
        first.at, second.to, Stretch(start, end, Grain.DAY, last.ambiguous), rule=f"{first.rule}-{second.rule}"
    ), index


def start_before(piece: Piece, now: datetime) -> date | None:
    """The latest such day that is not to come (from January to now)."""
    for year in (now.year, now.year - 1):
        found = piece.within(year_of(year)) if piece.within else None
        if found and found.start and found.start <= now.date():
            return found.start
    return None


def exact_after(start: date, number: int) -> date | None:
    """That day of the same month where it is not earlier, else of the next."""
    for month in (month_of(start.year, start.month), month_of(start.year, start.month + 1)):
        if month.start and month.end and number <= month.end.day:
            found = month.start + timedelta(days=number - 1)
            if found >= start:
                return found
    return None


def _bounded(text: str, piece: Piece, now: datetime) -> Piece:
    """Applies before, by and after. Before a feast is the day before it; before a named day counts that day in."""
    stretch = piece.stretch
    head = max(0, piece.at - 18)
    if match := _BEFORE.search(text, head, piece.at):
        whole = (
            piece.festival or stretch.grain >= Grain.MONTH or (piece.rule in ("weekend", "period") and stretch.start)
        )
        end = stretch.start - ONE_DAY if whole and stretch.start else stretch.end
        piece.stretch = Stretch(None, end, Grain.DAY, ambiguous=True)
        piece.at, piece.rule = match.start(), piece.rule + "+before"
    elif match := _BY.search(text, head, piece.at):
        piece.at, piece.rule = match.start(), piece.rule + "+by"
    elif match := _STARTING.search(text, head, piece.at):
        piece.at, piece.rule = match.start(), piece.rule + "+from"
    elif (
        (match := _AFTER.search(text, head, piece.at))
        and piece.rule not in ("in_units", "time")
        and match[0].startswith(("after", "past"))
    ):
        piece.stretch = Stretch(stretch.end and stretch.end + ONE_DAY, None, Grain.DAY, vague=True)
        piece.at, piece.rule = match.start(), piece.rule + "+after"
    return piece
