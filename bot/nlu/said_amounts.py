"""Every sum of money that a message could be naming: figures, numerals in words, and shares of what is owed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.core.numerals import EN_NUMBER_WORDS, ZH_NUMBER_CHARACTERS, en_number, zh_number
from bot.core.reading import AmountKind, SaidAmount


@dataclass(frozen=True, slots=True)
class FoundAmount:
    """A sum as said, at a span of the folded text. `money`: a currency word or sign says that it is one.

    `rough`: said as a range or an estimate; the value is the lower bound.
    """

    said: SaidAmount
    span: tuple[int, int]
    money: bool
    rough: bool
    rule: str


_C = ZH_NUMBER_CHARACTERS
_ZH_NUM = (
    rf"(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d{{1,4}})?|\d{{1,20}}(?:\.\d{{1,4}})?|\.\d{{1,4}}|"
    rf"[{_C}])(?:\s?(?:[{_C}点]|\d{{1,8}}))*"
)
_ZH_SIGN = r"(?:[¥$£€]|rmb|cny|人民币|hk\$|us\$)\s?"
_ZH_CURRENCY = (
    r"块钱?|元|圆|人民币|rmb|cny|大洋|美元|美金|美刀|刀|港币|港元|港纸|蚊|欧元|欧|英镑|镑|"
    r"日元|澳元|软妹币|大元|毛票|个大洋"
)
_ZH = re.compile(
    rf"(?P<sign>{_ZH_SIGN})?(?P<minus>-)?(?P<number>{_ZH_NUM})(?P<scale>\s?个?[wk](?![a-z])(?P<after>\d)?)?"
    rf"(?P<more>多|来|余|几|好几)?(?P<more_scale>[万千百亿])?(?:\s?(?P<unit>{_ZH_CURRENCY}))?"
    rf"(?:(?<=[块元圆蚊])(?P<jiao>[{_C}\d])(?:毛|角|"
    rf"毫)?(?:(?<=[毛角毫])(?P<fen>[{_C}\d]{{1,2}})分?)?(?![\d{_C}万千百号月日天个点期]))?(?:钱|"
    rf"整)?"
)
_ZH_SMALL = re.compile(
    rf"([{_C}\d]{{1,4}})(毛|角|毫|"
    rf"分)(?:([{_C}\d])分?(?![{_C}\d块元号天个月日]))?(钱)?(?![钟之期手开析享])"
)
_ZH_PAIR = re.compile(r"^(?:[一二两三四五六七八九])(?=[二三四五六七八九][百千万])")


def _zh_amounts(text: str) -> Iterator[FoundAmount]:
    for match in _ZH.finditer(text):
        number = match["number"]
        if len(number) > 40:
            continue
        start = match.start("number")
        rough = bool(match["more"])
        if pair := _ZH_PAIR.match(number):  # 两三千: 2,000 to 3,000
            number, rough = number[0] + number[pair.end() + 1 :], True
        value = zh_number(number)
        if value is None:
            continue
        if match["scale"]:
            value *= 1000 if "k" in match["scale"] else 10**4
            if match["after"]:
                value += int(match["after"]) * (100 if "k" in match["scale"] else 1000)
        if match["more_scale"]:
            value *= {"百": 100, "千": 1000, "万": 10**4, "亿": 10**8}[match["more_scale"]]
        if match["jiao"] and (jiao := zh_number(match["jiao"])) is not None and jiao < 10:
            value += jiao / 10
            if match["fen"] and (fen := zh_number(match["fen"])) is not None:
                value += fen / 100
        money = bool(match["sign"] or match["unit"])
        span = (match.start() if match["sign"] else start, match.end())
        yield FoundAmount(SaidAmount(AmountKind.EXACT, value), span, money, rough, "zh_number")
    for match in _ZH_SMALL.finditer(text):
        value = zh_number(match[1])
        if value is None:
            continue
        value /= 100 if match[2] == "分" else 10
        if match[3] and (fen := zh_number(match[3])) is not None:
            value += fen / 100
        yield FoundAmount(
            SaidAmount(AmountKind.EXACT, value),
            match.span(),
            bool(match[4]) or match[2] != "分" or match[0] == text,
            False,
            "zh_small",
        )


_W = "|".join(
    sorted((re.escape(word) for word in EN_NUMBER_WORDS if word not in ("cr", "pair", "few")), key=len, reverse=True)
)
_EN_SIGN = (
    r"(?:(?:us|hk|cad?|aud?|nz|mxn|u\.s\.?)\s?\$|[$£€₹₿]|rs\.?|inr|usd|gbp|eur|cad|aud|nzd|"
    r"cny|rmb|chf|rm|myr|hkd|sgd|uah|ringgit|₱|[rn](?=\d)|ngn|₦|ksh|kes|ghs|php|zar)\s?"
)
_EN_CURRENCY = (
    r"dollars?|bucks?|quid|pounds?|euros?|rupees?|yuan|usd|gbp|eur|cad|aud|rmb|cny|rs|inr|"
    r"\$|£|€|元|cents?|pence|c\b|¢|dlls|smackers|nicker|ringgits?|dinars?|riyals?|rials?|"
    r"us dollars?|egp|kwd|qar|myr|btc|bitcoins?|yen|francs?|pesos?|pesetas?|tugrik"
)
_EN_FIGURE = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,4})?|\d{1,12}(?:\.\d{1,4})?|\.\d{1,4}"
_EN_SCALE = r"k|grand|thousand|thou|hundred|hundo|lakhs?|lac|crores?|million|mil|mm?|billion|bn|trillion|dozens?"
_EN_WORDS = (
    rf"(?:(?:an?\s)?(?:half|quarter)\s(?:an?\s|of an?\s)?(?:grand|thousand|million|hundred|"
    rf"k)|(?:an?\s(?:couple(?:\sof)?\s)?)?(?:{_W})(?:(?:\s|-)(?:and\s(?:a\s)?)?(?:{_W}|half|"
    rf"quarter|\d{{1,3}}))*)"
)
_EN = re.compile(
    rf"(?<![\w.,:/#-])(?P<sign>{_EN_SIGN})?(?:(?P<figure>{_EN_FIGURE})(?:\s?(?P<scale>{_EN_SCALE})(?![a-z]))?(?:\s(?:and\s)?(?P<tail>(?:{_W})|"
    rf"\d{{1,3}}(?=\s(?:yuan|dollars|bucks))))?|(?P<words>{_EN_WORDS})(?![a-z]))(?![a-z]*\d)"
    rf"(?:\s?(?P<unit>{_EN_CURRENCY})(?![a-z]))?(?P<tail_c>(?:\s(?:and\s)?(?P<cents>\d{{2}})(?:\s?(?:c|"
    rf"cents?|pence|p|sens?))?(?!\d|\w|[/:.,]\d)))?"
)
_SLANG = re.compile(r"grand|tenner|fiver")
_NO_NUMBER = frozenset({"k", "bn", "mil"})  # k alone is a yes
_SCALES = {"k": 10**3, "thou": 10**3, "m": 10**6, "mm": 10**6}


def _en_amounts(text: str) -> Iterator[FoundAmount]:
    for match in _EN.finditer(text):
        figure, scale = match["figure"], match["scale"]
        if figure:
            value: Decimal | None = Decimal(figure.replace(",", ""))
            if value is not None and scale:
                factor = _SCALES.get(scale)
                times = Decimal(factor) if factor else en_number(scale)
                value *= times or 1
                if match["tail"] and scale not in ("m", "mm"):
                    value += en_number(match["tail"]) or 0
        else:
            value = None if match["words"] in _NO_NUMBER else en_number(match["words"])
        if value is None:
            continue
        end = match.end()
        unit = match["unit"] or ""
        if unit in ("cents", "cent", "pence", "c", "¢"):
            value /= 100
        if match["cents"]:
            if unit or match["sign"]:
                value += Decimal(match["cents"]) / 100
            else:
                end = match.start("tail_c")
        money = bool(
            match["sign"] or unit or (scale and scale in ("k", "grand")) or _SLANG.search(match["words"] or "")
        )
        yield FoundAmount(SaidAmount(AmountKind.EXACT, value), (match.start(), end), money, False, "en_number")


_SHARES = {
    "zh": re.compile(
        rf"(?:(?P<whole>[{_C}\d]{{1,8}})\s?又\s?)?(?P<of>[{_C}\d]{{1,4}})\s?分\s?之\s?(?P<top>[{_C}\d]{{1,3}})|"
        rf"百分之(?P<pct>[{_C}\d.点]{{1,6}})|(?P<per>\d{{1,3}}(?:\.\d+)?)\s?%|"
        rf"(?P<cheng>[一二两三四五六七八九])成(?!为|功|了|本|立|都|天|员)|"
        r"(?P<half>(?<!多)一半|半数|(?:还|付|先|转|交|给)半(?!年|个|天|月)|一大半)"
    ),
    "en": re.compile(
        r"(?P<per>\d{1,3}(?:\.\d+)?)\s?(?:%|percent|per cent|pct)|"
        r"(?P<frac>(?<![\d/])[1-9]/[2-9])(?=\s(?:of|now|then|the|today|tomorrow|on|upfront|this|next|by)\b|"
        r"\s?$)|"
        r"(?P<word>(?:(?:a|one|1)\s(?:third|quarter|fifth)|(?:two|2)[ -]thirds|(?:three|"
        r"3)[ -]quarters|thirds?|quarter of|fifty percent|fifty fifty))"
        r"(?!\s(?:of an?\s)?(?:million|billion|grand|thousand|hundred|k\b))|"
        r"(?P<half>\bhalf\b(?!\s(?:an?\s(?:hour|day|year|grand|thousand|million|k|sec|min)|"
        r"hour|day|year|month|past|term|time|price|a (?:hour|day|grand|thousand|k)|of (?:next|"
        r"the (?:month|year|week)|this|january|february|march|april|may|june|july|august|sept|"
        r"oct|nov|dec))))"
    ),
}
_WORD_SHARES = {
    "third": Decimal(1) / 3,
    "quarter": Decimal("0.25"),
    "fifth": Decimal("0.2"),
    "thirds": Decimal(2) / 3,
    "quarters": Decimal("0.75"),
}
_FULL = {
    "zh": re.compile(
        r"全(?:部|额|款|都|数|还|清|结|付|给)|一次(?:性)?(?:都|全|就)?(?:还|结|付|清|搞|弄|交|"
        r"处理|给)|(?<!没)(?<!不)(?<!早)(?<!没有)(?:还|环|结|付|缴|交|清|偿)(?:清|完|干净|"
        r"齐)(?!了吗|没有|楚|单|算|不)|"
        r"所有的?(?:钱|欠款|账|帐|款)?|整笔|整个(?:欠款|账)|(?:把)?(?:欠|差)的?(?:款|钱)?(?:都|"
        r"全)|(?:都|全)(?:部)?(?:还|付|转|打|给|结)(?!不|没)|清账|清欠|清掉|还返?[晒哂]|搞掂|搞定|一把(?:还|清)|"
        r"一口气"
    ),
    "en": re.compile(
        r"\b(?:(?:in|the|pay|paid|my|settle) full|full outstanding|full (?:amount|balance|payment|thing|sum|lot|"
        r"whack)|full$|fully|(?:the )?(?:whole|entire) (?:thing|amount|lot|balance|bill|debt|"
        r"sum|payment|lump|shebang|loan|card)|all (?:of )?(?:it|that|what i owe|i owe|"
        r"the money|owed|due)|"
        r"(?:it|that|this|the card|the loan|u|you|them) all(?! (?:started|began|happened|gone|"
        r"fell|went|the time|day|night|morning))|everything|"
        r"every (?:last |single )?(?:penny|cent|dime|pence|kobo|rupee|dollar)|"
        r"the (?:total|lot(?! of (?:you|u|ya|them|us)))|"
        r"(?:clear|close|square) (?:it|this|that|my|the|off|everything|all)(?: \w+)?|pay (?:it|this|that|"
        r"everything|the \w+|my \w+|them|u|you) off|pay off|payoff|"
        r"(?:pay|settle|clear) up|(?:clear|wipe) out|settle (?:it|this|my|the|up|in)|(?:pay|clear|"
        r"send|settle) (?:the|my|off) (?:outstanding |remaining |full |whole |"
        r"total )?(?:balance|debt|arrears|outstanding)|bring (?:it|my account|"
        r"the account) (?:current|up to date)|what i owe|the rest|the remaining|the remainder|"
        r"lump sum)\b"
    ),
}
_MINIMUM = {
    "zh": re.compile(
        r"最低(?:还款|额度?|那个|应还|还)?(?:额|金额)?(?!收入|工资|生活|保障|价|利|多少)|"
        r"最少还款额?|最小还款额?"
    ),
    "en": re.compile(r"\b(?:(?:the |my )?min(?:imum|imun|imium)?(?: payment| amount| due| pmt)?)\b(?! wage)"),
}


def _shares(text: str, lang: str) -> Iterator[FoundAmount]:
    for match in _SHARES[lang].finditer(text):
        named = match.groupdict()
        value: Decimal | None = None
        if named.get("half"):
            value = Decimal("0.5")
        elif per := named.get("per"):
            value = Decimal(per) / 100
        elif pct := named.get("pct"):
            number = zh_number(pct)
            value = number / 100 if number is not None else None
        elif cheng := named.get("cheng"):
            number = zh_number(cheng)
            value = number / 10 if number is not None else None
        elif named.get("of"):
            below, top = zh_number(named["of"]), zh_number(named["top"])
            value = top / below if below and top is not None else None
            if value is not None and named["whole"]:
                value += zh_number(named["whole"]) or 0
        elif frac := named.get("frac"):
            value = Decimal(frac[0]) / Decimal(frac[2])
        elif word := named.get("word"):
            value = (
                Decimal("0.5")
                if "fifty" in word
                else next((share for name, share in reversed(_WORD_SHARES.items()) if name in word), None)
            )
        if value is not None and 0 < value < 1:
            yield FoundAmount(SaidAmount(AmountKind.FRACTION, value), match.span(), True, False, "share")
        elif value is not None and value > 1 and named.get("of"):
            yield FoundAmount(SaidAmount(AmountKind.EXACT, value), match.span(), False, False, "share")


_ZH_HINT = re.compile(rf"[\d{_C}全清完半%低部所都数额整齐掉晒哂]|搞定")
_EN_HINT = re.compile(
    r"\d|hundred|thous|grand|all|full|half|min|everything|whole|entire|lot|clear|off|"
    r"settle|total|rest|remain|ty\b|teen|ten|one|two|three|four|five|six|seven|eight|nine|"
    r"third|quarter|couple|owe|lump|hundo|square|up to date|current|percent|balance|debt|"
    r"arrears|outstanding|million|mil|dozen|eleven|twelve|lakh|close|fiver"
)


_BETWEEN = {
    "zh": re.compile(r"\s?(?:块|元)?(?:到|至|-+|~|或者?)\s?$"),
    "en": re.compile(r"\s?(?:-|to|and|or)\s?[$£€]?$"),
}
_BETWEEN_HEAD = re.compile(r"\b(?:between|from)\s[$£€]?$")


def _ranges(text: str, numbers: list[FoundAmount], lang: str) -> list[FoundAmount]:
    """200 to 300 is 200, roughly: the lower sum is what can be counted on."""
    out: list[FoundAmount] = []
    for one in numbers:
        last = out[-1] if out else None
        gap = text[last.span[1] : one.span[0]] if last else ""
        spread = last is not None and gap and len(gap) < 6 and _BETWEEN[lang].match(gap)
        if spread and last and gap.strip() == "and":
            spread = _BETWEEN_HEAD.search(text[: last.span[0]])
        if (
            spread
            and last
            and last.said.value is not None
            and one.said.value is not None
            and last.said.value < one.said.value
        ):
            out[-1] = FoundAmount(last.said, (last.span[0], one.span[1]), last.money or one.money, True, "range")
        else:
            out.append(one)
    return out


def find_amounts(text: str, language: str, dates: Sequence[tuple[int, int]] = ()) -> list[FoundAmount]:
    """Every number and every share that is no part of a date, in order; which one is promised is not decided here."""
    lang = "zh" if language == "zh" else "en"
    if not (_ZH_HINT if lang == "zh" else _EN_HINT).search(text):
        return []
    found = list(_shares(text, lang))
    for kind, pattern in ((AmountKind.FULL, _FULL[lang]), (AmountKind.MINIMUM, _MINIMUM[lang])):
        found += [FoundAmount(SaidAmount(kind), m.span(), True, False, kind.value) for m in pattern.finditer(text)]
    taken = [one.span for one in found if one.rule == "share"]
    undated = text
    for start, stop in dates:
        undated = undated[:start] + "\0" * (stop - start) + undated[stop:]
    numbers = list(_zh_amounts(undated) if lang == "zh" else _en_amounts(undated))
    symbols = list(found)
    for one in _ranges(text, numbers, lang):
        if any(one.span[0] < end and start < one.span[1] for start, end in taken):
            continue
        beside = any(0 <= one.span[0] - symbol.span[1] <= 3 for symbol in symbols)
        found.append(replace(one, money=True) if beside else one)
    found.sort(key=lambda one: one.span)
    return found
