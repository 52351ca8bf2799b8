"""Numbers in words and figures, Chinese and English: 一千零五十, 两千五 (2,500), 1.2万, twenty-one hundred, 2 grand."""

from __future__ import annotations

import re
from decimal import Decimal

_ZH_DIGITS = {
    **dict(zip("零一二三四五六七八九", range(10), strict=True)),
    **dict(zip("壹贰叁肆伍陆柒捌玖", range(1, 10), strict=True)),
    "〇": 0,
    "两": 2,
    "俩": 2,
    "仨": 3,
    "参": 3,
    "弍": 2,
    "弐": 2,
    "幺": 1,
    "倆": 2,
}
_ZH_TENS = {"廿": 20, "卅": 30, "卌": 40}
_ZH_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10**4, "亿": 10**8, "兆": 10**12}
ZH_NUMBER_CHARACTERS = "".join((*_ZH_DIGITS, *_ZH_TENS, *_ZH_UNITS))
_ZH_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+|.", re.DOTALL)


def zh_number(text: str) -> Decimal | None:
    """Read a Chinese numeral, figures and words mixed; a closing digit takes the next unit down (二百五 is 250)."""
    text = text.replace(" ", "")
    whole, point, decimals = text.partition("点")
    if point:
        return _with_decimals(whole, decimals)
    if len(text) > 1 and all(c in _ZH_DIGITS for c in text):
        return Decimal("".join(str(_ZH_DIGITS[c]) for c in text))
    total = section = Decimal(0)
    current: Decimal | None = None
    unit_before: int | None = None
    for token in _ZH_TOKEN.findall(text):
        if token in _ZH_UNITS:
            unit = _ZH_UNITS[token]
            if unit < 10**4:
                section += (Decimal(1) if current is None else current) * unit
            elif current is None and not section:
                total = (total or Decimal(1)) * unit
            else:
                section += current or 0
                total = (total + section) * unit if 0 < total < unit else total + section * unit
                section = Decimal(0)
            current, unit_before = None, unit
        elif token in _ZH_DIGITS:
            if current not in (None, 0):
                return None
            current = Decimal(_ZH_DIGITS[token])
            unit_before = unit_before if current else None
        elif token in _ZH_TENS:
            section, current, unit_before = section + _ZH_TENS[token], None, 10
        elif token[0] in "0123456789.":
            if current not in (None, 0):
                return None
            current = Decimal(token.replace(",", ""))
            unit_before = unit_before if len(token) == 1 and current else None
        else:
            return None
    if current is not None:
        elided = unit_before is not None and unit_before >= 100
        section += current * (unit_before // 10) if elided and unit_before else current
    return total + section


def _with_decimals(whole: str, decimals: str) -> Decimal | None:
    """十五点七; the decimals are read digit by digit, a unit behind them counts (一点二万)."""
    scale = 1
    while decimals and decimals[-1] in _ZH_UNITS:
        scale *= _ZH_UNITS[decimals[-1]]
        decimals = decimals[:-1]
    head = zh_number(whole) if whole else Decimal(0)
    digits = "".join(str(_ZH_DIGITS.get(c, c)) for c in decimals)
    if head is None or not digits.isdecimal():
        return None
    return (head + Decimal(f"0.{digits}")) * scale


_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_EN_VALUES = {word: value for value, word in enumerate(_ONES.split())} | {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fourty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "nought": 0,
    "naught": 0,
    "couple": 2,
    "few": 3,
    "pair": 2,
    "fiver": 5,
    "tenner": 10,
}
_EN_SCALES = {
    "hundred": 100,
    "hundreds": 100,
    "hundo": 100,
    "thousand": 1000,
    "thousands": 1000,
    "grand": 1000,
    "k": 1000,
    "lakh": 10**5,
    "lakhs": 10**5,
    "lac": 10**5,
    "crore": 10**7,
    "crores": 10**7,
    "cr": 10**7,
    "million": 10**6,
    "mil": 10**6,
    "billion": 10**9,
    "bn": 10**9,
    "trillion": 10**12,
    "dozen": 12,
    "dozens": 12,
}
EN_NUMBER_WORDS = (*_EN_VALUES, *_EN_SCALES)
_EN_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+|[a-z]+")


def en_number(text: str) -> Decimal | None:
    """Read an English numeral, figures and words mixed (2.5 grand, one twenty, two hundred and fifty, half a grand)."""
    total = current = Decimal(0)
    seen = spoken = False
    share: Decimal | None = None
    for word in _EN_TOKEN.findall(text.replace("-", " ")):
        if word in ("and", "of", "a", "an"):
            continue
        if word in ("half", "quarter") and (part := Decimal("0.5" if word == "half" else "0.25")):
            current, share, seen = (current + part, share, True) if seen and spoken else (Decimal(0), part, True)
        elif word in _EN_SCALES:
            scale = _EN_SCALES[word]
            base = share if share is not None else current or Decimal(1)
            share = None
            if scale in (12, 100):
                current = base * scale
            else:
                total, current = total + base * scale, Decimal(0)
            seen = spoken = True
        elif word in _EN_VALUES:
            value = _EN_VALUES[word]
            said_in_parts = 0 < current < 20 and value >= 10  # one twenty: 120, nineteen fifty: 1,950
            current = current * 100 + value if said_in_parts and spoken else current + value
            seen = spoken = True
        elif word[0] in "0123456789.":
            current, seen, spoken = current + Decimal(word.replace(",", "")), True, True
        else:
            return None
    if not seen:
        return None
    return total + current + (share or 0)
