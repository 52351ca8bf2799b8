"""What a customer says about themselves rather than the debt: when they may be texted, and when they are paid.

Only what is beyond doubt is taken: a clock time with before or after, named days, a day of the month beside pay.
"""

from __future__ import annotations

import re
from datetime import time

from bot.core.reading import Habits

_ZH = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_CLOCK_ZH = (
    r"(早上|上午|中午|下午|傍晚|晚上|晚)?\s*(\d{1,2}|十[一二]?|[一二两三四五六七八九])\s*[点:：时](半|[0-5]\d)?分?"
)
_CLOCK_EN = r"(\d{1,2})(?::([0-5]\d))?\s*([ap])\.?m\.?"
_BETWEEN_ZH = re.compile(_CLOCK_ZH + r"\s*(?:到|至|-|~|—)\s*" + _CLOCK_ZH)
_AFTER_ZH, _BEFORE_ZH = (
    re.compile(_CLOCK_ZH + r"\s*(?:以后|之后|后|以外)"),
    re.compile(_CLOCK_ZH + r"\s*(?:以前|之前|前)"),
)
_BETWEEN_EN = re.compile(rf"between {_CLOCK_EN} and {_CLOCK_EN}", re.IGNORECASE)
_AFTER_EN = re.compile(rf"after {_CLOCK_EN}", re.IGNORECASE)
_BEFORE_EN = re.compile(rf"before {_CLOCK_EN}", re.IGNORECASE)
_NOT = re.compile(r"不要|别|不方便|不能|勿|don'?t|do not|not? |never|can'?t", re.IGNORECASE)
_WEEKEND = re.compile(r"周末|礼拜天|weekend", re.IGNORECASE)
_WORKDAYS = re.compile(r"工作日|周一到周五|周一至周五|weekdays?|mon(?:day)? to fri(?:day)?", re.IGNORECASE)
_PAY_ZH = re.compile(
    r"(?:每个?月|每月)?(\d{1,2})[号日](?:才|会|就)?(?:发(?:工资|薪水?|钱)|开支|领工资)"
    r"|(?:工资|发薪日?|薪水)(?:是|都是|在|每个?月|每月)+(\d{1,2})[号日]"
)
_PAY_EN = re.compile(
    r"(?:paid|payday is|salary comes?|wages come)(?: in| every month)?(?: is)? on the (\d{1,2})(?:st|nd|rd|th)",
    re.IGNORECASE,
)
_WORKDAY_SET, _WEEKEND_SET = frozenset(range(5)), frozenset({5, 6})


def habits_of(text: str, speaks_of_contact: bool) -> Habits:
    """Read them. Hours and days count only in a reply that speaks of contact."""
    paid = _PAY_ZH.search(text) or _PAY_EN.search(text)
    day = int(next(group for group in paid.groups() if group)) if paid else 0
    payday = day if 1 <= day <= 31 else None
    if not speaks_of_contact:
        return Habits(payday=payday)
    opens, closes = _hours(text)
    hours = (opens or time(0), closes or time(23, 59))
    said = (opens is not None or closes is not None) and hours[0] < hours[1]
    return Habits(hours if said else None, _weekdays(text), payday)


def _weekdays(text: str) -> frozenset[int] | None:
    weekend, workdays = _WEEKEND.search(text), _WORKDAYS.search(text)
    if bool(weekend) == bool(workdays):
        return None
    found = weekend or workdays
    named = _WEEKEND_SET if weekend else _WORKDAY_SET
    return frozenset(range(7)) - named if found and _refused(text, found) else named


def _hours(text: str) -> tuple[time | None, time | None]:
    """From when until when; a refused span (not between 9 and 5) reads as after its end."""
    for pattern, clock in ((_BETWEEN_ZH, _zh), (_BETWEEN_EN, _en)):
        if between := pattern.search(text):
            said = between.groups()
            later = (said[3] or said[0], *said[4:]) if clock is _zh else said[3:]  # 下午2点到5点: both in the afternoon
            first, last = clock(*said[:3]), clock(*later)
            return (last, None) if _refused(text, between) else (first, last)
    for after, before, clock in ((_AFTER_ZH, _BEFORE_ZH, _zh), (_AFTER_EN, _BEFORE_EN, _en)):
        late, early = after.search(text), before.search(text)
        opens, closes = late and clock(*late.groups()), early and clock(*early.groups())
        if late and _refused(text, late):
            opens, closes = None, opens
        elif early and _refused(text, early):
            opens, closes = closes, None
        if opens or closes:
            return opens, closes
    return None, None


def _refused(text: str, found: re.Match[str]) -> bool:
    """Whether the words around say not then: 别在晚上8点以后发, don't text me before 9am."""
    start = max(text.rfind(mark, 0, found.start()) for mark in ",，。.;；!！\n") + 1
    ends = [end for mark in ",，。;；!！\n" if (end := text.find(mark, found.end())) >= 0]
    return _NOT.search(text[start : min(ends, default=len(text))]) is not None


def _zh(part: str | None, hour: str, minute: str | None) -> time | None:
    number = int(hour) if hour.isdecimal() else _spelled(hour)
    if part in ("下午", "傍晚", "晚上", "晚") and number < 12:
        number += 12
    if part == "中午" and number < 3:
        number += 12
    return _time(number, 30 if minute == "半" else int(minute or 0))


def _spelled(hour: str) -> int:
    return 10 + _ZH.get(hour[1:], 0) if hour.startswith("十") else _ZH[hour]


def _en(hour: str, minute: str | None, half: str) -> time | None:
    number = int(hour)
    return _time(number % 12 + (12 if half.lower() == "p" else 0), int(minute or 0)) if 1 <= number <= 12 else None


def _time(hour: int, minute: int) -> time | None:
    return time(hour, minute) if hour < 24 else None
