"""Chinese date vocabulary: numerals, 这/下/上, weekdays and times of day as they are typed."""

from __future__ import annotations

import re

from bot.core.numerals import zh_number
from bot.nlu.festivals import slips

_NOT_LATIN = re.compile(r"[^\x00-\x7f]")

WEEKDAYS = {c: i for i, c in enumerate("一二三四五六日")} | {"天": 6} | {str(i + 1): i for i in range(7)}


COUNT = r"(?:\d{1,3}|[零一二两三四五六七八九十廿卅百俩仨]{1,4})"


DAY_NUMBER = (
    r"(?:[12]\d|3[01]|0?[1-9]|(?:二十|廿)[一二三四五六七八九]?|三十一?|卅一?|"
    r"十[一二三四五六七八九]?|[一二三四五六七八九])"
)


MONTH = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"


YEAR = r"(?:(?:19|20)\d\d|[一二][零〇九一]?[零〇一二三四五六七八九]{2,3})"


HOW = r"(?P<how>下+|上+|这|本|当|今|(?<![这上一下每首两三])次|同)(?:个|一个|一)?"


def number_of(text: str) -> int:
    value = zh_number(text.replace("〇", "零"))
    return int(value) if value is not None else 0


def steps_of(how: str) -> int:
    """这 is 0, 下 and 次 are 1, 下下 is 2, 上 is -1."""
    if how[0] == "下":
        return len(how)
    if how[0] == "上":
        return -len(how)
    return 1 if how == "次" else 0


DIGITS = "0123456789"


NUMERALS = DIGITS + "零〇一二两三四五六七八九十廿卅百俩仨"


_PART = (
    r"(?:早上|早晨|清晨|早间|上午|中午|正午|下午|傍晚|晚上|夜里|夜晚|夜间|凌晨|午夜|半夜|"
    r"晏昼|今晚|早|晚|晨|夜|午后|午前|一早|一大早|全天)"
)


_CLOCK = (
    r"(?:\d{1,2}[:时点]\d{1,2}(?!\s?度|\d)(?:[:分]\d{1,2})?分?|(?:\d{1,2}|"
    r"[零一二两三四五六七八九十]{1,3})(?:点钟?|时)"
    r"(?:整|过?半|[一三]刻|零[一二三四五六七八九\d]分?|[一二三四五六七八九十\d]{2,3}分?|"
    r"[一二三四五六七八九\d]分)?(?![一二三四五六七八九\d]?度|[一二三四五六七八九\d]))"
)


TIME = re.compile(
    rf"的?{_PART}(?:[,\s]?的?\d?[~-]?{_CLOCK}(?:(?:-|~|到|至)\s?{_PART}?(?:{_CLOCK}|"
    rf"\d{{1,2}}))?|七八点|[一二三四五六七八九]{{2}}点)?"
    rf"|{_CLOCK}(?:\s?(?:-|~|到|至)\s?{_PART}?{_CLOCK})?(?:[ap]m?)?|下班前?后?|"
    rf"[ap]m(?![a-z])|\d{{1,2}}(?::\d\d)?[ap]m?(?![a-z])(?:\s(?:cet|gmt))?|"
    rf"\d{{1,2}}[~-]{_CLOCK}"
)


def mended(text: str) -> str:
    """The text with slips and dialect words for days as the grammar spells them, character for character."""
    for said, meant in slips().items():
        text = text.replace(said, meant)
    return text


def spaced_apart(text: str) -> str:
    """The text with a space for everything that is not Latin, so that English words in it stand alone."""
    return _NOT_LATIN.sub(" ", text)
